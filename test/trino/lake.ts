import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasSampleFiles, sampleFilesOf } from '../../bin/command/demo/sample-files.ts';
import { readToolchain } from '../../bin/setup/toolchain.js';
import { allDatasets } from '../../lib/datasets/index.ts';
import { type Environment, startEnvironment } from '../../localstack/environment.ts';
import { type CommandLine, commandLine, root } from '../integration/clone.ts';

const EVENTS = 20_000;

/** A lake that real jobs filled and nothing writes to any more. */
export interface Lake {
  readonly environment: Environment;
  readonly stateDir: string;
  stop(): Promise<void>;
}

/** Of long sample files a part: each row is compared one by one. */
const DAYS: Readonly<Record<string, readonly string[]>> = {
  flights: ['--from', '2013-01-01', '--to', '2013-01-08'],
  flights_sample: ['--from', '2022-01-01', '--to', '2022-06-30'],
};

/** Hard cases of a dataset, where there are any: hard-cases/DATASET.ts. */
async function hardCases(dataset: string): Promise<readonly object[]> {
  const file = new URL(`./hard-cases/${dataset}.ts`, import.meta.url);
  if (!existsSync(file)) return [];
  const module = (await import(file.href)) as { hardCases(now: Date): object[] };
  return module.hardCases(new Date());
}

async function fill(millrace: CommandLine): Promise<void> {
  for (const { name, manifest } of await allDatasets()) {
    // Sample files have what queries look for: enough flights of an airline, say.
    if (hasSampleFiles(manifest)) {
      const files = await sampleFilesOf(manifest, millrace.stateDir);
      await millrace.succeed('import', name, ...files, ...(DAYS[name] ?? []));
    }
    await millrace.succeed('produce', name, '--events', String(EVENTS), '--seed', '11');
    const cases = await hardCases(name);
    if (cases.length === 0) continue;
    const file = join(millrace.stateDir, `${name}.ndjson`);
    await writeFile(file, cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await millrace.succeed('produce', name, '--file', file);
  }
  await millrace.succeed('audit', '--wait', '240');
}

/** Every dataset, produced, landed and refined by the run itself; then the same data without the jobs. */
export async function filledLake(): Promise<Lake> {
  const millrace = await commandLine();
  try {
    await millrace.succeed('up');
    await fill(millrace);
    await millrace.succeed('down');
    const environment = await startEnvironment({
      stateDir: millrace.stateDir,
      cdkOut: join(root, 'cdk.out'),
      toolchain: readToolchain(),
      external: { endpoints: {} },
      jobs: false,
      log: () => undefined,
    });
    return {
      environment,
      stateDir: millrace.stateDir,
      stop: async () => {
        await environment.stop();
        await millrace.end();
      },
    };
  } catch (error) {
    await millrace.end();
    throw error;
  }
}
