import type { Audit } from '../../../lambdas/audit/equation.ts';
import type { Expected } from '../../../lambdas/simulate/ledger.ts';
import type { GoldModel } from '../../../lib/contract/manifest.ts';
import type { Kill } from './chaos/chaos.ts';
import type { Sample } from './samples.ts';
import type { TableSize } from './silver-files.ts';

/** All that a demo found out; what its report and its JSON are made of. */
export interface Outcome {
  readonly dataset: string;
  readonly seed: number;
  readonly model: GoldModel;
  /** Rows of the model's named query. */
  readonly rows: readonly Record<string, unknown>[];
  readonly audit: Audit;
  readonly expected: Expected;
  readonly samples: readonly Sample[];
  readonly silver: TableSize;
  /** Seconds by step. */
  readonly timings: Readonly<Record<string, number>>;
  readonly throughput: Throughput;
  /** The parts that were killed meanwhile; none without --chaos. */
  readonly chaos: readonly Kill[];
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
}

export interface Throughput {
  /** Records acknowledged by the broker, a second. */
  readonly producePerSecond: number;
  /** From the first record produced to the last in bronze. */
  readonly landPerSecond: number;
  /** From the first record produced to the last in silver. */
  readonly silverPerSecond: number;
  /** While the silver job works on batches, start-up and waiting apart. */
  readonly silverBusyPerSecond: number;
  /** Of the gold model's query, by the engine's clock. */
  readonly querySeconds: number;
  readonly queryScannedBytes: number;
  readonly silverBytesPerEvent: number;
}
