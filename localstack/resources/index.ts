import { athenaNamedQuery } from './athena-named-query.ts';
import { athenaWorkGroup } from './athena-workgroup.ts';
import { bucket } from './bucket.ts';
import { eventSourceMapping } from './event-source-mapping.ts';
import { glueDatabase } from './glue-database.ts';
import { glueJob } from './glue-job.ts';
import { glueTable } from './glue-table.ts';
import { glueTrigger } from './glue-trigger.ts';
import { lambdaFunction } from './lambda-function.ts';
import { mskCluster } from './msk-cluster.ts';
import { mskTopic } from './msk-topic.ts';
import { NEVER_LOCAL } from './never-local.ts';
import { NOTHING_LOCAL, type NothingLocal, nothingLocal } from './nothing-local.ts';
import { queue } from './queue.ts';
import type { Provider } from './resource.ts';
import { schedule } from './schedule.ts';

/** Resource types that become something real. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  'AWS::Athena::NamedQuery': athenaNamedQuery,
  'AWS::Athena::WorkGroup': athenaWorkGroup,
  'AWS::Glue::Database': glueDatabase,
  'AWS::Glue::Job': glueJob,
  'AWS::Glue::Table': glueTable,
  'AWS::Glue::Trigger': glueTrigger,
  'AWS::Lambda::EventSourceMapping': eventSourceMapping,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::MSK::Cluster': mskCluster,
  'AWS::MSK::Topic': mskTopic,
  'AWS::S3::Bucket': bucket,
  'AWS::SQS::Queue': queue,
  'AWS::Scheduler::Schedule': schedule,
};

const KNOWN: Readonly<Record<string, NothingLocal>> = { ...NOTHING_LOCAL, ...NEVER_LOCAL };

/** How a type is made here; undefined for a type that the mirror does not know. Those of NEVER_LOCAL are known, and refused. */
export function providerOf(type: string): Provider | undefined {
  const real = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined;
  const row = Object.hasOwn(KNOWN, type) ? KNOWN[type] : undefined;
  return real ?? (row === undefined ? undefined : nothingLocal(row));
}
