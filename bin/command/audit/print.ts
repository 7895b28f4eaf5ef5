import Table from 'cli-table3';
import { type Audit, equationText, quarantinedTotal } from '../../../lambdas/audit/equation.ts';
import type { Times } from '../../../lambdas/audit/scope.ts';

/** The audit as a table, a row a dataset, with the range above and each dataset's equation below. */
export function auditText(audit: Audit & Times): string {
  const table = new Table({
    head: [
      'dataset',
      'positions',
      'silver',
      'identical duplicates',
      'superseded',
      'quarantined',
      'failed',
      'late',
      'lost',
      'duplicated',
      'disagreed',
    ],
    colAligns: ['left', ...Array.from({ length: 10 }, () => 'right' as const)],
    style: { head: [], border: [], compact: true },
    wordWrap: true,
  });
  for (const [dataset, one] of Object.entries(audit.datasets)) {
    const numbers = [
      one.positions,
      one.silver,
      one.identicalDuplicates,
      one.superseded,
      quarantinedTotal(one),
      one.failed,
      one.late,
      one.lost,
      one.duplicated,
      one.disagreed,
    ];
    table.push([dataset, ...numbers.map((count) => count.toLocaleString('en-US'))]);
  }
  const equations = Object.entries(audit.datasets).map(([dataset, one]) => {
    const reasons = Object.entries(one.quarantined).map(([reason, count]) => `${count} ${reason}`);
    return `${dataset}: ${equationText(one)}\n${' '.repeat(dataset.length)}  quarantined: ${reasons.join(', ')}`;
  });
  const verdict = `lost ${audit.lost}, duplicated ${audit.duplicated}, disagreed ${audit.disagreed}`;
  const { from, to } = audit;
  const range = [
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`before ${to}`]),
  ];
  const title = range.length === 0 ? [] : [`what Kafka took ${range.join(' ')}`];
  return [...title, table.toString(), ...equations, verdict].join('\n');
}
