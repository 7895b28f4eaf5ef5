import { type Command, Option } from 'commander';
import type { Reason } from '../../lib/contract/manifest.ts';
import { wholeNumber } from './option-values.ts';
import {
  type CommonOptions,
  type DaysOptions,
  day,
  manifests,
  REASONS,
  selectionOf,
} from './quarantine/asking.ts';
import { type Quarantined, quarantined, quarantinedText } from './quarantine/list.ts';
import { redriving } from './quarantine/redriving.ts';
import { show } from './quarantine/show.ts';
import { stagePlace } from './stage-place.ts';

const LISTED = 20;

interface ListOptions extends CommonOptions, DaysOptions {
  readonly reason?: readonly Reason[];
  readonly limit: number;
  readonly open?: true;
}

export function register(program: Command): void {
  const quarantine = program.command('quarantine').description('what was not accepted, and why');
  const common = (command: Command): Command =>
    command
      .option('--dataset <name>', 'only this dataset')
      .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
      .option('--json', 'print JSON');
  const days = (command: Command): Command =>
    command
      .option('--from <day>', 'from this day on (UTC, of the Kafka timestamp)', day)
      .option('--to <day>', 'up to this day', day);
  const reasons = (choices: readonly string[]): Option =>
    new Option('--reason <reason...>', 'only these reasons').choices(choices);
  common(
    days(
      quarantine
        .command('list')
        .description('counts by reason, path and day, then the newest records, and what was redriven')
        .addOption(reasons(REASONS))
        .option('--open', 'only what is still to be mended'),
    ).option('--limit <n>', 'how many records', wholeNumber(0), LISTED),
  ).action(list);
  common(
    quarantine
      .command('show')
      .description('one record: its bytes, and where in them the fault lies')
      .argument('<position>', 'TOPIC/PARTITION/OFFSET or PARTITION:OFFSET'),
  ).action(show);
  common(
    days(
      quarantine
        .command('redrive')
        .description('send what is still quarantined to its topic again, once its cause is mended')
        .addOption(reasons([...REASONS, 'failed'])),
    )
      .option('--position <position>', 'only this record: TOPIC/PARTITION/OFFSET or PARTITION:OFFSET')
      .option('--dry-run', 'only say what would be sent'),
  ).action(redriving);
}

async function list(options: ListOptions): Promise<void> {
  const { limit, open } = options;
  const selection = { ...selectionOf(options, options.reason), limit, ...(open === true ? { open } : {}) };
  const place = await stagePlace(options.stage, 'MR710');
  try {
    const found: Record<string, Quarantined> = {};
    for (const manifest of await manifests(place, options.dataset)) {
      const one = await quarantined(place, manifest, selection);
      found[manifest.dataset] = one;
      if (options.json === true) continue;
      process.stdout.write(
        quarantinedText(`${manifest.dataset} (topic ${manifest.topic.name})`, one, open === true),
      );
    }
    if (options.json === true) process.stdout.write(`${JSON.stringify(found)}\n`);
  } finally {
    place.close();
  }
}
