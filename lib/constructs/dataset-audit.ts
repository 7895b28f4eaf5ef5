import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { auditMetrics, breachMetrics } from '../../lambdas/audit/metrics.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Stage } from '../stages.ts';
import { bundledFunction, metricsNamespace } from './bundled-function.ts';
import { scheduleFunction } from './function-schedule.ts';
import { landingGroup } from './kafka-access.ts';
import { type LakeBuckets, prefixesOf } from './locations.ts';
import { logicalName } from './logical-name.ts';
import { manifestText } from './manifest-file.ts';

/** Waits for Athena; rows come in counts and ranges. */
const memoryMiB = 512;
const timeoutMinutes = 15;
/** Hours without a run that call for a look: one may fail, and the next catches up. */
const silentHours = 3;
/** Hours in which each audit left something out as under way: by then it stands still. */
const stuckHours = 4;

export interface DatasetAuditProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly database: string;
  readonly workGroup: string;
  /** Prefix of the work group's results in their bucket. */
  readonly resultsPrefix: string;
  readonly buckets: LakeBuckets;
  readonly key: IKey;
}

/**
 * A dataset's hourly audit, with its alarms. A function a dataset and not one a stage: its role reads that dataset's
 * tables alone, and no dataset's audit waits for another's.
 */
