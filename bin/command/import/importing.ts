import type { Manifest } from '../../../lib/contract/manifest.ts';
import type { References } from '../../../lib/contract/mapper.ts';
import type { FileSource } from '../../../lib/contract/source.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { Producer } from '../producer/producer.ts';
import { pump } from '../producer/pump.ts';
import { partsOf } from './archive.ts';
import type { Batch, Part } from './batch.ts';
import { readerOf } from './format.ts';
import { importIdentity, sha256Of } from './identity.ts';
import { refusal } from './refusal.ts';
import { type Ending, type RowMessagesOptions, rowMessages } from './row-messages.ts';
import { fileSources, sourceOfRows } from './source.ts';
import { type Counts, type Days, type ImportState, nothing, readState, writeState } from './state.ts';
import { tally } from './tally.ts';

export interface ImportOptions {
  readonly manifest: Manifest;
  /** The manifest's reference tables, read. */
  readonly references: References;
  readonly files: readonly string[];
  /** Of the dataset's topic. */
  readonly producer: Producer;
  /** What tells the topic's cluster from others of its name. @default null: that of this machine */
  readonly cluster?: string;
  /** State folder: how far each import is stands in its `imports` folder. */
  readonly stateDir: string;
  /** Name of the source; @default that whose columns the file has */
  readonly source?: string;
  /** Rows of these days of the partition time (UTC, inclusive); others are skipped. */
  readonly from?: string;
  readonly to?: string;
  /** Sends what was imported before. */
  readonly again?: boolean;
  /** Records a second. @default as fast as they are taken */
  readonly rate?: number;
  /** Breaks off after what was taken by then is sent. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly file: string;
  /** Rows read so far, those of earlier runs included. */
  readonly read: number;
  /** Messages acknowledged in this run. */
  readonly acknowledged: number;
  /** Of the file, 0 to 1. */
  readonly share: number;
}

/** What became of a file, or of an entry of an archive. */
export interface Imported extends Counts {
  readonly file: string;
  /** Null where none was found. */
  readonly source: string | null;
  /** `known`: imported before, nothing sent. `interrupted`: goes on with the next import. `failed`: see `error`. */
  readonly end: 'done' | 'known' | 'interrupted' | 'failed';
  /** Rows that an earlier run had sent. */
  readonly before: number;
  readonly seconds: number;
  readonly error?: {
    readonly code: string;
    readonly what: string;
    readonly where: string;
    readonly mend: string;
  };
}

const SAVE_EVERY_MS = 2_000;

/**
 * Imports files, one after the other. A file that cannot be read, or not to its end, does not keep the others back. Where
 * the producer fails, its error is that of the file, and the import ends with it.
 * @throws MillraceError MR879 (no such source), and what the producer throws without a code
 */
export async function importFiles(options: ImportOptions): Promise<Imported[]> {
  const { manifest, files, signal, from = null, to = null } = options;
  const sources = fileSources(manifest, options.source);
  const imported: Imported[] = [];
  for (const file of files) {
    if (signal?.aborted) break;
    const opened = await open(file).catch((error: unknown) => failed(file, error));
    if ('end' in opened) {
      imported.push(opened);
      continue;
    }
    const { parts, sha256 } = opened;
    try {
      for (const part of parts) {
        if (signal?.aborted) break;
        const one = await importPart(part, { ...options, sources, sha256, days: { from, to } });
        imported.push(one.imported);
        if (one.isLast) return imported;
      }
    } finally {
      for (const part of parts) await part.close();
    }
  }
  return imported;
}

/** @throws MillraceError MR870, MR874, MR876, MR881, and what the file system says */
async function open(file: string): Promise<{ readonly parts: Part[]; readonly sha256: string }> {
  const parts = await partsOf(file);
  try {
    return { parts, sha256: await sha256Of(file) };
  } catch (error) {
    for (const part of parts) await part.close();
    throw error;
  }
}

interface PartOptions extends ImportOptions {
  readonly sources: readonly FileSource[];
  readonly sha256: string;
  readonly days: Days;
}

interface PartDone {
  readonly imported: Imported;
  /** The producer failed: it would fail with the next too. */
  readonly isLast?: boolean;
}

