import type { MSKRecord } from 'aws-lambda';
import { compileJudge, type Judgement } from '../../lib/contract/judge.ts';
import type { Column, Manifest, Verdict } from '../../lib/contract/manifest.ts';
import { MillraceError } from '../../lib/errors.ts';
import type { Values } from './parquet.ts';
import { kafkaTimestamp } from './plan.ts';

/** Rows by column, in the order of `columns`. */
export interface Table {
  readonly columns: readonly Column[];
  readonly values: readonly Values[];
}

export interface Tabulated {
  readonly bronze: Table;
  /** Only the rows that are not valid. */
  readonly quarantine: Table;
  readonly verdicts: Record<Verdict, number>;
  /** Bytes of the records' values. */
  readonly bytes: number;
}

/** Judges the records of one object and lays them out as the rows of both tables. Never throws for a record's content. */
export type Tabulate = (records: readonly MSKRecord[]) => Tabulated;

/** One record with all that its row is made of. */
interface Judged {
  readonly record: MSKRecord;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly judgement: Judgement;
}

type Cell = (judged: Judged) => unknown;

function decode(base64: string | null | undefined): Buffer | null {
  return base64 === null || base64 === undefined ? null : Buffer.from(base64, 'base64');
}

/** Headers as a JSON array of [key, base64]; null where there are none. Lambda sends header bytes signed (-128 to 127). */
export function encodeHeaders(headers: MSKRecord['headers'] | null | undefined): string | null {
  if (!headers || headers.length === 0) return null;
  const pairs = headers.flatMap((header) =>
    Object.entries(header as Record<string, number[] | null>).map(([key, bytes]) => [
      key,
      bytes === null ? null : Buffer.from(bytes).toString('base64'),
    ]),
  );
  return JSON.stringify(pairs);
}

const pathOf: Cell = ({ judgement }) => (judgement.verdict === 'valid' ? null : judgement.path);
const detailOf: Cell = ({ judgement }) => (judgement.verdict === 'valid' ? null : judgement.detail);
const verdictOf: Cell = ({ judgement }) => judgement.verdict;

/** The columns of both tables that do not come from the contract's fields. */
const cells: Readonly<Record<string, Cell>> = {
  kafka_topic: ({ record }) => record.topic,
  kafka_partition: ({ record }) => record.partition,
  kafka_offset: ({ record }) => record.offset,
  kafka_timestamp: ({ timestamp }) => timestamp,
  kafka_key: ({ key }) => key,
  kafka_value: ({ value }) => value,
  kafka_headers: ({ record }) => encodeHeaders(record.headers),
  verdict: verdictOf,
  verdict_path: pathOf,
  verdict_detail: detailOf,
  reason: verdictOf,
  path: pathOf,
  detail: detailOf,
};

function compileCells(columns: readonly Column[], fixed: readonly string[], manifest: Manifest): Cell[] {
  const positions = new Map(manifest.fields.map((field, index) => [field.column, index]));
  return columns.map(({ name }) => {
    const position = positions.get(name);
    const cell = fixed.includes(name) ? cells[name] : undefined;
    if (cell) return cell;
    if (position !== undefined) {
      return ({ judgement }) => (judgement.verdict === 'valid' ? judgement.values[position] : null);
    }
    throw new MillraceError(
      'MR804',
      `column ${name} is neither Kafka's, nor the judge's, nor a field of the contract`,
      {
        where: `the manifest of dataset ${manifest.dataset}`,
        mend: 'bundle a manifest emitted by the same version as the function',
      },
    );
  });
}

const kafkaColumns = Object.keys(cells).filter((name) => name.startsWith('kafka_'));
const bronzeColumns = [...kafkaColumns, 'verdict', 'verdict_path', 'verdict_detail'];
const quarantineColumns = [...kafkaColumns, 'reason', 'path', 'detail'];

function tableOf(columns: readonly Column[], rowCells: readonly Cell[], rows: readonly Judged[]): Table {
  return { columns, values: rowCells.map((cell) => rows.map(cell)) };
}

/** Compiles the contract once, so that each batch only runs it. Throws MR804 for a manifest of another version. */
export function compileTabulate(manifest: Manifest): Tabulate {
  const judge = compileJudge(manifest);
  const { bronze, quarantineLanded } = manifest.columns;
  const bronzeCells = compileCells(bronze, bronzeColumns, manifest);
  const quarantineCells = compileCells(quarantineLanded, quarantineColumns, manifest);
  return (records) => {
    const verdicts: Record<Verdict, number> = {
      valid: 0,
      unparseable: 0,
      invalid: 0,
      future: 0,
      'too-old': 0,
    };
    let bytes = 0;
    const rows = records.map((record): Judged => {
      const value = decode(record.value);
      const timestamp = kafkaTimestamp(record);
      const judgement = judge(value, timestamp);
      verdicts[judgement.verdict] += 1;
      bytes += value?.length ?? 0;
      return { record, timestamp, key: decode(record.key), value, judgement };
    });
    const broken = rows.filter(({ judgement }) => judgement.verdict !== 'valid');
    return {
      bronze: tableOf(bronze, bronzeCells, rows),
      quarantine: tableOf(quarantineLanded, quarantineCells, broken),
      verdicts,
      bytes,
    };
  };
}
