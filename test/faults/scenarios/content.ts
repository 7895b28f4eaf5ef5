import { badInput } from '../../integration/bad-input.ts';
import { runBatch } from '../harness/gold.ts';
import type { Lab } from '../harness/lab.ts';
import { settled } from '../harness/parts.ts';
import { load, maker, type Sent, send } from '../harness/records.ts';
import type { Scenario } from '../harness/scenario.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const POISON = Buffer.from('{"event_id": "\u0000');

/** Silver's newest event, epoch milliseconds. */
async function newestOf(lab: Lab): Promise<number> {
  const { silver } = (await settled(lab)).progress;
  return Math.max(
    ...Object.values(silver?.partitions ?? {}).map(({ maxEventTimeMs }) => maxEventTimeMs ?? 0),
  );
}

/** On a run that has seen nothing newer: how far silver is ahead is what they are about. */
export const ages: readonly Scenario[] = [
  {
    name: 'duplicates',
    fault: "events sent again when silver's newest event is 1 s, 9 min, 11 min and 2 days ahead of them",
    quick: true,
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const base = Date.now() - 5 * DAY;
      const first = Array.from({ length: 500 }, (_, at) => message(event(base - at)));
      const sent: Sent[] = [await send(lab, first)];
      const faults: string[] = [];
      for (const ahead of [SECOND, 9 * MINUTE, 11 * MINUTE, 2 * DAY]) {
        sent.push(await send(lab, [message(event(base + ahead))]));
        const newest = await newestOf(lab);
        if (newest !== base + ahead) faults.push(`silver is ${newest - base} ms ahead, meant are ${ahead}`);
        sent.push(await send(lab, first));
      }
      return { sent, injections: 4 * first.length, faults };
    },
  },
  {
    name: 'late-events',
    fault: 'events out of order, an hour and a day late, into windows and days whose gold is already there',
    gold: true,
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const newest = Date.now() - 2 * DAY;
      const at = (count: number, from: number) =>
        Array.from({ length: count }, (_, step) => message(event(from + step * 7 * SECOND)));
      const sent = [await send(lab, [...at(3_000, newest - 6 * HOUR), ...at(3_000, newest - 30 * HOUR)])];
      await settled(lab);
      await runBatch(lab, 'sweep');
      await runBatch(lab, 'gold');
      const late = [...at(1_000, newest - 3 * HOUR).reverse(), ...at(1_000, newest - DAY - 2 * HOUR)];
      sent.push(await send(lab, late));
      return { sent, injections: late.length };
    },
  },
];

export const content: readonly Scenario[] = [
  {
    name: 'future-events',
    fault: "events dated a day ahead: quarantined, and silver's watermark stays",
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const before = (await settled(lab)).progress.silver as { watermarkMs?: number } | undefined;
      const future = Array.from({ length: 200 }, (_, at) => message(event(Date.now() + DAY + at)));
      const sent = [await send(lab, future)];
      const after = (await settled(lab)).progress.silver as { watermarkMs?: number } | undefined;
      const moved = (after?.watermarkMs ?? 0) > Math.max(before?.watermarkMs ?? 0, Date.now());
      return {
        sent,
        injections: future.length,
        faults: moved ? ['the watermark followed future events'] : [],
      };
    },
  },
  {
    name: 'poison-records',
    fault: 'a record that is no JSON first, in the middle, last, and a whole batch of them',
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const good = () => Array.from({ length: 300 }, () => message(event(Date.now() - DAY)));
      const poison = { partition: 0, key: null, value: POISON };
      const sent: Sent[] = [];
      for (const batch of [
        [poison, ...good()],
        [...good(), poison, ...good()],
        [...good(), poison],
        new Array(1_000).fill(poison),
      ]) {
        sent.push(await send(lab, batch));
        await settled(lab);
      }
      return { sent, injections: 1_003 };
    },
  },
  {
    name: 'clock-jumps',
    fault: "a producer's clock jumps an hour ahead, then an hour back, then is right again",
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const sent: Sent[] = [];
      for (const jump of [0, HOUR, -HOUR, 0]) {
        sent.push(
          await send(
            lab,
            Array.from({ length: 400 }, () => message(event(Date.now() + jump))),
          ),
        );
      }
      return { sent, injections: 2 };
    },
  },
  {
    name: 'judges-tempted',
    fault:
      'input made to let landing and Spark judge differently: numbers, encodings, nesting, keys, dates at the edge',
    quick: true,
    async run(lab, seed) {
      const cases = badInput().map(({ value }) => ({ partition: 0, key: null, value }));
      const sent = [await send(lab, cases), await send(lab, await load(lab, { seed, events: 1_000 }))];
      return { sent, injections: cases.length };
    },
  },
];
