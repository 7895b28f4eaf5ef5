import { beforeAll, describe, expect, test } from 'vitest';
import { type JobPlan, readPlan } from '../../lambdas/keep-alive/plan.ts';
import { logicalName } from '../../lib/constructs/logical-name.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { checkedStage, type Stage, stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesisedAs, type TemplateResource } from './synthesised.ts';

const { name: _, ...dev } = stageOf('dev');
const stages: Readonly<Record<'glue' | 'emr' | 'pausing', Stage>> = {
  glue: stageOf('dev'),
  pausing: checkedStage('dev', { ...dev, jobs: { ...dev.jobs, mode: 'available-now', triggerSeconds: 300 } }),
  emr: checkedStage('dev', {
    ...dev,
    jobs: {
      ...dev.jobs,
      runtime: {
        kind: 'emr-serverless',
        workerVcpus: 2,
        workerMemoryGiB: 8,
        executors: 3,
        mostVcpus: 32,
        warmWorkers: 3,
      },
    },
  }),
};

/** As EventBridge hands it over, each reference of the template in place of what it stands for. */
function inputText(input: unknown): string {
  if (typeof input === 'string') return input;
  const [[name, value]] = Object.entries(input as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Fn::Join') return (value as [string, unknown[]])[1].map(inputText).join('');
  if (name === 'Fn::Sub') return String(value);
  if (name === 'Fn::GetAtt') return (value as string[]).join('.');
  return String(typeof value === 'string' ? value : inputText(value));
}

interface Scheduled {
  readonly plan: JobPlan;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly target: { readonly RoleArn: unknown; readonly RetryPolicy: unknown; readonly Input: unknown };
}

const made: Partial<Record<keyof typeof stages, Synthesised>> = {};
const resources = (stage: keyof typeof stages): Readonly<Record<string, TemplateResource>> =>
  resourcesOf((made[stage] as Synthesised).templates.Process);
const manifests = (): readonly Manifest[] => (made.glue as Synthesised).manifests;

function scheduled(stage: keyof typeof stages): Readonly<Record<string, Scheduled>> {
  const found = Object.entries(resources(stage)).filter(
    ([, { Type }]) => Type === 'AWS::Scheduler::Schedule',
  );
  return Object.fromEntries(
    found.map(([id, { Properties }]) => {
      const target = Properties.Target as Scheduled['target'];
      return [id, { properties: Properties, target, plan: readPlan(JSON.parse(inputText(target.Input))) }];
    }),
  );
}

interface Role {
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly { readonly Principal: unknown }[] };
  readonly Policies: readonly {
    readonly PolicyDocument: {
      readonly Statement: readonly {
        readonly Action: string | readonly string[];
        readonly Resource: unknown;
        readonly Condition?: unknown;
      }[];
    };
  }[];
}

function roleOf(stage: keyof typeof stages, id: string): Role {
  return resources(stage)[id]?.Properties as unknown as Role;
}
const statementsOf = ({ Policies }: Role) =>
  Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
const actionsOf = (role: Role) => statementsOf(role).flatMap(({ Action }) => [Action].flat());
const roleId = (reference: unknown) => (reference as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];

const kinds = ['silver', 'gold', 'sweep', 'maintain', 'rebuild'] as const;

beforeAll(async () => {
  for (const stage of ['glue', 'emr', 'pausing'] as const) made[stage] = await synthesisedAs(stages[stage]);
}, 300_000);

