import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka';
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import type { KafkaConfig } from 'kafkajs';
import { MillraceError } from '../../lib/errors.ts';

/** How kafkajs reaches and enters a cluster. */
export type Connection = Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'>;

/**
 * Asks MSK for the cluster's brokers. Plaintext ones are taken only where no IAM ones are named; the deployed cluster
 * offers IAM alone.
 * @throws MillraceError MR802
 */
export async function clusterConnection(clusterArn: string, region: string): Promise<Connection> {
  const client = new KafkaClient({});
  const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }));
  client.destroy();
  const { BootstrapBrokerStringSaslIam: iam, BootstrapBrokerString: plaintext } = answer;
  if (iam) return { brokers: iam.split(','), ssl: true, sasl: iamLogin(region) };
  if (plaintext) return { brokers: plaintext.split(',') };
  throw new MillraceError('MR802', 'the cluster names no brokers', {
    where: clusterArn,
    mend: 'wait until the cluster is ACTIVE, then try again',
  });
}

function iamLogin(region: string): NonNullable<KafkaConfig['sasl']> {
  return {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region })).token }),
  };
}
