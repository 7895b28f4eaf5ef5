import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';

/** UTC days of the partition time, both inclusive; open where it is not said. */
export interface SomeDays {
  readonly from?: string;
  readonly to?: string;
}

/** What of silver a report is about. */
export interface DaysOfSilver {
  readonly manifest: Pick<Manifest, 'fields' | 'partitionTime' | 'tables'>;
  readonly database: string;
  readonly days: SomeDays;
}

const DAY_MS = 86_400_000;
/** White space and comments. */
const BY_THE_WAY = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
/** What reads like code and is none. */
const NO_CODE = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** The days that are named; undefined: all. @throws MillraceError MR857: they are the wrong way round */
export function someDays({ from, to }: SomeDays): SomeDays | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from !== undefined && to !== undefined && from > to)
    throw new MillraceError('MR857', `no range of days: ${from} to ${to}`, {
      where: '--from, --to',
      mend: 'give days as YYYY-MM-DD, the first day first; either may be left out',
    });
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** `2013-01-01 to 2013-01-03`, `from 2013-01-01 on`, `up to 2013-01-03`, or `all days`. */
export function daysText({ from, to }: SomeDays = {}): string {
  if (from === undefined) return to === undefined ? 'all days' : `up to ${to}`;
  if (to === undefined) return `from ${from} on`;
  return from === to ? from : `${from} to ${to}`;
}

/**
 * The statement over these days of silver alone: its bare name stands for a common table expression that holds their
 * rows. In the dialect of Athena engine v3, where a name with its database is never that of such an expression.
 * @param sql one SELECT, perhaps with a leading WITH
 * @param name of the query, for errors
 * @returns undefined where it does not read silver
 * @throws MillraceError MR856: WITH RECURSIVE, or silver's name is one of its own already
 */
export function ofDays(
  sql: string,
  { manifest, database, days }: DaysOfSilver,
  name = '',
): string | undefined {
  const { silver } = manifest.tables;
  const code = sql.replaceAll(NO_CODE, ' ');
  if (!new RegExp(`(?<![\\w.])(?:"${silver}"|${silver})(?![\\w."])`, 'i').test(code)) return undefined;
  if (new RegExp(`(?<![\\w.])"?${silver}"?\\s*(?:\\([^()]*\\)\\s*)?AS\\s*\\(`, 'i').test(code))
    throw refused(name, `it has a table of its own by the name ${silver}`);
  const rows = `${silver} AS (\n  SELECT * FROM "${database}"."${silver}"\n  WHERE ${conditionOf(manifest, days)}\n)`;
  const [before, rest] = begun(sql);
  if (!/^with\b/i.test(rest)) return `${before}WITH ${rows}\n${rest}`;
  const expressions = rest.slice('with'.length);
  if (/^recursive\b/i.test(begun(expressions)[1])) throw refused(name, 'it begins with WITH RECURSIVE');
  return `${before}WITH ${rows},${expressions}`;
}

/** What stands before the first word, and the rest. */
function begun(sql: string): readonly [string, string] {
  const { length } = BY_THE_WAY.exec(sql)?.[0] ?? '';
  return [sql.slice(0, length), sql.slice(length)];
}

/** Of plain comparisons with literals: an engine skips files by them. */
function conditionOf({ fields, partitionTime }: DaysOfSilver['manifest'], { from, to }: SomeDays): string {
  const column = `"${partitionTime.column}"`;
  const isDate = fields.some((one) => one.column === partitionTime.column && one.type === 'date');
  const parts = isDate
    ? [
        ...(from === undefined ? [] : [`${column} >= DATE '${from}'`]),
        ...(to === undefined ? [] : [`${column} <= DATE '${to}'`]),
      ]
    : [
        ...(from === undefined ? [] : [`${column} >= ${midnight(from, 0)}`]),
        ...(to === undefined ? [] : [`${column} < ${midnight(to, DAY_MS)}`]),
      ];
  return parts.join(' AND ');
}

function midnight(day: string, addedMs: number): string {
  const iso = new Date(Date.parse(day) + addedMs).toISOString();
  return `TIMESTAMP '${iso.slice(0, 10)} 00:00:00.000 UTC'`;
}

function refused(query: string, why: string): MillraceError {
  return new MillraceError('MR856', `the query cannot be asked of some days: ${why}`, {
    where: `the named query ${query}`,
    mend: 'mend its SQL, or leave out --from and --to',
  });
}
