import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type LogFile, lastLines, linesFrom, logFiles, logsOf } from './log-files.ts';
import { wholeNumber } from './option-values.ts';
import { upFolder } from './running.ts';

const pollMs = 300;

interface Options {
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
}

/** Each line is named by its part where there is more than one; in JSON always. */
function printer(
  files: readonly LogFile[],
  json: true | undefined,
): (part: string, lines: readonly string[]) => void {
  if (json === true) {
    return (part, lines) => {
      for (const line of lines) process.stdout.write(`${JSON.stringify({ part, line })}\n`);
    };
  }
  const width = Math.max(0, ...files.map((file) => file.part.length));
  const named = files.length > 1;
  return (part, lines) => {
    for (const line of lines) process.stdout.write(named ? `${part.padEnd(width)} | ${line}\n` : `${line}\n`);
  };
}

async function follow(
  files: readonly LogFile[],
  offsets: Map<string, number>,
  print: ReturnType<typeof printer>,
): Promise<never> {
  for (;;) {
    for (const { part, path } of files) {
      const { lines, offset } = await linesFrom(path, offsets.get(part) ?? 0);
      print(part, lines);
      offsets.set(part, offset);
    }
    await sleep(pollMs);
  }
}

async function show(part: string | undefined, options: Options): Promise<void> {
  const all = await logFiles(join(upFolder, 'logs'));
  const files = part === undefined ? all : logsOf(part, all);
  if (files.length === 0) logsOf('', all);
  const print = printer(files, options.json);
  const offsets = new Map<string, number>();
  for (const file of files) {
    const { lines, offset } = await lastLines(file.path, options.lines);
    print(file.part, lines);
    offsets.set(file.part, offset);
  }
  if (options.follow === true) await follow(files, offsets, print);
}

export function register(program: Command): void {
  program
    .command('logs')
    .description('the log of a service, a function or a job')
    .argument('[part]', 'its name, or some of it; without it, all')
    .option('-n, --lines <count>', 'how many of the last lines of each', wholeNumber(0), 40)
    .option('-f, --follow', 'go on printing what is written')
    .option('--json', 'print JSON, one object a line')
    .action(show);
}
