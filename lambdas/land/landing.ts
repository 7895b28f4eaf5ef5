import type { MSKEvent } from 'aws-lambda';
import type { Verdict } from '../../lib/contract/manifest.ts';
import { MillraceError } from '../../lib/errors.ts';
import { encodeParquet } from './parquet.ts';
import { type ObjectPlan, type PartitionPlan, planBatch } from './plan.ts';
import type { Place } from './settings.ts';
import type { Tabulate } from './table.ts';

/** Writes one whole object; rejects where the store did not take it. */
export type Put = (bucket: string, key: string, body: Uint8Array) => Promise<void>;

export interface Landing {
  readonly tabulate: Tabulate;
  readonly bronze: Place;
  readonly quarantine: Place;
  readonly put: Put;
}

/** What became of a batch. Counts are of the partitions that were written. */
export interface Landed {
  readonly records: number;
  /** Bytes of the records' values. */
  readonly bytes: number;
  readonly objects: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Partitions whose objects could not be written, to be sent again from `offset` on. */
  readonly failures: readonly {
    readonly partition: string;
    readonly offset: number;
    readonly cause: unknown;
  }[];
}

const none = { valid: 0, unparseable: 0, invalid: 0, future: 0, 'too-old': 0 };
const noCounts = { records: 0, bytes: 0, objects: 0, verdicts: none };
type Counts = typeof noCounts;

function add(a: Counts, b: Counts): Counts {
  const verdicts = { ...a.verdicts };
  for (const verdict of Object.keys(verdicts) as Verdict[]) verdicts[verdict] += b.verdicts[verdict];
  return {
    records: a.records + b.records,
    bytes: a.bytes + b.bytes,
    objects: a.objects + b.objects,
    verdicts,
  };
}

/** Bronze first: what is in quarantine is in bronze, at any instant. */
async function landObject(landing: Landing, object: ObjectPlan): Promise<Counts> {
  const { bronze, quarantine, verdicts, bytes } = landing.tabulate(object.records);
  await landing.put(
    landing.bronze.bucket,
    landing.bronze.prefix + object.key,
    encodeParquet(bronze.columns, bronze.values),
  );
  const broken = object.records.length - verdicts.valid;
  if (broken > 0) {
    const body = encodeParquet(quarantine.columns, quarantine.values);
    await landing.put(landing.quarantine.bucket, landing.quarantine.prefix + object.key, body);
  }
  return { records: object.records.length, bytes, objects: broken > 0 ? 2 : 1, verdicts };
}

async function landPartition(landing: Landing, plan: PartitionPlan): Promise<Counts> {
  let counts = noCounts;
  for (const object of plan.objects) counts = add(counts, await landObject(landing, object));
  return counts;
}

/**
 * Lands a batch: every record in bronze, those not valid in quarantine too. Partitions are independent, and one's
 * encoding runs while another's objects are on their way.
 *
 * The content of a record never makes it fail. Resolves with the partitions that could not be written; rejects with
 * MR803 where none could be.
 */
export async function land(landing: Landing, event: MSKEvent): Promise<Landed> {
  const plans = planBatch(event);
  const results = await Promise.allSettled(plans.map((plan) => landPartition(landing, plan)));
  const failures = plans.flatMap((plan, index) => {
    const result = results[index];
    if (result?.status !== 'rejected') return [];
    return [{ partition: plan.partition, offset: plan.lowestOffset, cause: result.reason as unknown }];
  });
  if (failures.length > 0 && failures.length === plans.length) {
    throw new MillraceError('MR803', `none of ${plans.length} topic partitions could be written`, {
      where: `s3://${landing.bronze.bucket}/${landing.bronze.prefix}`,
      mend: 'see the cause; the event source mapping sends the batch again',
      cause: failures[0]?.cause,
    });
  }
  const counts = results.reduce(
    (sum, result) => (result.status === 'fulfilled' ? add(sum, result.value) : sum),
    noCounts,
  );
  return { ...counts, failures };
}
