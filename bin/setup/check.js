/** Runs the named checks side by side: node bin/setup/check.js lint types synth-dev synth-staging synth-prod (`format` mends). */
import { join } from 'node:path';
import { root } from './cache.js';
import { SetupError } from './errors.js';
import { ensure } from './index.js';
import { nodeFile } from './node-modules.js';
import { runPrograms } from './programs.js';
import { readToolchain } from './toolchain.js';

const tool = (name, ...words) => ({
  command: nodeFile,
  words: [join(root, 'node_modules', '.bin', name), ...words],
});
const ruff = (...words) => ({ command: readToolchain().python, words: ['-m', 'ruff', ...words] });

function synth(stage) {
  const words = [
    '--quiet',
    '--no-notices',
    '--output',
    join('.millrace', 'synth', stage),
    '-c',
    `stage=${stage}`,
  ];
  return { ...tool('cdk', 'synth', ...words), env: { CDK_DISABLE_CLI_TELEMETRY: '1' } };
}

/** A check is one or more programs, by name. */
const checks = {
  lint: () => ({
    'lint TypeScript': tool('biome', 'ci', '--colors=off', '.'),
    'lint Python': ruff('check', '.'),
    'format Python': ruff('format', '--check', '.'),
  }),
  types: () => ({ types: tool('tsc', '-p', '.') }),
  'synth-dev': () => ({ 'synth dev': synth('dev') }),
  'synth-staging': () => ({ 'synth staging': synth('staging') }),
  'synth-prod': () => ({ 'synth prod': synth('prod') }),
  format: () => ({
    'format TypeScript': tool('biome', 'check', '--write', '--colors=off', '.'),
    'mend Python': ruff('check', '--fix', '.'),
    'format Python': ruff('format', '.'),
  }),
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(checks, name));
if (unknown !== undefined || names.length === 0) {
  process.stderr.write(`usage: node bin/setup/check.js ${Object.keys(checks).join('|')}...\n`);
  process.exit(2);
}
try {
  await ensure(['node_modules', 'python', 'jars-aws']);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exit(1);
}
const programs = names.flatMap((each) =>
  Object.entries(checks[each]()).map(([name, program]) => ({ name, ...program })),
);
// What mends files runs in a row, else two would write the same one.
const groups = names.includes('format') ? programs.map((program) => [program]) : [programs];
const results = await runPrograms(groups);
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0;
