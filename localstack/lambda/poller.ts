import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, type ConsumerConfig, type EachBatchPayload, Kafka, logLevel } from 'kafkajs';
import { registerZstd } from '../../lambdas/kafka-access/zstd.ts';
import { MillraceError } from '../../lib/errors.ts';
import { accepts } from '../services/health.ts';
import { createCommitter } from './committer.ts';
import { createDispatcher, type Dispatcher, type DispatcherCounts } from './dispatcher.ts';
import { groupConsumer } from './group-consumer.ts';
import { type BatchLimits, isFull, type Lane } from './lane.ts';
import { encodeRecord, type PolledRecord } from './record.ts';

export interface PollerOptions {
  /** `127.0.0.1:PORT`, comma-joined. */
  readonly bootstrapServers: string;
  readonly topics: readonly string[];
  readonly groupId: string;
  /** 1 to 10000 records. */
  readonly batchSize: number;
  /** 0 to 300: how long to gather a batch that is not full. */
  readonly windowSeconds: number;
  readonly startingPosition: string;
  /** BisectBatchOnFunctionError. */
  readonly bisect: boolean;
  /** 0 to 10000; -1: without end, but 10 where there is a destination. */
  readonly maximumRetryAttempts: number;
  /** 60 to 604800; -1: any age. */
  readonly maximumRecordAgeSeconds: number;
  /** ReportBatchItemFailures. */
  readonly partialResponses: boolean;
  /** The S3 on-failure destination. */
  readonly onFailure?: { put(key: string, body: string): Promise<void> };
  readonly eventSourceArn: string;
  /** UUID of the mapping; part of the destination's keys. */
  readonly mappingId: string;
  /** @default the empty string */
  readonly functionArn?: string;
  /** Sends an event, given as JSON bytes, to the function: resolves with its response, rejects where it failed. */
  readonly invoke: (event: Buffer) => Promise<unknown>;
  readonly log: (line: string) => void;
}

export interface Poller {
  /** Committed offset (the next to be read) by `TOPIC-PARTITION`, as the broker holds it; none for a partition never committed. */
  committed(): Promise<Map<string, number>>;
  counts(): DispatcherCounts;
  /** Lets invocations under way end, commits what they handled, and leaves the group. */
  stop(): Promise<void>;
}

const heartbeatMs = 1_000;
/**
 * The least that a broker grants (group.min.session.timeout.ms): for so long a killed poller keeps its partitions. A
 * fetch is decoded and handed on in far less, and a full lane sends heartbeats.
 */
const sessionMs = 6_000;
/** How long a full lane holds up fetching before its partition is paused, so that the others go on. */
const patienceMs = 3_000;
/** By partition, compressed: about one batch of small events. A fetch is decoded in one go, which nothing else may wait for long. */
const fetchBytes = 512 * 1024;

function kafkaOf(options: PollerOptions): Kafka {
  return new Kafka({
    brokers: options.bootstrapServers.split(','),
    clientId: `event-source-mapping-${options.mappingId}`,
    // A broker that is away comes back: the poller outlives it.
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 1_000 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ log: { message, ...fields } }) =>
        options.log(`kafka: ${message}${typeof fields.error === 'string' ? `: ${fields.error}` : ''}`),
  });
}

function groupConfig(groupId: string): ConsumerConfig {
  return {
    groupId,
    maxBytesPerPartition: fetchBytes,
    maxWaitTimeInMs: 250,
    heartbeatInterval: heartbeatMs,
    sessionTimeout: sessionMs,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 10, restartOnFailure: async () => true },
  };
}

/** Records of a batch that were not read before: a group joined anew is read again from its committed offsets on. */
function unread(lane: Lane, batch: Batch): PolledRecord[] {
  // A topic made anew begins at 0 again.
  if (Number(batch.highWatermark) <= lane.readThrough) lane.readThrough = -1;
  const records: PolledRecord[] = [];
  for (const message of batch.messages) {
    if (Number(message.offset) > lane.readThrough)
      records.push(encodeRecord(lane.topic, lane.partition, message));
  }
  lane.readThrough = Math.max(lane.readThrough, Number(batch.lastOffset()));
  return records;
}

/** Hands a batch on, and holds fetching up while its lane is full. */
async function take(dispatcher: Dispatcher, limits: BatchLimits, payload: EachBatchPayload): Promise<void> {
  const { batch, heartbeat, isRunning, pause } = payload;
  const lane = dispatcher.lane(batch.topic, batch.partition);
  dispatcher.offer(lane, unread(lane, batch));
  const patientUntil = Date.now() + patienceMs;
  while (isFull(lane, limits) && isRunning() && Date.now() < patientUntil) {
    await sleep(10);
    await heartbeat();
  }
  if (!isFull(lane, limits)) return;
  lane.paused = true;
  pause();
}

/**
 * An event source mapping of Kafka topics: polls as a consumer group (read_committed), gathers batches, invokes, and
 * commits what was delivered or discarded. Resolves once the group is joined.
 *
 * Rejects with MR483 for a starting position other than TRIM_HORIZON and LATEST.
 */
export async function startPoller(options: PollerOptions): Promise<Poller> {
  if (!['TRIM_HORIZON', 'LATEST'].includes(options.startingPosition)) {
    throw new MillraceError(
      'MR483',
      `starting position ${options.startingPosition} is not supported locally`,
      {
        where: `event source mapping ${options.mappingId}`,
        mend: 'use TRIM_HORIZON or LATEST',
      },
    );
  }
  registerZstd();
  const kafka = kafkaOf(options);
  const admin = kafka.admin();
  const limits = { batchSize: options.batchSize };
  const committer = createCommitter((offsets) => consumer.commit(offsets), options.log);
  const dispatcher = createDispatcher({
    ...options,
    source: { eventSourceArn: options.eventSourceArn, bootstrapServers: options.bootstrapServers },
    settings: { ...options, hasDestination: options.onFailure !== undefined },
    limits,
    windowMs: options.windowSeconds * 1000,
    functionArn: options.functionArn ?? '',
    handled: committer.commit,
    resume: ({ topic, partition }) => consumer.resume(topic, partition),
  });
  const consumer = groupConsumer({
    kafka,
    config: groupConfig(options.groupId),
    topics: options.topics,
    fromBeginning: options.startingPosition === 'TRIM_HORIZON',
    eachBatch: (payload) => take(dispatcher, limits, payload),
    passed: (topic, partition, through) => dispatcher.pass(dispatcher.lane(topic, partition), through),
    assigned: (partitions) =>
      dispatcher.keep((lane) => partitions[lane.topic]?.includes(lane.partition) ?? false),
    fetching: committer.again,
    reachable: () => accepts(options.bootstrapServers.split(',')[0] ?? ''),
    log: options.log,
  });
  await consumer.join();
  await admin.connect();

  return {
    committed: async () => {
      const offsets = await admin.fetchOffsets({ groupId: options.groupId, topics: [...options.topics] });
      const named = offsets.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}-${partition}`, Number(offset)] as const),
      );
      return new Map(named.filter(([, offset]) => offset >= 0));
    },
    counts: dispatcher.counts,
    stop: async () => {
      await dispatcher.halt();
      await committer.close();
      await consumer.stop();
      await admin.disconnect();
    },
  };
}
