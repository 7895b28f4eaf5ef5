import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dataset, manifestOf } from '../../lib/contract/dataset.ts';
import { compileJudge, type Judgement } from '../../lib/contract/judge.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { dataset as iot } from '../../lib/datasets/iot.ts';
import { MillraceError } from '../../lib/errors.ts';
import { parcels, parcelsSql } from './parcels.ts';
import { type RawValue, rawValue, SOURCE_DETAILS } from './raw-values.ts';
import { stays } from './stays.ts';

const RECORDS = 3000;
const jobs = fileURLToPath(new URL('../../glue-jobs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-differential-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface PythonJudgement {
  readonly verdict: string;
  readonly path: string | null;
  readonly detail: string | null;
  /** By column; null unless valid. */
  readonly values: Readonly<Record<string, unknown>> | null;
}

/** Runs a filter of glue-jobs/millrace_jobs over the records. */
function judgeInPython(
  manifest: Manifest,
  records: readonly RawValue[],
  module: string,
  ...words: readonly string[]
): PythonJudgement[] {
  const python = process.env.MILLRACE_PYTHON;
  if (!python) {
    throw new MillraceError('MR140', 'The judge of the Spark jobs cannot be run: no Python is named.', {
      where: 'MILLRACE_PYTHON',
      mend: 'Set MILLRACE_PYTHON to a Python of 3.11 or later; the judge needs its standard library only.',
    });
  }
  const manifestFile = join(folder, `${manifest.dataset}.json`);
  writeFileSync(manifestFile, JSON.stringify(manifest));
  const lines = records.map(({ value, kafkaTimestampMs }) =>
    JSON.stringify({ v: value === null ? null : Buffer.from(value).toString('base64'), t: kafkaTimestampMs }),
  );
  const run = spawnSync(python, ['-m', `millrace_jobs.${module}`, manifestFile, ...words], {
    cwd: jobs,
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) {
    throw new MillraceError(
      'MR141',
      `The judge of the Spark jobs failed: ${run.error?.message ?? run.stderr}`,
      {
        where: `${python} -m millrace_jobs.${module}`,
        mend: 'Run it by hand with the manifest and one line of input.',
      },
    );
  }
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PythonJudgement);
}

/** The detail where a source gave it. The judges put numbers of their own details in words of their languages. */
const rejection = ({ detail }: { readonly detail: string | null }): (string | null)[] =>
  detail !== null && SOURCE_DETAILS.has(detail) ? [detail] : [];

/** Both judgements in one shape; numbers and -0 compare by Object.is. */
const ours = (judgement: Judgement): unknown[] =>
  judgement.verdict === 'valid'
    ? ['valid', ...judgement.values]
    : [judgement.verdict, judgement.path, ...rejection(judgement)];
const theirs = (manifest: Manifest, { verdict, path, detail, values }: PythonJudgement): unknown[] =>
  values === null
    ? [verdict, path, ...rejection({ detail })]
    : [verdict, ...manifest.fields.map((field) => values[field.column])];

/** The judge, and the one that the jobs run: by itself on each value, on a few and on many together. */
const filters: readonly (readonly [module: string, ...words: string[]])[] = [
  ['judge'],
  ['judge_columns', '1'],
  ['judge_columns', '3'],
  ['judge_columns', '128'],
];

describe.each([iot, dataset(parcels, parcelsSql), dataset(stays, parcelsSql)])(
  'TypeScript and Python judge $name alike',
  (subject) => {
    it.each(filters)(`on ${RECORDS} raw values (%s %s)`, (module, ...words) => {
      // Prepare
      const manifest = manifestOf(subject);
      const judge = compileJudge(manifest);
      const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 2 ** 31);
      const records = fc.sample(rawValue(manifest), { numRuns: RECORDS, seed });

      // Act
      const here = records.map(({ value, kafkaTimestampMs }) => ours(judge(value, kafkaTimestampMs)));
      const there = judgeInPython(manifest, records, module, ...words).map((judgement) =>
        theirs(manifest, judgement),
      );

      // Assess
      expect(there).toHaveLength(RECORDS);
      const differing = records.flatMap(({ value, kafkaTimestampMs }, index) => {
        const [left, right] = [here[index] ?? [], there[index] ?? []];
        const same = left.length === right.length && left.every((item, at) => Object.is(item, right[at]));
        const text = value === null ? null : Buffer.from(value).toString('latin1');
        return same ? [] : [{ seed, text, kafkaTimestampMs, typescript: left, python: right }];
      });
      expect(differing.slice(0, 3)).toEqual([]);
      // The generator reaches every verdict, or the agreement says little.
      expect(new Set(here.map(([verdict]) => verdict))).toEqual(
        new Set(['valid', 'unparseable', 'invalid', 'future', 'too-old']),
      );
    });
  },
);
