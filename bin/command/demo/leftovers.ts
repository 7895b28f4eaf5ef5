import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endRecorded } from '../../../localstack/services/process-record.ts';
import { stopRun } from '../../../localstack/state.ts';

const NAME = /^(?:demo|bench|faults)-(\d+)(?:-[\w+]+)?$/;
const KEPT = 'kept';
/** Records of services that a fault suite starts beside the run. */
export const OUTSIDE = 'outside';
const LEFT_GRACE_MS = 5_000;

/** The state folder of this process's demo of some datasets. */
export function demoFolder(folder: string, datasets: readonly string[]): string {
  return join(folder, `demo-${process.pid}-${datasets.join('+')}`);
}

/** Marks a demo's folder as one that the user wants to keep. */
export async function markKept(stateDir: string): Promise<void> {
  await writeFile(join(stateDir, KEPT), '');
}

/** Ends and removes what demos left behind that were killed before they could do it. */
export async function removeLeftovers(folder: string, log: (line: string) => void): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0);
    const stateDir = join(folder, name);
    if (pid === 0 || existsSync(join(stateDir, KEPT)) || lives(pid)) continue;
    log(`removing what a killed run left behind: ${name}`);
    await stopRun(stateDir);
    await endRecorded(join(stateDir, OUTSIDE), LEFT_GRACE_MS);
    await rm(stateDir, { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
