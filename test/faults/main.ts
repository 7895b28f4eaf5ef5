/**
 * `npm run faults`: every scenario on one local run of the shipped code. A run of all of them writes a report to
 * test/faults/reports and its tables to docs/reliability.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { removeLeftovers } from '../../bin/command/demo/leftovers.ts';
import { steps } from '../../bin/command/demo/steps.ts';
import { wholeNumber } from '../../bin/command/option-values.ts';
import { millraceFolder } from '../../bin/command/running.ts';
import { MillraceError } from '../../lib/errors.ts';
import { lineOf, page, readReports, tables, withTables, writeReport } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { soak } from './soak.ts';
import { runSuite } from './suite.ts';

const USAGE = `usage: npm run faults -- [SCENARIO...|quick|soak] [--seed N] [--events N] [--keep] [--list]
`;

function wordsOf(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      events: { type: 'string', default: '2000000' },
      keep: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const known = [...scenarios.map(({ name }) => name), 'quick', 'soak'];
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`no scenario is called '${unknown}'; --list names them`);
  if (positionals.includes('soak') && positionals.length > 1) throw new TypeError('soak goes alone');
  return {
    names: positionals,
    seed: wholeNumber(0)(values.seed),
    events: wholeNumber(1)(values.events),
    keep: values.keep,
    list: values.list,
  };
}

async function main(args: readonly string[]): Promise<number> {
  let words: ReturnType<typeof wordsOf>;
  try {
    words = wordsOf(args);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const { names, seed, events, keep, list } = words;
  if (list) {
    for (const { name, fault } of scenarios) process.stdout.write(`${name.padEnd(30)} ${fault}\n`);
    return 0;
  }
  const { say } = steps();
  const stop = new AbortController();
  const interruption = new MillraceError('MR910', 'interrupted', {
    where: 'the fault suite',
    mend: 'run it again',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort(interruption));
  await removeLeftovers(millraceFolder, say);
  if (names.includes('soak')) return soak({ dataset: 'iot', seed, events, keep, say, signal: stop.signal });

  const chosen = names.includes('quick') ? scenarios.filter(({ quick }) => quick) : scenarios;
  const wanted =
    names.length === 0 || names.includes('quick')
      ? chosen
      : scenarios.filter(({ name }) => names.includes(name));
  const takenAt = new Date().toISOString();
  const begunMs = performance.now();
  const outcomes = await runSuite({
    scenarios: wanted,
    dataset: 'iot',
    seed,
    say,
    keep,
    signal: stop.signal,
    onOutcome: (outcome) => process.stdout.write(`${lineOf(outcome)}\n`),
  });
  const failed = outcomes.filter(({ faults }) => faults.length > 0);
  const seconds = Math.round((performance.now() - begunMs) / 1000);
  process.stdout.write(`${outcomes.length - failed.length} passed, ${failed.length} failed, ${seconds} s\n`);
  if (wanted.length === scenarios.length && failed.length === 0) {
    const command = `npm run faults -- --seed ${seed}`;
    const file = await writeReport({ command, takenAt, seconds, seed, outcomes });
    await writeFile(page, withTables(await readFile(page, 'utf8'), tables(await readReports())));
    say(`report: ${file}`);
  }
  return failed.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exitCode = error.code === 'MR910' ? 130 : 1;
}
