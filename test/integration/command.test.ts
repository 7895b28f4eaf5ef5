import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Metrics } from '../../bin/command/metrics/collect.ts';
import type { State } from '../../localstack/state.ts';
import type { AuditJson } from './audit-json.ts';
import { type CommandLine, commandLine } from './clone.ts';

const EVENTS = 3_000;

let millrace: CommandLine;

beforeAll(async () => {
  millrace = await commandLine();
  await millrace.succeed('up', 'iot');
  await millrace.succeed('produce', 'iot', '--events', String(EVENTS), '--seed', '5');
  await millrace.succeed('audit', '--wait', '240');
});

afterAll(async () => {
  await millrace.end();
});

interface Listed {
  readonly iot: {
    readonly counts: readonly { readonly reason: string; readonly path: string; readonly records: number }[];
    readonly records: readonly {
      readonly partition: number;
      readonly offset: number;
      readonly reason: string;
      readonly path: string;
    }[];
  };
}

async function json<T>(...words: readonly string[]): Promise<T> {
  return JSON.parse(await millrace.succeed(...words, '--json')) as T;
}

describe('run', () => {
  test('starts a job, also beside its own schedule and another, and tells what it wrote down', async () => {
    // Act
    const runs = await Promise.all([1, 2].map(() => json<Record<string, unknown>>('run', 'gold')));

    // Assess
    for (const run of runs) {
      expect(run).toMatchObject({ job: 'millrace-dev-iot-gold', state: 'SUCCEEDED', error: null });
      expect(run.reported).toHaveProperty('gold-iot_p95_daily.silverSnapshotId');
    }
    expect(runs[0]?.runId).not.toBe(runs[1]?.runId);
  });

  test('fails with what the job says of itself', async () => {
    // Act
    const run = await millrace.run('run', 'gold', '--arg', 'database=nowhere', '--json');

    // Assess
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('nowhere'),
    });
    expect(run.stderr).toContain('MR843');
  });

  test('names the jobs there are', async () => {
    // Act
    const run = await millrace.run('run', 'bronze');

    // Assess
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/MR840[\s\S]*gold --dataset iot/);
  });
});

describe('quarantine', () => {
  test('lists the counts of the ledger, and shows each record with its bytes', async () => {
    // Prepare
    const { datasets } = await json<{ datasets: { iot: { quarantined: Record<string, number> } } }>('audit');

    // Act
    const { iot } = await json<Listed>('quarantine', 'list', '--limit', '1000');
    const sums: Record<string, number> = {};
    for (const { reason, records } of iot.counts) sums[reason] = (sums[reason] ?? 0) + records;
    const conflicts = await json<Listed>('quarantine', 'list', '--reason', 'conflict', '--dataset', 'iot');
    const later = await json<Listed>('quarantine', 'list', '--from', '2999-01-01');
    const [one] = iot.records.filter(({ reason, path }) => reason === 'invalid' && path !== '$');
    const text = await millrace.succeed('quarantine', 'show', `${one?.partition}:${one?.offset}`);

    // Assess
    expect(sums).toEqual(datasets.iot.quarantined);
    expect(iot.records.length).toBe(Object.values(sums).reduce((sum, count) => sum + count, 0));
    expect(conflicts.iot.records.map(({ reason }) => reason)).toEqual(
      Array.from({ length: datasets.iot.quarantined.conflict ?? 0 }, () => 'conflict'),
    );
    expect(later.iot).toEqual({ counts: [], records: [] });
    expect(text).toContain(`path      ${one?.path}`);
    expect(text).toMatch(/^key +device-\d{3}$/m);
  });

  test('refuses a position that is not there', async () => {
    // Act
    const run = await millrace.run('quarantine', 'show', 'iot-events/0/99999999');

    // Assess
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('MR713');
  });
});

test('metrics tell what operators watch', async () => {
  // Act
  const [metrics, text] = [await json<Metrics>('metrics'), await millrace.succeed('metrics')];

  // Assess
  const [iot] = metrics.datasets;
  expect(iot?.lag.map(({ toLand, toSilver }) => toLand + toSilver)).toEqual([0, 0, 0]);
  expect(iot?.batches?.counted).toBeGreaterThan(0);
  expect(iot?.freshnessSeconds).toBeGreaterThan(0);
  expect(iot?.quarantined.conflict).toBeGreaterThan(0);
  expect(metrics.tables.find(({ table }) => table === 'iot_events')?.rows).toBe(EVENTS);
  expect(metrics.tables.find(({ table }) => table === 'iot_events_raw')?.bytes).toBeGreaterThan(0);
  expect(metrics.jobs.map(({ job }) => job)).toContain('millrace-dev-iot-silver');
  expect(text).toContain('since the newest observed time in silver');
});

describe('with --stage', () => {
  beforeAll(async () => {
    // The settings by which every AWS SDK would reach an account lead to the local run instead.
    const state = JSON.parse(await readFile(join(millrace.stateDir, 'state.json'), 'utf8')) as State;
    const { endpoints, credentials, region, resources } = state;
    Object.assign(process.env, {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_ENDPOINT_URL_ATHENA: endpoints.athena,
      AWS_ENDPOINT_URL_GLUE: endpoints.jobs,
      AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
      AWS_ENDPOINT_URL_CLOUDFORMATION: endpoints.aws,
    });
    const bucket = (name: string) =>
      Object.entries(resources).find(([path]) => path === `Lake/${name}`)?.[1].id;
    const template = {
      Resources: { Anything: { Type: 'AWS::SNS::Topic' } },
      Outputs: {
        StateBucketName: { Value: bucket('State') },
        FailuresBucketName: { Value: bucket('Failures') },
      },
    };
    const client = new CloudFormationClient({});
    await client.send(
      new CreateStackCommand({ StackName: 'millrace-dev-lake', TemplateBody: JSON.stringify(template) }),
    );
  });

  test('the same commands speak to AWS, through its own clients', async () => {
    // Act
    const run = await json<Record<string, unknown>>('run', 'sweep', '--stage', 'dev');
    const { iot } = await json<Listed>('quarantine', 'list', '--stage', 'dev');
    const [row] = await json<{ events: number }[]>(
      'query',
      'SELECT count(*) AS events FROM iot_events',
      '--stage',
      'dev',
    );

    // Assess
    expect(run).toMatchObject({ state: 'SUCCEEDED', reported: { sweep: { removed: expect.any(Number) } } });
    expect(iot.counts.length).toBeGreaterThan(0);
    expect(row?.events).toBe(EVENTS);
  });

  test('what needs Kafka goes through the function beside the brokers', async () => {
    // Act
    const ledger = await json<{ records: number }>('produce', 'iot', '--events', '500', '--stage', 'dev');
    const audit = await json<AuditJson>('audit', '--wait', '240', '--stage', 'dev');
    const status = await json<{ run: string; lag: readonly { end: number }[] }>('status', '--stage', 'dev');

    // Assess
    expect(audit).toMatchObject({ lost: 0, duplicated: 0, disagreed: 0 });
    expect(audit.datasets.iot?.silver).toBe(EVENTS + 500);
    expect(status.run).toBe('deployed');
    expect(status.lag.reduce((sum, { end }) => sum + end, 0)).toBe(audit.datasets.iot?.positions);
    expect(ledger.records).toBeGreaterThan(500);
  });

  test('a stage that is not there is said to be so', async () => {
    // Act
    const run = await millrace.run('run', 'sweep', '--stage', 'prod');

    // Assess
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('MR840');
  });
});
