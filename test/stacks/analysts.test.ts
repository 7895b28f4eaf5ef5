import { beforeAll, describe, expect, test } from 'vitest';
import { dataset } from '../../lib/contract/dataset.ts';
import { exposureOf } from '../../lib/contract/personal.ts';
import { stageOf } from '../../lib/stages.ts';
import { patients, visitsSql } from '../contract/visits.ts';
import { resourcesOf, type Synthesised, synthesisedAs } from './synthesised.ts';

const visits = dataset(
  {
    ...patients,
    queries: [
      { name: 'wards', description: 'Visits by ward', kind: 'view' },
      { name: 'names', description: 'Names', kind: 'view' },
      { name: 'arrivals', description: 'Arrivals', kind: 'view' },
    ],
  },
  visitsSql,
).manifest;

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const dev = stageOf('dev');
const named = ['arn:aws:iam::111122223333:role/analyst', 'arn:aws:iam::111122223333:user/ann'];

/** Statements of the role with that action, as text. */
function statements(made: Synthesised, action: string): string {
  const role = resourcesOf(made.templates.Analytics).AnalystRole;
  const [policy, ...others] = (role?.Properties.Policies ?? []) as readonly {
    PolicyDocument: { Statement: Statement[] };
  }[];
  expect(others).toEqual([]);
  return JSON.stringify(
    policy?.PolicyDocument.Statement.filter(({ Action }) => [Action].flat().includes(action)),
  );
}

const queriesIn = (made: Synthesised, workGroup: string): string[] =>
  Object.values(made.templates.Analytics.findResources('AWS::Athena::NamedQuery'))
    .filter(({ Properties }) => Properties.WorkGroup === workGroup)
    .map(({ Properties }) => Properties.Name);

describe('the analyst role, without Lake Formation', () => {
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesisedAs(dev, [visits]);
  });

  test('may be taken by whom the account allows to, where the stage names nobody', () => {
    // Prepare, Act
    const role = resourcesOf(made.templates.Analytics).AnalystRole;

    // Assess
    expect(JSON.stringify(role?.Properties.AssumeRolePolicyDocument)).toContain(':root');
    expect(role?.Properties).not.toHaveProperty('RoleName');
    expect(made.templates.Analytics.findOutputs('AnalystRoleArn')).not.toEqual({});
  });

  test('reads every table of a dataset without personal data, and its objects', () => {
    // Prepare
    const iot = made.manifests.find(({ dataset: name }) => name === 'iot');
    if (iot === undefined) throw new Error('there is no dataset iot');

    // Act
    const [tables, objects] = [statements(made, 'glue:GetTable'), statements(made, 's3:GetObject')];

    // Assess
    expect(tables).toContain('table/millrace_dev/*"');
    for (const prefix of ['/iot/*', `/silver/${iot.tables.silver}/*`, `/rejected/${iot.tables.rejected}/*`])
      expect(objects).toContain(`"${prefix}"`);
    for (const { name } of iot.gold) expect(objects).toContain(`"/gold/${name}/*"`);
  });

  test('reads nothing of a dataset with personal data but what is made without it', () => {
    // Prepare, Act
    const objects = statements(made, 's3:GetObject');

    // Assess
    expect(objects).toContain('"/gold/visits_shared/*"');
    expect(objects).toContain('"/gold/visits_by_ward/*"');
    for (const prefix of ['/patients/', '/silver/visits/', '/rejected/patients', '/gold/visits_by_age/'])
      expect(objects).not.toContain(prefix);
  });

  test('lists no bucket of state or failures, and uses the key by way of S3 alone', () => {
    // Prepare, Act
    const [lists, key] = [statements(made, 's3:ListBucket'), statements(made, 'kms:Decrypt')];

    // Assess
    expect(lists).not.toMatch(/State|Failures/);
    expect(key).toContain('"kms:ViaService"');
  });

  test('writes results of its own work group, and nothing else', () => {
    // Prepare
    const actions = ['s3:PutObject', 'athena:StartQueryExecution'] as const;

    // Act
    const [puts, starts] = actions.map((action) => statements(made, action));
    const group = resourcesOf(made.templates.Analytics).AnalystWorkGroup;

    // Assess
    expect(puts?.match(/\/\*"/g)).toHaveLength(1);
    expect(puts).toContain('"/analysts/*"');
    expect(starts).toContain('workgroup/millrace-dev-analysts"');
    expect(starts).not.toContain('workgroup/millrace-dev"');
    expect(JSON.stringify(group?.Properties)).toContain('/analysts/');
    expect(group?.Properties).toMatchObject({
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: dev.athena.scanLimitBytes,
      },
    });
    for (const action of ['s3:DeleteObject', 'glue:UpdateTable', 'lakeformation:GetDataAccess'])
      expect(statements(made, action)).toBe('[]');
  });

  test('has the named queries that it can run', () => {
    // Prepare
    const [own, all] = [queriesIn(made, 'millrace-dev-analysts'), queriesIn(made, 'millrace-dev')];

    // Act
    const withheld = all.filter((name) => !own.includes(name));

    // Assess
    expect(withheld.sort()).toEqual(
      ['arrivals', 'names', 'visits_by_name', 'visits_daily', 'visits_shared'].sort(),
    );
    expect(own).toContain('wards');
  });

  test('finds the shared table among the tables and the models that the gold job writes', () => {
    // Prepare, Act
    const table = resourcesOf(made.templates.Lake).TableVisitsShared;

    // Assess
    expect(table?.Type).toBe('AWS::Glue::Table');
    expect(JSON.stringify(table?.Properties)).toContain('"Transform":"identity"');
    expect(JSON.stringify(table?.Properties)).not.toContain('"age');
    expect(JSON.stringify(resourcesOf(made.templates.Process))).toContain('table/millrace_dev/visits_shared');
  });
});

