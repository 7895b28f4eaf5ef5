import { createHash } from 'node:crypto';
import { canonical } from '../../lib/contract/canonical.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import type { RestSource } from '../../lib/contract/source.ts';
import { timestampMs } from '../../lib/contract/timestamp.ts';
import { type QueuedRecord, queuedBytes } from '../shared/queued-records.ts';
import { setAt, valueAt } from '../simulate/generic.ts';
import { pathOf } from '../simulate/message.ts';
import type { Memory, Remembered } from './memory.ts';

type Row = Readonly<Record<string, unknown>>;
type Event = Record<string, unknown>;

/** What the mapping makes of a record. */
export type Mapped =
  | { readonly event: Event; readonly principal: boolean }
  | { readonly rejected: { readonly path: string; readonly detail: string } };

export interface ChangeOptions {
  readonly manifest: Manifest;
  readonly source: RestSource;
  readonly map: (row: Row) => Mapped;
  readonly memory: Memory;
  /** When the poll began, epoch milliseconds. */
  readonly polledMs: number;
  /** Of a record in the queue; one that is larger is sent as a rejection. */
  readonly mostBytes: number;
}

export interface Changes {
  /** To be sent. */
  readonly records: readonly QueuedRecord[];
  /** To be remembered once they are sent. */
  readonly memory: Memory;
  readonly counts: {
    /** Rows of the API. */
    readonly polled: number;
    /** Events that are new or changed. */
    readonly changed: number;
    readonly unchanged: number;
    /** Rows without an event that were not told of before. */
    readonly rejected: number;
  };
}

const DAY_MS = 86_400_000;
/** An identity that no poll had for so long is forgotten: when it comes back, it is sent as new. */
const RETAIN_MS = 2 * DAY_MS;

/** 128 bits: short enough to remember by the thousand. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** A record of the API without an event. */
interface Refused {
  readonly path: string;
  readonly detail: string;
  readonly row: unknown;
}

/**
 * What of a poll is to be sent: each identity whose event is new, or differs from the last in more than its version;
 * and each row that has no event, once.
 *
 * The version is what the mapping makes of the API's own time where that is newer than the last one sent and not ahead
 * of the poll; else the instant of the poll. So it rises with every change, and no wrong time of the API is followed. A
 * change whose memory was lost is sent again with the same version or a later one and the same content: the newest
 * version stands in silver, whichever of the two it is.
 */
export function changesOf(rows: readonly unknown[], options: ChangeOptions): Changes {
  const { memory, polledMs } = options;
  const next = new Map<string, Remembered>();
  for (const [key, one] of memory) if (one.seenMs >= polledMs - RETAIN_MS) next.set(key, one);

  const { events, refused } = merged(rows, options);
  const records: QueuedRecord[] = [];
  const reject = (one: Refused): boolean => {
    const key = `!${digest(canonical([one.path, one.detail, one.row]))}`;
    const known = next.has(key);
    next.set(key, { content: '', versionMs: 0, seenMs: polledMs });
    if (!known) records.push(rejection(one, options.mostBytes));
    return !known;
  };

  let changed = 0;
  let unchanged = 0;
  let rejected = 0;
  for (const { key, identity, event } of events) {
    const before = memory.get(key);
    const stamped = stamp(event, before, options);
    if (stamped.content === before?.content) {
      unchanged += 1;
      next.set(key, { ...before, seenMs: polledMs });
      continue;
    }
    next.set(key, { content: stamped.content, versionMs: stamped.versionMs, seenMs: polledMs });
    const record = recordOf(event, options.manifest);
    const bytes = Math.max(queuedBytes(record), Buffer.byteLength(record.value));
    if (bytes <= options.mostBytes) {
      changed += 1;
      records.push(record);
    } else {
      const detail = `an event of ${bytes} bytes, more than a message takes`;
      if (reject({ path: '', detail, row: { identity } })) rejected += 1;
    }
  }
  for (const one of refused) if (reject(one)) rejected += 1;
  return { records, memory: next, counts: { polled: rows.length, changed, unchanged, rejected } };
}

/** The one event of an identity. */
interface Merged {
  /** What it is remembered by. */
  readonly key: string;
  readonly identity: readonly unknown[];
  readonly event: Event;
}

