import { CsvError, parse } from 'csv-parse';
import { MillraceError } from '../../../lib/errors.ts';
import type { Batch, Part, ReadRow } from './batch.ts';
import { refusal } from './refusal.ts';
import { through } from './through.ts';
import { utf8Only } from './utf8.ts';

/** A quote that is never closed would else take in the whole file. */
const LONGEST_RECORD = 1 << 20;

/** R writes it where it has no value. */
const NULL_TEXT = 'NA';

/** As the parser gives it; `lines` is where the record ends. */
interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * CSV with a header: commas, quotes, LF or CRLF, with or without a byte order mark. Columns without a name are left out.
 * A row with too few or too many cells is a fault of that row.
 * @throws MillraceError MR873, MR875, MR878, and those of the bytes
 */
export async function* readCsv(part: Part): AsyncGenerator<Batch, void> {
  const parser = parse({
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
    info: true,
  });
  let header: Header | undefined;
  try {
    for await (const parsed of through<Parsed>(parser, utf8Only(part.bytes(), part.name))) {
      let records: readonly Parsed[] = parsed;
      if (header === undefined) {
        header = headerOf(parsed[0]?.record ?? [], part.name);
        records = parsed.slice(1);
      }
      const { columns, rowOf } = header;
      yield { unit: 'line', columns, nullText: NULL_TEXT, rows: records.map(rowOf) };
    }
  } catch (cause) {
    if (cause instanceof MillraceError || !(cause instanceof CsvError)) throw cause;
    throw refusal('brokenText', part.name, `it is no CSV: ${cause.message}`, cause);
  }
}

interface Header {
  readonly columns: readonly string[];
  rowOf(parsed: Parsed): ReadRow;
}

function headerOf(names: readonly string[], place: string): Header {
  const columns = names.filter((name) => name !== '');
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) throw refusal('columnTwice', place, `the header has \`${twice}\` twice`);
  // BTS ends its lines with a comma; some who edit such files drop it from the header or from the rows.
  const bare = names.length - (names.at(-1) === '' ? 1 : 0);
  const placed = names.flatMap((name, at): [string, number][] => (name === '' ? [] : [[name, at]]));
  return {
    columns,
    rowOf: ({ record: cells, info: { lines: number } }) => {
      const row: Record<string, unknown> = {};
      for (const [name, at] of placed) row[name] = cells[at] ?? null;
      const ends = cells.length === bare + 1 && cells[bare] === '';
      if (cells.length === bare || ends) return { number, row };
      if (cells.length > bare) row['…'] = cells.slice(bare);
      const reason = 'another number of cells than the header';
      return {
        number,
        row,
        fault: { path: '$', reason, detail: `${cells.length} cells where the header has ${bare}` },
      };
    },
  };
}