async function importPart(part: Part, options: PartOptions): Promise<PartDone> {
  const { manifest, references, sources, sha256, days, stateDir, cluster = null } = options;
  const topic = manifest.topic.name;
  const begunMs = performance.now();
  let batches: AsyncGenerator<Batch, void> | undefined;
  let first: IteratorResult<Batch, void>;
  let source: FileSource;
  try {
    batches = (await readerOf(part))(part);
    first = await batches.next();
    const isNamed = options.source !== undefined;
    source = sourceOfRows(first.value ?? { columns: [] }, sources, isNamed, part.name);
  } catch (error) {
    await batches?.return();
    return { imported: failed(part.name, error) };
  }
  const { name, index } = part;
  const whole = { cluster, topic, sha256, part: name, index, days };
  const identity = importIdentity(whole, source, references);
  const known = options.again === true ? undefined : await readState(stateDir, manifest.dataset, identity);
  const before = known ?? nothing;
  const about = { file: part.name, source: source.name, before: before.rows };
  if (known?.done === true) {
    await batches.return();
    return { imported: { ...about, ...countsOf(known), end: 'known', seconds: 0 } };
  }
  const { nullText } = first.value ?? {};
  const reading = { source, batches: all(first, batches), nullText };
  const sent = await send(part, reading, before, options, (counts, done) =>
    writeState(stateDir, identity, {
      dataset: manifest.dataset,
      file: part.name,
      source: source.name,
      sha256,
      days,
      ...counts,
      done,
      at: new Date().toISOString(),
    }),
  );
  const seconds = (performance.now() - begunMs) / 1000;
  const { counts, done, error, isRefused } = sent;
  if (error !== undefined)
    return { imported: { ...failed(part.name, error), ...about, ...counts, seconds }, isLast: isRefused };
  return { imported: { ...about, ...counts, end: done ? 'done' : 'interrupted', seconds } };
}

interface Sent {
  readonly counts: Counts;
  /** Every row is acknowledged. */
  readonly done: boolean;
  readonly error?: unknown;
  /** The error is the producer's, not the file's. */
  readonly isRefused: boolean;
}

/** Sends the rows that are not yet sent; the state is kept, whatever the end. */
async function send(
  part: Part,
  reading: Pick<RowMessagesOptions, 'source' | 'batches' | 'nullText'>,
  before: Counts,
  options: PartOptions,
  save: (counts: Counts, done: boolean) => Promise<void>,
): Promise<Sent> {
  const { manifest, producer, signal, onProgress, rate = null } = options;
  const counted = tally(before);
  const ending: Ending = {};
  const place = { read: 0, share: 0 };
  let acknowledged = 0;
  let saved: Promise<void> = Promise.resolve();
  let savedMs = performance.now();
  const tell = () => {
    onProgress?.({ file: part.name, acknowledged, ...place });
    if (performance.now() - savedMs < SAVE_EVERY_MS) return;
    savedMs = performance.now();
    saved = saved.then(() => save(counted.counts(), false));
    saved.catch(() => {});
  };
  const rows = rowMessages({
    ...options,
    ...reading,
    part,
    counted,
    ending,
    place,
    skip: before.rows,
    onRead: tell,
  });
  const refused = await pump(producer, rows, {
    rate,
    maxMessageBytes: manifest.topic.maxMessageBytes,
    ...(signal === undefined ? {} : { signal }),
    onProgress: (messages) => {
      acknowledged = messages;
      counted.acknowledge(messages);
      tell();
    },
  }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await saved.catch(() => {});
  // The reader may be at its end while the last records were not taken.
  const done = ending.ended === true && refused === undefined;
  const counts = counted.counts();
  await save(counts, done).catch((error: unknown) => {
    if (refused === undefined) throw error;
  });
  return { counts, done, error: refused?.error ?? ending.error, isRefused: refused !== undefined };
}

async function* all(
  first: IteratorResult<Batch, void>,
  rest: AsyncGenerator<Batch, void>,
): AsyncGenerator<Batch, void> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

const countsOf = ({ rows, events, rejected, skipped, reasons }: ImportState): Counts => ({
  rows,
  events,
  rejected,
  skipped,
  reasons,
});

/** @throws the error, where it is none that a user can act on */
function failed(file: string, cause: unknown): Imported {
  const error = isOfSystem(cause)
    ? refusal('noFile', file, `it cannot be read: ${cause.message}`, cause)
    : cause;
  if (!(error instanceof MillraceError)) throw error;
  const { code, message: what, where, mend } = error;
  return {
    file,
    source: null,
    ...nothing,
    end: 'failed',
    before: 0,
    seconds: 0,
    error: { code, what, where, mend },
  };
}

const isOfSystem = (cause: unknown): cause is Error => cause instanceof Error && 'syscall' in cause;
