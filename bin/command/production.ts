import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaFunction } from '../../lambdas/shared/kafka-function.ts';
import { breaches } from '../../lambdas/simulate/breach.ts';
import { simulatorOf } from '../../lambdas/simulate/choice.ts';
import type { Expected } from '../../lambdas/simulate/ledger.ts';
import { endlessPlan, finitePlan } from '../../lambdas/simulate/plan.ts';
import { run } from '../../lambdas/simulate/run.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { openFunctionProducer } from './producer/function-producer.ts';
import { openProducer } from './producer/producer.ts';
import { type Pumped, type PumpOptions, pump } from './producer/pump.ts';
import { fileMessages } from './producer/raw-file.ts';

export type Source =
  | { readonly kind: 'simulator'; readonly seed: number; readonly events: number | null }
  | { readonly kind: 'file'; readonly file: string };

export interface ProductionOptions {
  readonly manifest: Manifest;
  readonly source: Source;
  /** `HOST:PORT` of the brokers, or the function beside them. */
  readonly brokers: readonly string[] | KafkaFunction;
  /** State folder; the ledger is written to its `ledger` folder. */
  readonly stateDir: string;
  /** Records a second; null: as fast as they are taken. */
  readonly rate: number | null;
  readonly signal?: AbortSignal;
  /** Told how many records are acknowledged, and which share of the whole (0 to 1) that is; null where it is not known. */
  readonly onProgress?: (acknowledged: number, share: number | null) => void;
  readonly hold?: PumpOptions['hold'];
  readonly onRetry?: (reason: string) => void;
}

/** What was sent and acknowledged; `expected` only of the simulator, which knows what it made. */
export interface Ledger extends Pumped {
  readonly dataset: string;
  readonly topic: string;
  readonly source: Source;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly expected: Expected | null;
}

/** Produces from a source to the dataset's topic and writes the ledger. @returns the ledger and its file */
export async function produce(options: ProductionOptions): Promise<{ ledger: Ledger; file: string }> {
  const { manifest, source, brokers, stateDir, rate, signal, onProgress, onRetry, hold } = options;
  const { name: topic, maxMessageBytes } = manifest.topic;
  const producer =
    'ask' in brokers
      ? await openFunctionProducer(brokers, topic)
      : await openProducer({ brokers, topic, ...(onRetry === undefined ? {} : { onRetry }) });
  const started = new Date();
  try {
    const { messages, expected } = await messagesOf(manifest, source, producer.partitions, started.getTime());
    const pumped = await pump(producer, messages, {
      rate,
      maxMessageBytes,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (acknowledged) => onProgress?.(acknowledged, shareOf(source, expected())),
      ...(hold === undefined ? {} : { hold }),
    });
    const ledger: Ledger = {
      dataset: manifest.dataset,
      topic,
      source,
      startedAt: started.toISOString(),
      finishedAt: new Date().toISOString(),
      ...pumped,
      expected: expected(),
    };
    return { ledger, file: await writeLedger(stateDir, ledger) };
  } finally {
    await producer.close();
  }
}

/** Of the simulator's events; of a file's lines nothing is known before its end. */
function shareOf(source: Source, expected: Expected | null): number | null {
  if (source.kind === 'file' || source.events === null || expected === null) return null;
  return Math.min(1, expected.distinct / Math.max(1, source.events));
}

async function messagesOf(manifest: Manifest, source: Source, partitions: number, nowMs: number) {
  if (source.kind === 'file') {
    return { messages: fileMessages(source.file, manifest, partitions), expected: () => null };
  }
  const { seed, events } = source;
  const kinds = breaches(manifest).length;
  const plan =
    events === null
      ? endlessPlan({ seed, nowMs, partitions })
      : finitePlan({ seed, events, nowMs, partitions, kinds });
  return run(manifest, await simulatorOf(manifest, seed), plan);
}

async function writeLedger(stateDir: string, ledger: Ledger): Promise<string> {
  const folder = join(stateDir, 'ledger');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${ledger.dataset}-${ledger.startedAt.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(file, `${JSON.stringify(ledger, undefined, 2)}\n`);
  return file;
}
