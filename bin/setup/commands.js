/** The commands: what each does, in a line, how it is called, and which parts of the set-up it needs. */
import { exitCodeTexts } from './exit-codes.js';

const everything = ['node_modules', 'python', 'minio', 'jars-kafka', 'jars-local', 'jars-aws'];

/**
 * @typedef {object} Command
 * @property {string} usage
 * @property {string} summary
 * @property {readonly string[]} examples
 * @property {readonly string[]} needs parts of the set-up
 * @property {true} [plain] runs on the Node.js at hand, with nothing installed
 * @property {true} [hidden] called by programs, not by people
 */

/** @type {Readonly<Record<string, Command>>} */
export const commands = {
  demo: {
    usage: 'demo [DATASET]... [--events N] [--seed S] [--chaos] [--keep] [--json FILE]',
    summary:
      'one week of events to the exact p95, a year of real flights to charts, audited, and everything stopped again',
    examples: [
      'demo',
      'demo flights',
      'demo iot --chaos --events 150000 --seed 7',
      'demo iot --events 20000 --keep --json demo.json',
    ],
    needs: everything,
  },
  doctor: {
    usage: 'doctor [--json]',
    summary: 'what this machine lacks, and how to get it',
    examples: ['doctor'],
    needs: [],
    plain: true,
  },
  up: {
    usage: 'up [--json]',
    summary: 'start the services, make the resources of the templates, start the jobs',
    examples: ['up', 'up --json'],
    needs: everything,
  },
  down: {
    usage: 'down [--purge] [--json]',
    summary: 'stop everything; --purge deletes the data too',
    examples: ['down', 'down --purge'],
    needs: ['node_modules'],
  },
  status: {
    usage: 'status [--stage STAGE] [--json]',
    summary: 'what runs, where, and how far it is',
    examples: ['status', 'status --json'],
    needs: ['node_modules'],
  },
  metrics: {
    usage: 'metrics [--watch] [--stage STAGE] [--json]',
    summary: 'what operators watch: rates, lag, micro-batches, freshness, quarantine, tables, jobs',
    examples: ['metrics', 'metrics --watch', 'metrics --stage dev --json'],
    needs: ['node_modules'],
  },
  produce: {
    usage: 'produce DATASET [--events N] [--rate R] [--seed S] [--file F] [--stage STAGE] [--json]',
    summary: 'send made events, or the lines of a file, to the dataset',
    examples: ['produce iot --events 100000', 'produce iot --rate 50', 'produce iot --file records.ndjson'],
    needs: ['node_modules'],
  },
  import: {
    usage:
      'import DATASET FILE... [--source NAME] [--from DAY] [--to DAY] [--again] [--stage STAGE] [--json]',
    summary:
      'send the rows of CSV, JSON, NDJSON or Parquet files (plain, gzip, zip); goes on where it was broken off',
    examples: [
      'import flights flights.csv.zip',
      'import flights 2023-*.zip --from 2023-03-01 --to 2023-03-31',
      'import flights flights.parquet --source bts --json',
    ],
    needs: ['node_modules'],
  },
  pipeline: {
    usage: 'pipeline MODE DATASET [FILE...] [--from DAY --to DAY] [--wait SECONDS] [--stage STAGE] [--json]',
    summary:
      'extract, transform, load, visualize, or all of them in that order, of all days or some; safe to repeat',
    examples: [
      'pipeline all flights --from 2013-01-01 --to 2013-01-31',
      'pipeline extract flights 2023-*.zip',
      'pipeline transform flights --wait 1200',
      'pipeline visualize flights --json',
    ],
    needs: ['node_modules', 'python'],
  },
  audit: {
    usage: 'audit [--dataset NAME] [--from TIME] [--to TIME] [--wait SECONDS] [--stage STAGE] [--json]',
    summary: 'account for every Kafka position: lost, duplicated, disagreed',
    examples: [
      'audit',
      'audit --wait 120 --json',
      'audit --dataset iot --from 2026-11-01 --to 2026-11-01T12:00Z --stage dev',
    ],
    needs: ['node_modules'],
  },
  quarantine: {
    usage:
      'quarantine list|show|redrive [POSITION] [--dataset NAME] [--reason R...] [--from DAY] [--to DAY] [--limit N] [--open] [--position POSITION] [--dry-run] [--stage STAGE] [--json]',
    summary:
      'what was not accepted and why, the bytes of a record, and sending it again once its cause is mended',
    examples: [
      'quarantine list --reason invalid --from 2026-11-01',
      'quarantine list --open',
      'quarantine show iot-events/0/1652',
      'quarantine show 0:1652 --dataset iot --json',
      'quarantine redrive --reason invalid future --dry-run',
      'quarantine redrive --reason failed',
    ],
    needs: ['node_modules'],
  },
  run: {
    usage: 'run JOB [--dataset NAME] [--arg NAME=VALUE]... [--stage STAGE] [--json]',
    summary: 'start a job (silver, gold, sweep, ...) and wait for its end',
    examples: ['run gold', 'run sweep --dataset iot', 'run gold --stage dev --json'],
    needs: ['node_modules'],
  },
  rebuild: {
    usage: 'rebuild DATASET [--from DAY --to DAY] [--stage STAGE] [--json]',
    summary: 'make silver anew from bronze, with the stream paused for seconds',
    examples: ['rebuild iot', 'rebuild iot --from 2026-11-01 --to 2026-11-03'],
    needs: ['node_modules'],
  },
  backfill: {
    usage: 'backfill DATASET --from DAY --to DAY [--stage STAGE] [--json]',
    summary: 'put what bronze holds and silver lacks into silver; safe to repeat',
    examples: ['backfill iot --from 2026-11-01 --to 2026-11-01'],
    needs: ['node_modules'],
  },
  rerun: {
    usage: 'rerun DATASET --from DAY --to DAY [--stage STAGE] [--json]',
    summary: 'compute windows and gold of some days again from silver; safe to repeat',
    examples: ['rerun iot --from 2026-11-01 --to 2026-11-02 --json'],
    needs: ['node_modules'],
  },
  query: {
    usage:
      'query NAME|SQL [--format table|csv|json] [--stage STAGE] [--parameter LITERAL...] [--fresh] [--analyst] [--json]',
    summary: 'run a named query, or any, in Athena',
    examples: ['query iot_p95_daily', 'query "SELECT count(*) AS events FROM iot_events" --json'],
    needs: ['node_modules'],
  },
  report: {
    usage: 'report DATASET [--from DAY] [--to DAY] [--output DIR] [--stage STAGE] [--json]',
    summary: "run a dataset's named queries, of all days or some, and draw what they answer",
    examples: [
      'report flights',
      'report flights --from 2013-03-01 --to 2013-03-31',
      'report flights --output figures --json',
    ],
    needs: ['node_modules'],
  },
  datasets: {
    usage: 'datasets [DATASET] [--stage STAGE] [--json | --schema]',
    summary: 'the datasets and what is declared of each',
    examples: ['datasets', 'datasets --json', 'datasets flights --schema'],
    needs: ['node_modules'],
  },
  logs: {
    usage: 'logs [PART] [--follow] [--lines N] [--json]',
    summary: 'the log of a service, a function or a job',
    examples: ['logs', 'logs silver --follow', 'logs kafka --lines 200'],
    needs: ['node_modules'],
  },
  open: {
    usage: 'open [--json]',
    summary: "open the last demo's report in the browser",
    examples: ['open'],
    needs: ['node_modules'],
  },
  destroy: {
    usage: 'destroy --stage STAGE [--yes] [--json]',
    summary: 'delete a deployed stage and all its data; refused for one that keeps its data',
    examples: ['destroy --stage dev', 'destroy --stage dev --yes --json'],
    needs: ['node_modules', 'jars-aws'],
  },
  completion: {
    usage: 'completion bash|zsh|fish|powershell',
    summary: 'print a script that completes the commands in a shell',
    examples: ['completion bash > ~/.local/share/bash-completion/completions/millrace'],
    needs: ['node_modules'],
  },
  complete: {
    usage: 'complete -- WORD...',
    summary: 'what the script of `completion` asks',
    examples: [],
    needs: ['node_modules'],
    hidden: true,
  },
  setup: {
    usage: 'setup [PART...]',
    summary: 'do the set-up now, as any command that needs it would',
    examples: ['setup', 'setup minio python'],
    needs: [],
    plain: true,
  },
  cache: {
    usage: 'cache [--purge] [--json]',
    summary: "where the set-up's downloads lie; --purge deletes them",
    examples: ['cache', 'cache --purge'],
    needs: [],
    plain: true,
  },
};

/** The commands that people call. */
export const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);

/** @param {string} name */
export function examplesText(name) {
  const lines = commands[name].examples.map((words) => `  npx millrace ${words}`);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`;
}

/** What `millrace COMMAND --help` prints of a plain command. @param {string} name */
export function plainHelpText(name) {
  const { usage, summary } = commands[name];
  return `usage: millrace ${usage}\n\n${summary}\n${examplesText(name)}`;
}

/** What `millrace --help` prints. */
export function helpText() {
  const rows = shown.map(([, { usage, summary }]) => `  ${usage}\n      ${summary}`);
  const codes = Object.entries(exitCodeTexts).map(([code, text]) => `  ${code.padStart(3)}  ${text}`);
  return `usage: millrace COMMAND [OPTIONS]

${rows.join('\n')}

Exit codes:
${codes.join('\n')}

  COMMAND --help says more; a command first does the set-up that is missing.
`;
}
