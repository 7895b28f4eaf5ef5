import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../../../lambdas/simulate/random.ts';
import type { Lab } from '../harness/lab.ts';
import { caught } from '../harness/parts.ts';
import type { Deed } from '../harness/proxy.ts';
import { load, send, sendBeside } from '../harness/records.ts';
import { isRequest } from '../harness/requests.ts';
import type { Injected, Scenario } from '../harness/scenario.ts';

/** So long S3 is ill. */
const ILL_MS = 60_000;
const RATE = 250;
const REFUSED = 6;

const error = (status: number, code: string): Deed => ({
  answer: {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  },
});

/** What an ill S3 does, in turn. */
const ILLS: readonly Deed[] = [
  error(503, 'SlowDown'),
  error(500, 'InternalError'),
  { before: () => sleep(2_000) },
  { cut: 'before' },
  { cut: 'after' },
];

async function ill(lab: Lab, seed: number, ...buckets: readonly string[]): Promise<Injected> {
  const random = randomFrom(seed, 'ills');
  // A third of the requests, each by one of the ills.
  const trap = lab.s3Proxy.set({
    when: isRequest.inBucket(lab, ...buckets),
    deed: () => (random.below(3) === 0 ? ILLS[random.below(ILLS.length)] : undefined),
  });
  try {
    const events = (RATE * ILL_MS) / 1000;
    const sent = await send(lab, await load(lab, { seed, events }), { rate: RATE });
    return { sent: [sent], injections: trap.hits };
  } finally {
    trap.remove();
  }
}

export const storage: readonly Scenario[] = [
  {
    name: 's3-ill-on-data',
    fault:
      'for a minute a third of the requests to bronze, quarantine and lake get 503, 500, a slow answer or a cut connection',
    run: (lab, seed) => ill(lab, seed, 'Bronze', 'Quarantine', 'Lake'),
  },
  {
    name: 's3-ill-on-checkpoint',
    fault: 'the same for a minute on checkpoint and progress',
    run: (lab, seed) => ill(lab, seed, 'State'),
  },
  {
    name: 'disk-full',
    fault: 'for 20 s S3 has no room: every write gets 507 XMinioStorageFull',
    quick: true,
    async run(lab, seed) {
      const trap = lab.s3Proxy.set({
        when: ({ method }) => method === 'PUT' || method === 'POST',
        deed: error(507, 'XMinioStorageFull'),
      });
      const events = 6_000;
      const sending = sendBeside(lab, await load(lab, { seed, events }), { rate: 500 });
      await sleep(20_000);
      trap.remove();
      return { sent: [await sending], injections: trap.hits };
    },
  },
  {
    name: 'partial-response',
    fault: 'S3 refuses the objects of one topic partition for a while: only that partition is sent again',
    async run(lab, seed) {
      const trap = lab.s3Proxy.set({
        when: (asked) =>
          isRequest.write(lab, 'Bronze')(asked) &&
          asked.path.includes(`${lab.dataset.manifest.topic.name}-1-`),
        times: REFUSED,
        deed: error(403, 'AccessDenied'),
      });
      const sent = await send(lab, await load(lab, { seed, events: 4_000 }));
      await caught(trap, REFUSED);
      return { sent: [sent], injections: trap.hits };
    },
  },
];
