import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folders, RunEndpoints } from './local.ts';
import { replaceFile } from './replace-file.ts';
import type { Resource } from './resources/make.ts';
import type { Credentials } from './services/minio.ts';
import { endProcess, endRecorded, lives, type ProcessRecord, startMark } from './services/process-record.ts';

/** state.json: what the commands know of a local run. Readable by its owner only, since it holds the credentials. */
export interface State {
  readonly version: 1;
  /** Process that owns the run. */
  readonly pid: number;
  /** Its start mark, which tells it from a later process with the same pid. */
  readonly started: string;
  /** False while it starts. */
  readonly ready: boolean;
  readonly stage: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endpoints: RunEndpoints;
  readonly credentials: Credentials;
  readonly region: string;
  readonly account: string;
  /** By `StackId/LogicalId`. */
  readonly resources: Readonly<Record<string, Resource>>;
}

/** Time for the owner to stop its parts in order. */
const OWNER_GRACE_MS = 60_000;
const LEFT_GRACE_MS = 10_000;

/** Folders of a state folder. */
export function foldersOf(stateDir: string): Folders {
  return {
    state: stateDir,
    logs: join(stateDir, 'logs'),
    data: join(stateDir, 'data'),
    work: join(stateDir, 'work'),
    processes: join(stateDir, 'processes'),
  };
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function replaceJson(path: string, value: unknown): Promise<void> {
  return replaceFile(path, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
}

/** The state of a run; undefined if none was started here, or it was stopped. */
export function readState(stateDir: string): Promise<State | undefined> {
  return readJson<State>(join(stateDir, 'state.json'));
}

export async function writeState(stateDir: string, state: State): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await replaceJson(join(stateDir, 'state.json'), state);
}

export async function dropState(stateDir: string): Promise<void> {
  await rm(join(stateDir, 'state.json'), { force: true });
}

/** What outlasts a stop beside the services' data: the ports, and the resources as last made. */
export interface Memory {
  readonly ports: Readonly<Record<string, number>>;
  readonly resources: Readonly<Record<string, Resource>>;
}

export async function readMemory(stateDir: string): Promise<Memory> {
  return (await readJson<Memory>(join(stateDir, 'data', 'memory.json'))) ?? { ports: {}, resources: {} };
}

export async function writeMemory(stateDir: string, memory: Memory): Promise<void> {
  await mkdir(join(stateDir, 'data'), { recursive: true });
  await replaceJson(join(stateDir, 'data', 'memory.json'), memory);
}

function ownerOf(state: State): ProcessRecord {
  return { name: 'owner', pid: state.pid, started: state.started };
}

/** This process as the owner of a run. */
export function ownProcess(): Pick<State, 'pid' | 'started'> {
  return { pid: process.pid, started: startMark(process.pid) ?? '' };
}

/** True while the process that owns the run lives. */
export function isAlive(state: State): boolean {
  return lives(ownerOf(state));
}

/** The state of the run if its owner lives and it has started; else undefined. */
export async function runningState(stateDir: string): Promise<State | undefined> {
  const state = await readState(stateDir);
  return state?.ready === true && isAlive(state) ? state : undefined;
}

/** Ends what a killed owner left running, and forgets its state; the data stays. @returns names of what was ended */
export async function cleanUp(stateDir: string): Promise<string[]> {
  const ended = await endRecorded(foldersOf(stateDir).processes, LEFT_GRACE_MS);
  await dropState(stateDir);
  return ended;
}

/**
 * `down`: stops the run of a state folder, whoever owns it, also one whose owner was killed.
 *
 * @param options.purge true also removes the folder with all data @default false
 * @returns whether anything ran
 */
export async function stopRun(
  stateDir: string,
  options: { readonly purge?: boolean } = {},
): Promise<boolean> {
  const state = await readState(stateDir);
  const lived = state !== undefined && isAlive(state);
  if (lived) await endProcess(ownerOf(state), { graceMs: OWNER_GRACE_MS });
  const left = await cleanUp(stateDir);
  if (options.purge === true) await rm(stateDir, { recursive: true, force: true });
  return lived || left.length > 0;
}
