import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { MillraceError } from '../../lib/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the CDK app reads: a change in any of them makes cdk.out stale. */
const inputs = [
  'bin/app.ts',
  'bin/synth.js',
  'cdk.json',
  'package-lock.json',
  'lib',
  'lambdas',
  'glue-jobs',
  'sql',
];
/** Below the inputs, and read by no synthesis. */
const ignored = /(^|\/)(tests|__pycache__|\.pytest_cache|\.ruff_cache|\.hypothesis)(\/|$)/;

export interface Synthesis {
  /** @default 'dev' */
  readonly stage?: string;
  /** Names of the datasets that the templates are for. @default all */
  readonly datasets?: readonly string[];
  /** Gets a line before a synthesis and one after it; none where cdk.out is up to date. */
  readonly log?: (line: string) => void;
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  const below = entries
    .map((entry) => ({ entry, child: `${path}/${entry.name}` }))
    .filter(({ child }) => !ignored.test(child))
    .map(({ entry, child }) => (entry.isDirectory() ? filesBelow(child) : [child]));
  return (await Promise.all(below)).flat();
}

/** Changes with the stage, the datasets, and the name or content of any input. */
export async function inputHash(stage: string, datasets: readonly string[] = []): Promise<string> {
  const files = (await Promise.all(inputs.map(filesBelow))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(join(root, file))));
  const hash = createHash('sha256').update(`stage ${stage} ${datasets.join(',')}\n`);
  for (const [at, content] of contents.entries()) {
    hash.update(`${files[at]} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** The inputs that a cdk.out was made from, as `inputHash` told them; '' where that is not known. */
export function inputsOf(cdkOut: string): Promise<string> {
  return readFile(join(cdkOut, '.millrace-inputs'), 'utf8').catch(() => '');
}

/**
 * Makes cdk.out what the sources say, for one stage; does nothing where it is that already. It is for local runs: a
 * contract may be tried out before it is released.
 * @returns the absolute path of cdk.out
 * @throws MillraceError MR290 with the last lines that `cdk synth` wrote
 */
export async function ensureSynthesised(options: Synthesis = {}): Promise<string> {
  const { stage = 'dev', log = () => {} } = options;
  const datasets = [...new Set(options.datasets ?? [])].sort();
  const output =
    datasets.length === 0 ? join(root, 'cdk.out') : join(root, '.millrace', 'cdk.out', datasets.join('+'));
  const wanted = await inputHash(stage, datasets);
  const present = await inputsOf(output);
  if (present === wanted) return output;

  const which = datasets.length === 0 ? '' : ` for ${datasets.join(', ')}`;
  log(
    `synthesising the templates of stage ${stage}${which} (${present === '' ? 'none yet' : 'they are stale'})`,
  );
  const begun = Date.now();
  const fresh = join(root, '.millrace', `cdk.out-${process.pid}`);
  const cdk = join(root, 'node_modules', '.bin', 'cdk');
  const context = ['-c', `stage=${stage}`, '-c', 'unreleased=true', '-c', `datasets=${datasets.join(',')}`];
  const words = ['synth', '--quiet', '--no-notices', '--output', fresh, ...context];
  const result = await execa(process.execPath, [cdk, ...words], {
    cwd: root,
    env: { CDK_DISABLE_CLI_TELEMETRY: '1', NO_COLOR: '1' },
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  if (result.failed) {
    await rm(fresh, { recursive: true, force: true });
    const tail = (result.all ?? '').trimEnd().split('\n').slice(-20).join('\n');
    throw new MillraceError('MR290', `cdk synth failed:\n${tail}`, {
      where: `bin/app.ts, stage ${stage}`,
      mend: 'mend what the message above names, then try again',
      cause: result,
    });
  }
  await writeFile(join(fresh, '.millrace-inputs'), wanted);
  await rm(output, { recursive: true, force: true });
  await mkdir(dirname(output), { recursive: true });
  await rename(fresh, output);
  log(`synthesised in ${Math.round((Date.now() - begun) / 1000)} s`);
  return output;
}
