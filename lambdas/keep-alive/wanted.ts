import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { placeOf } from './place-of.ts';
import { type JobPlan, type Wanted, wantedObject } from './plan.ts';

/** What is written at a URI; undefined where nothing is, or nothing that can be read. */
async function readWanted(s3: S3Client, uri: string): Promise<Wanted | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand(placeOf(uri)));
    const text = (await Body?.transformToString()) ?? '';
    return wantedObject.safeParse(parsed(text)).data;
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Sees to it that the plan's release is the one that is wanted. Written before a run is started too: a run that found
 * an older release there would end at once.
 * @returns since when it is wanted, in milliseconds
 */
export async function declareWanted(
  s3: S3Client,
  { state, release }: Pick<JobPlan, 'state' | 'release'>,
  nowMs: number,
): Promise<number> {
  const found = await readWanted(s3, state);
  if (found?.release === release) return Date.parse(found.askedAt);
  const wanted: Wanted = { release, askedAt: new Date(nowMs).toISOString() };
  await s3.send(
    new PutObjectCommand({
      ...placeOf(state),
      Body: JSON.stringify(wanted),
      ContentType: 'application/json',
    }),
  );
  return nowMs;
}
