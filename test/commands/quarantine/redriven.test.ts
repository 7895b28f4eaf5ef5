import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { REDRIVE_HEADER, redriveHeaders } from '../../../bin/command/quarantine/chains.ts';
import { redrivenSql } from '../../../bin/command/quarantine/statements.ts';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import { toyManifest } from '../../lambdas/simulate/toy.ts';

const TOPIC = toyManifest.topic.name;

/** A later record of partition 2, beside an earlier one of key `k` and value `{`. */
interface Case {
  readonly says: string;
  /** By the earlier record's offset: pairs of name and base64, as bronze has them. */
  readonly headers: (origin: number) => readonly (readonly [string, string | null])[] | null;
  /** Where it differs. */
  readonly key?: string | null;
  readonly value?: string | null;
  /** Where the earlier one differs. */
  readonly earlier?: { readonly key?: null; readonly value?: null };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const naming = (name: (origin: number) => string) => (origin: number) =>
  [[REDRIVE_HEADER, base64(name(origin))]] as const;
const named = naming((origin) => `${TOPIC}/2/${origin}`);
const sentAgain = (origin: number) =>
  redriveHeaders(TOPIC, { partition: 2, offset: origin }, [['trace', null]]).map(
    ([name, bytes]) => [name, bytes?.toString('base64') ?? null] as const,
  );

const redriven: readonly Case[] = [
  { says: 'whose header names an earlier one of its bytes', headers: named },
  { says: 'as redrive sends it', headers: sentAgain },
  { says: 'without a key', headers: sentAgain, key: null, earlier: { key: null } },
  { says: 'without a value', headers: sentAgain, value: null, earlier: { value: null } },
];
const foreign: readonly Case[] = [
  { says: 'of another value', headers: named, value: '{}' },
  { says: 'of no value', headers: named, value: null },
  { says: 'of another key', headers: named, key: 'l' },
  { says: 'of no key', headers: named, key: null },
  { says: 'that names another topic', headers: naming((origin) => `others/2/${origin}`) },
  { says: 'that names another partition', headers: naming((origin) => `${TOPIC}/1/${origin}`) },
  { says: 'that names a later record', headers: naming((origin) => `${TOPIC}/2/${origin + 2}`) },
  { says: 'that names itself', headers: naming((origin) => `${TOPIC}/2/${origin + 1}`) },
  { says: 'that names no record', headers: naming((origin) => `${TOPIC}/2/${origin - 1}`) },
  { says: 'that names it in another form', headers: naming((origin) => `${TOPIC}/2/ ${origin}`) },
  { says: 'of a header without form', headers: naming(() => 'again') },
  { says: 'of an empty header', headers: naming(() => '') },
  { says: 'of a header that is no text', headers: () => [[REDRIVE_HEADER, '//8=']] },
  { says: 'of a null header', headers: () => [[REDRIVE_HEADER, null]] },
  { says: 'of another header', headers: (origin) => [['trace', base64(`${TOPIC}/2/${origin}`)]] },
  { says: 'without headers', headers: () => null },
];

/** Each case has offsets of its own: the earlier record, the later one, and one like the first behind it. */
const originOf = (at: number) => 10 * at + 5;

const columns = {
  kafka_topic: 'VARCHAR',
  kafka_partition: 'INTEGER',
  kafka_offset: 'BIGINT',
  kafka_key: 'BLOB',
  kafka_value: 'BLOB',
  kafka_headers: 'VARCHAR',
  date: 'VARCHAR',
};
const rows = [...redriven, ...foreign].flatMap(({ headers, key = 'k', value = '{', earlier }, at) => {
  const origin = originOf(at);
  const pairs = headers(origin);
  const first = { key: 'k', value: '{', ...earlier };
  return [
    [TOPIC, 2, origin, first.key, first.value, null, '2026-01-01'],
    [TOPIC, 2, origin + 1, key, value, pairs === null ? null : JSON.stringify(pairs), '2026-01-02'],
    [TOPIC, 2, origin + 2, first.key, first.value, null, '2026-01-02'],
  ];
});

/** The statement's answers by the local Athena's own translation: of all, and of the second day alone. */
function answers(): readonly {
  readonly partition: number;
  readonly offset: number;
  readonly origin: number;
}[][] {
  const script = fileURLToPath(new URL('../../lambdas/audit/duckdb_answers.py', import.meta.url));
  const PYTHONPATH = fileURLToPath(new URL('../../../localstack/athena', import.meta.url));
  const questions = [undefined, '2026-01-02'].map((from) => ({
    tables: { [toyManifest.tables.bronze]: { columns, rows } },
    query: redrivenSql(toyManifest, REDRIVE_HEADER, from),
  }));
  const answer = execFileSync(readToolchain().python, [script], {
    env: { ...process.env, PYTHONPATH },
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
  });
  const lines = answer.toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

describe('of the records of a topic', () => {
  const [all = [], later] = answers();
  const cases = (list: readonly Case[], before: number) =>
    list.map(({ says }, at) => ({ says, origin: originOf(before + at) }));

  test.each(cases(redriven, 0))('one $says was sent again', ({ origin }) => {
    // Act
    const found = all.filter(({ offset }) => Math.abs(offset - origin) < 5);

    // Assess
    expect(found).toEqual([{ partition: 2, offset: origin + 1, origin }]);
  });

  test.each(cases(foreign, redriven.length))('one $says was not', ({ origin }) => {
    // Act
    const found = all.filter(({ offset }) => Math.abs(offset - origin) < 5);

    // Assess
    expect(found).toEqual([]);
  });

  test('those are told of whose earlier one is of the days asked for', () => {
    // Act
    const told = [all.length, later?.length];

    // Assess
    expect(told).toEqual([redriven.length, 0]);
  });
});
