import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { logicalName } from '../../lib/constructs/logical-name.ts';
import { stageOf } from '../../lib/stages.ts';
import { publishing } from '../datasets/publishing.ts';
import { resourcesOf, type Synthesised, synthesised } from './synthesised.ts';

/** AWS, of job parameters: Glue uses these itself, "and you should never use them". */
const glueReserved = ['--debug', '--mode', '--JOB_NAME', '--endpoint'];

interface JobProperties {
  readonly Name: string;
  readonly Command: { readonly Name: string; readonly ScriptLocation: { readonly 'Fn::Sub': string } };
  readonly DefaultArguments: Readonly<Record<string, unknown>>;
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, string] };
}

describe.each(['dev', 'prod'] as const)('process of %s', (name) => {
  const { jobs } = stageOf(name);
  const runtime = jobs.runtime as Extract<typeof jobs.runtime, { kind: 'glue' }>;
  let made: Synthesised;
  beforeAll(async () => {
    made = await synthesised(name);
  });
  const job = (kind: string) =>
    resourcesOf(made.templates.Process)[`JobIot${kind}`]?.Properties as unknown as JobProperties;
  const roleText = (kind: string) =>
    JSON.stringify(resourcesOf(made.templates.Process)[job(kind).Role['Fn::GetAtt'][0]]?.Properties.Policies);

  test.each([
    ['Silver', 'gluestreaming'],
    ['Gold', 'glueetl'],
    ['Sweep', 'glueetl'],
    ['Maintain', 'glueetl'],
    ['Rebuild', 'glueetl'],
  ])('%s is a %s job of Glue 6.0 that never runs twice at once', (kind, command) => {
    // Prepare, Act
    const found = job(kind);

    // Assess
    expect(found).toMatchObject({
      Name: `millrace-${name}-iot-${kind.toLowerCase()}`,
      Command: { Name: command, PythonVersion: '3' },
      GlueVersion: '6.0',
      ExecutionProperty: { MaxConcurrentRuns: 1 },
      WorkerType: kind === 'Silver' ? runtime.streamWorker : runtime.batchWorker,
      NumberOfWorkers: runtime.workers,
      DefaultArguments: {
        '--datalake-formats': 'iceberg',
        '--database': `millrace_${name}`,
        '--stage': name,
      },
    });
    expect(found.Command.ScriptLocation['Fn::Sub']).toMatch(/^s3:\/\/cdk-.*\.py$/);
    for (const argument of ['--manifest', '--warehouse', '--state', '--extra-py-files', '--extra-jars'])
      expect(found.DefaultArguments).toHaveProperty(argument);
  });

  test('a batch job is stopped after its time, a rebuild after its own; the stream never is', () => {
    // Prepare
    const kinds = ['Silver', 'Gold', 'Sweep', 'Maintain', 'Rebuild'];

    // Act
    const timeouts = kinds.map((kind) => (job(kind) as { readonly Timeout?: number }).Timeout);

    // Assess
    const { batchTimeoutMinutes: batch, rebuildTimeoutMinutes: rebuild } = jobs;
    expect(timeouts).toEqual([undefined, batch, batch, batch, rebuild]);
    expect(rebuild).toBeGreaterThan(batch);
  });

  test('silver learns its cluster, checkpoint and pace; the others do not', () => {
    // Prepare
    const own = ['--cluster-arn', '--checkpoint', '--trigger-seconds', '--max-offsets', '--run-mode'];

    // Act
    const silver = job('Silver').DefaultArguments;
    const gold = job('Gold').DefaultArguments;

    // Assess
    expect(Object.keys(silver)).toEqual(expect.arrayContaining(own));
    expect(silver).toMatchObject({
      '--trigger-seconds': String(jobs.triggerSeconds),
      '--max-offsets': String(jobs.maxOffsets),
      '--run-mode': jobs.mode,
    });
    expect(JSON.stringify(silver['--checkpoint'])).toContain('/checkpoints/iot/silver/');
    for (const argument of own) expect(gold).not.toHaveProperty(argument);
  });

  test('no job has an argument that Glue keeps for itself', () => {
    // Prepare
    const jobsOfGlue = Object.entries(made.templates.Process.findResources('AWS::Glue::Job'));

    // Act
    const taken = jobsOfGlue.flatMap(([id, { Properties }]) =>
      Object.keys((Properties as JobProperties).DefaultArguments)
        .filter((name) => glueReserved.includes(name))
        .map((name) => `${id} ${name}`),
    );

    // Assess
    expect(jobsOfGlue.length).toBe(made.manifests.length * 5);
    expect(taken).toEqual([]);
  });

  test('gold alone learns where the files of reference tables are, reads them and writes the tables', () => {
    // Prepare
    const resources = resourcesOf(made.templates.Process);
    const jobOf = (id: string) => resources[`Job${id}`]?.Properties as unknown as JobProperties;

    for (const { dataset, references } of made.manifests) {
      // Act
      const id = logicalName(dataset);
      const { DefaultArguments, Role } = jobOf(`${id}Gold`);
      const argument = JSON.stringify(DefaultArguments['--references'] ?? '');
      const role = JSON.stringify(resources[Role['Fn::GetAtt'][0]]?.Properties.Policies);

      // Assess
      expect(argument.match(/\w+(?==)/g) ?? []).toEqual(references.map((one) => one.name));
      for (const { table } of references) expect(role).toContain(`/${table}`);
      for (const [key] of argument.matchAll(/[0-9a-f]{64}\.csv/g)) expect(role).toContain(key);
      for (const other of ['Silver', 'Sweep', 'Maintain', 'Rebuild'])
        expect(jobOf(`${id}${other}`).DefaultArguments).not.toHaveProperty('--references');
    }
  });

  test('Spark knows the Glue catalog, uncached, in UTC', () => {
    // Prepare, Act
    const conf = JSON.stringify(job('Gold').DefaultArguments['--conf']);

    // Assess
    for (const setting of [
      'spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog',
      ' --conf spark.sql.catalog.glue_catalog.io-impl=org.apache.iceberg.aws.s3.S3FileIO',
      ' --conf spark.sql.catalog.glue_catalog.cache-enabled=false',
      ' --conf spark.sql.session.timeZone=UTC',
      ` --conf spark.sql.shuffle.partitions=${jobs.shufflePartitions}`,
    ])
      expect(conf).toContain(setting);
  });

  test('all jobs get one manifest, and the zip holds the package at its top', () => {
    // Prepare
    const zip = job('Silver').DefaultArguments['--extra-py-files'] as { 'Fn::Sub': string };

    // Act
    const manifests = new Set(
      ['Silver', 'Gold', 'Sweep', 'Maintain', 'Rebuild'].map((kind) =>
        JSON.stringify(job(kind).DefaultArguments['--manifest']),
      ),
    );
    const folder = /([0-9a-f]{64})\.zip/.exec(zip['Fn::Sub'])?.[1];

    // Assess
    expect(manifests.size).toBe(1);
    expect(readdirSync(join(made.assembly, `asset.${folder}`))).toEqual(['millrace_jobs']);
  });

  test('each batch job has a trigger of its own, by its schedule; the rebuild has none, nor a sweep that finds nothing', () => {
    // Prepare
    const expected = made.manifests.flatMap(({ dataset, partitionFollowsIdentity, schedules }) =>
      [
        ['Gold', schedules.gold],
        ...(partitionFollowsIdentity ? [] : [['Sweep', schedules.sweep]]),
        ['Maintain', schedules.maintain],
      ].map(([kind, schedule]) => ({ id: `${logicalName(dataset)}${kind}`, schedule })),
    );

    // Act
    const triggers = made.templates.Process.findResources('AWS::Glue::Trigger');

    // Assess
    expect(Object.keys(triggers).sort()).toEqual(expected.map(({ id }) => `Trigger${id}`).sort());
    for (const { id, schedule } of expected)
      expect(triggers[`Trigger${id}`]?.Properties).toMatchObject({
        Type: 'SCHEDULED',
        StartOnCreation: true,
        Schedule: schedule,
        Actions: [{ JobName: { Ref: `Job${id}` } }],
      });
  });

  test('only silver and the rebuild enter the VPC and ask Kafka', () => {
    // Prepare
    const kinds = ['Silver', 'Gold', 'Sweep', 'Maintain', 'Rebuild'];

    // Act
    const entering = kinds.filter((kind) => 'Connections' in job(kind));
    const reading = kinds.filter((kind) => roleText(kind).includes('kafka-cluster:'));

    // Assess
    expect(entering).toEqual(['Silver', 'Rebuild']);
    expect(reading).toEqual(['Silver', 'Rebuild']);
  });

  test('silver alone writes to topics, and only to those that its dataset publishes to', async () => {
    // Prepare
    const { templates } = await synthesised(name, [publishing]);
    const resources = resourcesOf(templates.Process);
    const policies = (dataset: string, kind: string) => {
      const properties = resources[`Job${dataset}${kind}`]?.Properties as unknown as JobProperties;
      return JSON.stringify(resources[properties.Role['Fn::GetAtt'][0]]?.Properties.Policies);
    };

    // Act
    const writing = ['Silver', 'Gold', 'Sweep', 'Maintain', 'Rebuild'].filter((kind) =>
      policies('Ware', kind).includes('kafka-cluster:Write'),
    );
    const silver = JSON.parse(policies('Ware', 'Silver')) as {
      PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
    }[];
    const resourcesFor = (action: string) =>
      JSON.stringify(
        silver
          .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
          .filter(({ Action }) => [Action].flat().includes(action))
          .map(({ Resource }) => Resource),
      );
    const topics = resourcesFor('kafka-cluster:WriteData').matchAll(/"\/(ware-[a-z]+)"/g);

    // Assess
    expect(writing).toEqual(['Silver']);
    expect([...topics].map(([, topic]) => topic).sort()).toEqual(['ware-minutes', 'ware-rows']);
    expect(resourcesFor('kafka-cluster:WriteDataIdempotently')).toBe(resourcesFor('kafka-cluster:Connect'));
    expect(policies('Iot', 'Silver')).not.toContain('kafka-cluster:Write');
  });

  test('the rebuild reads bronze, which it never writes, and no checkpoint', () => {
    // Prepare, Act
    const text = roleText('Rebuild');

    // Assess
    expect(text.match(/"s3:DeleteObject"/g)).toHaveLength(1);
    expect(text).toMatch(/Bronze[^}]*}[^}]*\/iot\/\*/);
    expect(text).not.toMatch(/checkpoints|Quarantine|Results|Failures/);
    expect(JSON.stringify(job('Rebuild').DefaultArguments['--bronze'])).toMatch(/"\/iot\/"/);
    expect(job('Rebuild').DefaultArguments).toMatchObject({ '--remake': 'silver' });
    expect(job('Rebuild')).toMatchObject({ MaxRetries: 0 });
  });

  test.each([
    ['Gold', ['iot_p95_daily', 'iot_outliers', 'iot_p95_intraday']],
    ['Silver', ['iot_events', 'iot_rejected', 'iot_minutely']],
    ['Sweep', ['iot_events', 'iot_rejected', 'iot_minutely']],
    ['Rebuild', ['iot_events', 'iot_rejected', 'iot_minutely']],
  ])('%s commits to its own tables alone', (kind, own) => {
    // Prepare, Act
    const policies = JSON.parse(roleText(kind)) as {
      PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
    }[];
    const commits = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes('glue:UpdateTable'));

    // Assess
    const tables = [...JSON.stringify(commits).matchAll(/table\/millrace_\w+?\/(\w+)/g)].map(
      ([, table]) => table,
    );
    expect(tables.sort()).toEqual([...own].sort());
  });

  test('gold exports below the lake, where it alone writes', () => {
    // Prepare, Act
    const place = JSON.stringify(job('Gold').DefaultArguments['--exports']);

    // Assess
    expect(place).toMatch(/\/exports\/iot\/"/);
    expect(roleText('Gold')).toContain('/exports/iot/*');
    expect(roleText('Silver')).not.toContain('exports');
  });

  test('maintenance reaches every table and the landed objects, and no other bucket', () => {
    // Prepare, Act
    const text = roleText('Maintain');

    // Assess
    for (const table of ['iot_events', 'iot_rejected', 'iot_p95_daily', 'iot_minutely'])
      expect(text).toContain(`table/millrace_${name}/${table}`);
    expect(text.match(/"s3:DeleteObject"/g)).toHaveLength(2);
    expect(text).toMatch(/Bronze[^}]*}[^}]*\/iot\/\*/);
    expect(text).toMatch(/Quarantine[^}]*}[^}]*\/iot\/\*/);
    expect(text).not.toMatch(/checkpoints|Results|Failures/);
    for (const layer of ['--bronze', '--quarantine'])
      expect(JSON.stringify(job('Maintain').DefaultArguments[layer])).toMatch(/"\/iot\/"/);
  });
});
