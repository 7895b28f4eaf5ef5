import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { generatedFolder } from './manifest-file.ts';

/** The repository's root: what esbuild names its inputs by, so that the same sources give the same bytes anywhere. */
export const projectRoot = resolve(import.meta.dirname, '..', '..');

/** Some packages inside are CommonJS and call `require`, which an ES module has not. */
const requireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export interface FunctionBundleProps {
  /** Where the handler is, relative to the repository's root. */
  readonly entry: string;
  /** Path of the bundle below the cloud assembly's generated folder. */
  readonly folder: readonly string[];
  /** Files beside the code: name -> text. */
  readonly files: Readonly<Record<string, string>>;
}

/** Bundles a function into a folder: `index.mjs` for Node 24 and the files beside it. Returns the folder. */
export function bundleFunction(scope: Construct, props: FunctionBundleProps): string {
  const folder = generatedFolder(scope, ...props.folder);
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [props.entry],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // Names and lines stay, so that a stack trace in the log can be read.
    minifySyntax: true,
    legalComments: 'none',
    charset: 'utf8',
    banner: { js: requireBanner },
    logLevel: 'error',
  });
  for (const [name, text] of Object.entries(props.files)) writeFileSync(join(folder, name), text);
  return folder;
}
