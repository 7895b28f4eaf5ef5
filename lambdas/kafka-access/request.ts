import * as z from 'zod';

const topic = z.string().min(1);
const base64 = z.base64().nullable();
/** Headers in their order: name, value. */
const headers = z.array(z.tuple([z.string(), base64])).optional();
const record = z.object({ key: base64, value: base64, headers });
const range = z.object({ partition: z.int().min(0), first: z.int().min(0), last: z.int().min(0) });

/** What the commands ask of Kafka where they cannot reach the brokers themselves. */
export const request = z.discriminatedUnion('ask', [
  /** The offsets that a topic holds. */
  z.object({ ask: z.literal('offsets'), topic }),
  /** The first offsets at or after an instant, in epoch milliseconds. */
  z.object({ ask: z.literal('offsetsAt'), topic, atMs: z.int().min(0) }),
  /** The next offsets of a consumer group. */
  z.object({ ask: z.literal('committed'), topic, group: z.string().min(1) }),
  /** Which offsets of some ranges a consumer (read_committed) gets. */
  z.object({ ask: z.literal('readable'), topic, ranges: z.array(range) }),
  /** Appends records, in order, each list to its partition. */
  z.object({
    ask: z.literal('append'),
    topic,
    batches: z.array(z.object({ partition: z.int().min(0), records: z.array(record) })),
  }),
]);

export type Request = z.infer<typeof request>;

/** Offsets of one partition, both inclusive. */
export type Range = z.infer<typeof range>;

/** Offsets by partition, as pairs. */
export type Pairs = readonly (readonly [number, number])[];

/** What is answered, by what was asked. */
export interface Answers {
  readonly offsets: { readonly low: Pairs; readonly high: Pairs };
  readonly offsetsAt: { readonly offsets: Pairs };
  readonly committed: { readonly offsets: Pairs };
  readonly readable: { readonly ranges: readonly Range[] };
  readonly append: {
    readonly acknowledged: readonly {
      readonly partition: number;
      readonly baseOffset: number;
      readonly count: number;
    }[];
  };
}
