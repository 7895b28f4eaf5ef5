import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { awsSettings } from '../../../bin/command/running.ts';
import { startPoller } from '../../../localstack/lambda/poller.ts';
import type { Child } from '../../../localstack/services/child.ts';
import type { ServiceExit } from '../../../localstack/services/service.ts';
import { runBatch } from '../harness/gold.ts';
import type { Lab } from '../harness/lab.ts';
import { readTable } from '../harness/lake.ts';
import { logOf } from '../harness/logs.ts';
import { caught, settled, standing, until } from '../harness/parts.ts';
import { load, maker, send, sendBeside } from '../harness/records.ts';
import { isRequest } from '../harness/requests.ts';
import type { Scenario } from '../harness/scenario.ts';
import { secondWriter } from '../harness/second-writer.ts';

const DAY = 86_400_000;

export const writers: readonly Scenario[] = [
  {
    name: 'two-writers',
    fault:
      'a second silver writer takes the lease and writes the batch while the first stands still between its fence and its commit',
    async run(lab, seed) {
      await settled(lab);
      const gate = Promise.withResolvers<void>();
      let commit: Buffer | undefined;
      // The client gives up on an answer and asks again: that is the same commit, by its bytes.
      const held = lab.awsProxy.set({
        when: isRequest.silverCommit(lab),
        deed: ({ body }) => {
          commit ??= body;
          return body.equals(commit) ? { before: () => gate.promise } : undefined;
        },
      });
      const sent = [await send(lab, await load(lab, { seed, events: 5_000 }))];
      await caught(held, 1);
      const epoch = await epochOf(lab);
      const log = await logOf(lab, 'driver');
      const begun = Date.now();
      const second = await secondWriter(lab);
      try {
        await until('the second writer has written its batch', async () => {
          const { silver } = (await standing(lab)).progress;
          return (silver?.epoch ?? 0) > epoch && silver?.phase === 'idle' ? true : undefined;
        });
        const written = await rowsWritten(lab, begun);
        // The first is refused and started again: it takes the lease back.
        gate.resolve();
        await until('the first writer is back', async () =>
          (await epochOf(lab)) > epoch + 1 ? true : undefined,
        );
        // And the second is refused when it has something to write.
        sent.push(await send(lab, await load(lab, { seed: seed + 1, events: 2_000 })));
        const { code } = await ended(second);
        const faults = code === 0 ? ['the second writer was not refused'] : [];
        // By whom the rows of the disputed batch were written, not only that they are there.
        if (written === 0) faults.push('the second writer wrote no row');
        if ((await rowsWritten(lab, begun)) < written) faults.push("the second writer's rows are gone");
        if (!(await log.since()).includes('MR803')) faults.push('the first writer was not refused');
        return { sent, injections: 2, faults };
      } finally {
        gate.resolve();
        await second.stop();
      }
    },
  },
  {
    name: 'maintained-while-merging',
    fault: 'compaction, expiry and retention run while silver replaces rows that others precede',
    async run(lab, seed) {
      const { event, message } = await maker(lab, seed);
      const events = Array.from({ length: 18_000 }, (_, at) => event(Date.now() - 2 * DAY + at * 1_000));
      // Spark reads partition 1 ahead of partition 0's end: what it stored gives way to the earlier record.
      const log = await logOf(lab, 'driver');
      const early = sendBeside(
        lab,
        events.map((one) => message(one, 0)),
      );
      const maintained = early.then(async () => {
        await runBatch(lab, 'maintain');
        await runBatch(lab, 'maintain');
      });
      const first = await early;
      const second = await send(
        lab,
        events.slice(-300).map((one) => message(one, 1)),
      );
      await maintained;
      await settled(lab);
      const merged = /"precedes": [1-9]/.test(await log.since());
      const faults = merged ? [] : ['no row was replaced meanwhile'];
      return { sent: [first, second], injections: 2, faults };
    },
  },
  {
    name: 'partitions-added',
    fault:
      'two partitions are added while records arrive, and a second poller joins and leaves the group in mid-batch',
    async run(lab, seed) {
      const topic = lab.dataset.manifest.topic.name;
      const sending = sendBeside(lab, await load(lab, { seed, events: 6_000 }), { rate: 1_000 });
      await lab.witness.withAdmin((admin) =>
        admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] }),
      );
      const other = await otherPoller(lab);
      await sleep(2_000);
      const wider = sendBeside(lab, await load(lab, { seed: seed + 1, events: 6_000, partitions: 5 }), {
        rate: 2_000,
      });
      await sleep(1_500);
      await other.stop();
      return { sent: [await sending, await wider], injections: 3 };
    },
  },
];

/** Rows of silver that were judged since. */
async function rowsWritten(lab: Lab, sinceMs: number): Promise<number> {
  const rows = await readTable(lab.source, lab.dataset.manifest.tables.silver, ['processing_time']);
  return rows.filter(([time]) => Number(time) >= sinceMs).length;
}

const epochOf = async (lab: Lab): Promise<number> => (await standing(lab)).progress.silver?.epoch ?? 0;

/** The end of a process that must come. */
async function ended(child: Child): Promise<ServiceExit> {
  let exit: ServiceExit | undefined;
  void child.ended.then((one) => {
    exit = one;
  });
  return until(`${child.name} ends`, () => exit);
}

/** A second consumer of the landing's group, as the service adds one when a topic grows. */
async function otherPoller(lab: Lab) {
  const lambda = new LambdaClient({ ...awsSettings(lab.state, 'lambda'), maxAttempts: 1 });
  const poller = await startPoller({
    bootstrapServers: lab.state.endpoints.kafka,
    topics: [lab.dataset.manifest.topic.name],
    groupId: lab.names.group,
    batchSize: 2_000,
    windowSeconds: 0,
    startingPosition: 'TRIM_HORIZON',
    bisect: true,
    maximumRetryAttempts: 10_000,
    maximumRecordAgeSeconds: -1,
    partialResponses: true,
    eventSourceArn: 'arn:aws:kafka:us-east-1:123456789012:cluster/other',
    mappingId: 'other',
    log: () => {},
    invoke: async (event) => {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: lab.names.landing, Payload: event }),
      );
      const text = Buffer.from(Payload ?? []).toString();
      if (FunctionError !== undefined) throw new Error(text);
      return JSON.parse(text);
    },
  });
  return {
    stop: async () => {
      await poller.stop();
      lambda.destroy();
    },
  };
}
