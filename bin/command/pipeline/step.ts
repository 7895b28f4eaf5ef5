import type { AuditPlace } from '../../../lambdas/audit/dataset-audit.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { Days } from '../remake/days.ts';
import type { StagePlace } from '../stage-place.ts';

/** What the steps of a pipeline are told. */
export interface Asked {
  readonly place: StagePlace;
  /** How far the dataset's records are is seen from here. */
  readonly standing: AuditPlace;
  readonly manifest: Manifest;
  /** None: the dataset's sample files. */
  readonly files: readonly string[];
  /** Of the partition time; undefined: all. */
  readonly days: Days | undefined;
  readonly waitSeconds: number;
}

/** What a step has done: numbers for programs, and a line or more for people. */
export interface Done {
  readonly facts: Readonly<Record<string, unknown>>;
  /** With a line end. */
  readonly text: string;
}

/** A step may be taken again at any time: it then does what is missing, or the same once more. */
export type Step = (asked: Asked) => Promise<Done>;

export function interrupted(): MillraceError {
  return new MillraceError('MR508', 'interrupted', {
    where: 'millrace pipeline',
    mend: 'run the same command again: it goes on from here',
  });
}
