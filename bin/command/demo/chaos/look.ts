import { type AuditPlace, standingOf } from '../../../../lambdas/audit/dataset-audit.ts';
import type { Standing } from '../../../../lambdas/audit/standing.ts';
import { MillraceError } from '../../../../lib/errors.ts';
import { sampleOf } from '../samples.ts';
import type { Look } from './targets.ts';

/** Of the topic's ends nothing is asked: they do not matter to a look. */
const NO_ENDS: ReadonlyMap<number, number> = new Map();

/** How far everything is; undefined while the broker is away, which is no failure of who looks. */
export async function standingIfTold(place: AuditPlace): Promise<Standing | undefined> {
  try {
    return await standingOf(place, NO_ENDS);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR601') return undefined;
    throw error;
  }
}

export async function chaosLook(place: AuditPlace, acknowledged: number): Promise<Look | undefined> {
  const standing = await standingIfTold(place);
  if (standing === undefined) return undefined;
  const { produced, landed, silver } = sampleOf(0, acknowledged, standing);
  const { epoch = 0, phase } = standing.progress.silver ?? {};
  return { produced, landed, silver, epoch, committing: phase === 'committing' };
}
