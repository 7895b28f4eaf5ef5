/** Goes on under the project's own Node.js: runs a file with it as if in this process's place. */
import { spawn } from 'node:child_process';
import { nodeFile } from './node-modules.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Streams, environment and folder are this process's; signals are passed on; the promise is the exit code (a child
 * that a signal ended ends this process by the same signal).
 * @param {readonly string[]} words file and arguments
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function handOver(words, env = process.env) {
  return new Promise((resolve, reject) => {
    // kafkajs computes a timeout below zero at its first request, which does no harm.
    const quiet = '--disable-warning=TimeoutNegativeWarning';
    const child = spawn(nodeFile, [quiet, ...words], { stdio: 'inherit', env });
    const pass = (signal) => {
      // From a terminal ^C reaches the child by itself: both are in the foreground.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const each of signals) process.off(each, pass);
      if (signal !== null) process.kill(process.pid, signal);
      else resolve(code);
    });
  });
}
