import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFile } from '../../bin/setup/node-modules.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `millrace` command as a user runs it in a clone, on a state folder of the test's own. */
export interface CommandLine {
  readonly stateDir: string;
  /** Runs a command to its end, whatever its exit code. */
  run(...words: readonly string[]): Promise<Ended>;
  /** Runs a command that must succeed. @returns its stdout */
  succeed(...words: readonly string[]): Promise<string>;
  /** Stops what runs and removes the state folder. */
  end(): Promise<void>;
}

export async function commandLine(clone: string = root): Promise<CommandLine> {
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  const run = (...words: readonly string[]): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(nodeFile, [join(clone, 'bin', 'millrace.js'), ...words], {
        cwd: clone,
        env: { ...process.env, MILLRACE_STATE: stateDir },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data) => {
        stdout += data;
      });
      child.stderr.on('data', (data) => {
        stderr += data;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  return {
    stateDir,
    run,
    async succeed(...words) {
      const { code, stdout, stderr } = await run(...words);
      if (code !== 0) throw new Error(`millrace ${words.join(' ')} ended with ${code}\n${stderr}\n${stdout}`);
      return stdout;
    },
    async end() {
      await run('down', '--purge');
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** A copy of the working tree as git sees it, with the packages that are installed already. */
export async function copyOfTree(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-clone-'));
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    await cp(join(root, file), join(folder, file), { force: true }).catch((error: NodeJS.ErrnoException) => {
      // Listed by git, but deleted in the working tree.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