export class DatasetAudit extends Construct {
  constructor(scope: Construct, id: string, props: DatasetAuditProps) {
    super(scope, id);
    const { stage, manifest, buckets } = props;
    const { dataset } = manifest;
    const name = `millrace-${stage.name}-${dataset}-audit`;
    const service = `audit-${dataset}`;
    const suffix = logicalName(dataset);

    const handler = bundledFunction(this, 'Function', {
      stage,
      key: props.key,
      functionName: name,
      description: `Accounts for every position of topic ${manifest.topic.name}`,
      logicalId: `Audit${suffix}`,
      bundle: {
        entry: 'lambdas/audit/index.ts',
        folder: [dataset, 'audit'],
        files: { 'manifest.json': manifestText(manifest) },
      },
      role: {
        description: `Audit of dataset ${dataset}`,
        policy: 'Audit',
        statements: this.statements(props),
      },
      memoryMiB,
      timeoutSeconds: timeoutMinutes * 60,
      logGroupName: `/millrace/${stage.name}/${dataset}/audit`,
      // Two would write the same word.
      mostAtOnce: 1,
      failing: 'each',
      environment: {
        STAGE: stage.name,
        DATASET: dataset,
        MANIFEST_PATH: './manifest.json',
        DATABASE: props.database,
        WORK_GROUP: props.workGroup,
        STATE_BUCKET: buckets.state.bucketName,
        FAILURES_BUCKET: buckets.failures.bucketName,
        LANDING_GROUP: landingGroup(stage, manifest),
        POWERTOOLS_SERVICE_NAME: service,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
    });
    scheduleFunction(this, {
      name,
      description: 'The audit of what came since the last one, and of open breaches',
      logicalId: `AuditSchedule${suffix}`,
      handler,
      expression: 'rate(1 hour)',
      // An audit that is missed is caught up by the next.
      retries: { attempts: 2, withinSeconds: 1_800 },
    });
    this.alarms(
      name,
      [
        { name: 'service', value: service },
        { name: 'dataset', value: dataset },
      ],
      suffix,
    );
  }

  private alarms(name: string, dimensions: { name: string; value: string }[], suffix: string): void {
    const period = Duration.hours(1).toSeconds();
    const metric = (metricName: string, stat: string) => ({
      metric: { namespace: metricsNamespace, metricName, dimensions },
      period,
      stat,
    });
    const breach = new CfnAlarm(this, 'Breach', {
      alarmName: `${name}-breach`,
      alarmDescription: `A record is lost, doubled, judged in two ways, not archived or beyond proof: see progress, or \`millrace audit\``,
      metrics: [
        {
          id: 'breaches',
          expression: breachMetrics.map((one) => one.toLowerCase()).join(' + '),
          returnData: true,
        },
        ...breachMetrics.map((one) => ({
          id: one.toLowerCase(),
          metricStat: metric(one, 'Maximum'),
          returnData: false,
        })),
      ],
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: 'notBreaching',
    });
    breach.overrideLogicalId(`AuditBreach${suffix}`);
    const silence = new CfnAlarm(this, 'Silence', {
      alarmName: `${name}-silent`,
      alarmDescription: `No audit has ended for ${silentHours} hours`,
      namespace: metricsNamespace,
      metricName: auditMetrics.positions,
      dimensions,
      statistic: 'SampleCount',
      period,
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: silentHours,
      treatMissingData: 'breaching',
    });
    silence.overrideLogicalId(`AuditSilent${suffix}`);
    const stuck = new CfnAlarm(this, 'Stuck', {
      alarmName: `${name}-stuck`,
      alarmDescription: `Records wait for the landing or for silver for ${stuckHours} hours: see \`millrace status\``,
      namespace: metricsNamespace,
      metricName: auditMetrics.underWay,
      dimensions,
      statistic: 'Minimum',
      period,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: stuckHours,
      // The other alarm tells of an audit that does not run.
      treatMissingData: 'ignore',
    });
    stuck.overrideLogicalId(`AuditStuck${suffix}`);
    const failed = new CfnAlarm(this, 'Failed', {
      alarmName: `${name}-failed`,
      alarmDescription:
        'Records stand in no table, only where the landing puts what it could not take: mend the cause, then `millrace quarantine redrive`',
      namespace: metricsNamespace,
      metricName: auditMetrics.failed,
      dimensions,
      statistic: 'Maximum',
      period,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: 'ignore',
    });
    failed.overrideLogicalId(`AuditFailed${suffix}`);
  }

  private statements(props: DatasetAuditProps): PolicyStatement[] {
    const { manifest, buckets, stage, database } = props;
    const { bronze, quarantineLanded, silver, rejected } = manifest.tables;
    const prefixes = prefixesOf(manifest);
    const stack = Stack.of(this);
    const arn = (service: string, resource: string, resourceName?: string) =>
      Arn.format({ service, resource, ...(resourceName === undefined ? {} : { resourceName }) }, stack);
    const allow = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });
    return [
      allow(
        ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults'],
        [arn('athena', 'workgroup', props.workGroup)],
      ),
      allow(
        ['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartitions'],
        [
          arn('glue', 'catalog'),
          arn('glue', 'database', database),
          // Athena looks at it before any query.
          arn('glue', 'database', 'default'),
          ...[bronze, quarantineLanded, silver, rejected].map((table) =>
            arn('glue', 'table', `${database}/${table}`),
          ),
        ],
      ),
      allow(
        ['s3:GetObject'],
        [
          buckets.bronze.arnForObjects(`${prefixes.bronze}*`),
          buckets.quarantine.arnForObjects(`${prefixes.quarantine}*`),
          buckets.lake.arnForObjects(`${prefixes.silver}*`),
          buckets.lake.arnForObjects(`${prefixes.rejected}*`),
          buckets.state.arnForObjects(`${prefixes.progress}*`),
          buckets.failures.arnForObjects('*'),
        ],
      ),
      allow(['s3:PutObject'], [buckets.state.arnForObjects(`${prefixes.progress}audit.json`)]),
      // Athena reads and writes as its caller.
      allow(
        ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        [buckets.results.arnForObjects(`${props.resultsPrefix}*`)],
      ),
      // Without ListBucket a missing object reads as forbidden, not as missing.
      allow(
        ['s3:ListBucket', 's3:GetBucketLocation'],
        [
          buckets.bronze,
          buckets.quarantine,
          buckets.lake,
          buckets.state,
          buckets.results,
          buckets.failures,
        ].map((bucket) => bucket.bucketArn),
      ),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], [props.key.keyArn]),
      allow(
        ['lambda:InvokeFunction'],
        [
          Arn.format(
            {
              service: 'lambda',
              resource: 'function',
              resourceName: `millrace-${stage.name}-kafka-access`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            },
            stack,
          ),
        ],
      ),
    ];
  }
}
