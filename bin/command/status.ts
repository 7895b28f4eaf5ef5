import Table from 'cli-table3';
import type { Command } from 'commander';
import { lives, readRecords } from '../../localstack/services/process-record.ts';
import { foldersOf, isAlive, readState, type State } from '../../localstack/state.ts';
import { exitCodes } from '../setup/exit-codes.js';
import { type LastAudit, lastAudits, lastAuditText } from './audit/last.ts';
import { type Lag, lagOf } from './lag.ts';
import { type JobState, jobStates } from './metrics/collect.ts';
import { upFolder } from './running.ts';
import { localPlace, type StagePlace, stagePlace } from './stage-place.ts';

/** What `status --json` prints. */
interface Status {
  /** `broken`: the process that owns the run is dead. */
  readonly run: 'stopped' | 'starting' | 'running' | 'broken' | 'deployed';
  readonly stage?: string;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly endpoints?: State['endpoints'];
  readonly parts?: readonly { readonly name: string; readonly pid: number; readonly alive: boolean }[];
  /** How many there are of each resource type. */
  readonly resources?: Readonly<Record<string, number>>;
  readonly lag?: readonly Lag[];
  readonly jobs?: readonly JobState[];
  /** What the scheduled audit of each dataset last found; those that have run. */
  readonly audits?: Readonly<Record<string, LastAudit>>;
}

function phaseOf(state: State): Status['run'] {
  if (!isAlive(state)) return 'broken';
  return state.ready ? 'running' : 'starting';
}

function countTypes(resources: State['resources']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of Object.values(resources)) counts[type] = (counts[type] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
}

/** What a place says of itself; it is closed after. */
async function told(place: StagePlace): Promise<Pick<Status, 'lag' | 'jobs' | 'audits'>> {
  try {
    return {
      lag: await lagOf(place),
      jobs: await jobStates(place.jobs, place.stage),
      audits: await lastAudits(place),
    };
  } finally {
    place.close();
  }
}

async function examineDeployed(stage: string): Promise<Status> {
  return { run: 'deployed', stage, ...(await told(await stagePlace(stage, 'MR600'))) };
}

async function examine(): Promise<Status> {
  const state = await readState(upFolder);
  if (state === undefined) return { run: 'stopped' };
  const run = phaseOf(state);
  const records = await readRecords(foldersOf(upFolder).processes);
  const parts = records
    .map((record) => ({ name: record.name, pid: record.pid, alive: lives(record) }))
    .sort((a, b) => a.name.localeCompare(b.name));
  const { stage, pid, startedAt, endpoints } = state;
  const known = { run, stage, pid, startedAt, endpoints, parts, resources: countTypes(state.resources) };
  return run === 'running' ? { ...known, ...(await told(localPlace(state, upFolder))) } : known;
}

function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  // No lines between rows.
  const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const table = new Table({ head: [...head], style: { head: [], border: [] }, chars });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

const hints: Readonly<Record<Status['run'], string>> = {
  stopped: 'nothing is running; start it by: npx millrace up',
  starting: 'it is starting',
  running: 'running',
  broken: 'its process was killed; clean up by: npx millrace down',
  deployed: 'deployed',
};

function runText({ run, stage, pid, startedAt, endpoints, parts = [], resources = {} }: Status): string[] {
  if (run === 'deployed') return [`${hints[run]}: stage ${stage}`];
  const count = Object.values(resources).reduce((sum, each) => sum + each, 0);
  return [
    `${hints[run]}: stage ${stage}, since ${startedAt}, process ${pid}, ${count} resources`,
    tableOf(['endpoint', 'address'], Object.entries(endpoints ?? {})),
    tableOf(
      ['part', 'process', 'state'],
      parts.map((part) => [part.name, part.pid, part.alive ? 'alive' : 'dead']),
    ),
  ];
}

function textOf(status: Status): string {
  const { run, stage, lag, jobs, audits = {} } = status;
  if (stage === undefined) return hints[run];
  const lines = runText(status);
  if (lag !== undefined) {
    const rows = lag.map((each) => [
      `${each.topic}-${each.partition}`,
      each.end,
      each.end - each.landed,
      each.end - each.silver,
    ]);
    lines.push(tableOf(['partition', 'end offset', 'to land', 'to silver'], rows));
  }
  if (jobs !== undefined) {
    const rows = jobs.map(({ job, state, startedAt }) => [job, state, startedAt ?? '']);
    lines.push(tableOf(['job', 'last run', 'started'], rows));
  }
  for (const [dataset, audit] of Object.entries(audits))
    lines.push(`audit of ${dataset}: ${lastAuditText(audit)}`);
  return lines.join('\n');
}

export function register(program: Command): void {
  program
    .command('status')
    .description('what runs, where, and how far it is')
    .option('--stage <stage>', 'a stage deployed to AWS, by the AWS settings of the environment')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nThe exit code is 0 where everything runs, else 1.')
    .action(async ({ json, stage }: { json?: true; stage?: string }) => {
      const status = await (stage === undefined ? examine() : examineDeployed(stage));
      process.stdout.write(`${json === true ? JSON.stringify(status, undefined, 2) : textOf(status)}\n`);
      const runs = status.run === 'running' || status.run === 'deployed';
      const whole = runs && (status.parts ?? []).every((part) => part.alive);
      process.exitCode = whole ? exitCodes.ok : exitCodes.failed;
    });
}
