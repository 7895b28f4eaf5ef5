/**
 * All tests, after all set-up: node bin/setup/test.js [--all|SUITE...]. The last line on stdout is `N passed, N failed`,
 * the sum over vitest and pytest; the exit code is 1 where any test, or a suite itself, failed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './cache.js';
import { SetupError } from './errors.js';
import { ensure } from './index.js';
import { nodeFile } from './node-modules.js';
import { usualParts } from './parts.js';
import { runPrograms } from './programs.js';
import { pytestCounts, vitestCounts } from './test-counts.js';
import { readToolchain } from './toolchain.js';

function vitest(project) {
  return (results) => ({
    command: nodeFile,
    words: [
      ...[join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${results}`],
    ],
    env: { NO_COLOR: '1' },
  });
}

/** Of the folder's tests all, but those of `without`, or only those of `only`: names of its files. */
function pytest(folder, { only = [], without = [] } = {}) {
  return (results) => {
    const { python, java, minio, jarsSpark } = readToolchain();
    const words = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junit-xml=${results}`];
    const files = only.length > 0 ? only.map((name) => `${folder}/${name}`) : [folder];
    const ignored = without.map((name) => `--ignore=${folder}/${name}`);
    // Spark's Python workers import the package under test too, and know nothing of pytest's settings.
    const env = {
      JAVA_HOME: java,
      MILLRACE_JARS: jarsSpark,
      MILLRACE_MINIO: minio,
      PYTHONPATH: dirname(join(root, folder)),
    };
    return { command: python, words: [...words, ...ignored, ...files], env };
  };
}

/** Of the jobs that make again what is there: their tests take as long as those of all other jobs. */
const remaking = ['test_rebuild.py', 'test_backfill.py'];

/**
 * Suites of one group run side by side: Spark's tests beside those that need no service, and then alone the ones
 * whose services take both cores. A suite with `part` needs that optional part of the set-up, and is run only where it
 * is named, or by `--all`.
 */
const groups = [
  [
    { name: 'unit', program: vitest('unit'), counts: vitestCounts },
    { name: 'jobs', program: pytest('glue-jobs/tests', { without: remaking }), counts: pytestCounts },
    { name: 'remaking', program: pytest('glue-jobs/tests', { only: remaking }), counts: pytestCounts },
  ],
  [{ name: 'mirror', program: pytest('localstack/tests'), counts: pytestCounts }],
  [{ name: 'integration', program: vitest('integration'), counts: vitestCounts }],
  [{ name: 'trino', program: vitest('trino'), counts: vitestCounts, part: 'trino' }],
  [{ name: 'localstack', program: vitest('localstack'), counts: vitestCounts, part: 'localstack' }],
];

/** What a suite's report counts; a suite that failed with no failed test in its report counts as one. */
function countsOf({ counts, results }, code) {
  const { passed, failed } = existsSync(results)
    ? counts(readFileSync(results, 'utf8'))
    : { passed: 0, failed: 0 };
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function main(words) {
  const all = groups.flat().map(({ name }) => name);
  const usual = groups.flat().filter(({ part }) => part === undefined);
  const names = words.includes('--all') ? all : words.length > 0 ? words : usual.map(({ name }) => name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`error: no suite is called '${unknown}'\nsuites: ${all.join(' ')}\n`);
    return 2;
  }
  const wantedParts = groups.flat().flatMap(({ name, part }) => (part && names.includes(name) ? [part] : []));
  await ensure([...usualParts, ...wantedParts]);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  try {
    const wanted = groups.map((group) =>
      group
        .filter(({ name }) => names.includes(name))
        .map((suite) => ({ ...suite, results: join(folder, suite.name) })),
    );
    const ended = await runPrograms(
      wanted.map((group) => group.map(({ name, program, results }) => ({ name, ...program(results) }))),
    );
    const codes = new Map(ended.map(({ name, code }) => [name, code]));
    const sums = wanted
      .flat()
      .map((suite) => ({ name: suite.name, ...countsOf(suite, codes.get(suite.name) ?? 130) }));
    process.stdout.write('\n');
    for (const { name, passed, failed } of sums)
      process.stdout.write(`${name}: ${passed} passed, ${failed} failed;\n`);
    const total = (key) => sums.reduce((sum, each) => sum + each[key], 0);
    process.stdout.write(`${total('passed')} passed, ${total('failed')} failed\n`);
    return total('failed') > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
}
