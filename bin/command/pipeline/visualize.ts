import { join } from 'node:path';
import { reportFolder } from '../dataset-report.ts';
import { thousands } from '../progress-line.ts';
import { reported, type WrittenReport } from '../report/reported.ts';
import type { Asked, Done } from './step.ts';

/** Draws what the named queries answer. @throws MillraceError those of `reported` */
export async function visualize({ place, manifest, days }: Asked): Promise<Done> {
  const { stage, athena } = place;
  const folder = reportFolder(manifest.dataset);
  return visualized(await reported({ place: athena, stage, manifest, folder, days }));
}

export function visualized({ dataset, folder, files, rows }: WrittenReport): Done {
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return {
    facts: { queries: Object.keys(rows).length, rows, folder, files },
    text: `${dataset}: ${thousands(total)} rows of ${Object.keys(rows).length} queries in ${files.length} files\n  ${join(folder, 'index.html')}\n`,
  };
}
