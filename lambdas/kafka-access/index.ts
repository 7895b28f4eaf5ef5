import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';
import { clusterConnection } from './connection.ts';
import { type Answers, type Request, request } from './request.ts';
import { openReader, type TopicReader } from './topic-reader.ts';
import { openWriter, type TopicWriter } from './topic-writer.ts';

const logger = new Logger();

function connection() {
  const { CLUSTER_ARN: cluster, AWS_REGION: region } = process.env;
  if (cluster && region) return clusterConnection(cluster, region);
  throw new MillraceError('MR801', 'environment variable CLUSTER_ARN is missing', {
    where: 'the Kafka access function',
    mend: 'set CLUSTER_ARN on the function; the Ingest stack does so',
  });
}

let reader: Promise<TopicReader> | undefined;
let writer: Promise<TopicWriter> | undefined;

/** Opened once in a process; anew where that failed. */
function reading(): Promise<TopicReader> {
  reader ??= connection().then(openReader);
  reader.catch(() => {
    reader = undefined;
  });
  return reader;
}

function writing(): Promise<TopicWriter> {
  writer ??= connection().then(openWriter);
  writer.catch(() => {
    writer = undefined;
  });
  return writer;
}

async function answer(asked: Request): Promise<Answers[Request['ask']]> {
  switch (asked.ask) {
    case 'offsets':
      return (await reading()).offsets(asked.topic);
    case 'offsetsAt':
      return (await reading()).offsetsAt(asked.topic, asked.atMs);
    case 'committed':
      return (await reading()).committed(asked.group, asked.topic);
    case 'readable':
      return (await reading()).readable(asked.topic, asked.ranges);
    case 'append':
      return (await writing()).append(asked.topic, asked.batches);
  }
}

async function handle(event: unknown): Promise<Answers[Request['ask']]> {
  const read = request.safeParse(event);
  if (!read.success) {
    throw new MillraceError('MR850', `not a request: ${z.prettifyError(read.error)}`, {
      where: 'the Kafka access function',
      mend: 'call it through the `millrace` command of the same version as the stack',
    });
  }
  const { ask, topic } = read.data;
  const start = performance.now();
  const answered = await answer(read.data);
  // Never the content of a record.
  logger.debug('answered', { ask, topic, milliseconds: Math.round(performance.now() - start) });
  return answered;
}

/** Speaks to Kafka for the commands, which stand outside the VPC. */
export const handler = middy<unknown, Answers[Request['ask']]>()
  .use(injectLambdaContext(logger, { logEvent: false }))
  .handler(handle);
