import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { type Environment, startEnvironment } from '../../../localstack/environment.ts';
import { readToolchain } from '../../setup/toolchain.js';
import { millraceFolder } from '../running.ts';
import { ensureSynthesised } from '../synthesis.ts';
import { demoFolder, markKept } from './leftovers.ts';
import type { Steps } from './steps.ts';

export interface DemoRun {
  readonly manifests: readonly Manifest[];
  readonly steps: Steps;
  /** Aborted, with the reason, where a service ends and cannot be brought back. */
  readonly stop: AbortController;
  /** Leave the state folder with all data. */
  readonly keep: boolean;
}

/** Starts a run of some datasets, uses it, and stops and removes it, whatever happens. @throws MillraceError MR509 */
export async function inRun<T>(run: DemoRun, use: (stateDir: string) => Promise<T>): Promise<T> {
  const { steps, stop, keep } = run;
  const { say, time } = steps;
  const datasets = run.manifests.map(({ dataset }) => dataset);
  const cdkOut = await time('synth', () => ensureSynthesised({ log: say, datasets }));
  const stateDir = demoFolder(millraceFolder, datasets);
  let environment: Environment | undefined;
  try {
    environment = await time('start', () =>
      startEnvironment({ stateDir, cdkOut, toolchain: readToolchain(), log: say }),
    );
    environment.onFailure((exit) => stop.abort(serviceEnded(exit.name, exit.logFile)));
    stop.signal.throwIfAborted();
    return await use(stateDir);
  } finally {
    const running = environment;
    if (running !== undefined) await time('stop', () => running.stop({ purge: !keep }));
    if (keep && existsSync(stateDir)) {
      await markKept(stateDir);
      say(`kept: ${relative(process.cwd(), stateDir)}`);
    } else {
      await rm(stateDir, { recursive: true, force: true });
    }
  }
}

function serviceEnded(name: string, logFile: string): MillraceError {
  return new MillraceError('MR509', `${name} ended and could not be brought back`, {
    where: logFile,
    mend: 'run `npm run demo -- --keep` and read that log',
  });
}
