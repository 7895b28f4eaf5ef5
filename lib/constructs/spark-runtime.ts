import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { EmrRequest } from '../../lambdas/keep-alive/plan.ts';
import type { SparkJob } from './spark-job.ts';
import type { SparkRole } from './spark-role.ts';

/** What jobs run on. */
export interface SparkRuntime {
  readonly kind: 'glue' | 'emr-serverless';
  /** Service that takes the jobs' roles. */
  readonly service: string;
  /** What of a run's release it adds: see `releaseOf`. */
  sizeOf(job: SparkJob): unknown;
  /** What a job's role needs on its account: logs, metrics, the way into the VPC. */
  statementsFor(job: Pick<SparkJob, 'logPrefix' | 'asksKafka'>): PolicyStatement[];
  /**
   * Makes what the job is there, with its log groups, in `scope`.
   * @param release argument that a run learns its release by
   */
  add(scope: Construct, job: SparkJob, role: SparkRole, release: string): MadeJob;
}

/** What keep-alive must know of a job. */
export interface MadeJob {
  /** Whether the runtime starts it itself, by its schedule or when it is asked to. */
  readonly startsItself: boolean;
  /** What a start names, and which must be there before. Undefined: a start brings all that it needs. */
  readonly resource?: IConstruct;
  /** What a start asks for, where the runtime has no jobs that it could name. */
  readonly emr?: EmrRequest;
}
