import { S3Client } from '@aws-sdk/client-s3';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { allDatasets } from '../../../lib/datasets/index.ts';
import type { State } from '../../../localstack/state.ts';
import { localAthena } from '../athena/place.ts';
import { awsSettings, bucketOf } from '../running.ts';
import type { AuditPlace } from './dataset-audit.ts';
import { type KafkaView, openKafka } from './kafka.ts';

export interface AuditPlaces {
  readonly places: readonly AuditPlace[];
  /** Datasets that are declared, and of which the run has no landing. */
  readonly absent: readonly string[];
  close(): Promise<void>;
}

/** What the audits of a local run's datasets read. */
export async function auditPlaces(state: State): Promise<AuditPlaces> {
  const kafka: KafkaView = await openKafka([state.endpoints.kafka]);
  const athena = localAthena(state);
  const s3 = new S3Client({ ...awsSettings(state, 's3'), forcePathStyle: true });
  const common = {
    ...athena,
    kafka,
    s3,
    stateBucket: bucketOf(state, 'State'),
    failuresBucket: bucketOf(state, 'Failures'),
  };
  const manifests = (await allDatasets()).map(({ manifest }) => manifest);
  const groups = new Map(manifests.map((manifest) => [manifest, landingGroup(state, manifest)]));
  return {
    places: [...groups].flatMap(([manifest, group]) =>
      group === undefined ? [] : [{ ...common, manifest, landingGroup: group }],
    ),
    absent: [...groups].flatMap(([manifest, group]) => (group === undefined ? [manifest.dataset] : [])),
    async close() {
      s3.destroy();
      athena.athena.destroy();
      await kafka.close();
    },
  };
}

/** The consumer group of the event source mapping that reads the dataset's topic. */
function landingGroup(state: State, manifest: Manifest): string | undefined {
  for (const { type, properties } of Object.values(state.resources)) {
    if (type !== 'AWS::Lambda::EventSourceMapping') continue;
    const { Topics: topics, AmazonManagedKafkaEventSourceConfig: source } = properties;
    if (!Array.isArray(topics) || !topics.includes(manifest.topic.name)) continue;
    const group = typeof source === 'object' && source !== null && 'ConsumerGroupId' in source;
    if (group) return String(source.ConsumerGroupId);
  }
  return undefined;
}
