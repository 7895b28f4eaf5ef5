import { readFileSync } from 'node:fs';
import type { ReferenceRow, References } from '../../lib/contract/mapper.ts';
import { MillraceError } from '../../lib/errors.ts';

/** The reference tables beside a function's code: `{ NAME: { KEY: ROW } }`. @throws MillraceError MR802 */
export function readReferences(path: string): References {
  try {
    const tables = JSON.parse(readFileSync(path, 'utf8')) as Readonly<
      Record<string, Readonly<Record<string, ReferenceRow>>>
    >;
    return new Map(Object.entries(tables).map(([name, rows]) => [name, new Map(Object.entries(rows))]));
  } catch (cause) {
    throw new MillraceError('MR802', 'the reference tables cannot be read', {
      where: path,
      mend: 'bundle references.json beside the code; the Ingest stack does so',
      cause,
    });
  }
}
