import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { openFunctionProducer } from '../producer/function-producer.ts';
import type { KeyValue } from '../producer/key-value.ts';
import { pump } from '../producer/pump.ts';
import type { StagePlace } from '../stage-place.ts';
import { stream } from './asking.ts';
import { type Chains, chainsOf, redriveHeaders } from './chains.ts';
import { bytesOf, headersIn } from './record.ts';
import { readChains, type Standing, standingsOf } from './standing.ts';
import { bytesSql, type Position, type Selection } from './statements.ts';

/** What a call sent again, or would send. */
export interface Redriven {
  readonly records: number;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
}

export interface RedriveOptions {
  readonly selection: Selection;
  /** Any record of one chain; without it, all chains. */
  readonly position?: Position;
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  /** Told how many records are acknowledged, and of how many. */
  readonly onProgress?: (acknowledged: number, records: number) => void;
}

/** Positions in one statement: Athena takes 256 KiB of text. */
const AT_ONCE = 2_000;

/**
 * Sends the records that are still quarantined to their partitions again, as bronze has them, in their order. Key and
 * value are the same bytes; of headers, null values become empty and those of one name move together.
 *
 * Nothing is kept of a call but the records it sent: they bear the position they first had. So a call may be cut off
 * anywhere and repeated; records that it sends twice, because the landing has not been at them, are identical.
 * @throws MillraceError MR714 (`position` is not quarantined), MR716 (bronze has no bytes of some), MR718 (too many),
 *   MR601
 */
export async function redrive(
  place: StagePlace,
  manifest: Manifest,
  { selection, position, dryRun, signal, onProgress }: RedriveOptions,
): Promise<Redriven> {
  const { open, chains } = await openRecords(place, manifest, selection, position);
  const redriven = { records: open.length, reasons: countsOf(open) };
  if (open.length === 0 || dryRun) return redriven;
  const producer = await openFunctionProducer(place.kafka, manifest.topic.name);
  const sent: Standing[] = [];
  const messages = recordsOf(place, manifest, open, chains, (one) => sent.push(one));
  const { records } = await pump(producer, messages, {
    rate: null,
    maxMessageBytes: manifest.topic.maxMessageBytes,
    ...(signal === undefined ? {} : { signal }),
    onProgress: (acknowledged) => onProgress?.(acknowledged, open.length),
  }).finally(() => producer.close());
  if (sent.length < open.length && signal?.aborted !== true) throw withoutBytes(manifest, open, sent);
  return { records, reasons: countsOf(sent) };
}

/** What is quarantined and has no later record of its chain, by partition and offset. */
async function openRecords(
  place: StagePlace,
  manifest: Manifest,
  selection: Selection,
  wanted: Position | undefined,
): Promise<{ open: Standing[]; chains: Chains }> {
  const standings = await standingsOf(place, manifest, selection);
  const [from] = standings.map(({ day }) => day).sort();
  // Where nothing is quarantined there is nothing to look for, in however much bronze.
  const chains = from === undefined ? chainsOf([]) : await readChains(place, manifest, from);
  const isSame = (a: Position, b: Position) => a.partition === b.partition && a.offset === b.offset;
  const ofChain = standings.filter(
    (one) => wanted === undefined || isSame(chains.originOf(one), chains.originOf(wanted)),
  );
  if (wanted !== undefined && ofChain.length === 0) throw notQuarantined(wanted, manifest);
  const open = ofChain
    .filter((one) => isSame(chains.latestOf(one), one))
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return { open, chains };
}

async function* recordsOf(
  place: StagePlace,
  { topic, ...manifest }: Manifest,
  open: readonly Standing[],
  chains: Chains,
  onTaken: (one: Standing) => void,
): AsyncGenerator<KeyValue & { readonly partition: number }> {
  type Row = Position & Readonly<Record<'key' | 'value' | 'headers', string | null>>;
  for (let at = 0; at < open.length; at += AT_ONCE) {
    const part = open.slice(at, at + AT_ONCE);
    const days = part.map(({ day }) => day).sort();
    const sql = bytesSql({ topic, ...manifest }, part, { from: days[0] ?? '', to: days.at(-1) ?? '' });
    const waiting = new Map(part.map((one) => [`${one.partition}/${one.offset}`, one]));
    for await (const row of stream<Row>(place, sql)) {
      const name = `${row.partition}/${row.offset}`;
      const one = waiting.get(name);
      // Bronze may hold a position twice.
      if (one === undefined) continue;
      waiting.delete(name);
      onTaken(one);
      const headers = row.headers === null ? null : headersIn(row.headers);
      yield {
        partition: row.partition,
        key: bytesOf(row.key),
        value: bytesOf(row.value),
        headers: redriveHeaders(topic.name, chains.originOf(one), headers),
      };
    }
  }
}

function countsOf(standings: readonly Standing[]): Redriven['reasons'] {
  const counts: Partial<Record<Reason, number>> = {};
  for (const { reason } of standings) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function notQuarantined({ partition, offset }: Position, { topic, dataset }: Manifest): MillraceError {
  return new MillraceError('MR714', `${topic.name}/${partition}/${offset} is not in quarantine`, {
    where: 'millrace quarantine redrive',
    mend: `name a position that \`npx millrace quarantine list --dataset ${dataset} --open\` prints`,
  });
}

function withoutBytes(
  { topic, tables }: Manifest,
  open: readonly Standing[],
  sent: readonly Standing[],
): MillraceError {
  const known = new Set(sent);
  const missing = open.filter((one) => !known.has(one));
  const some = missing.slice(0, 5).map(({ partition, offset }) => `${topic.name}/${partition}/${offset}`);
  return new MillraceError(
    'MR716',
    `${missing.length} quarantined records have no bytes in bronze; the ${sent.length} others are sent`,
    {
      where: `table ${tables.bronze}: ${some.join(', ')}${missing.length > some.length ? ', ...' : ''}`,
      mend: 'they are older than what bronze keeps: send them from their source',
    },
  );
}
