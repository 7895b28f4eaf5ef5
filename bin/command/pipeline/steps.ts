import { MillraceError } from '../../../lib/errors.ts';
import { extract } from './extract.ts';
import { load } from './load.ts';
import type { Asked, Done, Step } from './step.ts';
import { transform } from './transform.ts';
import { visualize } from './visualize.ts';

/** In their order. */
export const steps = { extract, transform, load, visualize } as const satisfies Record<string, Step>;

export type StepName = keyof typeof steps;
const names: readonly StepName[] = ['extract', 'transform', 'load', 'visualize'];

/** One step, or all of them. */
export type Mode = StepName | 'all';
export const modes: readonly Mode[] = [...names, 'all'];

export function stepsOf(mode: Mode): readonly StepName[] {
  return mode === 'all' ? names : [mode];
}

/** What a step has done, and how long it took. */
export type StepReport = { readonly step: StepName; readonly seconds: number } & Done['facts'];

export interface Taken {
  readonly reports: readonly StepReport[];
  /** What a step threw; those after it were not taken. */
  readonly failure?: { readonly step: StepName; readonly error: unknown };
}

/** Takes one step after the other, up to the first that fails. @param onDone told of each in words */
export async function take(
  mode: Mode,
  asked: Asked,
  onDone: (text: string) => void,
  known: Readonly<Record<StepName, Step>> = steps,
): Promise<Taken> {
  const reports: StepReport[] = [];
  for (const step of stepsOf(mode)) {
    const begunMs = performance.now();
    try {
      const { facts, text } = await known[step](asked);
      const seconds = Math.round((performance.now() - begunMs) / 100) / 10;
      reports.push({ step, seconds, ...facts });
      onDone(`${step}: ${seconds.toFixed(1)} s, ${text}`);
    } catch (error) {
      return { reports, failure: { step, error } };
    }
  }
  return { reports };
}

/** @throws MillraceError MR853: files are named, and no step reads them */
export function demandReader(mode: Mode, files: readonly string[]): void {
  if (files.length === 0 || stepsOf(mode).includes('extract')) return;
  throw new MillraceError('MR853', `${mode} reads no files`, {
    where: files.join(', '),
    mend: 'leave them out, or name the mode extract or all',
  });
}
