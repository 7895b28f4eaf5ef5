import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import type { SamplePlace } from '../../../lib/contract/sample.ts';
import { readToolchain } from '../../setup/toolchain.js';

const ASK = 'import sysconfig; print(sysconfig.get_path("purelib"))';

const moduleOf = (dataset: string): URL =>
  new URL(`../../../lib/datasets/samples/${dataset}.ts`, import.meta.url);

export function hasSampleFiles({ dataset }: Pick<Manifest, 'dataset'>): boolean {
  return existsSync(fileURLToPath(moduleOf(dataset)));
}

/** Paths of a dataset's sample files, made where need be below `folder`. */
export async function sampleFilesOf({ dataset }: Manifest, folder: string): Promise<string[]> {
  const { stdout } = await execa(readToolchain().python, ['-c', ASK]);
  const module = (await import(moduleOf(dataset).href)) as {
    sampleFiles(place: SamplePlace): Promise<string[]>;
  };
  return module.sampleFiles({ pythonPackages: stdout.trim(), folder: join(folder, 'samples') });
}
