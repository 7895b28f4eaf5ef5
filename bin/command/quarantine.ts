import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Manifest, Reason } from '../../lib/contract/manifest.ts';
import { allDatasets, datasetNamed } from '../../lib/datasets/index.ts';
import { MillraceError } from '../../lib/errors.ts';
import { rowsOf } from './athena/execution.ts';
import { tableText } from './athena/table.ts';
import { rowObjects } from './athena/values.ts';
import { wholeNumber } from './option-values.ts';
import { faultPlace } from './quarantine/fault-place.ts';
import { positionOf, type QuarantinedRecord, recordOf } from './quarantine/record.ts';
import { countsSql, positionSql, rowsSql, type Selection } from './quarantine/statements.ts';
import { isText, placeText, valueText } from './quarantine/value-text.ts';
import { type StagePlace, stagePlace } from './stage-place.ts';

const REASONS: readonly Reason[] = ['unparseable', 'invalid', 'future', 'too-old', 'conflict'];
const LISTED = 20;

interface CommonOptions {
  readonly dataset?: string;
  readonly stage?: string;
  readonly json?: true;
}
interface ListOptions extends CommonOptions, Selection {
  readonly limit: number;
}

export function register(program: Command): void {
  const quarantine = program.command('quarantine').description('what was not accepted, and why');
  const common = (command: Command): Command =>
    command
      .option('--dataset <name>', 'only this dataset')
      .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
      .option('--json', 'print JSON');
  common(
    quarantine
      .command('list')
      .description('counts by reason, path and day, then the newest records')
      .addOption(new Option('--reason <reason>', 'only this reason').choices(REASONS))
      .option('--from <day>', 'from this day on (UTC, of the Kafka timestamp)', day)
      .option('--to <day>', 'up to this day', day)
      .option('--limit <n>', 'how many records', wholeNumber(0), LISTED),
  ).action(list);
  common(
    quarantine
      .command('show')
      .description('one record: its bytes, and where in them the fault lies')
      .argument('<position>', 'TOPIC/PARTITION/OFFSET or PARTITION:OFFSET'),
  ).action(show);
}

function day(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isDay) throw new InvalidArgumentError('expected YYYY-MM-DD');
  return text;
}

async function manifests(name: string | undefined): Promise<Manifest[]> {
  if (name !== undefined) return [(await datasetNamed(name)).manifest];
  return (await allDatasets()).map(({ manifest }) => manifest);
}

function ask(place: StagePlace, sql: string) {
  return rowsOf(place.athena.athena, { ...place.athena, sql });
}

async function list(options: ListOptions): Promise<void> {
  const place = await stagePlace(options.stage, 'MR710');
  try {
    const found: Record<string, unknown> = {};
    for (const manifest of await manifests(options.dataset)) {
      const [counts, rows] = await Promise.all([
        ask(place, countsSql(manifest, options)),
        ask(place, rowsSql(manifest, options, options.limit)),
      ]);
      found[manifest.dataset] = {
        counts: rowObjects(counts.rows, counts.columns),
        records: rowObjects(rows.rows, rows.columns),
      };
      if (options.json === true) continue;
      const title = `${manifest.dataset} (topic ${manifest.topic.name})`;
      if (counts.rows.length === 0) {
        process.stdout.write(`${title}: nothing is quarantined\n`);
        continue;
      }
      process.stdout.write(`${title}\n${tableText(counts.columns, counts.rows)}\n`);
      if (rows.rows.length > 0) process.stdout.write(`${tableText(rows.columns, rows.rows)}\n`);
    }
    if (options.json === true) process.stdout.write(`${JSON.stringify(found)}\n`);
  } finally {
    place.close();
  }
}

async function show(text: string, { dataset, stage, json }: CommonOptions): Promise<void> {
  const position = positionOf(text);
  const candidates = (await manifests(dataset)).filter(
    ({ topic }) => position.topic === undefined || topic.name === position.topic,
  );
  const [manifest] = candidates;
  if (manifest === undefined || candidates.length > 1) throw whichDataset(text);
  const place = await stagePlace(stage, 'MR710');
  try {
    const { rows, columns } = await ask(place, positionSql(manifest, position));
    const [row] = rowObjects(rows, columns);
    if (row === undefined) throw notThere(text, manifest);
    const record = recordOf(row);
    process.stdout.write(json === true ? jsonOf(record) : textOf(record, process.stdout.isTTY === true));
  } finally {
    place.close();
  }
}

function jsonOf(record: QuarantinedRecord): string {
  const { key, value, headers, ...facts } = record;
  const told = {
    ...facts,
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
    text: value !== null && isText(value) ? value.toString('utf8') : null,
    headers: headers?.map(([name, bytes]) => [name, bytes.toString('base64')]) ?? null,
    fault: value === null ? null : (faultPlace(value, record.path) ?? null),
  };
  return `${JSON.stringify(told)}\n`;
}

function textOf(record: QuarantinedRecord, colours: boolean): string {
  const { topic, partition, offset, timestamp, reason, path, detail, key, value, headers } = record;
  const bytes = (one: Buffer) => (isText(one) ? one.toString('utf8') : `0x${one.toString('hex')}`);
  const fault = value === null ? undefined : faultPlace(value, path);
  const facts: [string, string][] = [
    ['position', `${topic}/${partition}/${offset}, appended ${timestamp} UTC`],
    ['reason', reason],
    ['path', path],
    ['detail', detail],
    ['key', key === null ? '(none)' : bytes(key)],
    ...(headers ?? []).map(([name, one]): [string, string] => [`header ${name}`, bytes(one)]),
    ['fault', value === null ? 'the record has no value' : placeText(value, fault)],
    ['value', value === null ? '(none)' : `${value.length} bytes, ${isText(value) ? 'text' : 'binary'}`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, fact]) => `${name.padEnd(width)}  ${fact}\n`).join('');
  return value === null || value.length === 0 ? lines : `${lines}\n${valueText(value, fault, colours)}\n`;
}

function whichDataset(text: string): MillraceError {
  return new MillraceError('MR712', `it is not clear which dataset ${text} is of`, {
    where: 'millrace quarantine show',
    mend: 'name it with --dataset, or write TOPIC/PARTITION/OFFSET; `npx millrace datasets` lists them',
  });
}

function notThere(text: string, { dataset, tables }: Manifest): MillraceError {
  return new MillraceError('MR713', `${text} is not in quarantine`, {
    where: `view ${tables.quarantine}`,
    mend: `it may be in silver, or not through yet: \`npx millrace audit\`; \`npx millrace quarantine list --dataset ${dataset}\` shows what there is`,
  });
}