describe('the analyst role, with Lake Formation', () => {
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesisedAs(
      {
        ...dev,
        lake: { ...dev.lake, lakeFormation: true },
        athena: { ...dev.athena, analysts: named },
      },
      [visits],
    );
  });

  test('may be taken by those whom the stage names alone', () => {
    // Prepare
    const role = resourcesOf(made.templates.Analytics).AnalystRole;

    // Act
    const trust = JSON.stringify(role?.Properties.AssumeRolePolicyDocument);

    // Assess
    for (const arn of named) expect(trust).toContain(arn);
    expect(trust).not.toContain(':root');
  });

  test('is granted the columns of silver that are not personal, and describes the database', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Analytics);

    // Act
    const {
      GrantDatabase: described,
      GrantColumnsVisits: columns,
      GrantLocationVisits: location,
    } = resources;

    // Assess
    expect(described?.Properties).toMatchObject({
      Principal: { DataLakePrincipalIdentifier: { 'Fn::GetAtt': ['AnalystRole', 'Arn'] } },
      Resource: { Database: { Name: 'millrace_dev' } },
      Permissions: ['DESCRIBE'],
      PermissionsWithGrantOption: [],
    });
    expect(columns?.Properties).toMatchObject({
      Resource: {
        TableWithColumns: {
          DatabaseName: 'millrace_dev',
          Name: 'visits',
          ColumnWildcard: { ExcludedColumnNames: exposureOf(visits).personal },
        },
      },
      Permissions: ['SELECT'],
      PermissionsWithGrantOption: [],
    });
    expect(columns?.DependsOn).toContain('GrantLocationVisits');
    // Hybrid: the jobs go on by IAM.
    expect(location?.Properties).toMatchObject({ HybridAccessEnabled: true, UseServiceLinkedRole: false });
    expect(JSON.stringify(location?.Properties.ResourceArn)).toContain('/silver/visits/');
  });

  test('reaches no object of silver itself, so that grants alone decide', () => {
    // Prepare
    const access = statements(made, 'lakeformation:GetDataAccess');

    // Act
    const objects = statements(made, 's3:GetObject');

    // Assess
    expect(access).toContain('"Resource":"*"');
    expect(objects).not.toContain('/silver/visits/');
  });

  test('has the queries on those columns as well', () => {
    // Prepare, Act
    const own = queriesIn(made, 'millrace-dev-analysts');

    // Assess
    expect(own).toEqual(expect.arrayContaining(['arrivals', 'visits_daily', 'wards']));
    expect(own).not.toContain('names');
    expect(own).not.toContain('visits_by_name');
  });

  test('never changes the settings of the data lake', () => {
    // Prepare, Act
    const types = Object.values(made.templates)
      .flatMap((template) => Object.values(resourcesOf(template)))
      .map(({ Type }) => Type)
      .filter((type) => type.startsWith('AWS::LakeFormation::'));

    // Assess
    expect([...new Set(types)].sort()).toEqual([
      'AWS::LakeFormation::PrincipalPermissions',
      'AWS::LakeFormation::Resource',
    ]);
  });
});

test('a stage without personal data has no grants, even with Lake Formation', async () => {
  // Prepare
  const stage = { ...dev, lake: { ...dev.lake, lakeFormation: true } };

  // Act
  const made = await synthesisedAs(stage);

  // Assess
  expect(JSON.stringify(resourcesOf(made.templates.Analytics))).not.toContain('LakeFormation');
  expect(statements(made, 'lakeformation:GetDataAccess')).toBe('[]');
});

test('more open tables than a policy can name are refused at synth', async () => {
  // Prepare
  const model = visits.gold[0];
  if (model === undefined) throw new Error('there is no gold model');
  const gold = Array.from({ length: 70 }, (_, index) => ({ ...model, name: `${model.name}_${index}` }));

  // Act
  const act = synthesisedAs(dev, [{ ...visits, gold, queries: [] }]);

  // Assess
  await expect(act).rejects.toMatchObject({ code: 'MR153' });
});
