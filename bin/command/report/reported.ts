import { relative } from 'node:path';
import type { AthenaPlace } from '../../../lambdas/shared/athena/place.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { answersOf, type ReportFacts, writeReport } from './dataset-report.ts';
import type { SomeDays } from './days.ts';

export interface Reporting {
  readonly place: AthenaPlace;
  readonly stage: string;
  readonly manifest: Manifest;
  /** Of the files. */
  readonly folder: string;
  /** Undefined: all. */
  readonly days: SomeDays | undefined;
}

/** What `report --json` prints. */
export interface WrittenReport extends ReportFacts {
  /** As seen from here. */
  readonly folder: string;
  /** The page first. */
  readonly files: readonly string[];
  /** Rows of each query. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Asks the dataset's named queries, one a line on stderr, and writes their report.
 * @throws MillraceError those of answersOf and writeReport
 */
export async function reported(options: Reporting): Promise<WrittenReport> {
  const { place, stage, manifest, folder, days } = options;
  const { dataset, description } = manifest;
  const answers = await answersOf(
    place,
    manifest,
    (query, rows, seconds) => {
      process.stderr.write(`${query}: ${rows} rows, ${seconds.toFixed(2)} s\n`);
    },
    days,
  );
  const generatedAt = new Date().toISOString();
  const facts = { dataset, description, stage, generatedAt, ...(days === undefined ? {} : { days }) };
  const files = await writeReport(folder, facts, answers);
  const rows = Object.fromEntries(answers.map((one) => [one.query.name, one.rows.length]));
  return { ...facts, folder: relative(process.cwd(), folder), files, rows };
}
