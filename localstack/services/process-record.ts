import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../replace-file.ts';

/**
 * A started process, written down so that it can be ended later by someone else, should its owner be killed.
 * A pid alone does not name a process: it is used again. The pid together with its start mark does.
 */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** Opaque mark of the moment it was started, of this boot. */
  readonly started: string;
}

const POLL_MS = 50;

function linuxMark(pid: number): string | undefined {
  // "pid (name) state ppid …": the name may hold blanks and brackets, so count from the last bracket.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTicks}`;
}

/** The start mark of a living process; undefined where there is none of this pid. */
export function startMark(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      return linuxMark(pid);
    } catch {
      return undefined;
    }
  }
  const listed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const mark = listed.stdout.trim();
  return mark === '' ? undefined : mark;
}

/** True while the very process that was recorded runs; false for another one with the same pid. */
export function lives(record: ProcessRecord): boolean {
  return startMark(record.pid) === record.started;
}

export async function writeRecord(folder: string, record: ProcessRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, `${record.name}.json`), `${JSON.stringify(record)}\n`);
}

export async function dropRecord(folder: string, name: string): Promise<void> {
  await rm(join(folder, `${name}.json`), { force: true });
}

export async function readRecords(folder: string): Promise<ProcessRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readRecord(join(folder, name))),
  );
  return records.filter((record) => record !== undefined);
}

/** Undefined where it was dropped since the folder was read: its process has just ended. */
async function readRecord(path: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessRecord;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between: what was asked for.
  }
}

export interface EndOptions {
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** True: its whole process group, which it leads. @default false */
  readonly group?: boolean;
}

/** Ends a recorded process: SIGTERM, then SIGKILL. A process with another start mark is left alone. */
export async function endProcess(record: ProcessRecord, options: EndOptions): Promise<void> {
  const target = options.group === true ? -record.pid : record.pid;
  if (!lives(record)) return;
  signal(target, 'SIGTERM');
  for (const deadline = Date.now() + options.graceMs; Date.now() < deadline; ) {
    if (!lives(record)) return;
    await sleep(POLL_MS);
  }
  if (!lives(record)) return;
  signal(target, 'SIGKILL');
  while (lives(record)) await sleep(POLL_MS);
}

/** Ends whatever a killed owner left behind, each with its process group; returns the names of what was still running. */
export async function endRecorded(folder: string, graceMs: number): Promise<string[]> {
  const left = (await readRecords(folder)).filter(lives);
  await Promise.all(left.map((record) => endProcess(record, { graceMs, group: true })));
  await rm(folder, { recursive: true, force: true });
  return left.map((record) => record.name);
}
