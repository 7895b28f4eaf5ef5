/** Child processes of the set-up: their output goes to a log, and none outlives the set-up. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Process groups that run now. */
const groups = new Set();

/** The last lines of a log, without colours. */
export function tailOf(logFile, lines = 15) {
  let text;
  try {
    text = readFileSync(logFile, 'utf8');
  } catch {
    return '';
  }
  const plain = stripVTControlCharacters(text);
  return plain.trimEnd().split('\n').slice(-lines).join('\n');
}

/** A command that ended badly; `tail` is what it said last. */
export class CommandFailed extends Error {
  constructor(command, how, tail) {
    super(`${command} ${how}`);
    this.name = 'CommandFailed';
    this.tail = tail;
  }
}

/**
 * Runs a command to its end, its output appended to `logFile`. Each gets a process group of its own, so that all it
 * started can be stopped with it. Rejects with CommandFailed.
 * @param {string} command
 * @param {readonly string[]} words
 * @param {{ logFile: string, cwd?: string, env?: NodeJS.ProcessEnv }} options
 */
export function run(command, words, { logFile, cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const log = openSync(logFile, 'a');
    const child = spawn(command, words, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    if (child.pid !== undefined) groups.add(child.pid);
    child.on('error', (error) =>
      reject(new CommandFailed(command, `cannot be started: ${error.message}`, '')),
    );
    child.on('close', (code, signal) => {
      groups.delete(child.pid);
      if (code === 0) resolve();
      else
        reject(
          new CommandFailed(
            command,
            signal ? `was ended by ${signal}` : `ended with ${code}`,
            tailOf(logFile),
          ),
        );
    });
  });
}

/** Ends every command that runs, and all that each started. */
export function stopCommands() {
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It ended by itself a moment ago.
    }
  }
}
