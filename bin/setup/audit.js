/**
 * Known advisories on every package that is pinned: node bin/setup/audit.js [--required]. Fails where there is one; where
 * a registry does not answer, it says so, and fails only with --required, which the workflow of pull requests passes.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { auditExit, npmAnswer, pipAnswer } from './advisories.js';
import { root } from './cache.js';
import { checksPython } from './checks.js';
import { SetupError } from './errors.js';
import { ensure } from './index.js';

/** Every file of pinned Python packages. */
const requirements = [
  'localstack/python/requirements.txt',
  'localstack/python/localstack.txt',
  'localstack/services/trino/jre.txt',
  'bin/setup/checks/requirements.txt',
];

const words = process.argv.slice(2);
const required = words.includes('--required');
if (words.some((word) => word !== '--required')) {
  process.stderr.write('usage: node bin/setup/audit.js [--required]\n');
  process.exit(2);
}
try {
  await ensure(['node_modules', 'checks']);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error}\n`);
  process.exit(1);
}

const outputOf = (command, args) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout ?? '';
const pipAudit = (file) => [
  ...['-m', 'pip_audit', '--requirement', join(root, file), '--require-hashes', '--disable-pip'],
  ...['--format', 'json', '--progress-spinner', 'off'],
];
const answers = [
  { of: 'package-lock.json', ...npmAnswer(outputOf('npm', ['audit', '--json'])) },
  ...requirements.map((file) => ({ of: file, ...pipAnswer(outputOf(checksPython(), pipAudit(file))) })),
];
const shown = { clean: 'no advisory', found: 'ADVISORIES', unanswered: 'NOT AUDITED' };
for (const { of, verdict, lines } of answers)
  process.stdout.write(`${shown[verdict].padEnd(12)} ${of}\n${lines.map((line) => `  ${line}\n`).join('')}`);

const verdicts = answers.map(({ verdict }) => verdict);
process.exitCode = auditExit(verdicts, { required });
if (verdicts.includes('found'))
  process.stdout.write('MR331: take a version that mends each, and make the lock files anew\n');
else if (verdicts.includes('unanswered'))
  process.stdout.write(
    `MR332: what is not audited may have advisories: run it where the public registries answer${required ? '' : ' (npm run audit -- --required fails on it)'}\n`,
  );