describe('one description of a job, on both runtimes', () => {
  test.each(kinds)('%s: the same script, arguments and Spark settings', (kind) => {
    for (const { dataset } of manifests()) {
      // Prepare
      const id = `${logicalName(dataset)}${logicalName(kind)}`;
      const job = resources('glue')[`Job${id}`]?.Properties as {
        readonly Command: { readonly ScriptLocation: unknown };
        readonly DefaultArguments: Readonly<Record<string, unknown>>;
      };
      const { emr } = (scheduled('emr')[`Schedule${id}`] as Scheduled).plan;
      const given = emr?.jobDriver.sparkSubmit.entryPointArguments ?? [];
      const [defaults] = emr?.configurationOverrides.applicationConfiguration ?? [];

      // Act
      const ofGlue = Object.fromEntries(
        Object.entries(job.DefaultArguments).map(([name, value]) => [name, inputText(value)]),
      );
      const ofEmr = Object.fromEntries(
        given.flatMap((name, index) => (index % 2 === 0 ? [[name, given[index + 1]]] : [])),
      );
      const settings = (ofGlue['--conf'] ?? '').split(' --conf ').map((one) => {
        const at = one.indexOf('=');
        return [one.slice(0, at), one.slice(at + 1)];
      });

      // Assess
      expect(emr?.jobDriver.sparkSubmit.entryPoint).toBe(inputText(job.Command.ScriptLocation));
      const { '--release': releaseOfGlue, ...own } = Object.fromEntries(
        Object.entries(ofGlue).filter(([name]) => name in ofEmr),
      );
      const { '--release': releaseOfEmr, ...same } = ofEmr;
      expect(own).toEqual(same);
      // What else Glue gets is for Glue itself.
      expect(
        Object.keys(ofGlue)
          .filter((name) => !(name in ofEmr))
          .sort(),
      ).toEqual(
        [
          '--conf',
          '--custom-logGroup-prefix',
          '--datalake-formats',
          '--enable-auto-scaling',
          '--enable-metrics',
          '--enable-observability-metrics',
          '--extra-jars',
          '--extra-py-files',
          '--job-bookmark-option',
          '--job-language',
        ].sort(),
      );
      expect(releaseOfGlue).toMatch(/^[0-9a-f]{16}$/);
      expect(releaseOfEmr).toMatch(/^[0-9a-f]{16}$/);
      expect(settings.length).toBeGreaterThan(5);
      expect(defaults?.classification).toBe('spark-defaults');
      expect(defaults?.properties).toMatchObject(Object.fromEntries(settings));
      expect(defaults?.properties['spark.submit.pyFiles']).toBe(ofGlue['--extra-py-files']);
      expect(defaults?.properties['spark.jars']).toMatch(/^\/usr\/share\/aws\/iceberg\//);
      expect(defaults?.properties['spark.jars']?.split(',').slice(1).join(',')).toBe(ofGlue['--extra-jars']);
    }
  });

  test.each(kinds)('%s: roles of the same reach, which the runtime’s service takes', (kind) => {
    for (const { dataset } of manifests()) {
      // Prepare
      const id = `${logicalName(dataset)}${logicalName(kind)}`;
      const ofGlue = roleOf('glue', roleId(resources('glue')[`Job${id}`]?.Properties.Role));
      const plan = (scheduled('emr')[`Schedule${id}`] as Scheduled).plan;
      const ofEmr = roleOf('emr', plan.emr?.executionRoleArn.split('.')[0] ?? '');
      // By action and resource: the CDK merges statements of one resource.
      const reach = (role: Role) =>
        statementsOf(role)
          .flatMap(({ Action, Resource }) =>
            [Action]
              .flat()
              .flatMap((action) =>
                [Resource].flat().map((resource) => `${action} ${JSON.stringify(resource)}`),
              ),
          )
          .filter((one) => /^(?:s3|kms|glue:(?!GetConnection)|kafka)/.test(one))
          .sort();

      // Act
      const principals = [ofGlue, ofEmr].map((role) => role.AssumeRolePolicyDocument.Statement[0]?.Principal);

      // Assess
      expect(reach(ofEmr)).toEqual(reach(ofGlue));
      expect(reach(ofEmr).length).toBeGreaterThan(10);
      expect(principals).toEqual([
        { Service: 'glue.amazonaws.com' },
        { Service: 'emr-serverless.amazonaws.com' },
      ]);
      expect(
        actionsOf(ofEmr).filter((action) => /^(?:ec2|cloudwatch|glue:GetConnection)/.test(action)),
      ).toEqual([]);
    }
  });
});

describe('EMR Serverless', () => {
  test('one application of the stage, in the VPC, bounded, stopped when idle', () => {
    // Prepare, Act
    const applications = Object.entries(resources('emr')).filter(
      ([, { Type }]) => Type === 'AWS::EMRServerless::Application',
    );

    // Assess
    expect(applications).toHaveLength(1);
    expect(applications[0]?.[0]).toBe('EmrApplication');
    expect(applications[0]?.[1].Properties).toMatchObject({
      Name: 'millrace-dev',
      Type: 'SPARK',
      ReleaseLabel: 'emr-spark-8.1.0',
      Architecture: 'ARM64',
      AutoStartConfiguration: { Enabled: true },
      AutoStopConfiguration: { Enabled: true, IdleTimeoutMinutes: 15 },
      MaximumCapacity: { Cpu: '32 vCPU', Memory: '128 GB' },
      InitialCapacity: [
        { Key: 'Driver', Value: { WorkerCount: 1 } },
        { Key: 'Executor', Value: { WorkerCount: 2 } },
      ],
      SchedulerConfiguration: { MaxConcurrentRuns: 8 },
    });
    expect(applications[0]?.[1].Properties.NetworkConfiguration).toMatchObject({
      SubnetIds: [expect.anything(), expect.anything()],
      SecurityGroupIds: [expect.anything()],
    });
  });

  test('nothing of Glue’s jobs is left', () => {
    // Prepare, Act
    const types = Object.values(resources('emr')).map(({ Type }) => Type);

    // Assess
    expect(types.filter((type) => type.startsWith('AWS::Glue::'))).toEqual([]);
  });

  test('streams are kept, batch jobs come by their schedule, and the others wait to be asked for', () => {
    // Prepare
    const found = scheduled('emr');

    for (const { dataset, schedules, partitionFollowsIdentity } of manifests()) {
      // Act
      const of = (kind: (typeof kinds)[number]) =>
        found[`Schedule${logicalName(dataset)}${logicalName(kind)}`] as Scheduled;
      const expected = {
        silver: 'rate(1 minute)',
        gold: schedules.gold,
        sweep: partitionFollowsIdentity ? undefined : schedules.sweep,
        maintain: schedules.maintain,
        rebuild: undefined,
      };

      // Assess
      for (const kind of kinds) {
        const { properties, plan } = of(kind);
        expect(properties.ScheduleExpression).toBe(expected[kind] ?? 'at(2099-12-31T00:00:00)');
        expect(properties.State).toBe(expected[kind] === undefined ? 'DISABLED' : undefined);
        expect(properties.Name).toBe(plan.job);
        expect(plan).toMatchObject({ dataset, kind, keep: kind === 'silver' ? 'running' : 'once' });
      }
      expect(of('silver').plan.emr).toMatchObject({
        mode: 'STREAMING',
        executionTimeoutMinutes: 0,
        retryPolicy: { maxFailedAttemptsPerHour: 4 },
      });
      expect(of('gold').plan.emr).toMatchObject({
        mode: 'BATCH',
        executionTimeoutMinutes: dev.jobs.batchTimeoutMinutes,
        retryPolicy: { maxAttempts: 2 },
      });
      expect(of('rebuild').plan.emr).toMatchObject({
        executionTimeoutMinutes: dev.jobs.rebuildTimeoutMinutes,
        retryPolicy: { maxAttempts: 1 },
      });
    }
  });

  test('logs go to an encrypted group of the job, and to nothing of EMR’s own', () => {
    // Prepare
    const groups = Object.values(resources('emr')).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');

    for (const { plan } of Object.values(scheduled('emr'))) {
      // Act
      const monitoring = plan.emr?.configurationOverrides.monitoringConfiguration;
      const id = monitoring?.cloudWatchLoggingConfiguration.logGroupName ?? '';
      const group = resources('emr')[id]?.Properties;

      // Assess
      expect(group).toMatchObject({ LogGroupName: `/millrace/dev/${plan.dataset}/${plan.kind}/spark` });
      expect(group?.KmsKeyId).toBeDefined();
      expect(monitoring?.managedPersistenceMonitoringConfiguration).toEqual({ enabled: false });
    }
    expect(groups.every(({ Properties }) => Properties.KmsKeyId !== undefined)).toBe(true);
  });
});

describe('keep-alive', () => {
  test('under Glue it keeps the streams alone, each by a schedule that says what runs', () => {
    // Prepare, Act
    const found = scheduled('glue');

    // Assess
    expect(Object.keys(found).sort()).toEqual(
      manifests()
        .map(({ dataset }) => `Schedule${logicalName(dataset)}Silver`)
        .sort(),
    );
    for (const { plan, properties, target } of Object.values(found)) {
      const id = `Job${logicalName(plan.dataset)}Silver`;
      const job = resources('glue')[id]?.Properties.DefaultArguments as Record<string, unknown>;
      expect(plan).toMatchObject({ runtime: 'glue', kind: 'silver', keep: 'running', pauseSeconds: 0 });
      expect(plan.job).toBe(resources('glue')[id]?.Properties.Name);
      expect(plan.release).toBe(job['--release']);
      expect(plan.state).toMatch(new RegExp(`^s3://.+/progress/${plan.dataset}/silver-release\\.json$`));
      expect(properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)' });
      expect(target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    }
  });

  test('a stream that ends is started again after its pause', () => {
    // Prepare, Act
    const plans = Object.values(scheduled('pausing')).map(({ plan }) => plan);

    // Assess
    expect(plans.map(({ pauseSeconds }) => pauseSeconds)).toEqual(manifests().map(() => 300));
    for (const { dataset } of manifests())
      expect(resources('pausing')[`Job${logicalName(dataset)}Silver`]?.Properties).toMatchObject({
        Timeout: dev.jobs.batchTimeoutMinutes,
      });
  });

  test('a release follows from what a run is made of', () => {
    // Prepare
    const releases = (stage: keyof typeof stages) =>
      Object.fromEntries(Object.entries(scheduled(stage)).map(([id, { plan }]) => [id, plan.release]));

    // Act
    const all = [releases('glue'), releases('pausing'), releases('emr')].map(
      ({ ScheduleIotSilver }) => ScheduleIotSilver,
    );

    // Assess: another mode is another argument, another runtime another size.
    expect(new Set(all).size).toBe(3);
  });

  test.each(['glue', 'emr'] as const)('%s: its role reaches the jobs it keeps, and no others', (stage) => {
    // Prepare
    const [id = ''] = Object.keys(resources(stage)).filter((one) => /^KeepAliveRole/.test(one));
    const statements = statementsOf(roleOf(stage, id));
    const forAction = (action: string) =>
      statements
        .filter(({ Action }) => [Action].flat().includes(action))
        .map(({ Resource }) => JSON.stringify(Resource));

    // Act
    const starts = forAction(stage === 'glue' ? 'glue:StartJobRun' : 'emr-serverless:StartJobRun').join();

    // Assess
    if (stage === 'glue') {
      expect(starts.match(/job\/millrace-dev-\w+-\w+/g)?.sort()).toEqual(
        manifests()
          .map(({ dataset }) => `job/millrace-dev-${dataset}-silver`)
          .sort(),
      );
      expect(forAction('iam:PassRole')).toEqual([]);
    } else {
      expect(starts).toContain('EmrApplication');
      expect(forAction('glue:StartJobRun')).toEqual([]);
      const pass = statements.find(({ Action }) => [Action].flat().includes('iam:PassRole'));
      expect(pass?.Condition).toEqual({
        StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' },
      });
      expect([pass?.Resource].flat()).toHaveLength(kinds.length * manifests().length);
    }
    const written = forAction('s3:PutObject').join();
    for (const { dataset } of manifests())
      expect(written).toContain(`/progress/${dataset}/silver-release.json`);
    expect(
      statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => [Action].flat()),
    ).toEqual(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
  });

  test('each stream has an alarm, which a keep-alive that does not run sets off too', () => {
    // Prepare, Act
    const alarms = Object.entries(resources('glue')).filter(([id]) => id.startsWith('StreamDown'));

    // Assess
    expect(alarms.map(([id]) => id).sort()).toEqual(
      manifests()
        .map(({ dataset }) => `StreamDown${logicalName(dataset)}Silver`)
        .sort(),
    );
    for (const [, { Properties }] of alarms)
      expect(Properties).toMatchObject({
        MetricName: 'StreamDown',
        Namespace: 'Millrace',
        Period: 60,
        EvaluationPeriods: dev.alarms.downMinutes,
        TreatMissingData: 'breaching',
        AlarmActions: [expect.anything()],
      });
  });
});
