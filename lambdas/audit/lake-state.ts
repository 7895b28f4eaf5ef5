import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Manifest } from '../../lib/contract/manifest.ts';
import type { DatasetAudit, Gaps } from './equation.ts';
import { merged, type OffsetRange } from './ranges.ts';

/** Of the silver job in one partition. */
export interface PartitionProgress {
  readonly until: number;
  /** Newest observed time of a valid record, and newest Kafka timestamp; epoch milliseconds. */
  readonly maxEventTimeMs?: number | null;
  readonly maxKafkaTimeMs?: number | null;
}

/** What the jobs wrote down of themselves; snapshot ids are texts, times ISO 8601 in UTC with milliseconds. */
export interface SilverProgress {
  readonly partitions?: Readonly<Record<string, PartitionProgress>>;
  readonly silverSnapshotId?: string | null;
  /**
   * Kafka timestamp from which positions are of the topic that the stream reads: it was moved to that from another
   * (glue-jobs/millrace_jobs/renewal.py). @default there was no other
   */
  readonly topicSince?: string;
  /** Of the last batch that changed silver. */
  readonly committedAt?: string;
  readonly updatedAt?: string;
  /** How often the lease was taken: one more at each start of the silver job. */
  readonly epoch?: number;
  /** `committing`: a batch is being written. */
  readonly phase?: string;
  readonly counts?: Readonly<Record<string, number>>;
}

export interface SweepProgress {
  readonly silverSnapshotId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface GoldProgress {
  readonly silverSnapshotId: string | null;
  readonly finishedAt: string;
}

/** Kafka timestamps: `from` included, `to` not. */
export interface OpenBreach {
  readonly from: string;
  readonly to: string;
}

/** What the scheduled audit last found. */
export interface AuditProgress {
  /** Kafka timestamps: `from` included, `to` not. */
  readonly from: string;
  readonly to: string;
  /** All before it was audited, and found sound but for the open breaches. */
  readonly auditedTo: string;
  /** Of the range, and of the open breaches. */
  readonly sound: boolean;
  /** Ranges before `auditedTo` that were not sound when they were last looked at: each run audits them again. */
  readonly open?: readonly OpenBreach[];
  /** The range and the open breaches, added up. */
  readonly audit: DatasetAudit;
  /** Of each kind the first thousand ranges. */
  readonly gaps: Gaps;
  /** The counts are at least so many. */
  readonly truncated: boolean;
  /** Records of the range that were not through yet. */
  readonly inFlight: number;
  readonly scannedBytes: number;
  readonly seconds: number;
  /** Of silver's progress: nothing before it was judged. */
  readonly topicSince?: string;
  readonly finishedAt: string;
}

export interface Progress {
  readonly silver: SilverProgress | undefined;
  readonly sweep: SweepProgress | undefined;
  /** By model. */
  readonly gold: Readonly<Record<string, GoldProgress | undefined>>;
  /** The UTC day (YYYY-MM-DD) that maintenance has deleted up to. */
  readonly keptFrom?: string;
}

export async function readProgress(s3: S3Client, bucket: string, manifest: Manifest): Promise<Progress> {
  const read = <T>(name: string) => readJson<T>(s3, bucket, `progress/${manifest.dataset}/${name}.json`);
  const [retention, silver, sweep, ...gold] = await Promise.all([
    read<{ readonly keptFrom: string }>('retention'),
    read<SilverProgress>('silver'),
    read<SweepProgress>('sweep'),
    ...manifest.gold.map(({ name }) => read<GoldProgress>(`gold-${name}`)),
  ]);
  return {
    silver,
    sweep,
    gold: Object.fromEntries(manifest.gold.map(({ name }, at) => [name, gold[at]])),
    ...(retention === undefined ? {} : { keptFrom: retention.keptFrom }),
  };
}

/** Key of the scheduled audit's object in the state bucket. */
const auditKey = ({ dataset }: Manifest) => `progress/${dataset}/audit.json`;

/** What the scheduled audit last found; undefined before its first run. */
export function readAudit(
  s3: S3Client,
  bucket: string,
  manifest: Manifest,
): Promise<AuditProgress | undefined> {
  return readJson<AuditProgress>(s3, bucket, auditKey(manifest));
}

export async function writeAudit(
  s3: S3Client,
  bucket: string,
  manifest: Manifest,
  found: AuditProgress,
): Promise<void> {
  const Body = `${JSON.stringify(found)}\n`;
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: auditKey(manifest), Body, ContentType: 'application/json' }),
  );
}

async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function readJson<T>(s3: S3Client, bucket: string, key: string): Promise<T | undefined> {
  const text = await readText(s3, bucket, key);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** The part of a record in an MSK event that tells where it stands. */
interface Placed {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp?: number;
}

/** The objects of an on-failure destination, one at a time: each holds up to a whole batch of 6 MB. */
export async function* invocationRecords(
  s3: S3Client,
  bucket: string,
): AsyncGenerator<{ readonly key: string; readonly text: string }> {
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key: key } of page.Contents ?? []) {
      const text = key === undefined ? undefined : await readText(s3, bucket, key);
      if (key !== undefined && text !== undefined) yield { key, text };
    }
  }
}

/**
 * Positions of a topic in the invocation records of an on-failure destination.
 * @param since Kafka timestamp (ISO 8601) of the first that are meant; undefined: all
 */
export async function failedPositions(
  s3: S3Client,
  bucket: string,
  topic: string,
  since?: string,
): Promise<OffsetRange[]> {
  const found: OffsetRange[] = [];
  for await (const { text } of invocationRecords(s3, bucket)) found.push(...positionsIn(text, topic, since));
  return merged(found);
}

/** Positions in one invocation record; none in an object of another form. */
export function positionsIn(text: string, topic: string, since?: string): OffsetRange[] {
  let event: { records?: Readonly<Record<string, readonly Placed[]>> };
  try {
    const { payload } = JSON.parse(text) as { payload?: unknown };
    event = typeof payload === 'string' ? JSON.parse(payload) : (payload ?? {});
  } catch {
    return [];
  }
  const sinceMs = since === undefined ? 0 : Date.parse(since);
  return Object.values(event.records ?? {})
    .flat()
    .filter((record) => record.topic === topic && (record.timestamp ?? sinceMs) >= sinceMs)
    .map(({ partition, offset }) => ({ partition, first: offset, last: offset }));
}
