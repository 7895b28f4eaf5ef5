import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { prefixesOf } from '../../../lib/constructs/locations.ts';
import { millrace } from '../harness/command.ts';
import type { Lab } from '../harness/lab.ts';
import { logOf } from '../harness/logs.ts';
import { caught, kill, settled, standing, until } from '../harness/parts.ts';
import { load, maker, send } from '../harness/records.ts';
import { isRequest } from '../harness/requests.ts';
import type { Scenario } from '../harness/scenario.ts';

const EVENTS = 4_000;
/** Until events ahead of the clock are no longer so. */
const SOON_MS = 12_000;
const DAY = 86_400_000;

async function deleteAll(lab: Lab, bucket: string, prefix: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { Contents = [] } = await lab.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    if (Contents.length === 0) return deleted;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await lab.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    deleted += Objects.length;
  }
}

/** Early in the suite: the stream reads the whole topic again. */
export const lostCheckpoint: readonly Scenario[] = [
  {
    name: 'checkpoint-lost',
    fault: "the stream's checkpoint is deleted: it starts from the earliest offset again",
    quick: true,
    async run(lab, seed) {
      const first = await send(lab, await load(lab, { seed, events: EVENTS }));
      await settled(lab);
      await kill(lab, 'driver');
      const { checkpoint } = prefixesOf(lab.dataset.manifest);
      const deleted = await deleteAll(lab, lab.bucket('State'), checkpoint);
      const second = await send(lab, await load(lab, { seed: seed + 1, events: EVENTS }));
      return { sent: [first, second], injections: deleted };
    },
  },
];

export const recovery: readonly Scenario[] = [
  {
    name: 'offsets-aged-out',
    fault: 'Kafka deletes offsets that silver has not read; a rebuild from bronze closes the gap',
    async run(lab, seed) {
      const topic = lab.dataset.manifest.topic.name;
      await settled(lab);
      const log = await logOf(lab, 'driver');
      const gate = Promise.withResolvers<void>();
      const held = lab.s3Proxy.set({ when: isRequest.fence(lab), deed: { before: () => gate.promise } });
      const sent = await send(lab, await load(lab, { seed, events: 3 * EVENTS }));
      await caught(held, 1);
      const ends = await lab.witness.ends();
      await lab.witness.all();
      await until('all is landed', async () => {
        const { landed } = await standing(lab);
        return [...ends].every(([partition, end]) => (landed.get(partition) ?? 0) >= end) ? true : undefined;
      });
      const partitions = [...ends].map(([partition, end]) => ({ partition, offset: String(end - 5) }));
      await lab.witness.withAdmin(async (admin) => {
        // kafkajs deletes only from a topic whose leaders this connection has asked for.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions });
      });
      await kill(lab, 'driver');
      gate.resolve();
      held.remove();
      await until('silver fails for the gap', async () =>
        (await log.since()).includes('MR806') ? true : undefined,
      );
      await millrace(lab, 'rebuild', lab.dataset.name);
      return { sent: [sent], injections: ends.size };
    },
  },
  {
    name: 'recovery-twice',
    fault:
      'redrive of records whose time has come twice, of broken ones twice; backfill, rerun of finished days, rebuild twice',
    gold: true,
    async run(lab, seed) {
      const name = lab.dataset.name;
      const { manifest } = lab.dataset;
      const { event, message } = await maker(lab, seed);
      const day = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10);
      const [from, to, today] = [day(2), day(1), day(0)];
      const broken = Array.from({ length: 20 }, () =>
        message({ ...event(Date.now() - DAY), [manifest.partitionTime.column]: 'yesterday' }),
      );
      const good = Array.from({ length: 2_000 }, (_, at) =>
        message(event(Date.now() - 2 * DAY + at * 1_000)),
      );
      const soonMs = Date.now() + manifest.time.futureMs + SOON_MS;
      const soon = Array.from({ length: 30 }, (_, at) => message(event(soonMs + at)));
      const sent = [await send(lab, [...good, ...broken, ...soon])];
      const redrive = async (reason: string): Promise<number> => {
        const before = await endsOf(lab);
        const words = ['--dataset', name, '--reason', reason, '--from', to];
        await millrace(lab, 'quarantine', 'redrive', ...words);
        await settled(lab);
        return (await endsOf(lab)) - before;
      };
      await settled(lab);
      await sleep(Math.max(0, soonMs + 1_000 - manifest.time.futureMs - Date.now()));
      const mended = await redrive('future');
      const again = await redrive('future');
      const brokenFirst = await redrive('invalid');
      const brokenAgain = await redrive('invalid');
      for (const _ of [1, 2]) await millrace(lab, 'backfill', name, '--from', from, '--to', today);
      for (const _ of [1, 2]) await millrace(lab, 'rebuild', name, '--from', from, '--to', to);
      for (const _ of [1, 2]) await millrace(lab, 'rerun', name, '--from', from, '--to', to);
      const faults = [
        ...(mended - again === soon.length ? [] : [`the second redrive sent ${again} after ${mended}`]),
        ...(brokenFirst === brokenAgain ? [] : [`broken records became ${brokenAgain} of ${brokenFirst}`]),
      ];
      return { sent, injections: 10, faults };
    },
  },
];

const endsOf = async (lab: Lab): Promise<number> =>
  [...(await lab.witness.ends()).values()].reduce((sum, end) => sum + end, 0);
