import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { invocationRecords, positionsIn } from '../../../lambdas/audit/lake-state.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { StagePlace } from '../stage-place.ts';

/** What a call landed from the on-failure destination, or would land. */
export interface Landed {
  readonly records: number;
  readonly batches: number;
}

export interface FailedOptions {
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  /** Told how many records are landed so far. */
  readonly onProgress?: (records: number) => void;
}

/**
 * Hands the batches of the landing's on-failure destination to the landing again: the very event of each, whose object
 * names come from its positions, so a repeat overwrites what it wrote. A batch leaves the destination once it is landed.
 * @throws MillraceError MR717: the landing did not take a batch, which stays
 */
export async function redriveFailed(
  { s3, lambda, stage, bucket }: StagePlace,
  { dataset, topic }: Manifest,
  { dryRun, signal, onProgress }: FailedOptions,
): Promise<Landed> {
  const failures = await bucket('Failures');
  const name = `millrace-${stage}-${dataset}-land`;
  let records = 0;
  let batches = 0;
  for await (const { key, text } of invocationRecords(s3, failures)) {
    if (signal?.aborted) break;
    const held = positionsIn(text, topic.name).length;
    if (held === 0) continue;
    if (!dryRun) {
      const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: eventIn(text) }));
      const fault = faultIn(answer.Payload?.transformToString() ?? 'null', answer.FunctionError);
      if (fault !== undefined) throw notLanded(fault, `s3://${failures}/${key}`, name);
      await s3.send(new DeleteObjectCommand({ Bucket: failures, Key: key }));
    }
    records += held;
    batches += 1;
    onProgress?.(records);
  }
  return { records, batches };
}

/** The whole event, as the landing got it. */
function eventIn(invocationRecord: string): string {
  const { payload } = JSON.parse(invocationRecord) as { readonly payload: unknown };
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

/** Why a batch is not landed, by the landing's answer. */
function faultIn(answer: string, functionError: string | undefined): string | undefined {
  const { errorMessage, batchItemFailures = [] } = (JSON.parse(answer) ?? {}) as {
    readonly errorMessage?: string;
    readonly batchItemFailures?: readonly {
      readonly itemIdentifier: { readonly partition: string; readonly offset: number };
    }[];
  };
  if (functionError !== undefined) return errorMessage ?? functionError;
  if (batchItemFailures.length === 0) return undefined;
  const partitions = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.partition);
  return `partitions ${partitions.join(', ')} were not written`;
}

function notLanded(why: string, where: string, name: string): MillraceError {
  return new MillraceError('MR717', `the landing did not take a failed batch: ${why}`, {
    where,
    mend: `see the log of function ${name}, mend the cause, then try again: what is landed already stays so`,
  });
}
