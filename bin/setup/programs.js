/** Programs of the project run side by side, each one's output shown whole when it has ended. */
import { spawn } from 'node:child_process';
import { root } from './cache.js';
import { shownSeconds } from './steps.js';

/** How often the programs that still run are named: some run for minutes and say nothing. */
const reminderSeconds = 30;

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} words
 * @property {NodeJS.ProcessEnv} [env] added to this process's
 *
 * @typedef {object} Ended
 * @property {string} name
 * @property {number} code 128 + n where a signal ended it, 127 where it could not be started
 */

/** @param {Program} program @returns {Promise<Ended>} */
function runProgram({ name, command, words, env = {} }, running) {
  return new Promise((resolve) => {
    const since = Date.now();
    const output = [];
    const options = { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] };
    const child = spawn(command, words, options);
    running.set(name, child);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    const end = (code, how) => {
      running.delete(name);
      process.stdout.write(`\n== ${name}: ${how} in ${shownSeconds(Date.now() - since)}\n`);
      process.stdout.write(Buffer.concat(output));
      resolve({ name, code });
    };
    child.on('error', (error) => end(127, `cannot be started (${error.message})`));
    child.on('close', (code, signal) => {
      if (signal !== null) end(128, `ended by ${signal}`);
      else end(code, code === 0 ? 'passed' : `failed (${code})`);
    });
  });
}

/**
 * Runs groups one after another, the programs of a group side by side; a failure stops nothing. A signal that ends
 * this process is passed on to what runs.
 * @param {readonly (readonly Program[])[]} groups
 * @returns {Promise<Ended[]>}
 */
export async function runPrograms(groups) {
  const running = new Map();
  const begun = Date.now();
  let ended = false;
  const reminder = setInterval(() => {
    process.stderr.write(
      `${shownSeconds(Date.now() - begun).padStart(7)}  still at work: ${[...running.keys()].join(', ')}\n`,
    );
  }, reminderSeconds * 1000);
  const pass = (signal) => {
    ended = true;
    for (const child of running.values()) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  const results = [];
  for (const group of groups) {
    if (ended) break;
    results.push(...(await Promise.all(group.map((program) => runProgram(program, running)))));
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, pass);
  clearInterval(reminder);
  return ended ? [...results, { name: 'interrupted', code: 130 }] : results;
}
