import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { StageJob } from './job-name.ts';

/** What jobs write down of themselves at `progress/DATASET/KIND.json` or `progress/DATASET/KIND-PART.json`, by file name. */
export type Reported = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a run of the job wrote down since it began. */
export async function reportedBy(
  s3: S3Client,
  bucket: string,
  { dataset, kind }: StageJob,
  since: Date,
): Promise<Reported> {
  const prefix = `progress/${dataset}/${kind}`;
  const found: Record<string, Record<string, unknown>> = {};
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      const name = nameOf(Key, prefix);
      // S3 tells whole seconds.
      if (name === undefined || (LastModified?.getTime() ?? 0) < since.getTime() - 1000) continue;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      found[`${kind}${name}`] = JSON.parse((await Body?.transformToString()) ?? '{}');
    }
  }
  return found;
}

/** '' of the job's own object, `-PART` of one of several; undefined of another job's. */
function nameOf(key: string, prefix: string): string | undefined {
  return /^(|-[^/]+)\.json$/.exec(key.slice(prefix.length))?.[1];
}
