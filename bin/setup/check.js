/** Runs the named checks side by side: node bin/setup/check.js all (or lint types nag ...; `format` mends). */
import { dirname, join } from 'node:path';
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

/** A program beside the interpreter of the part `checks`. */
const checker = (name, ...words) => ({ command: join(dirname(readToolchain().checks), name), words });
/** Where `nag` leaves the templates of every variant. Without the hyphen checkov takes a path of 40 letters for a secret. */
const templates = join('.millrace', 'checks', 'cfn-templates');
const configs = join('bin', 'setup', 'checks');

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
  nag: () => ({
    nag: {
      command: nodeFile,
      words: [join(configs, 'nag.ts')],
      env: { MILLRACE_JARS_AWS: process.env.MILLRACE_JARS_AWS || readToolchain().jarsAws },
    },
  }),
  'cfn-lint': () => ({
    'cfn-lint': checker(
      'cfn-lint',
      ...['--config-file', join(configs, 'cfn-lint.yaml'), '--format', 'parseable'],
      ...['--template', join(templates, '**', '*.json'), join(templates, '*.yaml')],
    ),
  }),
  checkov: () => ({
    checkov: checker(
      'checkov',
      ...['--config-file', join(configs, 'checkov.yaml'), '--directory', templates],
    ),
  }),
  format: () => ({
    'format TypeScript': tool('biome', 'check', '--write', '--colors=off', '.'),
    'mend Python': ruff('check', '--fix', '.'),
    'format Python': ruff('format', '.'),
  }),
};

/** What `npm run check` runs. The last ones read what `nag` has synthesised. */
const all = ['lint', 'types', 'synth-dev', 'synth-staging', 'synth-prod', 'nag', 'cfn-lint', 'checkov'];
const afterNag = ['cfn-lint', 'checkov'];

const words = process.argv.slice(2);
const unknown = words.find((name) => name !== 'all' && !Object.hasOwn(checks, name));
if (unknown !== undefined || words.length === 0) {
  process.stderr.write(`usage: node bin/setup/check.js all|${Object.keys(checks).join('|')}...\n`);
  process.exit(2);
}
const asked = words.includes('all') ? all : words;
const reading = asked.some((name) => afterNag.includes(name));
const names = reading && !asked.includes('nag') ? ['nag', ...asked] : asked;
try {
  await ensure(['node_modules', 'python', 'jars-aws', ...(reading ? ['checks'] : [])]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exit(1);
}
const programsOf = (wanted) =>
  wanted.flatMap((each) => Object.entries(checks[each]()).map(([name, program]) => ({ name, ...program })));
// What mends files runs in a row, else two would write the same one.
const groups = names.includes('format')
  ? programsOf(names).map((program) => [program])
  : [
      programsOf(names.filter((name) => !afterNag.includes(name))),
      programsOf(names.filter((name) => afterNag.includes(name))),
    ];
const results = await runPrograms(groups);
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0;
