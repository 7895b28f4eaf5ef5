import { openProducer } from '../../../bin/command/producer/producer.ts';
import { pump } from '../../../bin/command/producer/pump.ts';
import { breaches } from '../../../lambdas/simulate/breach.ts';
import { simulatorOf } from '../../../lambdas/simulate/choice.ts';
import { addressing, type Message } from '../../../lambdas/simulate/message.ts';
import { finitePlan, type Plan } from '../../../lambdas/simulate/plan.ts';
import { randomFrom } from '../../../lambdas/simulate/random.ts';
import { type Run, run } from '../../../lambdas/simulate/run.ts';
import type { Event } from '../../../lambdas/simulate/simulator.ts';
import type { Lab } from './lab.ts';

/** Positions that the broker has acknowledged. */
export interface Sent {
  readonly records: number;
  readonly acknowledged: readonly { readonly partition: number; readonly offset: number }[];
}

export interface Sending {
  /** Records a second. @default as fast as they are taken */
  readonly rate?: number;
  readonly onProgress?: (acknowledged: number) => void;
}

/** Sends messages in their order with the shipped producer. */
export async function send(lab: Lab, messages: Iterable<Message>, sending: Sending = {}): Promise<Sent> {
  const { topic } = lab.dataset.manifest;
  const producer = await openProducer({ brokers: [lab.state.endpoints.kafka], topic: topic.name });
  try {
    const { records, positions } = await pump(producer, messages, {
      rate: sending.rate ?? null,
      maxMessageBytes: topic.maxMessageBytes,
      ...(sending.onProgress === undefined ? {} : { onProgress: sending.onProgress }),
    });
    const acknowledged = Object.entries(positions).flatMap(([partition, ranges]) =>
      ranges.flatMap(({ baseOffset, count }) =>
        Array.from({ length: count }, (_, at) => ({ partition: Number(partition), offset: baseOffset + at })),
      ),
    );
    return { records, acknowledged };
  } finally {
    await producer.close();
  }
}

/** Sends beside what the scenario does meanwhile; a scenario that fails leaves it behind. */
export function sendBeside(...words: Parameters<typeof send>): Promise<Sent> {
  const sending = send(...words);
  sending.catch(() => undefined);
  return sending;
}

export interface Load {
  readonly seed: number;
  readonly events: number;
  /** Epoch milliseconds of the first event. @default so that the last lies before today */
  readonly startMs?: number;
  readonly intervalMs?: number;
  readonly partitions?: number;
}

/** Simulated events with all that goes wrong among them: duplicates, late, broken, future, too old, conflicting ones. */
export async function simulated(lab: Lab, { seed, events, partitions = 3, ...times }: Load): Promise<Run> {
  const { manifest } = lab.dataset;
  const kinds = breaches(manifest).length;
  const plan = finitePlan({ seed, events, nowMs: Date.now(), partitions, kinds });
  // One identity in two days is for the sweep.
  const whole: Plan = { ...plan, ...times, rates: { ...plan.rates, strays: 0 } };
  return run(manifest, await simulatorOf(manifest, seed), whole);
}

export async function load(lab: Lab, options: Load): Promise<Iterable<Message>> {
  return (await simulated(lab, options)).messages;
}

/** Makes single events of a dataset, for scenarios that choose times and partitions themselves. */
export interface Maker {
  event(timeMs: number): Event;
  /** The same identity, other content. */
  other(event: Event): Event;
  /** @param partition @default the one of its key */
  message(event: unknown, partition?: number): Message;
}

export async function maker(lab: Lab, seed: number, partitions = 3): Promise<Maker> {
  const { manifest } = lab.dataset;
  const simulator = await simulatorOf(manifest, seed);
  const random = randomFrom(seed, 'contents');
  const address = addressing(manifest, partitions);
  let made = 0;
  return {
    event: (timeMs) => simulator.event(made++, random, timeMs),
    other: (event) => simulator.conflicting(event, random),
    message: (event, partition) => {
      const message = address(event, Buffer.from(JSON.stringify(event)));
      return partition === undefined ? message : { ...message, partition };
    },
  };
}
