import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** Code by entry: many datasets have the same functions, each beside files of its own. */
const built = new Map<string, Uint8Array>();

function codeOf(entry: string): Uint8Array {
  const known = built.get(entry);
  if (known !== undefined) return known;
  const { outputFiles } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
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
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  built.set(entry, code);
  return code;
}

/** Bundles a function into a folder: `index.mjs` for Node 24 and the files beside it. Returns the folder. */
export function bundleFunction(scope: Construct, { entry, folder, files }: FunctionBundleProps): string {
  const place = generatedFolder(scope, ...folder);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'index.mjs'), codeOf(entry));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  return place;
}
