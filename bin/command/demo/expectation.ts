import type { DatasetAudit } from '../../../lambdas/audit/equation.ts';
import type { Expected } from '../../../lambdas/simulate/ledger.ts';
import { MillraceError } from '../../../lib/errors.ts';

/** Where the audit found other numbers than the ledger of what was sent; empty where all agree. */
export function deviations(expected: Expected, audit: DatasetAudit): string[] {
  const pairs: [string, number, number][] = [
    ['positions', expected.records, audit.positions],
    ['silver', expected.distinct, audit.silver],
    ['identical duplicates', expected.identicalDuplicates, audit.identicalDuplicates],
    ['late', expected.late, audit.late],
    ['positions in bronze', expected.records, audit.bronzePositions],
    ...Object.entries(expected.quarantined).map(([reason, count]): [string, number, number] => [
      `quarantined ${reason}`,
      count,
      audit.quarantined[reason as keyof DatasetAudit['quarantined']],
    ]),
  ];
  return pairs.flatMap(([name, sent, found]) =>
    sent === found ? [] : [`${name}: ${sent} were sent, ${found} found`],
  );
}

/** @throws MillraceError MR604: the lake does not hold what was sent */
export function demandExpected(expected: Expected, audit: DatasetAudit): void {
  const found = deviations(expected, audit);
  if (found.length === 0) return;
  throw new MillraceError('MR604', `the lake does not hold what was sent:\n  ${found.join('\n  ')}`, {
    where: 'the audit against the ledger',
    mend: 'run `npm run demo -- --keep` and look into the logs of the folder that it names',
  });
}
