import type { Row } from '../../../lib/contract/made.ts';
import { rawLines } from '../producer/raw-file.ts';
import type { Batch, Part, ReadRow } from './batch.ts';
import { elementTexts } from './json-array.ts';
import { reasonOf, refusal } from './refusal.ts';
import { utf8Only } from './utf8.ts';

/** Rows from which the columns are told at first, and that a batch has. */
const BATCH_ROWS = 1000;

/** A JSON array of objects. @throws MillraceError MR875, MR878, and those of the bytes */
export async function* readJson(part: Part): AsyncGenerator<Batch, void> {
  yield* batched(elements(part), 'record');
}

/** One JSON object a line; lines of nothing are left out. @throws MillraceError MR505, MR875, and those of the bytes */
export async function* readNdjson(part: Part): AsyncGenerator<Batch, void> {
  yield* batched(lines(part), 'line');
}

async function* elements(part: Part): AsyncGenerator<ReadRow, void> {
  let number = 0;
  for await (const text of elementTexts(utf8Only(part.bytes(), part.name), part.name)) {
    number += 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw refusal('brokenText', part.name, `element ${number} is no JSON: ${reasonOf(cause)}`, cause);
    }
    yield readRow(number, value);
  }
}

async function* lines(part: Part): AsyncGenerator<ReadRow, void> {
  let number = 0;
  for await (const line of rawLines(utf8Only(part.bytes(), part.name))) {
    number += 1;
    const text = line.toString('utf8').replace(/^\uFEFF/, '');
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      yield faulty(number, text, 'not JSON');
      continue;
    }
    yield readRow(number, value);
  }
}

function readRow(number: number, value: unknown): ReadRow {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { number, row: value as Row } : faulty(number, value, 'not an object');
}

const faulty = (number: number, value: unknown, detail: string): ReadRow => ({
  number,
  row: { $: value },
  fault: { path: '$', detail, reason: detail },
});

/** Objects may leave out what is null: the columns are those of any row of the first batch. */
async function* batched(rows: AsyncIterable<ReadRow>, unit: Batch['unit']): AsyncGenerator<Batch, void> {
  let batch: ReadRow[] = [];
  let columns: string[] | undefined;
  const take = (): Batch => {
    const taken = batch;
    batch = [];
    columns ??= columnsOf(taken);
    return { unit, columns, sparse: true, rows: taken };
  };
  try {
    for await (const row of rows) {
      batch.push(row);
      if (batch.length >= BATCH_ROWS) yield take();
    }
  } catch (error) {
    if (batch.length > 0) yield take();
    throw error;
  }
  yield take();
}

/** Names of all values, the dotted paths of nested ones too. */
function columnsOf(rows: readonly ReadRow[]): string[] {
  const names = new Set<string>();
  const walk = (value: object, prefix: string) => {
    for (const [name, inner] of Object.entries(value)) {
      names.add(prefix + name);
      const nested = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      if (nested && !(inner instanceof Date)) walk(inner, `${prefix}${name}.`);
    }
  };
  for (const { row, fault } of rows) if (fault === undefined) walk(row, '');
  return [...names];
}
