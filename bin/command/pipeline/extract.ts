import { MillraceError } from '../../../lib/errors.ts';
import { hasSampleFiles, sampleFilesOf } from '../demo/sample-files.ts';
import type { Imported } from '../import/importing.ts';
import { sendFiles } from '../import/sending.ts';
import { interruptible } from '../interruption.ts';
import { thousands } from '../progress-line.ts';
import { keptFolder } from '../stage-place.ts';
import { type Asked, type Done, interrupted } from './step.ts';

/**
 * Sends the rows of files to the dataset's topic. What was sent before is not sent again.
 * @throws MillraceError MR852 (no files, and no sample files), MR854 (a file was not imported to its end), MR508, and
 * those of importFiles
 */
export async function extract(asked: Asked): Promise<Done> {
  const { place, manifest, days } = asked;
  const files = await filesOf(asked);
  return interruptible(async (signal) => {
    const imported = await sendFiles(place, { manifest, files, signal, ...days });
    const broken = imported.filter(({ end }) => end === 'failed');
    if (broken.length > 0) throw notImported(broken);
    if (signal.aborted) throw interrupted();
    return extracted(manifest.dataset, imported);
  });
}

async function filesOf({ files, manifest, place }: Asked): Promise<readonly string[]> {
  if (files.length > 0) return files;
  if (hasSampleFiles(manifest)) return sampleFilesOf(manifest, keptFolder(place));
  throw new MillraceError('MR852', `${manifest.dataset} has no sample files, and none are named`, {
    where: 'millrace pipeline',
    mend: `name the files: npx millrace pipeline extract ${manifest.dataset} FILE...`,
  });
}

/** The counts are of the files, whenever they were sent; `sentRows` those of now. */
export function extracted(dataset: string, imported: readonly Imported[]): Done {
  const sum = (count: (one: Imported) => number) => imported.reduce((total, one) => total + count(one), 0);
  const facts = {
    files: imported.length,
    known: imported.filter(({ end }) => end === 'known').length,
    rows: sum(({ rows }) => rows),
    events: sum(({ events }) => events),
    rejected: sum(({ rejected }) => rejected),
    skipped: sum(({ skipped }) => skipped),
    sentRows: sum(({ rows, before }) => rows - before),
  };
  const { rows, events, rejected, skipped, sentRows } = facts;
  const counts = [
    `${thousands(rows)} rows of ${facts.files} ${facts.files === 1 ? 'file' : 'files'}`,
    `${thousands(events)} events`,
    `${thousands(rejected)} rejected`,
    ...(skipped > 0 ? [`${thousands(skipped)} of other days`] : []),
    ...(sentRows === rows ? [] : [`${thousands(rows - sentRows)} rows read by an earlier run`]),
  ];
  return { facts, text: `${dataset}: ${counts.join(', ')}\n` };
}

function notImported(broken: readonly Imported[]): MillraceError {
  const lines = broken.map(({ file, error }) => `${file}: ${error?.code} ${error?.what}`);
  return new MillraceError(
    'MR854',
    `${broken.length === 1 ? 'a file was' : `${broken.length} files were`} not imported to the end:\n  ${lines.join('\n  ')}`,
    {
      where: [...new Set(broken.map(({ file, error }) => error?.where ?? file))].join(', '),
      mend: [...new Set(broken.flatMap(({ error }) => error?.mend ?? []))].join('; '),
    },
  );
}
