import { MillraceError } from '../../lib/errors.ts';
import type { Step } from '../template/plan.ts';

/** A resource type whose work no local service does: why, and what to do instead. */
export interface NeverLocal {
  readonly reason: string;
  readonly mend: string;
}

/** Templates with one of these are not run here at all: without it the run would be another than the deployment. */
export const NEVER_LOCAL: Readonly<Record<string, NeverLocal>> = {
  'AWS::EMRServerless::Application': {
    reason: 'the mirror runs Spark jobs as Glue does, and these templates run them on EMR Serverless',
    mend: "run the templates of a stage whose jobs.runtime is { kind: 'glue', ... } (lib/stages.ts): scripts, arguments and Spark settings are the same",
  },
};

/** @throws MillraceError MR822 for a plan with a resource that the mirror cannot stand for */
export function refuseForeign(steps: readonly Pick<Step, 'key' | 'type'>[]): void {
  for (const { key, type } of steps) {
    const row = Object.hasOwn(NEVER_LOCAL, type) ? NEVER_LOCAL[type] : undefined;
    if (row === undefined) continue;
    throw new MillraceError('MR822', row.reason, { where: `${key} (${type})`, mend: row.mend });
  }
}
