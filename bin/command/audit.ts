import type { Command } from 'commander';
import { exitCodes } from '../setup/exit-codes.js';
import { auditAll } from './audit/all.ts';
import { breaches } from './audit/equation.ts';
import { type AuditPlaces, auditPlacesOf } from './audit/places.ts';
import { auditText } from './audit/print.ts';
import { notThrough } from './audit/refusal.ts';
import { waitUntilThrough } from './audit/waiting.ts';
import { positiveNumber } from './option-values.ts';
import { progressLine } from './progress-line.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly wait?: number;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('audit')
    .description('account for every Kafka position: lost, duplicated and disagreed must be 0')
    .option('--wait <seconds>', 'first wait until all that was produced is through', positiveNumber)
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .action(action);
}

async function action({ wait, stage, json }: Options): Promise<void> {
  const places = await auditPlacesOf(await stagePlace(stage, 'MR600'));
  try {
    for (const name of places.absent) {
      process.stderr.write(`${name} is declared, and not part of this run: \`npx millrace up\` makes it\n`);
    }
    const missing = wait === undefined ? [] : await waitSaying(places, wait);
    // What came in vain is part of the answer; what was produced since the wait began is not.
    const audit = await auditAll(places, missing.length > 0);
    process.stdout.write(json === true ? `${JSON.stringify(audit)}\n` : `${auditText(audit)}\n`);
    if (missing.length > 0) throw notThrough(missing, wait ?? 0);
    const broken = breaches(audit);
    if (broken.length > 0) {
      process.stderr.write(`the audit fails: ${broken.join(', ')}\n`);
      process.exitCode = exitCodes.breach;
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
