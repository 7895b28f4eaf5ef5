import { createHash } from 'node:crypto';
import { auditDataset } from '../../../lambdas/audit/dataset-audit.ts';
import { breaches, summed } from '../../../lambdas/audit/equation.ts';
import { goldFaults } from './gold.ts';
import type { Lab } from './lab.ts';
import { readLake } from './lake.ts';
import { compare, faultsOf, type Verdict } from './oracle.ts';
import { settled } from './parts.ts';
import type { Sent } from './records.ts';

export interface Checked extends Verdict {
  /** What does not hold, in words. */
  readonly faults: readonly string[];
}

const sha1 = (value: Buffer): string => createHash('sha1').update(value).digest('hex');

/** Waits for quiet, then asks the oracle and the audit; they must agree. */
export async function check(lab: Lab, sent: readonly Sent[], gold: boolean): Promise<Checked> {
  await settled(lab);
  const records = await lab.witness.all();
  const { expected, ...verdict } = compare({
    dataset: lab.dataset,
    records,
    acknowledged: sent.flatMap(({ acknowledged }) => acknowledged),
    found: await readLake(lab.source),
    sha1,
  });
  const { audit } = await auditDataset(lab.audit, { whole: true });
  const kept = (reason: string) => [...expected.quarantined.values()].filter((one) => one === reason).length;
  const told: Record<string, number> = {
    positions: audit.positions,
    silver: audit.silver,
    'identical duplicates': audit.identicalDuplicates,
    'positions in bronze': audit.bronzePositions,
    failed: audit.failed,
    ...audit.quarantined,
  };
  const wanted: Record<string, number> = {
    positions: records.length,
    silver: expected.rows.size,
    'identical duplicates': expected.identicalDuplicates,
    'positions in bronze': records.length,
    failed: 0,
    ...Object.fromEntries(Object.keys(audit.quarantined).map((reason) => [reason, kept(reason)])),
  };
  const disagreements = Object.keys(told).flatMap((name) =>
    told[name] === wanted[name] ? [] : [`the audit says ${name} ${told[name]}, the oracle ${wanted[name]}`],
  );
  const broken = breaches(summed({ [lab.dataset.name]: audit })).map((breach) => `the audit says ${breach}`);
  const goldDiffers = gold ? await goldFaults(lab, expected) : [];
  return {
    ...verdict,
    faults: [...faultsOf(verdict), ...verdict.examples, ...broken, ...disagreements, ...goldDiffers],
  };
}
