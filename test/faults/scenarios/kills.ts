import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../harness/lab.ts';
import { logOf } from '../harness/logs.ts';
import { kill, killAt, type Point, pidOf, returned, settled, until, workOf } from '../harness/parts.ts';
import { pythonWorkers } from '../harness/processes.ts';
import { load, send, sendBeside } from '../harness/records.ts';
import { isRequest } from '../harness/requests.ts';
import type { Injected, Scenario } from '../harness/scenario.ts';

const EVENTS = 8_000;

async function killedAt(lab: Lab, seed: number, part: 'landing' | 'driver', point: Point): Promise<Injected> {
  await settled(lab);
  const struck = killAt(lab, part, point);
  const sent = await send(lab, await load(lab, { seed, events: EVENTS }));
  return { sent: [sent], injections: 1, recoverySeconds: [await returned(lab, part, await struck)] };
}

export const kills: readonly Scenario[] = [
  {
    name: 'broker-killed',
    fault: 'SIGKILL to the broker while records are produced, landed and streamed',
    async run(lab, seed) {
      const half = Promise.withResolvers<void>();
      const sending = sendBeside(lab, await load(lab, { seed, events: EVENTS }), {
        rate: 2_000,
        onProgress: (count) => void (count > EVENTS / 3 && half.resolve()),
      });
      await Promise.race([half.promise, sending]);
      const struck = await kill(lab, 'broker');
      const recoverySeconds = [await returned(lab, 'broker', struck)];
      return { sent: [await sending], injections: 1, recoverySeconds };
    },
  },
  {
    name: 'landing-killed-before-answer',
    fault: 'SIGKILL to the landing when S3 has taken an object and the landing has not heard of it',
    quick: true,
    run: (lab, seed) =>
      killedAt(lab, seed, 'landing', { proxy: lab.s3Proxy, when: isRequest.write(lab, 'Bronze') }),
  },
  {
    name: 'landing-killed-between-objects',
    fault: 'SIGKILL to the landing when a batch is in bronze, and its broken records not yet in quarantine',
    run: (lab, seed) =>
      killedAt(lab, seed, 'landing', {
        proxy: lab.s3Proxy,
        when: isRequest.write(lab, 'Quarantine'),
        unheard: true,
      }),
  },
  {
    name: 'landing-out-of-memory',
    fault: 'the landing takes memory until its process dies',
    run: (lab, seed) => sabotaged(lab, seed, 'memory'),
  },
  {
    name: 'landing-timed-out',
    fault: 'the landing hangs in a batch until its time-out',
    run: (lab, seed) => sabotaged(lab, seed, 'hang'),
  },
  {
    name: 'driver-killed-before-commit',
    fault:
      'SIGKILL to the Spark driver between the fence and the Iceberg commit of silver, three times in a row',
    quick: true,
    async run(lab, seed) {
      await settled(lab);
      const point = { proxy: lab.s3Proxy, when: isRequest.fence(lab) };
      const first = killAt(lab, 'driver', point);
      const sent = await send(lab, await load(lab, { seed, events: EVENTS }));
      await first;
      await killAt(lab, 'driver', point);
      const third = await killAt(lab, 'driver', point);
      return { sent: [sent], injections: 3, recoverySeconds: [await returned(lab, 'driver', third)] };
    },
  },
  {
    name: 'driver-killed-between-commits',
    fault: "SIGKILL to the Spark driver after silver's Iceberg commit, before Spark commits its offsets",
    quick: true,
    run: (lab, seed) =>
      killedAt(lab, seed, 'driver', { proxy: lab.awsProxy, when: isRequest.silverCommit(lab) }),
  },
  {
    name: 'driver-killed-after-commit',
    fault: 'SIGKILL to the Spark driver right after it has committed its offsets to the checkpoint',
    run: (lab, seed) =>
      killedAt(lab, seed, 'driver', { proxy: lab.s3Proxy, when: isRequest.checkpointCommit(lab) }),
  },
  {
    name: 'task-killed',
    fault: 'SIGKILL to the Python workers of Spark in the midst of judging',
    async run(lab, seed) {
      const log = await logOf(lab, 'driver');
      const sending = sendBeside(lab, await load(lab, { seed, events: 4 * EVENTS }), { rate: 4_000 });
      let killed = 0;
      // Idle workers are kept for the next task: it goes on until one had work.
      await until('a task has lost its worker', async () => {
        for (const pid of await pythonWorkers(lab)) {
          process.kill(pid, 'SIGKILL');
          killed += 1;
        }
        await sleep(300);
        return (await log.since()).includes('Python worker exited unexpectedly') ? true : undefined;
      });
      return { sent: [await sending], injections: killed };
    },
  },
];

async function sabotaged(lab: Lab, seed: number, order: string): Promise<Injected> {
  const before = await pidOf(lab, 'landing');
  await writeFile(lab.sabotageFile, order);
  const struck = { atMs: performance.now(), work: await workOf(lab, 'landing') };
  const sent = await send(lab, await load(lab, { seed, events: EVENTS }));
  await until('the landing does as it is told', () => (existsSync(lab.sabotageFile) ? undefined : true));
  const recoverySeconds = [await returned(lab, 'landing', struck)];
  const survived = (await pidOf(lab, 'landing')) === before;
  return {
    sent: [sent],
    injections: 1,
    recoverySeconds,
    faults: survived ? ['the process of the landing outlived it'] : [],
  };
}
