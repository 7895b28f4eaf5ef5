import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Lab } from './lab.ts';
import { pidOf } from './parts.ts';

const run = promisify(execFile);

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly words: string;
}

async function processes(): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 2 ** 24 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, words = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), words }];
  });
}

/** Python workers of the silver driver that run a task: children of its `pyspark.daemon`. */
export async function pythonWorkers(lab: Lab): Promise<number[]> {
  const driver = await pidOf(lab, 'driver');
  const all = await processes();
  const below = (pid: number): Process[] => {
    const children = all.filter(({ parent }) => parent === pid);
    return children.flatMap((child) => [child, ...below(child.pid)]);
  };
  const daemons = below(driver).filter(({ words }) => words.includes('pyspark.daemon'));
  const ids = new Set(daemons.map(({ pid }) => pid));
  return daemons.filter(({ parent }) => ids.has(parent)).map(({ pid }) => pid);
}

/** Resident memory of a process and all below it, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss='], { maxBuffer: 2 ** 24 });
  const all = stdout.split('\n').flatMap((line) => {
    const [id, parent, kibibytes] = line.trim().split(/\s+/).map(Number);
    return id === undefined || kibibytes === undefined ? [] : [{ id, parent, kibibytes }];
  });
  const sum = (root: number): number =>
    all.filter(({ parent }) => parent === root).reduce((total, { id }) => total + sum(id), 0) +
    (all.find(({ id }) => id === root)?.kibibytes ?? 0);
  return sum(pid) * 1024;
}
