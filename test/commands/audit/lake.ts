import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as sql from '../../../bin/command/audit/classification.ts';
import { type Class, type Conclusion, conclude } from '../../../bin/command/audit/equation.ts';
import type { OffsetRange } from '../../../bin/command/audit/ranges.ts';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { toyManifest } from '../../lambdas/simulate/toy.ts';

/** A contract of one identity, a time and a number: small enough to reason about. */
export const manifest: Manifest = {
  ...toyManifest,
  fields: toyManifest.fields.filter(({ column }) => ['meter', 'read_at', 'reading_count'].includes(column)),
  identity: ['meter'],
  partitionFollowsIdentity: false,
};

export interface Content {
  readonly meter: string;
  /** `2026-01-01T00:00:00.000Z` */
  readonly readAt: string;
  readonly count: number | null;
}

export interface BronzeRow {
  readonly partition: number;
  readonly offset: number;
  readonly verdict: 'valid' | Exclude<Reason, 'conflict'>;
  /** Kafka timestamp, as readAt. @default some day later than all contents */
  readonly at?: string;
  readonly content: Content | null;
}

export interface SilverRow {
  readonly partition: number;
  readonly offset: number;
  readonly content: Content;
  readonly late?: boolean;
}

export interface ReasonRow {
  readonly partition: number;
  readonly offset: number;
  readonly reason: Reason;
  readonly at?: string;
}

/** What the tables of a dataset hold. */
export interface Lake {
  readonly bronze: readonly BronzeRow[];
  readonly landed: readonly ReasonRow[];
  readonly rejected: readonly ReasonRow[];
  readonly silver: readonly SilverRow[];
}

const TOPIC = manifest.topic.name;
const LATER = '2026-01-03T00:00:00.000Z';
const POSITION = { kafka_topic: 'VARCHAR', kafka_partition: 'INTEGER', kafka_offset: 'BIGINT' };

function tablesOf(lake: Lake) {
  const { tables } = manifest;
  const content = { meter: 'VARCHAR', reading_count: 'BIGINT' };
  const bronze = {
    columns: {
      ...POSITION,
      verdict: 'VARCHAR',
      ...content,
      read_at: 'TIMESTAMP_MS',
      kafka_timestamp: 'TIMESTAMP_MS',
    },
    rows: lake.bronze.map(({ partition, offset, verdict, content: c, at = LATER }) => [
      TOPIC,
      partition,
      offset,
      verdict,
      c?.meter ?? null,
      c?.count ?? null,
      c?.readAt.replace('Z', '') ?? null,
      at.replace('Z', ''),
    ]),
  };
  const reasons = (rows: readonly ReasonRow[], instant: 'TIMESTAMP_MS' | 'TIMESTAMPTZ') => ({
    columns: { ...POSITION, reason: 'VARCHAR', kafka_timestamp: instant },
    rows: rows.map(({ partition, offset, reason, at = LATER }) => [
      TOPIC,
      partition,
      offset,
      reason,
      instant === 'TIMESTAMPTZ' ? at : at.replace('Z', ''),
    ]),
  });
  return {
    [tables.bronze]: bronze,
    [tables.bronzeDistinct]: {
      ...bronze,
      rows: [...new Map(bronze.rows.map((row) => [`${row[1]}/${row[2]}`, row])).values()],
    },
    [tables.quarantineLanded]: reasons(lake.landed, 'TIMESTAMP_MS'),
    [tables.rejected]: reasons(lake.rejected, 'TIMESTAMPTZ'),
    [tables.silver]: {
      columns: {
        kafka_partition: 'INTEGER',
        kafka_offset: 'BIGINT',
        ...content,
        read_at: 'TIMESTAMPTZ',
        late: 'BOOLEAN',
      },
      rows: lake.silver.map(({ partition, offset, content: c, late = false }) => [
        partition,
        offset,
        c.meter,
        c.count,
        c.readAt,
        late,
      ]),
    },
  };
}

/** DuckDB behind the local Athena's translation, as a process that answers line by line. */
export function duckdb() {
  const script = fileURLToPath(new URL('./duckdb_answers.py', import.meta.url));
  const athena = fileURLToPath(new URL('../../../localstack/athena', import.meta.url));
  const child: ChildProcess = spawn(readToolchain().python, [script], {
    env: { ...process.env, PYTHONPATH: athena },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return {
    async ask(lake: Lake, queries: readonly string[]): Promise<Record<string, number | string>[][]> {
      child.stdin?.write(`${JSON.stringify({ tables: tablesOf(lake), queries })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the answering process has ended');
      return JSON.parse(value);
    },
    close: () => child.stdin?.end(),
  };
}

export interface AuditOptions {
  /** Offsets that Kafka holds below this; all of them are readable. */
  readonly ends: ReadonlyMap<number, number>;
  readonly failures?: readonly OffsetRange[];
  readonly manifest?: Manifest;
  readonly keptFrom?: string;
}

/** The audit of a lake, all of it processed. */
export async function auditOf(
  engine: ReturnType<typeof duckdb>,
  lake: Lake,
  { ends, failures = [], manifest: declared = manifest, keptFrom }: AuditOptions,
): Promise<Conclusion & { known: number }> {
  const options = {
    manifest: declared,
    horizon: ends,
    processed: ends,
    ...(keptFrom === undefined ? {} : { keptFrom }),
  };
  const [counts = [], unaccounted = [], known = [], silver = []] = await engine.ask(lake, [
    sql.countsSql(options),
    sql.unaccountedSql(options),
    sql.knownSql(options),
    sql.silverSql(options),
  ]);
  const ranges = (rows: readonly Record<string, number | string>[]) =>
    rows.map((row) => ({
      partition: Number(row.kafka_partition),
      first: Number(row.first_offset),
      last: Number(row.last_offset),
    }));
  const { without, countOf } = await import('../../../bin/command/audit/ranges.ts');
  const held = [...ends].flatMap(([partition, end]) =>
    end > 0 ? [{ partition, first: 0, last: end - 1 }] : [],
  );
  const conclusion = conclude({
    classes: counts.map((row) => ({
      class: row.class as Class,
      positions: Number(row.positions),
      inBronze: Number(row.in_bronze),
      disagreed: Number(row.disagreed),
    })),
    silver: {
      rows: Number(silver[0]?.silver_rows ?? 0),
      identities: Number(silver[0]?.identities ?? 0),
      late: Number(silver[0]?.late ?? 0),
    },
    unaccounted: ranges(unaccounted),
    unknown: without(held, ranges(known)),
    failures,
  });
  return { ...conclusion, known: countOf(ranges(known)) };
}
