import type { AthenaClient } from '@aws-sdk/client-athena';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Admin } from 'kafkajs';
import type { Local } from '../local.ts';
import type { Jobs } from '../services/jobs.ts';
import type { FileAsset } from '../template/assembly.ts';
import type { Json, JsonObject } from '../template/template.ts';

/** What Ref and Fn::GetAtt answer for a resource that was made. */
export interface Made {
  /** Value of Ref. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, Json>>;
}

/** A Lambda function that runs here. */
export interface LocalFunction {
  readonly name: string;
  invoke(event: unknown): Promise<unknown>;
}

export interface Clients {
  readonly s3: S3Client;
  readonly glue: GlueClient;
  readonly athena: AthenaClient;
  readonly sqs: SQSClient;
  readonly kafka: Admin;
}

/** All that a provider may touch. */
export interface Context {
  readonly stack: { readonly id: string; readonly name: string };
  /** Region, account, endpoints, credentials, folders. */
  readonly local: Local;
  readonly clients: Clients;
  /** Assets of the assembly by their S3 place, bucket name resolved. */
  asset(bucket: string, key: string): FileAsset | undefined;
  /** Functions made so far, by name. */
  readonly functions: Map<string, LocalFunction>;
  readonly jobs: Jobs;
  /** Something that runs from now on; ended in reverse order. */
  onStop(name: string, stop: () => Promise<void>): void;
  /** One short line for the user. */
  log(line: string): void;
}

/** Services of the local environment that a resource needs to be up before it can be made. */
export type Need = 'kafka' | 's3' | 'aws' | 'athena';

export interface Provider {
  readonly needs: readonly Need[];
  /**
   * Makes it, or finds it made by an earlier run and brings it up to date.
   *
   * @param before its properties at the run before, if it was made then
   */
  create(context: Context, properties: JsonObject, logicalId: string, before?: JsonObject): Promise<Made>;
}
