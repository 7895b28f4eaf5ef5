/**
 * What the lake must hold, from the records that a consumer reads back, in plain TypeScript: validity by the zod schema,
 * the first of an identity by Kafka timestamp, partition and offset. It shares nothing with judge, Spark or SQL.
 */
import type { Dataset } from '../../../lib/contract/dataset.ts';
import type { Witnessed } from './witness.ts';

/** A row or a position as the lake shows it. */
export interface FoundRow {
  /** The contract's columns, in its order. */
  readonly content: readonly unknown[];
  readonly partition: number;
  readonly offset: number;
}
export interface FoundPosition {
  readonly partition: number;
  readonly offset: number;
  /** Why it is quarantined; of bronze the SHA-1 of the value, null for none. */
  readonly what: string | null;
}

/** What was read from the lake. */
export interface Found {
  readonly silver: readonly FoundRow[];
  /** What the landing put into quarantine. */
  readonly landed: readonly FoundPosition[];
  /** What Spark kept back: by its own judgement the same, and conflicts. */
  readonly rejected: readonly FoundPosition[];
  readonly bronze: readonly FoundPosition[];
}

export interface ExpectedRow extends FoundRow {
  readonly identity: string;
}
export interface Expected {
  /** By identity. */
  readonly rows: ReadonlyMap<string, ExpectedRow>;
  /** Reason by `PARTITION/OFFSET`. */
  readonly quarantined: ReadonlyMap<string, string>;
  readonly identicalDuplicates: number;
  /** Of a column, by its place in `content`. */
  readonly columns: readonly string[];
}

/** Positions and rows that are not as they must be; all 0 where the promise holds. */
export interface Verdict {
  /** Readable positions. */
  readonly records: number;
  /** Rows or quarantined positions that the lake lacks, and acknowledged positions that no consumer gets. */
  readonly lost: number;
  /** Rows beyond the first of their identity. */
  readonly duplicated: number;
  /** Rows of other content, or taken from another position. */
  readonly altered: number;
  /** Rows and archived positions that nothing calls for; positions kept back without need, or for another reason. */
  readonly unfounded: number;
  /** Readable positions that bronze lacks or holds with other bytes. */
  readonly notInBronze: number;
  /** The first few of them, in words. */
  readonly examples: readonly string[];
}

type Schema = Dataset['event'];
const MOST_NESTED = 64;
const CONFLICT = 'conflict';
const YEAR_ONE_MS = Date.parse('0001-01-01T00:00:00Z');

export const placeOf = ({ partition, offset }: { partition: number; offset: number }): string =>
  `${partition}/${offset}`;

/** The parsed event, or the reason for which it is no event. */
function judged(value: Buffer | null, schema: Schema): object | 'unparseable' | 'invalid' {
  let raw: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value ?? Buffer.of());
    // The one bound that the schema cannot say.
    if ((text.match(/[[{]/g)?.length ?? 0) > MOST_NESTED) return 'unparseable';
    raw = JSON.parse(text);
  } catch {
    return 'unparseable';
  }
  const parsed = schema.safeParse(raw);
  return parsed.success ? (parsed.data as object) : 'invalid';
}

function at(event: object, path: readonly string[]): unknown {
  return (
    path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], event) ??
    null
  );
}

/** @param records what a consumer read; each position once */
export function expectedLake(dataset: Dataset, records: readonly Witnessed[]): Expected {
  const { manifest, event: schema } = dataset;
  const { fields, identity, observedTime, time, onConflict } = manifest;
  if (onConflict.kind !== 'first')
    throw new Error('the oracle knows datasets of which the first record stays');
  const rows = new Map<string, ExpectedRow>();
  const quarantined = new Map<string, string>();
  let identicalDuplicates = 0;
  const columns = fields.map(({ column }) => column);
  const ordered = [...records].sort(
    (a, b) => a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset,
  );
  for (const record of ordered) {
    const event = judged(record.value, schema);
    if (typeof event === 'string') {
      quarantined.set(placeOf(record), event);
      continue;
    }
    const content = fields.map(({ path, type }) => {
      const value = at(event, path);
      return type === 'timestamp' && typeof value === 'string' ? Date.parse(value) : value;
    });
    // The calendar of SQL begins with the year 1, the schema's a year before.
    const early = content.some((value, index) => {
      if (fields[index]?.type === 'date') return String(value).startsWith('0000');
      return fields[index]?.type === 'timestamp' && Number(value) < YEAR_ONE_MS;
    });
    if (early) {
      quarantined.set(placeOf(record), 'invalid');
      continue;
    }
    const observed = content[columns.indexOf(observedTime)] as number;
    if (observed > record.timestamp + time.futureMs) {
      quarantined.set(placeOf(record), 'future');
      continue;
    }
    if (observed < record.timestamp - time.tooOldMs) {
      quarantined.set(placeOf(record), 'too-old');
      continue;
    }
    const id = JSON.stringify(identity.map((name) => content[columns.indexOf(name)]));
    const first = rows.get(id);
    if (first === undefined) {
      rows.set(id, { identity: id, content, partition: record.partition, offset: record.offset });
    } else if (JSON.stringify(first.content) === JSON.stringify(content)) identicalDuplicates += 1;
    else quarantined.set(placeOf(record), CONFLICT);
  }
  return { rows, quarantined, identicalDuplicates, columns };
}

