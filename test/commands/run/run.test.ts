import { describe, expect, test } from 'vitest';
import { chosenJob, jobNamed } from '../../../bin/command/run/job-name.ts';
import { demandJobs, runtimeOf } from '../../../bin/command/run/runtime.ts';
import { argument } from '../../../bin/command/run.ts';

const jobs = ['iot-gold', 'iot-silver', 'my-flights-gold'].map((rest) => {
  const job = jobNamed(`millrace-dev-${rest}`, 'dev');
  if (job === undefined) throw new Error(rest);
  return job;
});

describe('the name of a job', () => {
  test('tells dataset and kind, whatever kind that is', () => {
    // Act
    const told = jobs.map(({ dataset, kind }) => [dataset, kind]);

    // Assess
    expect(told).toEqual([
      ['iot', 'gold'],
      ['iot', 'silver'],
      ['my-flights', 'gold'],
    ]);
  });

  test.each(['millrace-prod-iot-gold', 'other-dev-iot-gold', 'millrace-dev-gold'])(
    '%s is not ours',
    (name) => {
      // Act
      const job = jobNamed(name, 'dev');

      // Assess
      expect(job).toBeUndefined();
    },
  );
});

describe('a stage whose jobs run on EMR Serverless', () => {
  test.each([
    ['gold', 'iot', 'millrace-prod-iot-gold'],
    ['millrace-prod-iot-gold', undefined, 'millrace-prod-iot-gold'],
    ['gold', undefined, 'millrace-prod-DATASET-gold'],
  ])('is told how to start %s of %s', (job, dataset, name) => {
    // Act
    const act = () => demandJobs('emr-serverless', { stage: 'prod', job, dataset });

    // Assess
    expect(act).toThrow(
      expect.objectContaining({
        code: 'MR823',
        where: name,
        mend: expect.stringContaining(`get-schedule --name ${name} --query`),
      }),
    );
  });

  test('is not one of Glue, nor one that is not known here', () => {
    // Act
    const act = () => {
      for (const stage of ['dev', 'elsewhere'])
        demandJobs(runtimeOf(stage), { stage, job: 'gold', dataset: 'iot' });
    };

    // Assess
    expect(act).not.toThrow();
    expect(runtimeOf('elsewhere')).toBeUndefined();
  });
});

describe('the job that is meant', () => {
  test.each([
    ['silver', undefined, 'millrace-dev-iot-silver'],
    ['gold', 'my-flights', 'millrace-dev-my-flights-gold'],
    ['millrace-dev-iot-gold', undefined, 'millrace-dev-iot-gold'],
  ])('by %s of %s is %s', (wanted, dataset, expected) => {
    // Act
    const job = chosenJob(jobs, wanted, dataset);

    // Assess
    expect(job.name).toBe(expected);
  });

  test.each([
    ['none', 'maintain', undefined, 'gold --dataset iot'],
    ['more than one', 'gold', undefined, '--dataset iot, --dataset my-flights'],
    ['one of another dataset', 'silver', 'my-flights', 'silver --dataset iot'],
  ])('is asked for where there is %s', (_what, wanted, dataset, mend) => {
    // Act
    const act = () => chosenJob(jobs, wanted, dataset);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR840', mend: expect.stringContaining(mend) }));
  });
});

describe('an argument', () => {
  test('is collected under the name that Glue gives it', () => {
    // Act
    const given = ['model=a=b', '--older-than-days=3', 'empty='].reduce(
      (before, text) => argument(text, before),
      {},
    );

    // Assess
    expect(given).toEqual({ '--model': 'a=b', '--older-than-days': '3', '--empty': '' });
  });

  test.each(['model', '=x', 'a b=c'])('%j is none', (text) => {
    // Act
    const act = () => argument(text, {});

    // Assess
    expect(act).toThrow('NAME=VALUE');
  });
});
