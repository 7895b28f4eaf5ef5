import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainedConf } from '../../../lib/constructs/spark-settings.ts';
import { createJobs, pauseMs, reasonOf } from '../../../localstack/services/jobs.ts';
import { prepareJob } from '../../../localstack/services/spark.ts';
import { parseConf, sparkDefaults } from '../../../localstack/services/spark-conf.ts';
import { localExample } from '../local-example.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-spark-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const local = () => localExample(folder);

const definition = {
  name: 'stage-set-silver',
  command: 'gluestreaming',
  script: 's3://assets/silver.py',
  maxRetries: 3,
  maxConcurrentRuns: 1,
  arguments: {
    '--conf': 'spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog --conf spark.master=yarn',
    '--extra-py-files': 's3://assets/package.zip',
    '--checkpoint': 's3://state/checkpoints/silver/',
    '--state': 's3://state/',
  },
};

describe('parseConf', () => {
  it('takes apart what the templates chain', () => {
    const word = fc.stringMatching(/^[\w.:/,*-]+$/);
    fc.assert(
      fc.property(
        fc.dictionary(
          word,
          fc.array(word, { minLength: 1 }).map((words) => words.join('=')),
          { noNullPrototype: true },
        ),
        (settings) => {
          // Act
          const parsed = parseConf(chainedConf(settings), 'job');

          // Assess
          expect(parsed).toEqual(settings);
        },
      ),
    );
  });

  it('refuses a link without a value', () => {
    // Act
    const act = () => parseConf('a=b --conf c', 'my-job');

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR430', where: 'my-job' }));
  });
});

describe('sparkDefaults', () => {
  it('escapes what a properties file would swallow', () => {
    // Act
    const text = sparkDefaults({ 'a.b': 'C:\\tmp', c: 'two\nlines' });

    // Assess
    expect(text).toBe('a.b=C:\\\\tmp\nc=two\\nlines\n');
  });
});

describe('prepareJob', () => {
  it('fetches the files, lays local settings over the declared ones, and changes no other argument', async () => {
    // Act
    const job = await prepareJob(definition, local(), async (uri) => Buffer.from(uri));
    const settings = await readFile(join(job.session.folder, 'spark-defaults.conf'), 'utf8');

    // Assess
    expect(await readFile(job.script, 'utf8')).toBe('s3://assets/silver.py');
    expect(await readFile(job.session.env.PYTHONPATH ?? '', 'utf8')).toBe('s3://assets/package.zip');
    expect(settings).toContain('spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog\n');
    expect(settings).toContain('spark.sql.catalog.lake.glue.endpoint=http://127.0.0.1:3\n');
    expect(settings).toContain('spark.master=local[3]\n');
    expect(settings).not.toContain('yarn');
    expect(job.args.join(' ')).toContain(
      '--checkpoint s3a://state/checkpoints/silver/ --state s3://state/ --JOB_NAME stage-set-silver',
    );
    expect(job.session.env).toMatchObject({
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2',
      AWS_ACCESS_KEY_ID: 'id',
    });
  });

  it('leaves whoever is reading a package with all of it while another run fetches it again', async () => {
    // Prepare
    const big = Buffer.alloc(8 * 1024 * 1024, 'x');
    const fetch = async () => big;
    const { session } = await prepareJob(definition, local(), fetch);
    const path = session.env.PYTHONPATH ?? '';
    const lengths = new Set<number>();

    // Act
    let fetching = true;
    const again = Promise.all(Array.from({ length: 4 }, () => prepareJob(definition, local(), fetch)));
    const until = again.finally(() => {
      fetching = false;
    });
    while (fetching) lengths.add((await readFile(path)).length);
    await until;

    // Assess
    expect([...lengths]).toEqual([big.length]);
    expect((await readdir(session.folder)).sort()).toEqual([
      'log4j2.properties',
      'package.zip',
      'spark-defaults.conf',
    ]);
  });

  it('gives jobs with equal settings the same session, and others another', async () => {
    // Prepare
    const fetch = async (uri: string) => Buffer.from(uri);
    const other = {
      ...definition,
      arguments: { ...definition.arguments, '--conf': 'spark.sql.ansi.enabled=true' },
    };

    // Act
    const jobs = [
      await prepareJob(definition, local(), fetch),
      await prepareJob({ ...definition, name: 'gold', script: 's3://assets/gold.py' }, local(), fetch),
      await prepareJob(other, local(), fetch),
    ];

    // Assess
    expect(jobs[0]?.session.key).toBe(jobs[1]?.session.key);
    expect(jobs[2]?.session.key).not.toBe(jobs[0]?.session.key);
  });
});

describe('pauseMs', () => {
  it('grows with failures in a row, up to a minute', () => {
    // Act
    const pauses = [0, 1, 2, 3, 4, 5, 50].map(pauseMs);

    // Assess
    expect(pauses).toEqual([5_000, 1_000, 2_000, 4_000, 8_000, 16_000, 60_000]);
  });
});

describe('reasonOf', () => {
  it.each([
    ['a signal', { code: null, signal: 'SIGKILL', tail: 'whatever' }, 'SIGKILL'],
    [
      'the error in the log',
      {
        code: 1,
        signal: null,
        tail: 'Traceback\n  File x\nmillrace_jobs.errors.JobError: MR800 gone\n{"event": "x"}',
      },
      'exit code 1: millrace_jobs.errors.JobError: MR800 gone',
    ],
    ['the last line', { code: 2, signal: null, tail: 'one\ntwo' }, 'exit code 2: two'],
  ])('is %s', (_name, exit, expected) => {
    // Act
    const reason = reasonOf(exit);

    // Assess
    expect(reason).toBe(expected);
  });
});

describe('createJobs', () => {
  it('retries a failed stream as often as its job says, and stops when asked', async () => {
    // Prepare: Node stands for Python
    const here = { ...local(), toolchain: { ...local().toolchain, python: process.execPath } };
    const lines: string[] = [];
    const script = "console.error('ValueError: no luck'); process.exit(9);";
    const jobs = createJobs({
      local: here,
      fetch: async (uri) => Buffer.from(uri.endsWith('.py') ? script : ''),
      log: (line) => lines.push(line),
      enabled: true,
    });
    jobs.define({ ...definition, maxRetries: 1 });

    // Act
    jobs.schedule(definition.name, {});
    for (let tries = 0; lines.length < 2 && tries < 200; tries += 1) await sleep(50);
    await jobs.stop();

    // Assess
    expect(lines).toEqual([
      'job stage-set-silver failed (exit code 9: ValueError: no luck), retry 1 of 1',
      'job stage-set-silver failed (exit code 9: ValueError: no luck), no retries left',
    ]);
  });

  it('refuses a trigger of a job that is not there', () => {
    // Prepare
    const jobs = createJobs({
      local: local(),
      fetch: async () => Buffer.from(''),
      log: () => undefined,
      enabled: true,
    });

    // Act
    const act = () => jobs.schedule('nobody', {});

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR431' }));
  });
});
