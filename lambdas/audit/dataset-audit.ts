import type { S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { rowsOf } from '../shared/athena/execution.ts';
import type { AthenaPlace } from '../shared/athena/place.ts';
import { rowObjects } from '../shared/athena/values.ts';
import { bronzeSpanSql } from './classification.ts';
import { conclude, type DatasetAudit, type Gaps } from './equation.ts';
import { forgottenHoles, heldHoles, neverRead } from './holes.ts';
import type { KafkaView } from './kafka.ts';
import { failedPositions, type Progress, readProgress } from './lake-state.ts';
import { positionsBetween, withinArchive, withinTopic, withSlack } from './range.ts';
import { merged, within, without } from './ranges.ts';
import type { Bounds, Scope, Times } from './scope.ts';
import { lagOf, type Standing, silverBounds } from './standing.ts';
import { type Ask, examineTables, rangesOf } from './tables.ts';

/** All that an audit of one dataset reads. */
export interface AuditPlace extends AthenaPlace {
  readonly manifest: Manifest;
  readonly kafka: KafkaView;
  readonly s3: S3Client;
  /** Bucket of the jobs' progress. */
  readonly stateBucket: string;
  /** Bucket of the on-failure destination. */
  readonly failuresBucket: string;
  /** Consumer group of the landing. */
  readonly landingGroup: string;
}

export interface AuditOptions {
  /**
   * True: up to the topic's ends. False: up to where both paths have come, so that what is merely under way is not
   * called lost.
   */
  readonly whole: boolean;
  /** Kafka timestamps: `from` included, `to` not. @default all positions */
  readonly times?: Times;
}

export interface DatasetConclusion {
  readonly audit: DatasetAudit;
  readonly gaps: Gaps;
  /** So much was missing that not all of it was looked at: the counts are at least so many. See `gaps.unread`. */
  readonly truncated: boolean;
  /** Records that had not been through both paths when the audit began, and were left out. */
  readonly inFlight: number;
  /** That Athena read from S3. */
  readonly scannedBytes: number;
  readonly seconds: number;
  /** The stream was moved to another topic: only what Kafka took from then on (ISO 8601) was judged. */
  readonly topicSince?: string;
}

/** How far everything has come; `ends` are the topic's now, unless given. */
export async function standingOf(place: AuditPlace, ends?: Bounds): Promise<Standing> {
  const { kafka, manifest, landingGroup } = place;
  const topic = manifest.topic.name;
  const [landed, progress, high] = await Promise.all([
    kafka.committed(landingGroup, topic),
    readProgress(place.s3, place.stateBucket, manifest),
    ends ?? kafka.offsets(topic).then((offsets) => offsets.high),
  ]);
  return { ends: high, landed, progress };
}

/**
 * Audits one dataset: all positions, or those of some times; where bronze forgets before silver does, those of which
 * bronze still has everything. Of a stream that was moved to another topic, those of that topic.
 * @throws MillraceError MR601 (Kafka), MR701, MR702 (Athena)
 */
export async function auditDataset(
  place: AuditPlace,
  { whole, times: asked }: AuditOptions,
  nowMs = Date.now(),
): Promise<DatasetConclusion> {
  const begun = performance.now();
  const { manifest, kafka } = place;
  const topic = manifest.topic.name;
  const times = withinArchive(asked, manifest, nowMs);
  const { ends, landed, progress } = await standingOf(place);
  const offsets = await kafka.offsets(topic);
  const reachable = whole ? ends : reached(ends, landed, progress, offsets.low);
  const { keptFrom } = progress;
  const moved = progress.silver?.topicSince === undefined ? {} : { topicSince: progress.silver.topicSince };
  const common = {
    ...moved,
    manifest,
    landed,
    processed: silverBounds(progress),
    ...(keptFrom === undefined ? {} : { keptFrom }),
  };
  const { ask, scannedBytes } = asking(place);
  const between = withinTopic(times, moved.topicSince);
  const positions =
    between === undefined
      ? { first: new Map(), end: ends }
      : await positionsBetween(kafka, topic, between, offsets, async (some, below) =>
          rangesOf(await ask(bronzeSpanSql({ ...common, horizon: below, times: some }))),
        );
  const horizon = lower(positions.end, reachable);
  const scope: Scope = {
    ...common,
    first: positions.first,
    horizon,
    ...(times === undefined ? {} : { times: withSlack(times) }),
  };
  const found = await examineTables(ask, scope);
  const held = await heldHoles(kafka, topic, offsets.low, scope, found.known);
  // What Kafka forgot while it was being read is not a gap.
  const { low } = await kafka.offsets(topic);
  const gone = forgottenHoles(low, scope, [...found.known, ...held.readable]);
  const nowhere = [...found.unaccounted, ...held.readable, ...gone];
  const failures =
    nowhere.length === 0
      ? []
      : await failedPositions(place.s3, place.failuresBucket, topic, moved.topicSince);
  const records = [...neverRead(gone, scope), ...within(gone, failures)];
  const unknown = merged([...held.readable, ...records]);
  const { audit, lost } = conclude({ ...found, unknown, failures });
  return {
    audit,
    gaps: {
      lost,
      notInBronze: merged([...found.notInBronze, ...unknown]),
      duplicated: found.doubled,
      disagreed: found.disagreed,
      unverifiable: without(gone, records),
      unread: without(held.unread, gone),
    },
    truncated: held.unread.length > 0,
    inFlight: lagOf(positions.end, horizon),
    scannedBytes: scannedBytes(),
    seconds: Math.round(performance.now() - begun) / 1000,
    ...moved,
  };
}

/** Asks Athena, and adds up what it read. */
function asking(place: AthenaPlace): { readonly ask: Ask; scannedBytes(): number } {
  let total = 0;
  return {
    ask: async (sql) => {
      const { rows, columns, scannedBytes } = await rowsOf(place.athena, { ...place, sql });
      total += scannedBytes;
      return rowObjects(rows, columns);
    },
    scannedBytes: () => total,
  };
}

/** Of each partition of `bounds`, the lower of the two. */
function lower(bounds: Bounds, others: Bounds): Bounds {
  return new Map(
    [...bounds].map(([partition, end]) => [partition, Math.min(end, others.get(partition) ?? 0)]),
  );
}

/** Where landing and silver have both come to; below the earliest offset that Kafka still has, nothing can be under way. */
function reached(ends: Bounds, landed: Bounds, progress: Progress, low: Bounds): Bounds {
  const silver = silverBounds(progress);
  return new Map(
    [...ends].map(([partition, end]) => {
      const both = Math.min(silver.get(partition) ?? 0, landed.get(partition) ?? 0);
      return [partition, Math.min(end, Math.max(both, low.get(partition) ?? 0))];
    }),
  );
}
