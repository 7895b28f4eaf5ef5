import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import { type Conclusion, conclude } from '../../../lambdas/audit/equation.ts';
import { type OffsetRange, without } from '../../../lambdas/audit/ranges.ts';
import type { Bounds, Times } from '../../../lambdas/audit/scope.ts';
import { examineTables, type TableFindings } from '../../../lambdas/audit/tables.ts';
import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { toyManifest } from '../../lambdas/simulate/toy.ts';

/** A contract of one identity, a time and a number: small enough to reason about. */
export const manifest: Manifest = {
  ...toyManifest,
  fields: toyManifest.fields.filter(({ column }) => ['meter', 'read_at', 'reading_count'].includes(column)),
  identity: ['meter'],
  partitionFollowsIdentity: false,
};

/** The same in days of a date: of each `readAt` the date alone. */
export const dated: Manifest = {
  ...manifest,
  fields: manifest.fields.map((field) =>
    field.column === manifest.partitionTime.column ? { ...field, type: 'date' } : field,
  ),
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
  readonly at?: string;
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
const FOLDER = { date: 'VARCHAR', hour: 'INTEGER' };
const folderOf = (at: string) => [at.slice(0, 10), Number(at.slice(11, 13))];

function tablesOf(lake: Lake, declared: Manifest) {
  const { tables } = declared;
  const isDate = declared === dated;
  const content = { meter: 'VARCHAR', reading_count: 'BIGINT' };
  const bronze = {
    columns: {
      ...POSITION,
      verdict: 'VARCHAR',
      ...content,
      read_at: isDate ? 'DATE' : 'TIMESTAMP_MS',
      kafka_timestamp: 'TIMESTAMP_MS',
      ...FOLDER,
    },
    rows: lake.bronze.map(({ partition, offset, verdict, content: c, at = LATER }) => [
      TOPIC,
      partition,
      offset,
      verdict,
      c?.meter ?? null,
      c?.count ?? null,
      (isDate ? c?.readAt.slice(0, 10) : c?.readAt.replace('Z', '')) ?? null,
      at.replace('Z', ''),
      ...folderOf(at),
    ]),
  };
  const reasons = (rows: readonly ReasonRow[], external: boolean) => ({
    columns: {
      ...POSITION,
      reason: 'VARCHAR',
      kafka_timestamp: external ? 'TIMESTAMP_MS' : 'TIMESTAMPTZ',
      ...(external ? FOLDER : {}),
    },
    rows: rows.map(({ partition, offset, reason, at = LATER }) => [
      TOPIC,
      partition,
      offset,
      reason,
      external ? at.replace('Z', '') : at,
      ...(external ? folderOf(at) : []),
    ]),
  });
  return {
    [tables.bronze]: bronze,
    [tables.quarantineLanded]: reasons(lake.landed, true),
    [tables.rejected]: reasons(lake.rejected, false),
    [tables.silver]: {
      columns: {
        kafka_partition: 'INTEGER',
        kafka_offset: 'BIGINT',
        ...content,
        read_at: isDate ? 'DATE' : 'TIMESTAMPTZ',
        late: 'BOOLEAN',
        kafka_timestamp: 'TIMESTAMPTZ',
      },
      rows: lake.silver.map(({ partition, offset, content: c, late = false, at = LATER }) => [
        partition,
        offset,
        c.meter,
        c.count,
        isDate ? c.readAt.slice(0, 10) : c.readAt,
        late,
        at,
      ]),
    },
  };
}

/**
 * DuckDB behind the local Athena's translation, as a process that answers line by line.
 * @param declared `manifest` or `dated`
 */
export function duckdb(declared = manifest) {
  const script = fileURLToPath(new URL('./duckdb_answers.py', import.meta.url));
  const athena = fileURLToPath(new URL('../../../localstack/athena', import.meta.url));
  const child: ChildProcess = spawn(readToolchain().python, [script], {
    env: { ...process.env, PYTHONPATH: athena },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  let told: Lake | undefined;
  return {
    /** Answers come in the order of the questions. */
    async ask(lake: Lake, query: string): Promise<Record<string, number | string | null>[]> {
      const tables = lake === told ? {} : { tables: tablesOf(lake, declared) };
      told = lake;
      child.stdin?.write(`${JSON.stringify({ ...tables, query })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the answering process has ended');
      return JSON.parse(value);
    },
    close: () => child.stdin?.end(),
  };
}

export interface AuditOptions {
  /** Of each partition, the first position. @default 0 */
  readonly first?: Bounds;
  /** Kafka timestamps of the positions. @default any */
  readonly times?: Times;
  /** Offsets that Kafka holds below this; all of them are readable. */
  readonly ends: Bounds;
  readonly failures?: readonly OffsetRange[];
  readonly manifest?: Manifest;
  readonly keptFrom?: string;
  /** Positions below these have been through silver. @default `ends` */
  readonly processed?: Bounds;
  /** Positions below these are landed for good. @default `ends` */
  readonly landed?: Bounds;
}

/** The audit of a lake, all of it processed. */
export async function auditOf(
  engine: ReturnType<typeof duckdb>,
  lake: Lake,
  { ends, failures = [], manifest: declared = manifest, ...part }: AuditOptions,
): Promise<Conclusion & { readonly found: TableFindings }> {
  const ask = (text: string) => engine.ask(lake, text);
  const found = await examineTables(ask, { manifest: declared, horizon: ends, processed: ends, ...part });
  const held = [...ends].flatMap(([partition, end]) => {
    const first = part.first?.get(partition) ?? 0;
    return end > first ? [{ partition, first, last: end - 1 }] : [];
  });
  return { ...conclude({ ...found, unknown: without(held, found.known), failures }), found };
}
