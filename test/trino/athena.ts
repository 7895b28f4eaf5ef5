import { rowsOf } from '../../lambdas/shared/athena/execution.ts';
import type { AthenaPlace } from '../../lambdas/shared/athena/place.ts';
import { type Answer, doubleText, momentText, plainType } from './answer.ts';

function cellText(text: string | null, type: string): string | null {
  if (text === null) return null;
  if (type === 'double' || type === 'real') return doubleText(Number(text));
  if (type === 'varbinary') return text.replaceAll(' ', '');
  return type.startsWith('timestamp') ? momentText(text) : text;
}

/** Runs one statement through the API of the local Athena. */
export async function askAthena({ athena, workGroup, database }: AthenaPlace, sql: string): Promise<Answer> {
  const { columns, rows } = await rowsOf(athena, { sql, database, workGroup });
  const named = columns.map(({ name, type }) => ({ name, type: plainType(type) }));
  return {
    columns: named,
    rows: rows.map((row) => named.map(({ type }, at) => cellText(row[at] ?? null, type))),
  };
}
