import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Kafka, logLevel } from 'kafkajs';
import type { Local, RunEndpoints } from './local.ts';
import type { Clients } from './resources/resource.ts';
import type { Credentials } from './services/minio.ts';

/** Configuration of an AWS SDK client that reaches a local service. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Read by the S3 client alone. */
  readonly forcePathStyle: true;
}

export type AwsService = Exclude<keyof RunEndpoints, 'kafka'>;

/** @param where a Local, or a state.json as read: both say where the services are */
export function clientConfig<Service extends AwsService>(
  where: {
    readonly endpoints: Pick<RunEndpoints, Service>;
    readonly region: string;
    readonly credentials: Credentials;
  },
  service: Service,
): ClientConfig {
  const { credentials, endpoints, region } = where;
  // A copy: the SDK writes a note into what it is given.
  return { endpoint: endpoints[service], region, credentials: { ...credentials }, forcePathStyle: true };
}

/** Clients of the mirror itself. Kafka's is not connected yet. */
export function makeClients(local: Local): Clients & { close(): Promise<void> } {
  const s3 = new S3Client(clientConfig(local, 's3'));
  const glue = new GlueClient(clientConfig(local, 'aws'));
  const athena = new AthenaClient(clientConfig(local, 'athena'));
  const sqs = new SQSClient(clientConfig(local, 'aws'));
  const kafka = new Kafka({
    clientId: 'millrace-mirror',
    brokers: local.endpoints.kafka.split(','),
    logLevel: logLevel.NOTHING,
  }).admin();
  return {
    s3,
    glue,
    athena,
    sqs,
    kafka,
    close: async () => {
      await kafka.disconnect();
      for (const client of [s3, glue, athena, sqs]) client.destroy();
    },
  };
}
