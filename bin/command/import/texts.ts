import { thousands } from '../progress-line.ts';
import type { Imported } from './importing.ts';

const MOST_REASONS = 10;
const ENDS: Readonly<Record<Imported['end'], string>> = {
  done: 'imported',
  known: 'imported before; nothing sent (--again sends it once more)',
  interrupted: 'interrupted; the same command goes on from here',
  failed: 'broken off',
};

/** What became of a file, for people; with a line end. */
export function importedText(imported: Imported): string {
  const { file, source, end, rows, events, rejected, skipped, before, seconds, reasons, error } = imported;
  if (source === null && error !== undefined) return `${file}: not imported\n${errorText(error)}`;
  const parts = [
    `${thousands(rows)} rows`,
    `${thousands(events)} events`,
    `${thousands(rejected)} rejected`,
    ...(skipped > 0 ? [`${thousands(skipped)} of other days`] : []),
    ...(before > 0 && end !== 'known' ? [`${thousands(before)} rows in an earlier run`] : []),
    ...(seconds > 0 ? [`${seconds.toFixed(1)} s`] : []),
  ];
  const shown = reasons.slice(0, MOST_REASONS);
  const lines = [
    `${file} (${source}): ${ENDS[end]}`,
    `  ${parts.join(', ')}`,
    ...shown.map(({ column, detail, count }) => `  ${thousands(count).padStart(9)}  ${column}: ${detail}`),
    ...(reasons.length > shown.length ? [`  and ${reasons.length - shown.length} other reasons`] : []),
  ];
  return `${lines.join('\n')}\n${error === undefined ? '' : errorText(error)}`;
}

function errorText({ code, what, where, mend }: NonNullable<Imported['error']>): string {
  return `  ${code}: ${what}\n  where: ${where}\n  mend:  ${mend}\n`;
}
