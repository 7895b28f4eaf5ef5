import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

describe.each(['dev', 'prod'] as const)('analytics of %s', (name) => {
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name);
  });

  test('has a workgroup whose settings bind every client', () => {
    // Prepare, Act
    const workGroup = resourcesOf(made.templates.Analytics).WorkGroup;

    // Assess
    expect(workGroup?.Properties).toMatchObject({
      Name: `millrace-${name}`,
      State: 'ENABLED',
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        BytesScannedCutoffPerQuery: stageOf(name).athena.scanLimitBytes,
        PublishCloudWatchMetricsEnabled: true,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' } },
      },
    });
  });

  test.each([
    ['', 'WorkGroup'],
    ['-analysts', 'AnalystWorkGroup'],
  ])('has each gold model and query, with the very text of its SQL, in work group%s', (suffix, id) => {
    // Prepare
    const named = made.manifests.flatMap(({ gold, queries }) => [...gold, ...queries]);
    const all = Object.values(made.templates.Analytics.findResources('AWS::Athena::NamedQuery'));

    // Act
    const queries = all.filter(({ Properties }) => Properties.WorkGroup === `millrace-${name}${suffix}`);

    // Assess
    expect(queries.map(({ Properties }) => [Properties.Name, Properties.QueryString])).toEqual(
      named.map(({ name: query, sql }) => [query, sql]),
    );
    expect(queries.map(({ Properties }) => Properties.Description)).toEqual(
      named.map(({ description }) => description),
    );
    for (const query of queries) {
      expect(query.Properties).toMatchObject({ Database: `millrace_${name}` });
      expect(query.DependsOn).toContain(id);
    }
  });

  test('audits each dataset every hour, with the manifest that the landing has', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Analytics);

    // Act
    const { AuditIot: audit, AuditScheduleIot: schedule } = resources;
    const code = audit?.Properties.Code as { S3Key: string };
    const folder = join(made.assembly, `asset.${code.S3Key.replace('.zip', '')}`);

    // Assess
    expect(audit?.Properties).toMatchObject({
      FunctionName: `millrace-${name}-iot-audit`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 900,
      Environment: {
        Variables: {
          STAGE: name,
          DATASET: 'iot',
          DATABASE: `millrace_${name}`,
          WORK_GROUP: `millrace-${name}`,
          LANDING_GROUP: `millrace-${name}-iot-land`,
        },
      },
    });
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      Target: { Arn: { 'Fn::GetAtt': ['AuditIot', 'Arn'] }, Input: '{}' },
    });
    expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).dataset).toBe('iot');
  });

  test('raises an alarm on a breach, on an audit that does not run, and on records that stand still', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Analytics);
    const { AuditBreachIot: breach, AuditSilentIot: silent, AuditStuckIot: stuck } = resources;
    const { AuditFailedIot: failed, AuditIotErrors: errors } = resources;

    // Act
    const expressions = ((breach?.Properties.Metrics ?? []) as { Expression?: string }[]).flatMap(
      ({ Expression }) => Expression ?? [],
    );

    // Assess
    expect(expressions).toEqual(['lost + duplicated + disagreed + notinbronze + unverifiable']);
    expect(breach?.Properties).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' });
    expect(silent?.Properties).toMatchObject({
      Namespace: 'Millrace',
      MetricName: 'Positions',
      Dimensions: [
        { Name: 'service', Value: 'audit-iot' },
        { Name: 'dataset', Value: 'iot' },
      ],
      TreatMissingData: 'breaching',
    });
    expect(stuck?.Properties).toMatchObject({
      MetricName: 'UnderWay',
      Statistic: 'Minimum',
      Threshold: 0,
      EvaluationPeriods: 4,
    });
    expect(failed?.Properties).toMatchObject({ MetricName: 'Failed', Threshold: 0 });
    // It runs once an hour: one error is enough.
    expect(errors?.Properties).toMatchObject({ MetricName: 'Errors', EvaluationPeriods: 1 });
  });

  test('lets the audit read its tables, and write its own word and results alone', () => {
    // Prepare
    const roles = Object.values(made.templates.Analytics.findResources('AWS::IAM::Role'));
    const role = roles.find(
      ({ Properties }) =>
        Properties.Policies[0].PolicyName === 'Audit' &&
        JSON.stringify(Properties.Policies).includes('/progress/iot/'),
    );

    // Act
    const statements = role?.Properties.Policies[0].PolicyDocument.Statement as {
      Action: string | string[];
      Resource: unknown;
    }[];
    const of = (action: string) =>
      JSON.stringify(statements.filter(({ Action }) => [Action].flat().includes(action)));

    // Assess
    expect(of('s3:PutObject')).toContain('/progress/iot/audit.json');
    expect(of('s3:PutObject')).not.toContain('Bronze');
    expect(of('s3:DeleteObject')).toBe('[]');
    expect(of('glue:UpdateTable')).toBe('[]');
    expect(of('glue:GetTable')).toContain('table/millrace_');
    expect(of('lambda:InvokeFunction')).toContain(`function:millrace-${name}-kafka-access`);
    expect(of('athena:StartQueryExecution')).toContain(`workgroup/millrace-${name}`);
  });
});
