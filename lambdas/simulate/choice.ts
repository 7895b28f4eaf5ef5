import { existsSync } from 'node:fs';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { genericSimulator } from './generic.ts';
import type { Simulator, SimulatorFactory } from './simulator.ts';

/** The dataset's own simulator where it has one (lib/datasets/simulators/NAME.ts), else the generic one. */
export async function simulatorOf(manifest: Manifest, seed: number): Promise<Simulator> {
  const own = new URL(`../../lib/datasets/simulators/${manifest.dataset}.ts`, import.meta.url);
  if (!existsSync(own)) return genericSimulator(manifest, seed);
  const { simulator }: { simulator: SimulatorFactory } = await import(own.href);
  return simulator(seed);
}
