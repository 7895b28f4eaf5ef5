/**
 * The deployments that the checks look at: each stage as it is, and stages with the settings that none of them takes,
 * so that no construct goes unchecked. Also what test/permissions and the snapshots are made of.
 */
import { type Stage, type StageName, stageNames, stageOf } from '../../../lib/stages.ts';

export type VariantName = StageName | 'emr-serverless' | 'existing' | 'options';

/** A VPC and a cluster that are there already; the ids are made up. */
const existing: Pick<Stage, 'network' | 'kafka'> = {
  network: {
    kind: 'existing',
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [
      { subnetId: 'subnet-0123456789abcdef0', zone: 'eu-central-1a' },
      { subnetId: 'subnet-0123456789abcdef1', zone: 'eu-central-1b' },
      { subnetId: 'subnet-0123456789abcdef2', zone: 'eu-central-1c' },
    ],
    endpoints: { routeTableIds: ['rtb-0123456789abcdef0'] },
  },
  kafka: {
    kind: 'existing',
    clusterArn:
      'arn:aws:kafka:eu-central-1:111122223333:cluster/shared/01234567-89ab-cdef-0123-456789abcdef-1',
    securityGroupId: 'sg-0123456789abcdef0',
  },
};

const place = { account: '111122223333', region: 'eu-central-1' } as const;

function withOptions(): Stage {
  const dev = stageOf('dev');
  return {
    ...dev,
    ...place,
    lake: { ...dev.lake, replicaRegion: 'eu-west-1', lakeFormation: true },
    functions: { reserveConcurrency: true, tracing: true },
    athena: { ...dev.athena, analysts: ['arn:aws:iam::111122223333:role/analysts'] },
    alarms: { ...dev.alarms, mail: ['somebody@example.org'] },
    permissionsBoundary: 'boundary',
  };
}

/** What a variant is made of. */
export function variantOf(name: VariantName): Stage {
  const prod = stageOf('prod');
  const made: Readonly<Record<Exclude<VariantName, StageName>, () => Stage>> = {
    'emr-serverless': () => ({
      ...prod,
      jobs: {
        ...prod.jobs,
        runtime: {
          kind: 'emr-serverless',
          workerVcpus: 4,
          workerMemoryGiB: 16,
          executors: 4,
          mostVcpus: 64,
          warmWorkers: 1,
        },
      },
    }),
    existing: () => ({ ...prod, ...place, ...existing }),
    options: withOptions,
  };
  return name in made ? made[name as keyof typeof made]() : stageOf(name);
}

export const variantNames: readonly VariantName[] = [...stageNames, 'emr-serverless', 'existing', 'options'];