/**
 * Holds the lake against what must be in it.
 * @param acknowledged positions that the broker has acknowledged to the producers
 * @param sha1 of a value, as the lake's reader gives it
 */
export function compare(options: {
  readonly dataset: Dataset;
  readonly records: readonly Witnessed[];
  readonly acknowledged: readonly { readonly partition: number; readonly offset: number }[];
  readonly found: Found;
  readonly sha1: (value: Buffer) => string;
}): Verdict & { readonly expected: Expected } {
  const { dataset, records, acknowledged, found, sha1 } = options;
  const expected = expectedLake(dataset, records);
  const readable = new Set(records.map(placeOf));
  const missing = acknowledged.filter((position) => !readable.has(placeOf(position))).length;

  const identityOf = ({ content }: FoundRow): string =>
    JSON.stringify(dataset.manifest.identity.map((name) => content[expected.columns.indexOf(name)]));
  const rows = new Map<string, FoundRow>();
  const examples: string[] = [];
  const show = (text: string): void => void (examples.length < 5 && examples.push(text));
  let [altered, unfounded] = [0, 0];
  for (const row of found.silver) {
    const id = identityOf(row);
    const wanted = expected.rows.get(id);
    if (wanted === undefined) {
      unfounded += 1;
      show(`unfounded row of ${placeOf(row)}: ${id}`);
    } else if (
      placeOf(row) !== placeOf(wanted) ||
      JSON.stringify(row.content) !== JSON.stringify(wanted.content)
    ) {
      altered += 1;
      show(`altered row of ${placeOf(row)}, wanted of ${placeOf(wanted)}: ${id}`);
    }
    rows.set(id, row);
  }
  const faults = new Map([...expected.quarantined].filter(([, reason]) => reason !== CONFLICT));
  const lostFaults = new Set<string>();
  for (const [table, positions, wanted] of [
    ['landed', found.landed, faults],
    ['rejected', found.rejected, expected.quarantined],
  ] as const) {
    const there = new Map(positions.map((position) => [placeOf(position), position]));
    // Of a repeated position each row must say the same.
    for (const position of positions) {
      const [place, reason] = [placeOf(position), wanted.get(placeOf(position))];
      if (reason === position.what) continue;
      unfounded += 1;
      show(`${place} is ${table} as ${position.what}, wanted: ${reason ?? 'not at all'}`);
    }
    for (const place of wanted.keys()) {
      if (there.has(place)) continue;
      lostFaults.add(place);
      show(`${place} is not ${table}`);
    }
  }
  const lostRows = [...expected.rows.values()].filter(({ identity }) => !rows.has(identity));
  for (const row of lostRows) show(`lost row of ${placeOf(row)}`);

  const bytes = new Map(
    records.map((record) => [placeOf(record), record.value === null ? null : sha1(record.value)]),
  );
  const archived = new Set<string>();
  const wrong = new Set<string>();
  for (const position of found.bronze) {
    const place = placeOf(position);
    archived.add(place);
    if (!bytes.has(place)) unfounded += 1;
    else if (bytes.get(place) !== position.what) wrong.add(place);
  }
  const notInBronze = [...bytes.keys()].filter((place) => !archived.has(place) || wrong.has(place)).length;
  return {
    expected,
    records: records.length,
    lost: missing + lostRows.length + lostFaults.size,
    duplicated: found.silver.length - rows.size,
    altered,
    unfounded,
    notInBronze,
    examples,
  };
}

/** What is wrong, in words; empty where the promise holds. */
export function faultsOf(verdict: Verdict): string[] {
  return (['lost', 'duplicated', 'altered', 'unfounded', 'notInBronze'] as const).flatMap((name) =>
    verdict[name] === 0 ? [] : [`${name} ${verdict[name]}`],
  );
}
