/** How far everything is at one moment; records, summed over partitions. */
export interface Look {
  readonly produced: number;
  readonly landed: number;
  readonly silver: number;
  /** How often the silver job has taken its lease. */
  readonly epoch: number;
  /** A batch is being written to silver. */
  readonly committing: boolean;
}

/** A part that is killed once. */
export interface Target {
  readonly part: string;
  /** Name of its process record. */
  record(stage: string, dataset: string): string;
  /** Where it is killed, in words. */
  readonly point: string;
  /** True at that point; `share` of the events is what a count comes to. */
  due(look: Look, share: (count: number) => number): boolean;
  /** Grows while the part works: more than at its kill means that it works again. */
  come(look: Look): number;
}

/** Each at another part of the way, and in the midst of its work. */
export const TARGETS: readonly Target[] = [
  {
    part: 'broker',
    record: () => 'kafka',
    point: '20 % of the events are produced',
    due: ({ produced }, share) => share(produced) >= 0.2,
    come: ({ produced }) => produced,
  },
  {
    part: 'landing function',
    record: (stage, dataset) => `function-millrace-${stage}-${dataset}-land`,
    point: '45 % of the events are in bronze',
    due: ({ landed }, share) => share(landed) >= 0.45,
    come: ({ landed }) => landed,
  },
  {
    part: 'Spark driver of silver',
    record: (stage, dataset) => `spark-millrace-${stage}-${dataset}-silver`,
    point: '70 % of the events are produced, and a batch is being committed or all so far is in silver',
    due: ({ produced, silver, committing }, share) =>
      share(produced) >= 0.7 && (committing || silver >= produced),
    come: ({ epoch }) => epoch,
  },
];

/** So much of the events is produced before the last part is killed; the rest only then, so that each finds work left. */
export const HELD_FROM = 0.9;
