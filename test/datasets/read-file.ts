import { partsOf } from '../../bin/command/import/archive.ts';
import type { ReadRow } from '../../bin/command/import/batch.ts';
import { readerOf } from '../../bin/command/import/format.ts';

/** The rows of a file's only part, as `millrace import` reads them. */
export async function readFileRows(
  file: string,
): Promise<{ columns: readonly string[]; nullText: string | undefined; rows: ReadRow[] }> {
  const [part] = await partsOf(file);
  if (part === undefined) throw new Error(`${file} holds nothing`);
  const rows: ReadRow[] = [];
  let columns: readonly string[] = [];
  let nullText: string | undefined;
  for await (const batch of (await readerOf(part))(part)) {
    ({ columns, nullText } = batch);
    rows.push(...batch.rows);
  }
  await part.close();
  return { columns, nullText, rows };
}