/** One event an identity, with the digest that it is remembered by; and the rows that have none. */
function merged(
  rows: readonly unknown[],
  { manifest, source, map }: ChangeOptions,
): { readonly events: Merged[]; readonly refused: Refused[] } {
  const paths = manifest.identity.map((column) => pathOf(manifest, column));
  const groups = new Map<
    string,
    { identity: readonly unknown[]; of: { event: Event; principal: boolean }[] }
  >();
  const refused: Refused[] = [];
  for (const row of rows) {
    const mapped = mappedRow(row, map);
    if ('rejected' in mapped) {
      refused.push({ ...mapped.rejected, row });
      continue;
    }
    const values = paths.map((path) => valueAt(mapped.event, path) ?? null);
    // What lacks its identity is nobody else's version: it is remembered by all that it says.
    const key = values.includes(null)
      ? `?${digest(canonical(mapped.event))}`
      : digest(JSON.stringify(values));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { identity: values, of: [mapped] });
    else group.of.push(mapped);
  }
  const { merge } = source;
  const versionPath = pathOf(manifest, source.version);
  const events = [...groups].map(([key, { identity, of }]) => ({
    key,
    identity,
    event: merge === null ? newest(of, versionPath) : together(of, pathOf(manifest, merge.collect)),
  }));
  return { events, refused };
}

function mappedRow(row: unknown, map: ChangeOptions['map']): Mapped {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return { rejected: { path: '', detail: 'no JSON object' } };
  return map(row as Row);
}

type Group = readonly { readonly event: Event; readonly principal: boolean }[];

/** Without a merge, one identity in one poll is one thing in several versions; of equal ones the last counts. */
function newest(group: Group, versionPath: readonly string[]): Event {
  return group
    .map(({ event }) => event)
    .reduce((best, event) =>
      (instantAt(event, versionPath) ?? 0) < (instantAt(best, versionPath) ?? 0) ? best : event,
    );
}

/** The principal's event, with the distinct values of one field of all of them. */
function together(group: Group, collectPath: readonly string[]): Event {
  const principal = (group.find((one) => one.principal) ?? group[0])?.event ?? {};
  const values = group
    .map(({ event }) => valueAt(event, collectPath) ?? null)
    .filter((value) => value !== null)
    .map(String);
  const event = structuredClone(principal);
  if (values.length > 0) setAt(event, collectPath, [...new Set(values)].sort().join(','));
  return event;
}

function instantAt(event: Event, path: readonly string[]): number | undefined {
  const value = valueAt(event, path);
  const ms = typeof value === 'string' ? timestampMs(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Gives the event its version. @returns the version, and the digest of all the rest */
function stamp(
  event: Event,
  before: Remembered | undefined,
  { manifest, source, polledMs }: ChangeOptions,
): { readonly content: string; readonly versionMs: number } {
  const path = pathOf(manifest, source.version);
  const own = instantAt(event, path);
  const remembered = before?.versionMs ?? Number.NEGATIVE_INFINITY;
  // What was refused as too far ahead stands nowhere; a version after it would be refused too.
  const last = remembered > polledMs + manifest.time.futureMs ? Number.NEGATIVE_INFINITY : remembered;
  const taken = own !== undefined && own > last && own <= polledMs;
  const versionMs = taken ? own : Math.max(polledMs, last + 1);
  setAt(event, path, null);
  const content = digest(canonical(event));
  setAt(event, path, new Date(versionMs).toISOString());
  return { content, versionMs };
}

function recordOf(event: Event, manifest: Manifest): QueuedRecord {
  const key = valueAt(event, pathOf(manifest, manifest.topic.key));
  return { key: typeof key === 'string' ? key.toWellFormed() : null, value: JSON.stringify(event) };
}

/** A row without an event goes the way of all records: judged `invalid`, it lands in quarantine with what it says. */
function rejection({ path, detail, row }: Refused, mostBytes: number): QueuedRecord {
  const said = { path: path.toWellFormed(), detail: detail.toWellFormed() };
  const record = { key: null, value: JSON.stringify({ $rejected: { ...said, row } }) };
  if (queuedBytes(record) <= mostBytes) return record;
  return { key: null, value: JSON.stringify({ $rejected: said }) };
}
