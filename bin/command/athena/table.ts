import Table from 'cli-table3';
import { isNumber, type ResultColumn, type Texts } from '../../../lambdas/shared/athena/values.ts';

/** Rows as a table for a terminal: numbers to the right, NULL as nothing. */
export function tableText(columns: readonly ResultColumn[], rows: readonly Texts[]): string {
  const table = new Table({
    head: columns.map(({ name }) => name),
    colAligns: columns.map((column) => (isNumber(column) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((text) => text ?? ''));
  return table.toString();
}
