import type { AuditPlace } from '../../../lambdas/audit/dataset-audit.ts';
import { kafkaView } from '../../../lambdas/audit/kafka.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { allDatasets, datasetNamed } from '../../../lib/datasets/index.ts';
import type { State } from '../../../localstack/state.ts';
import { presenceIn } from '../run-datasets.ts';
import { localPlace, type StagePlace } from '../stage-place.ts';

export interface AuditPlaces {
  readonly places: readonly AuditPlace[];
  /** Datasets that are declared, and of which the run has no landing. */
  readonly absent: readonly string[];
  close(): Promise<void>;
}

/** What the audits of a local run's datasets read. */
export function auditPlaces(state: State): Promise<AuditPlaces> {
  return auditPlacesOf(localPlace(state, ''));
}

/**
 * What the audits of a stage's datasets read.
 * @param dataset the only one that is meant
 */
export async function auditPlacesOf(place: StagePlace, dataset?: string): Promise<AuditPlaces> {
  const common = {
    ...place.athena,
    kafka: kafkaView(place.kafka),
    s3: place.s3,
    stateBucket: await place.bucket('State'),
    failuresBucket: await place.bucket('Failures'),
  };
  const datasets = dataset === undefined ? await allDatasets() : [await datasetNamed(dataset)];
  const manifests = datasets.map(({ manifest }) => manifest);
  const has = await presenceIn(place);
  return {
    places: manifests
      .filter(has)
      .map((manifest) => ({ ...common, manifest, landingGroup: landingGroup(place.stage, manifest) })),
    absent: manifests.filter((manifest) => !has(manifest)).map(({ dataset }) => dataset),
    close: async () => place.close(),
  };
}

/** The consumer group of a dataset's event source mapping, as the Ingest stack names it. */
export function landingGroup(stage: string, { dataset }: Manifest): string {
  return `millrace-${stage}-${dataset}-land`;
}
