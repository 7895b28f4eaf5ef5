import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { type GroupConsumerOptions, groupConsumer } from '../../../localstack/lambda/group-consumer.ts';

const EVENTS = {
  CRASH: 'crash',
  END_BATCH_PROCESS: 'end',
  FETCH: 'fetch',
  FETCH_START: 'fetch-start',
  GROUP_JOIN: 'join',
};
const SILENCE_MS = 40;

/** A consumer of kafkajs as far as its events go: it says what a test has it say. */
class Scripted {
  readonly events = EVENTS;
  readonly emitter = new EventEmitter();
  readonly paths = new Set<string>();
  on(event: string, told: (one: { payload: unknown }) => void) {
    this.emitter.on(event, told);
  }
  async connect() {}
  async subscribe() {}
  async run() {
    this.tell('GROUP_JOIN', { memberAssignment: { t: [0] } });
  }
  async disconnect() {
    this.paths.add('left');
  }
  paused() {
    return [];
  }
  tell(event: keyof typeof EVENTS, payload: unknown = {}) {
    this.emitter.emit(EVENTS[event], { payload });
  }
}

async function joined(more: Partial<GroupConsumerOptions> = {}) {
  const made: Scripted[] = [];
  const kafka = {
    consumer: () => {
      made.push(new Scripted());
      return made.at(-1);
    },
  } as unknown as Kafka;
  const fetching = vi.fn();
  const assigned = vi.fn();
  const consumer = groupConsumer({
    kafka,
    config: { groupId: 'g' },
    topics: ['t'],
    fromBeginning: true,
    eachBatch: async () => {},
    passed: () => {},
    assigned,
    fetching,
    reachable: async () => true,
    log: () => {},
    silenceMs: SILENCE_MS,
    ...more,
  });
  await consumer.join();
  return { consumer, made, fetching, assigned };
}

describe('groupConsumer', () => {
  it('tells of the first fetch after each join, and of no other', async () => {
    // Prepare
    const { consumer, made, fetching } = await joined();
    const [first] = made;

    // Act
    for (let fetches = 0; fetches < 3; fetches += 1) first?.tell('FETCH_START');
    first?.tell('GROUP_JOIN', { memberAssignment: { t: [0] } });
    first?.tell('FETCH_START');
    await consumer.stop();

    // Assess
    expect(fetching).toHaveBeenCalledTimes(2);
  });

  it('keeps a consumer that fetches', async () => {
    // Prepare: a machine under load may take a while between two fetches
    const silenceMs = 1_500;
    const { consumer, made } = await joined({ silenceMs });

    // Act
    for (let waited = 0; waited < 1.5 * silenceMs; waited += 50) {
      made[0]?.tell('FETCH');
      await sleep(50);
    }
    await consumer.stop();

    // Assess
    expect(made).toHaveLength(1);
  });

  it('replaces a silent consumer, which leaves again should it come to itself', async () => {
    // Prepare
    const { consumer, made, assigned } = await joined();
    await vi.waitUntil(() => made.length > 1);
    const [old] = made;
    old?.paths.clear();
    assigned.mockClear();

    // Act
    old?.tell('GROUP_JOIN', { memberAssignment: { t: [0] } });
    await consumer.stop();

    // Assess
    expect(old?.paths).toContain('left');
    expect(assigned).not.toHaveBeenCalled();
  });

  it('replaces at once a consumer that ended for good', async () => {
    // Prepare
    const { consumer, made } = await joined({ silenceMs: 60_000 });

    // Act
    made[0]?.tell('CRASH', { restart: false });
    await vi.waitUntil(() => made.length > 1, { timeout: 5_000 });
    await consumer.stop();

    // Assess
    expect(made[0]?.paths).toContain('left');
  });

  it('waits for a broker that is away', async () => {
    // Prepare
    const { consumer, made } = await joined({ reachable: async () => false });

    // Act
    await sleep(4 * SILENCE_MS);
    await consumer.stop();

    // Assess
    expect(made).toHaveLength(1);
  });
});
