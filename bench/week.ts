import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditPlaces, auditPlaces } from '../bin/command/audit/places.ts';
import { type Ledger, produce } from '../bin/command/production.ts';
import { thousands } from '../bin/command/progress-line.ts';
import { standingOf } from '../lambdas/audit/dataset-audit.ts';
import { lagOf } from '../lambdas/audit/standing.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { MillraceError } from '../lib/errors.ts';
import type { Lab } from './lab.ts';

const LAND_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 500;
const SEED = 1;

/**
 * Sends one simulated event for each second of a week, and all that goes wrong on top, and waits until the landing
 * has taken them: then nothing but what is measured is at work.
 * @throws MillraceError MR903
 */
export async function fillTopic(
  lab: Lab,
  manifest: Manifest,
  events: number,
  signal: AbortSignal,
): Promise<Ledger> {
  lab.say(`producing ${thousands(events)} events to ${manifest.topic.name}`);
  const { ledger } = await produce({
    manifest,
    source: { kind: 'simulator', seed: SEED, events },
    brokers: [lab.state.endpoints.kafka],
    stateDir: lab.stateDir,
    rate: null,
    signal,
  });
  signal.throwIfAborted();
  lab.say('waiting for the landing to take them');
  const places = await auditPlaces(lab.state);
  try {
    await untilLanded(places, manifest, signal);
  } finally {
    await places.close();
  }
  return ledger;
}

async function untilLanded({ places }: AuditPlaces, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const place = places.find((one) => one.manifest.dataset === manifest.dataset);
  if (place === undefined) throw new Error('a dataset of the run');
  for (const until = Date.now() + LAND_WITHIN_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
    signal.throwIfAborted();
    const { ends, landed } = await standingOf(place);
    if (lagOf(ends, landed) === 0) return;
  }
  throw new MillraceError('MR903', `the landing did not take all within ${LAND_WITHIN_MS / 1000} s`, {
    where: manifest.topic.name,
    mend: 'measure on a machine that nothing else loads',
  });
}
