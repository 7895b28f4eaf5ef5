import type { Command } from 'commander';
import { breaches } from '../../lambdas/audit/equation.ts';
import { countOf } from '../../lambdas/audit/ranges.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { auditAll } from './audit/all.ts';
import { type AuditPlaces, auditPlacesOf } from './audit/places.ts';
import { auditText } from './audit/print.ts';
import { notPartOfRun, notThrough } from './audit/refusal.ts';
import { timesOf } from './audit/times.ts';
import { waitUntilThrough } from './audit/waiting.ts';
import { positiveNumber } from './option-values.ts';
import { progressLine } from './progress-line.ts';
import { stagePlace } from './stage-place.ts';

interface Options {
  readonly dataset?: string;
  readonly from?: string;
  readonly to?: string;
  readonly wait?: number;
  readonly stage?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('audit')
    .description('account for every Kafka position: lost, duplicated and disagreed must be 0')
    .option('--dataset <name>', 'only this dataset')
    .option('--from <time>', 'only what Kafka took from then on: a UTC day, or an instant in ISO 8601')
    .option('--to <time>', 'only what Kafka took before then; a day: up to its end')
    .option('--wait <seconds>', 'first wait until all that was produced is through', positiveNumber)
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .action(action);
}

async function action({ dataset, from, to, wait, stage, json }: Options): Promise<void> {
  const times = timesOf(from, to);
  const places = await auditPlacesOf(await stagePlace(stage, 'MR600'), dataset);
  try {
    if (dataset !== undefined && places.places.length === 0) throw notPartOfRun(dataset);
    for (const name of places.absent) {
      process.stderr.write(`${name} is declared, and not part of this run: \`npx millrace up\` makes it\n`);
    }
    const missing = wait === undefined ? [] : await waitSaying(places, wait);
    // What came in vain is part of the answer; what was produced since the wait began is not.
    const audit = await auditAll(places, missing.length > 0, times);
    process.stdout.write(json === true ? `${JSON.stringify(audit)}\n` : `${auditText(audit)}\n`);
    if (missing.length > 0) throw notThrough(missing, wait ?? 0);
    const unread = countOf(Object.values(audit.datasets).flatMap(({ gaps }) => gaps.unread));
    const broken = [...breaches(audit), ...(unread === 0 ? [] : [`not looked at ${unread}`])];
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
