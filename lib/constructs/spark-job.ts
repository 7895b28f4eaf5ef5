import { createHash } from 'node:crypto';
import type { Stack } from 'aws-cdk-lib';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { canonical } from '../contract/canonical.ts';
import type { JobKind } from './spark-assets.ts';

/** The one description of a Spark job. Every runtime is made from it, and runs the same script with the same arguments and settings. */
export interface SparkJob {
  /** Physical name: `millrace-STAGE-DATASET-KIND`. */
  readonly name: string;
  readonly dataset: string;
  readonly kind: JobKind;
  readonly description: string;
  /** Part of the logical ids. */
  readonly suffix: string;
  readonly script: Asset;
  /** A zip with `millrace_jobs/` at its top. */
  readonly package: Asset;
  /** Connectors that no runtime brings. */
  readonly jars: readonly Asset[];
  /** The script's own: `--name` -> value. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Spark's settings. */
  readonly conf: Readonly<Record<string, string>>;
  /** True: to be kept running. False: a batch job, which ends. */
  readonly stream: boolean;
  /** A run that takes longer is stopped. Undefined: it runs on. */
  readonly timeoutMinutes: number | undefined;
  /** Starts after a failed one that the runtime makes itself. */
  readonly retries: number;
  /** `cron(…)`, UTC, of a batch job. Undefined: it starts when it is asked for. */
  readonly schedule: string | undefined;
  /** Whether it must stand where the brokers are. */
  readonly asksKafka: boolean;
  /** Name that the names of its log groups begin with. */
  readonly logPrefix: string;
}

/**
 * What a run is made of, in 16 hexadecimal digits: another release means that a running stream must make room.
 * @param size what the runtime adds: its version and its workers
 */
export function releaseOf(stack: Stack, job: SparkJob, size: unknown): string {
  const made = {
    code: [job.script, job.package, ...job.jars].map(({ assetHash }) => assetHash),
    arguments: stack.resolve(job.arguments) as unknown,
    conf: stack.resolve(job.conf) as unknown,
    size,
  };
  return createHash('sha256').update(canonical(made)).digest('hex').slice(0, 16);
}
