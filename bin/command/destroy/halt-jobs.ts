import type { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { MillraceError } from '../../../lib/errors.ts';
import type { Stage } from '../../../lib/stages.ts';
import { emrHalt } from './emr-halt.ts';
import { glueRunsHalt, triggersHalt } from './glue-halt.ts';
import { muteKeepAlive } from './keep-alive-mute.ts';

/**
 * One look at what goes on by itself: asks it to end, and names what has not ended yet. Looked at again and again, it
 * names nothing in the end.
 */
export type Halt = () => Promise<readonly string[]>;

export interface HaltHands {
  readonly glue: GlueClient;
  readonly emrServerless: EMRServerlessClient;
  readonly lambda: LambdaClient;
  tell(text: string): void;
  sleep(ms: number): Promise<unknown>;
}

/** Between two looks. */
export const PAUSE_MS = 5_000;
/** A quarter of an hour: a stream takes minutes to stop, an application of EMR Serverless some more. */
export const LOOKS = 180;

/**
 * Has nothing of a stage start jobs any more, and no run live. A run outlives its deleted job, but not its role: it
 * would go on without rights, and leave network interfaces that hold the Network stack.
 *
 * @throws MillraceError MR726 something does not end, MR901 Glue refuses to stop a run; and what AWS throws
 */
export async function haltJobs(stage: Stage, hands: HaltHands): Promise<void> {
  const { glue, emrServerless, lambda, tell, sleep } = hands;
  const startsEndMs = await muteKeepAlive(lambda, stage.name);
  const halts = [
    triggersHalt(glue, stage.name),
    await glueRunsHalt(glue, stage.name),
    ...(stage.jobs.runtime.kind === 'emr-serverless' ? [emrHalt(emrServerless, stage.name)] : []),
  ];
  let left: string[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    left = (await Promise.all(halts.map((halt) => halt()))).flat();
    const startsMs = startsEndMs - look * PAUSE_MS;
    if (left.length === 0 && startsMs <= 0) return;
    tell(
      left.length === 0
        ? `no job runs; a start may be under way for ${Math.ceil(startsMs / 1000)} s more`
        : `waiting for ${left.length} to end: ${left[0]}`,
    );
    await sleep(PAUSE_MS);
  }
  throw new MillraceError('MR726', `${left.length} of the stage do not end, so nothing was deleted`, {
    where: left.join('; '),
    mend: 'see in the console of AWS Glue or EMR Serverless why, stop them there, then run the command again',
  });
}
