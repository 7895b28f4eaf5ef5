import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { placeOf } from './place-of.ts';
import type { JobPlan } from './plan.ts';

/**
 * When a stream's progress was last written: by the stream, which writes none once it is refused, or by what mended it.
 * It lies beside the release object, under the job's kind (see glue-jobs/millrace_jobs/progress.py).
 * @returns milliseconds; undefined where there is none
 */
export async function progressMs(
  s3: S3Client,
  { state, kind }: Pick<JobPlan, 'state' | 'kind'>,
): Promise<number | undefined> {
  const uri = `${state.slice(0, state.lastIndexOf('/') + 1)}${kind}.json`;
  try {
    const { LastModified } = await s3.send(new HeadObjectCommand(placeOf(uri)));
    return LastModified?.getTime();
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
