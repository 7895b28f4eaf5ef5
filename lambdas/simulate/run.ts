import type { Manifest } from '../../lib/contract/manifest.ts';
import { prefixed } from './breach.ts';
import { cadence } from './cadence.ts';
import { extras } from './extras.ts';
import { type Expected, type Tally, tally } from './ledger.ts';
import { memory } from './memory.ts';
import { addressing, type Message } from './message.ts';
import { COMPLETE_FROM, type Plan } from './plan.ts';
import { randomFrom } from './random.ts';
import type { Event, Simulator } from './simulator.ts';

export interface Run {
  /** The messages in the order in which they must be sent. May be taken once. */
  readonly messages: Iterable<Message>;
  /** What was taken so far. */
  expected(): Expected;
}

/** A distinct valid event, ready to be sent. */
interface Ready {
  readonly message: Message;
  readonly timeMs: number;
}

const ONE_MEGABYTE = 1_048_576;
/** Room for the batch around the big value. */
const ENVELOPE_BYTES = 2048;
const OUT_OF_ORDER_EVENTS = 60;

/**
 * Turns a plan into messages. Pure: the clock is only asked in an endless run.
 * @param clock epoch milliseconds now
 */
export function run(
  manifest: Manifest,
  simulator: Simulator,
  plan: Plan,
  clock: () => number = Date.now,
): Run {
  const ledger = tally();
  return { messages: generate(manifest, simulator, plan, clock, ledger), expected: ledger.expected };
}

function* generate(
  manifest: Manifest,
  simulator: Simulator,
  plan: Plan,
  clock: () => number,
  ledger: Tally,
): Generator<Message> {
  const address = addressing(manifest, plan.partitions);
  const remembered = memory(randomFrom(plan.seed, 'memory'));
  const onTop = extras(manifest, simulator, plan, { address, memory: remembered, ledger });
  const contents = randomFrom(plan.seed, 'contents');
  const lag = lags(manifest, plan);
  const isUnusual = cadence(plan.rates.unusual, randomFrom(plan.seed, 'unusual'));
  const bigAt = plan.events === null || plan.events < COMPLETE_FROM ? -1 : Math.floor(plan.events / 2);
  const newestMs = new Array<number>(plan.partitions).fill(Number.NEGATIVE_INFINITY);
  const held = new Map<number, Ready[]>();
  let unusual = 0;

  function make(i: number, timeMs: number): Ready {
    const event = simulator.event(i, contents, timeMs);
    let text = JSON.stringify(event);
    if (i === bigAt) text = bigText(manifest, text);
    else if (isUnusual.hit()) text = unusualText(event, text, unusual++);
    return { message: address(event, Buffer.from(text)), timeMs };
  }

  function* send({ message, timeMs }: Ready): Generator<Message> {
    const newest = newestMs[message.partition] ?? Number.NEGATIVE_INFINITY;
    if (timeMs < newest - manifest.time.latenessMs) ledger.countLate();
    newestMs[message.partition] = Math.max(newest, timeMs);
    ledger.count('event', 'silver');
    yield message;
    // The big value is sent once, so nothing later may speak of it.
    if ((message.value?.length ?? 0) < ONE_MEGABYTE / 2) remembered.add(message);
    yield* onTop();
  }

  const end = plan.events ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i < end; i += 1) {
    for (const ready of held.get(i) ?? []) yield* send(ready);
    held.delete(i);
    const behind = lag();
    if (behind > 0) ledger.countOutOfOrder();
    if (plan.events === null) {
      yield* send(make(i, clock() - behind * plan.intervalMs));
      continue;
    }
    const ready = make(i, plan.startMs + i * plan.intervalMs + contents.below(plan.intervalMs));
    if (behind === 0) yield* send(ready);
    else held.set(i + behind, [...(held.get(i + behind) ?? []), ready]);
  }
  for (const until of [...held.keys()].sort((a, b) => a - b)) {
    for (const ready of held.get(until) ?? []) yield* send(ready);
  }
}

/** By how many events the next one is sent too late: mostly 0. */
function lags(manifest: Manifest, plan: Plan): () => number {
  const random = randomFrom(plan.seed, 'order');
  const isLate = cadence(plan.rates.late, randomFrom(plan.seed, 'late'));
  const isOutOfOrder = cadence(plan.rates.outOfOrder, randomFrom(plan.seed, 'out of order'));
  const lateness = Math.ceil(manifest.time.latenessMs / plan.intervalMs);
  return () => {
    const late = isLate.hit();
    const strolls = isOutOfOrder.hit();
    // 30 more than the lateness: the newest event of a partition is a little behind the newest of all.
    if (late) return lateness + 30 + random.below(lateness + 1);
    return strolls ? 1 + random.below(OUT_OF_ORDER_EVENTS) : 0;
  };
}

/** A value of one megabyte, or of what the topic takes where that is less. */
function bigText(manifest: Manifest, text: string): string {
  const most = Math.min(ONE_MEGABYTE, manifest.topic.maxMessageBytes - ENVELOPE_BYTES);
  const padding = Math.max(0, most - Buffer.byteLength(text) - '"padding":"",'.length);
  return prefixed(`"padding":"${'x'.repeat(padding)}"`, text);
}

/** Valid still: fields that the contract does not know, or a key twice of which the last counts. */
function unusualText(event: Event, text: string, turn: number): string {
  if (turn % 2 === 0) {
    const deep = { list: [1, -0.5, { deep: [[[[null]]]] }], text: 'Zürich \u{1f30a} \\u0000' };
    return prefixed(`"unknown":${JSON.stringify(deep)},"toString":1`, text);
  }
  const keys = Object.keys(event);
  const key = keys[((turn - 1) / 2) % keys.length] ?? '';
  return prefixed(`${JSON.stringify(key)}:"an earlier value, overruled"`, text);
}
