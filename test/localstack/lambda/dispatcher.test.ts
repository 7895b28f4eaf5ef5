import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
} from '../../../localstack/lambda/dispatcher.ts';
import { polled, source } from './polled.ts';

interface Sent {
  readonly [partition: string]: { readonly partition: string; readonly offset: number }[];
}

interface Stage {
  readonly dispatcher: Dispatcher;
  /** Events in the order of their invocation. */
  readonly events: Sent[];
  readonly committed: Map<string, number>;
  readonly stored: { key: string; body: { payload: string; requestContext: { condition: string } } }[];
  readonly resumed: string[];
}

function stage(answer: (sent: Sent) => unknown, changes: Partial<DispatcherOptions> = {}): Stage {
  const [events, committed, stored, resumed]: [Sent[], Map<string, number>, Stage['stored'], string[]] = [
    [],
    new Map(),
    [],
    [],
  ];
  const dispatcher = createDispatcher({
    source,
    settings: {
      bisect: true,
      maximumRetryAttempts: 1,
      maximumRecordAgeSeconds: -1,
      partialResponses: true,
      hasDestination: true,
    },
    limits: { batchSize: 4 },
    windowMs: 0,
    mappingId: 'mapping',
    functionArn: 'arn:f',
    invoke: async (event) => {
      const { records } = JSON.parse(event.toString()) as { records: Sent };
      events.push(records);
      await turn();
      return answer(records);
    },
    onFailure: { put: async (key, body) => void stored.push({ key, body: JSON.parse(body) }) },
    log: () => undefined,
    handled: ({ name }, next) => void committed.set(name, next),
    resume: ({ name }) => void resumed.push(name),
    wait: () => turn(),
    ...changes,
  });
  return { dispatcher, events, committed, stored, resumed };
}

const offer = ({ dispatcher }: Stage, partition: number, offsets: readonly number[]): void => {
  dispatcher.offer(
    dispatcher.lane('t', partition),
    offsets.map((offset) => polled(`t-${partition}`, offset)),
  );
};

async function until(done: () => boolean): Promise<void> {
  for (let turns = 0; !done(); turns += 1) {
    expect(turns).toBeLessThan(20_000);
    await turn();
  }
}

const offsetsOf = (sent: Sent | undefined, name: string): number[] =>
  (sent?.[name] ?? []).map(({ offset }) => offset);

