import type { Lab } from '../harness/lab.ts';
import { caught } from '../harness/parts.ts';
import type { Deed } from '../harness/proxy.ts';
import { load, send } from '../harness/records.ts';
import { isRequest } from '../harness/requests.ts';
import type { Injected, Scenario } from '../harness/scenario.ts';

const refusal = (type: string): Deed => ({
  answer: { status: 400, body: JSON.stringify({ __type: type, Message: type, message: type }) },
});

async function atCommit(lab: Lab, seed: number, deed: Deed, times: number): Promise<Injected> {
  const trap = lab.awsProxy.set({ when: isRequest.silverCommit(lab), deed, times });
  // More than one batch: each commit that is refused is one injection.
  const sent = await send(lab, await load(lab, { seed, events: 6_000 }));
  await caught(trap, times);
  return { sent: [sent], injections: trap.hits };
}

export const catalog: readonly Scenario[] = [
  {
    name: 'catalog-conflict',
    fault: "the catalog refuses two of silver's commits: another writer was first",
    run: (lab, seed) => atCommit(lab, seed, refusal('ConcurrentModificationException'), 2),
  },
  {
    name: 'catalog-throttled',
    fault: "the catalog throttles five of silver's commits",
    run: (lab, seed) => atCommit(lab, seed, refusal('ThrottlingException'), 5),
  },
  {
    name: 'catalog-answer-lost',
    fault: 'the catalog takes a commit of silver, and the connection is cut before its answer',
    quick: true,
    run: (lab, seed) => atCommit(lab, seed, { cut: 'after' }, 1),
  },
];
