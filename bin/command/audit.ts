import type { Command } from 'commander';
import { MillraceError } from '../../lib/errors.ts';
import { auditDataset, type DatasetConclusion } from './audit/dataset-audit.ts';
import { type Audit, breaches, summed } from './audit/equation.ts';
import { type AuditPlaces, auditPlaces } from './audit/places.ts';
import { auditText } from './audit/print.ts';
import { rangesText } from './audit/ranges.ts';
import { waitUntilThrough } from './audit/waiting.ts';
import { positiveNumber } from './option-values.ts';
import { progressLine, thousands } from './progress-line.ts';
import { running } from './running.ts';

interface Options {
  readonly wait?: number;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('audit')
    .description('account for every Kafka position: lost, duplicated and disagreed must be 0')
    .option('--wait <seconds>', 'first wait until all that was produced is through', positiveNumber)
    .option('--json', 'print JSON')
    .action(action);
}

async function action({ wait, json }: Options): Promise<void> {
  const { state } = await running('MR600');
  const places = await auditPlaces(state);
  try {
    for (const name of places.absent) {
      process.stderr.write(`${name} is declared, and not part of this run: \`npx millrace up\` makes it\n`);
    }
    const missing = wait === undefined ? [] : await waitSaying(places, wait);
    const audit = await auditAll(places, wait !== undefined);
    process.stdout.write(json === true ? `${JSON.stringify(audit)}\n` : `${auditText(audit)}\n`);
    if (missing.length > 0) throw notThrough(missing, wait ?? 0);
    const broken = breaches(audit);
    if (broken.length > 0) {
      process.stderr.write(`the audit fails: ${broken.join(', ')}\n`);
      process.exitCode = 1;
    }
  } finally {
    await places.close();
  }
}

async function waitSaying(places: AuditPlaces, seconds: number): Promise<readonly string[]> {
  const line = progressLine();
  const missing = await waitUntilThrough(places.places, {
    seconds,
    onLook: (dataset, _standing, words) =>
      line.show(() => `${dataset}: ${words.join('; ') || 'all is through'}`),
  });
  line.end(missing.length === 0 ? 'all is through' : `not through: ${missing.join('; ')}`);
  return missing;
}

/** Audits one dataset after the other; what must be looked at is named on stderr. */
export async function auditAll({ places }: AuditPlaces, whole: boolean): Promise<Audit> {
  const audits: Record<string, DatasetConclusion['audit']> = {};
  for (const place of places) {
    const name = place.manifest.dataset;
    const { audit, lost, disagreed, inFlight } = await auditDataset(place, whole);
    audits[name] = audit;
    const say = (text: string) => process.stderr.write(`${name}: ${text}\n`);
    if (inFlight > 0) say(`${thousands(inFlight)} records are under way and left out; --wait waits for them`);
    if (lost.length > 0) say(`lost: ${rangesText(lost)}`);
    if (disagreed.length > 0) say(`the judges disagree: ${rangesText(disagreed)}`);
    const unlanded = audit.positions - audit.bronzePositions;
    if (unlanded > 0) say(`${thousands(unlanded)} positions are not in bronze`);
  }
  return summed(audits);
}

/** The error of a wait whose time was up. */
export function notThrough(missing: readonly string[], seconds: number): MillraceError {
  return new MillraceError(
    'MR602',
    `not everything is through after ${seconds} s:\n  ${missing.join('\n  ')}`,
    {
      where: 'the local run',
      mend: 'wait longer, or see what stands still: `npx millrace status`, `npx millrace logs`',
    },
  );
}
