/** Version numbers: read out of what a program prints, and compared. */
import { spawnSync } from 'node:child_process';

/** `[major, minor, patch]` of the first dotted number in a text, or undefined. */
export function versionIn(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** True where version `found` is `needed` (`[major, minor]`) or later. */
export function isAtLeast(found, [major, minor = 0]) {
  return found[0] > major || (found[0] === major && found[1] >= minor);
}

/** What a program prints (both streams), or undefined where it cannot be run or fails. */
export function outputOf(command, words, env = process.env) {
  const result = spawnSync(command, words, {
    encoding: 'utf8',
    env,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : undefined;
}
