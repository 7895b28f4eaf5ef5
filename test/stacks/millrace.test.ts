import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { addMillrace, millraceApp } from '../../lib/stacks/millrace.ts';
import { stageNames, stageOf } from '../../lib/stages.ts';
import { providerOf } from '../../localstack/resources/index.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

/** Actions that take no resource, by AWS's service authorization reference. */
const resourceless = new Set([
  'athena:ListDataCatalogs',
  'athena:ListWorkGroups',
  'cloudwatch:PutMetricData',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcAttribute',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcs',
  'kafka:GetBootstrapBrokers',
  'lakeformation:GetDataAccess',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function statementsOf(made: Synthesised): Statement[] {
  return Object.values(made.templates)
    .flatMap((template) => Object.values(template.findResources('AWS::IAM::Role')))
    .flatMap(({ Properties }) => Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[])
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** Name -> text of every template and asset list of a cloud assembly. */
function assemblyTexts(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((file) => /\.(template|assets)\.json$/.test(file));
  return Object.fromEntries(names.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

describe.each(stageNames)('millrace in %s', (name) => {
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name);
  });

  test('is stacks of one name', () => {
    // Prepare
    const parts = ['lake', 'alerts', 'network', 'stream', 'ingest', 'process', 'analytics'];

    // Act
    const names = Object.values(made.stacks).map(({ stackName }) => stackName);

    // Assess
    expect(names).toEqual(parts.map((part) => `millrace-${name}-${part}`));
    expect(Object.values(made.stacks).map(({ node }) => node.path)).toEqual(Object.keys(made.stacks));
  });

  test('holds types that the mirror knows, and no custom resource', () => {
    // Prepare
    const resources = Object.values(made.templates).flatMap((template) =>
      Object.values(resourcesOf(template)),
    );

    // Act
    const types = new Set(resources.map(({ Type }) => Type));

    // Assess
    expect([...types].filter((type) => providerOf(type) === undefined)).toEqual([]);
  });

  test('no role has an action by pattern', () => {
    // Prepare
    const statements = statementsOf(made);

    // Act
    const actions = statements.flatMap(({ Action }) => Action);

    // Assess
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('no role reaches every resource but by actions that take none', () => {
    // Prepare
    const wide = statementsOf(made).filter(({ Resource }) => [Resource].flat().includes('*'));

    // Act
    const actions = wide.flatMap(({ Action }) => Action).filter((action) => !resourceless.has(action));

    // Assess
    expect(wide.length).toBeGreaterThan(0);
    expect(actions).toEqual([]);
  });

  test('roles hold all they may do themselves', () => {
    // Prepare, Act
    const roles = Object.values(made.templates).flatMap((template) =>
      Object.values(template.findResources('AWS::IAM::Role')),
    );

    // Assess
    for (const { Properties } of roles) expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('topics and tables come before what uses them', () => {
    // Prepare
    const { Ingest, Process, Analytics, Stream, Lake } = made.stacks;

    // Act, Assess
    expect(Ingest.dependencies).toEqual(expect.arrayContaining([Stream, Lake]));
    expect(Process.dependencies).toEqual(expect.arrayContaining([Stream, Lake]));
    expect(Analytics.dependencies).toEqual(expect.arrayContaining([Lake, Ingest]));
  });

  test('prod cannot be deleted by mistake', () => {
    // Prepare, Act
    const guarded = Object.values(made.stacks).map(({ terminationProtection }) => terminationProtection);

    // Assess
    expect(new Set(guarded)).toEqual(new Set([name === 'prod']));
  });

  test('two synths are equal', async () => {
    // Prepare
    const first = assemblyTexts(made.assembly);

    // Act
    const second = assemblyTexts((await synthesised(name)).assembly);

    // Assess
    expect(Object.keys(first)).toHaveLength(2 * Object.keys(made.stacks).length);
    expect(second).toEqual(first);
  });
});

describe('a second dataset', () => {
  test('brings its own topic, landing, jobs and tables beside the first', async () => {
    // Prepare
    const iot = (await synthesised('dev')).manifests.find(({ dataset }) => dataset === 'iot');
    if (iot === undefined) throw new Error('there is no dataset');
    const rename = (text: string) => text.replaceAll('iot', 'other');
    const other = JSON.parse(rename(JSON.stringify(iot))) as typeof iot;
    const app = millraceApp({ outdir: join((await synthesised('dev')).assembly, 'two') });

    // Act
    const stacks = addMillrace(app, { stage: stageOf('dev'), manifests: [iot, other] });
    const assembly = app.synth();
    const types = (stack: string) =>
      Object.keys(assembly.getStackByName(stack).template.Resources as Record<string, unknown>);

    // Assess
    expect(types(stacks.Stream.stackName)).toEqual(
      expect.arrayContaining(['TopicIotEvents', 'TopicOtherEvents']),
    );
    expect(types(stacks.Ingest.stackName)).toEqual(
      expect.arrayContaining(['LandIot', 'LandOther', 'LandMappingOther']),
    );
    expect(types(stacks.Process.stackName)).toEqual(
      expect.arrayContaining(['JobOtherSilver', 'TriggerOtherSweep']),
    );
    expect(types(stacks.Lake.stackName)).toEqual(
      expect.arrayContaining(['TableOtherEvents', 'TableOtherP95Daily']),
    );
  });
});

describe('an account and a region', () => {
  test('bind the stacks to them without a look-up', async () => {
    // Prepare
    const { manifests, assembly } = await synthesised('dev');
    const app = millraceApp({ outdir: join(assembly, 'bound') });
    const env = { account: '123456789012', region: 'eu-central-1' };

    // Act
    const stacks = addMillrace(app, { stage: stageOf('dev'), manifests, env });
    const bound = app.synth();

    // Assess
    expect(stacks.Network.region).toBe('eu-central-1');
    expect(bound.manifest.missing).toBeUndefined();
  });
});