describe('createDispatcher', () => {
  it("sends a partition's batches one after the other, and commits behind them", async () => {
    // Prepare
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stand = stage(() => gates[stand.events.length - 1]?.promise);

    // Act
    offer(stand, 0, [0, 1, 2, 3, 4, 5]);
    await until(() => stand.events.length === 1);
    for (let turns = 0; turns < 5; turns += 1) await turn();
    const underWay = stand.events.length;
    const before = new Map(stand.committed);
    gates[0]?.resolve();
    await until(() => stand.events.length === 2);
    const between = new Map(stand.committed);
    gates[1]?.resolve();
    await until(() => stand.committed.get('t-0') === 6);

    // Assess
    expect(underWay).toBe(1);
    expect(before.size).toBe(0);
    expect(between).toEqual(new Map([['t-0', 4]]));
    expect(stand.events.map((sent) => offsetsOf(sent, 't-0'))).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  it('lets other partitions go on while one is tried again', async () => {
    // Prepare
    const gate = Promise.withResolvers<void>();
    const stand = stage(
      (sent) =>
        sent['t-1']
          ? { batchItemFailures: [{ itemIdentifier: { partition: 't-1', offset: sent['t-1'][0]?.offset } }] }
          : null,
      { wait: () => gate.promise, windowMs: 1 },
    );

    // Act
    offer(stand, 0, [0, 1]);
    offer(stand, 1, [0]);
    await until(() => stand.committed.get('t-0') === 2);
    offer(stand, 0, [2, 3, 4, 5]);
    await until(() => stand.committed.get('t-0') === 6);

    // Assess
    expect(stand.committed.get('t-1')).toBe(0);
    gate.resolve();
  });

  it('puts what it gives up into the destination, once, and commits past it', async () => {
    // Prepare
    let refusals = 2;
    const stored: { payload: string; requestContext: { condition: string } }[] = [];
    const put = async (_: string, body: string): Promise<void> => {
      if (refusals-- > 0) throw new Error('the destination is away');
      stored.push(JSON.parse(body));
    };
    const stand = stage(
      (sent) => {
        if (offsetsOf(sent, 't-0').includes(2)) throw new Error('poison');
        return null;
      },
      { onFailure: { put } },
    );

    // Act
    offer(stand, 0, [0, 1, 2, 3]);
    await until(() => stand.committed.get('t-0') === 4);

    // Assess
    expect(stored).toHaveLength(1);
    expect(stored[0]?.requestContext.condition).toBe('RetryAttemptsExhausted');
    const { records } = JSON.parse(stored[0]?.payload ?? '') as { records: Sent };
    expect(offsetsOf(records, 't-0')).toEqual([2]);
    expect(stand.dispatcher.counts()).toMatchObject({ records: 4, discarded: 1 });
  });

  it('ignores partial responses where the mapping does not report them', async () => {
    // Prepare
    const settings = {
      bisect: false,
      maximumRetryAttempts: 0,
      maximumRecordAgeSeconds: -1,
      partialResponses: false,
      hasDestination: true,
    };
    const stand = stage(
      () => ({ batchItemFailures: [{ itemIdentifier: { partition: 't-0', offset: 0 } }] }),
      { settings },
    );

    // Act
    offer(stand, 0, [0]);
    await until(() => stand.committed.get('t-0') === 1);

    // Assess
    expect(stand.stored).toEqual([]);
    expect(stand.events).toHaveLength(1);
  });

  it('commits past offsets that hold no records', async () => {
    // Prepare
    const stand = stage(() => null);
    offer(stand, 0, [0]);
    const lane = stand.dispatcher.lane('t', 0);

    // Act
    stand.dispatcher.pass(lane, 1);
    const early = stand.committed.get('t-0');
    await until(() => stand.committed.get('t-0') === 2);
    stand.dispatcher.pass(lane, 5);

    // Assess
    expect(early).toBeUndefined();
    expect(stand.committed.get('t-0')).toBe(6);
  });

  it('resumes a paused lane once it has room, and forgets lanes that are assigned elsewhere', async () => {
    // Prepare
    const stand = stage(() => null);
    const lane = stand.dispatcher.lane('t', 0);
    lane.paused = true;

    // Act
    offer(stand, 0, [0]);
    await until(() => stand.committed.get('t-0') === 1);
    stand.dispatcher.keep(({ partition }) => partition !== 0);

    // Assess
    expect(stand.resumed).toEqual(['t-0']);
    expect(lane.lost).toBe(true);
    expect(stand.dispatcher.lane('t', 0)).not.toBe(lane);
  });

  it('halts after the invocations under way, which still count', async () => {
    // Prepare
    const gate = Promise.withResolvers<void>();
    const stand = stage(() => gate.promise);
    offer(stand, 0, [0, 1, 2, 3, 4, 5, 6, 7]);
    await until(() => stand.events.length === 1);

    // Act
    const halted = stand.dispatcher.halt();
    gate.resolve();
    await halted;
    offer(stand, 0, [8]);

    // Assess
    expect(stand.committed.get('t-0')).toBe(4);
    expect(stand.events).toHaveLength(1);
  });

  it('delivers or discards every record exactly once, in order, and never commits what is neither', async () => {
    const offers = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 7 })), { maxLength: 12 });
    const answers = fc.infiniteStream(fc.tuple(fc.constantFrom('ok', 'ok', 'throw', 'partial'), fc.nat()));
    await fc.assert(
      fc.asyncProperty(offers, answers, fc.boolean(), async (drawn, stream, bisect) => {
        // Prepare
        const delivered = new Map<string, number[]>();
        const note = (name: string, offsets: readonly number[]): void =>
          void delivered.set(name, [...(delivered.get(name) ?? []), ...offsets]);
        const stand = stage(
          (sent) => {
            const [kind, number] = stream.next().value;
            const all = Object.values(sent).flat();
            if (kind === 'throw') throw new Error('drawn');
            const failed = kind === 'partial' ? all[number % all.length] : undefined;
            for (const { partition, offset } of all) {
              if (failed?.partition !== partition || offset < failed.offset) note(partition, [offset]);
            }
            if (failed === undefined) return null;
            return {
              batchItemFailures: [{ itemIdentifier: { partition: failed.partition, offset: failed.offset } }],
            };
          },
          {
            settings: {
              bisect,
              maximumRetryAttempts: 2,
              maximumRecordAgeSeconds: -1,
              partialResponses: true,
              hasDestination: true,
            },
            onFailure: {
              put: async (_, body) => {
                const { records } = JSON.parse(JSON.parse(body).payload) as { records: Sent };
                for (const { partition, offset } of Object.values(records).flat()) note(partition, [offset]);
              },
            },
            handled: ({ name }, next) => {
              // Assess: all before the committed offset were delivered or discarded
              expect(delivered.get(name)?.length ?? 0).toBeGreaterThanOrEqual(next);
              expect(next).toBeGreaterThanOrEqual(stand.committed.get(name) ?? 0);
              stand.committed.set(name, next);
            },
          },
        );
        const ends = [0, 0, 0];

        // Act
        for (const [partition, count] of drawn) {
          const from = ends[partition] ?? 0;
          ends[partition] = from + count;
          offer(
            stand,
            partition,
            Array.from({ length: count }, (_, index) => from + index),
          );
          await turn();
        }
        await until(() =>
          ends.every((end, partition) => (stand.committed.get(`t-${partition}`) ?? 0) === end),
        );
        await stand.dispatcher.halt();

        // Assess
        ends.forEach((end, partition) => {
          expect(delivered.get(`t-${partition}`) ?? []).toEqual(
            Array.from({ length: end }, (_, offset) => offset),
          );
        });
      }),
      { numRuns: 60 },
    );
  });
});
