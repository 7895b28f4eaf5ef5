import { describe, expect, it } from 'vitest';
import { sparkSettings } from '../../lib/constructs/spark-settings.ts';
import {
  ARGUMENTS,
  differences,
  functionEnvironment,
  localArguments,
  localSparkSettings,
  SPARK_SETTINGS,
  VARIABLES,
} from '../../localstack/differences.ts';
import { localExample } from './local-example.ts';

const local = localExample('/run');

describe('what differs from AWS', () => {
  it('has a reason and a single row for each subject', () => {
    // Act
    const rows = differences();

    // Assess
    expect(rows.filter((row) => row.reason.length < 8)).toEqual([]);
    expect(new Set(rows.map((row) => row.subject)).size).toBe(rows.length);
  });

  it('changes of the deployed Spark settings nothing but its rows', () => {
    // Prepare
    const deployed = sparkSettings({ warehouse: 's3://lake/', shufflePartitions: 64 });

    // Act
    const settings = localSparkSettings(deployed, local);

    // Assess
    const named = SPARK_SETTINGS.map((row) => row.setting.replace('CATALOG', 'glue_catalog'));
    const added = Object.keys(settings).filter((key) => settings[key] !== deployed[key]);
    expect(added.sort()).toEqual(named.sort());
    expect(settings).toMatchObject(
      Object.fromEntries(Object.entries(deployed).filter(([key]) => !named.includes(key))),
    );
  });

  it('gives functions their own variables and the redirects, and nothing else', () => {
    // Act
    const environment = functionEnvironment({ DATASET: 'x' }, local);

    // Assess
    expect(Object.keys(environment).sort()).toEqual(
      ['DATASET', ...VARIABLES.map((row) => row.variable)].sort(),
    );
    expect(environment).toMatchObject({
      DATASET: 'x',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2',
      AWS_ENDPOINT_URL_GLUE: 'http://127.0.0.1:7',
      AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:4',
      AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:6',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:5',
    });
  });

  it('changes of the arguments of a job only those with a row', () => {
    // Prepare
    const declared = {
      '--checkpoint': 's3://state/c/',
      '--state': 's3://state/',
      '--run-mode': 'continuous',
    };

    // Act
    const given = localArguments(declared);

    // Assess
    expect(given).toEqual({ ...declared, '--checkpoint': 's3a://state/c/' });
    expect(ARGUMENTS.map((row) => row.argument)).toEqual(['--checkpoint', '--bronze']);
  });

  it('leads nowhere but to this machine', () => {
    // Act
    const text = JSON.stringify([functionEnvironment({}, local), localSparkSettings({}, local)]);

    // Assess
    expect(text).not.toMatch(/amazonaws|https:/);
  });
});
