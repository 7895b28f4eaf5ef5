import type { AthenaClient } from '@aws-sdk/client-athena';

/** Where a stage's queries run. */
export interface AthenaPlace {
  readonly athena: AthenaClient;
  readonly database: string;
  readonly workGroup: string;
}
