import Table from 'cli-table3';
import type { Command } from 'commander';
import { lives, readRecords } from '../../localstack/services/process-record.ts';
import { foldersOf, isAlive, readState, type State } from '../../localstack/state.ts';
import { type Lag, lagOf } from './lag.ts';
import { upFolder } from './running.ts';

/** What `status --json` prints. */
interface Status {
  /** `broken`: the process that owns the run is dead. */
  readonly run: 'stopped' | 'starting' | 'running' | 'broken';
  readonly stage?: string;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly endpoints?: State['endpoints'];
  readonly parts?: readonly { readonly name: string; readonly pid: number; readonly alive: boolean }[];
  /** How many there are of each resource type. */
  readonly resources?: Readonly<Record<string, number>>;
  readonly lag?: readonly Lag[];
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
  return run === 'running' ? { ...known, lag: await lagOf(state) } : known;
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
};

function textOf({ run, stage, pid, startedAt, endpoints, parts = [], resources = {}, lag }: Status): string {
  if (stage === undefined) return hints[run];
  const count = Object.values(resources).reduce((sum, each) => sum + each, 0);
  const lines = [
    `${hints[run]}: stage ${stage}, since ${startedAt}, process ${pid}, ${count} resources`,
    tableOf(['endpoint', 'address'], Object.entries(endpoints ?? {})),
    tableOf(
      ['part', 'process', 'state'],
      parts.map((part) => [part.name, part.pid, part.alive ? 'alive' : 'dead']),
    ),
  ];
  if (lag !== undefined) {
    const rows = lag.map((each) => [
      `${each.topic}-${each.partition}`,
      each.end,
      each.end - each.landed,
      each.end - each.silver,
    ]);
    lines.push(tableOf(['partition', 'end offset', 'to land', 'to silver'], rows));
  }
  return lines.join('\n');
}

export function register(program: Command): void {
  program
    .command('status')
    .description('what runs, where, and how far it is')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nThe exit code is 0 where everything runs, else 1.')
    .action(async ({ json }: { json?: true }) => {
      const status = await examine();
      process.stdout.write(`${json === true ? JSON.stringify(status, undefined, 2) : textOf(status)}\n`);
      const whole = status.run === 'running' && (status.parts ?? []).every((part) => part.alive);
      process.exitCode = whole ? 0 : 1;
    });
}
