import type { S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { rowsOf } from '../athena/execution.ts';
import type { AthenaPlace } from '../athena/place.ts';
import { rowObjects } from '../athena/values.ts';
import * as sql from './classification.ts';
import { type Class, type Conclusion, conclude } from './equation.ts';
import type { KafkaView } from './kafka.ts';
import { failedPositions, type Progress, readProgress } from './lake-state.ts';
import { merged, type OffsetRange, without } from './ranges.ts';
import { lagOf, type Standing, silverBounds } from './standing.ts';

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

export interface DatasetConclusion extends Conclusion {
  /** Positions that the judges disagree on. */
  readonly disagreed: readonly OffsetRange[];
  /** Records that had not been through both paths when the audit began, and were left out. */
  readonly inFlight: number;
}

/** How far everything has come; `ends` are the topic's now, unless given. */
export async function standingOf(place: AuditPlace, ends?: sql.Bounds): Promise<Standing> {
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
 * Audits one dataset.
 * @param whole true: up to the topic's ends. False: up to where both paths have come, so that what is merely under
 * way is not called lost.
 */
export async function auditDataset(place: AuditPlace, whole: boolean): Promise<DatasetConclusion> {
  const { manifest, kafka } = place;
  const topic = manifest.topic.name;
  const { ends, landed, progress } = await standingOf(place);
  const { low } = await kafka.offsets(topic);
  const horizon = whole ? ends : reached(ends, landed, progress, low);
  const { keptFrom } = progress;
  const options = {
    manifest,
    horizon,
    processed: silverBounds(progress),
    ...(keptFrom === undefined ? {} : { keptFrom }),
  };
  const ask = async (text: string) => {
    const { rows, columns } = await rowsOf(place.athena, { ...place, sql: text });
    return rowObjects(rows, columns);
  };

  const [counts, known, silver, failures] = await Promise.all([
    ask(sql.countsSql(options)),
    ask(sql.knownSql(options)).then(rangesOf),
    ask(sql.silverSql(options)),
    failedPositions(place.s3, place.failuresBucket, topic),
  ]);
  const classes = counts.map((row) => ({
    class: row.class as Class,
    positions: Number(row.positions),
    inBronze: Number(row.in_bronze),
    disagreed: Number(row.disagreed),
  }));
  const some = (field: 'positions' | 'disagreed', only?: Class) =>
    classes.some((one) => one[field] > 0 && (only === undefined || one.class === only));
  const unaccounted = some('positions', 'none') ? rangesOf(await ask(sql.unaccountedSql(options))) : [];
  const disagreed = some('disagreed') ? rangesOf(await ask(sql.disagreedSql(options))) : [];
  const conclusion = conclude({
    classes,
    silver: {
      rows: Number(silver[0]?.silver_rows ?? 0),
      identities: Number(silver[0]?.identities ?? 0),
      late: Number(silver[0]?.late ?? 0),
    },
    unaccounted,
    unknown: await readableHoles(kafka, topic, low, horizon, known),
    failures,
  });
  return { ...conclusion, disagreed, inFlight: lagOf(ends, horizon) };
}

/** Where landing and silver have both come to; below the earliest offset that Kafka still has, nothing can be under way. */
function reached(ends: sql.Bounds, landed: sql.Bounds, progress: Progress, low: sql.Bounds): sql.Bounds {
  const silver = silverBounds(progress);
  return new Map(
    [...ends].map(([partition, end]) => {
      const both = Math.min(silver.get(partition) ?? 0, landed.get(partition) ?? 0);
      return [partition, Math.min(end, Math.max(both, low.get(partition) ?? 0))];
    }),
  );
}

async function readableHoles(
  kafka: KafkaView,
  topic: string,
  low: sql.Bounds,
  horizon: sql.Bounds,
  known: readonly OffsetRange[],
): Promise<OffsetRange[]> {
  const held = [...horizon].flatMap(([partition, end]) => {
    const first = low.get(partition) ?? 0;
    return end > first ? [{ partition, first, last: end - 1 }] : [];
  });
  const holes = without(held, known);
  const readable = await kafka.readable(topic, holes);
  // A consumer reads whole batches: what is not in a hole was not asked for.
  return without(readable, without(readable, holes));
}

function rangesOf(rows: readonly Record<string, unknown>[]): OffsetRange[] {
  return merged(
    rows.map((row) => ({
      partition: Number(row.kafka_partition),
      first: Number(row.first_offset),
      last: Number(row.last_offset),
    })),
  );
}
