import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readToolchain } from '../bin/setup/toolchain.js';

const run = promisify(execFile);

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly java: string;
  readonly python: string;
}

export async function machine(): Promise<Machine> {
  const { java, python } = readToolchain();
  const [first] = cpus();
  return {
    cpu: first?.model.replaceAll(/\s+/g, ' ').trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    java: await version(join(java, 'bin', 'java'), '-version'),
    python: await version(python, '--version'),
  };
}

/** The first version number that a program names, wherever it prints it. */
async function version(program: string, word: string): Promise<string> {
  const { stdout, stderr } = await run(program, [word]);
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown';
}
