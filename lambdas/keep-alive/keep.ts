import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Decision, decide } from './decision.ts';
import type { JobPlan } from './plan.ts';
import { progressMs } from './progress.ts';
import type { Run, Runtime } from './run.ts';
import { declareWanted } from './wanted.ts';

/** What one look at a job found and did. */
export interface Kept {
  readonly decision: Decision;
  /** Id of a run that was started. */
  readonly started: string | undefined;
}

/**
 * The same for one decision: two deliveries of an event see the same newest run. Where none is seen (all ended before
 * those that are listed), a token lasts ten minutes: one for ever would answer a later start with the run of an earlier.
 * A job that is not kept is asked for by the minute.
 */
export function tokenOf(plan: JobPlan, runs: readonly Run[], nowMs: number): string {
  const { job, release, keep, arguments: given } = plan;
  const since =
    keep === 'running' ? (runs[0]?.id ?? Math.floor(nowMs / 600_000)) : Math.floor(nowMs / 60_000);
  return createHash('sha256')
    .update(JSON.stringify([job, release, given, since]))
    .digest('hex');
}

/** Looks at a plan's job, and does what is to be done. Safe to repeat. */
export async function keep(plan: JobPlan, runtime: Runtime, s3: S3Client, nowMs: number): Promise<Kept> {
  const runs = await runtime.runs();
  const askedMs = plan.keep === 'running' ? await declareWanted(s3, plan, nowMs) : nowMs;
  const first = decide(plan, runs, { askedMs }, nowMs);
  // It tells whether a stream that failed had done its work, and whether what it was refused for was mended.
  const matters =
    first.refusal !== undefined || (plan.keep === 'running' && runs.some(({ failed }) => failed));
  const decision = matters
    ? decide(plan, runs, { askedMs, progressMs: await progressMs(s3, plan) }, nowMs)
    : first;
  if (decision.act === 'stop') await runtime.stop(decision.runs);
  const started =
    decision.act === 'start' ? await runtime.start({ token: tokenOf(plan, runs, nowMs) }) : undefined;
  return { decision, started };
}
