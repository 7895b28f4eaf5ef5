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

  test('has each gold model as a named query with the very text of its SQL', () => {
    // Prepare
    const models = made.manifests.flatMap(({ gold }) => gold);

    // Act
    const queries = Object.values(made.templates.Analytics.findResources('AWS::Athena::NamedQuery'));

    // Assess
    expect(queries.map(({ Properties }) => [Properties.Name, Properties.QueryString])).toEqual(
      models.map((model) => [model.name, model.sql]),
    );
    for (const query of queries) {
      expect(query.Properties).toMatchObject({ Database: `millrace_${name}`, WorkGroup: `millrace-${name}` });
      expect(query.DependsOn).toContain('WorkGroup');
    }
  });
});
