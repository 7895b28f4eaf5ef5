import { beforeAll, describe, expect, test } from 'vitest';
import { stageOf } from '../../lib/stages.ts';
import { resourcesOf, type Synthesised, synthesisedAs, type TemplateResource } from './synthesised.ts';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal: { readonly Service: readonly string[] };
  readonly Action: string | readonly string[];
  readonly Condition: unknown;
}

/** What a resource is made with. */
function propertiesOf(resources: Readonly<Record<string, TemplateResource>>, id: string) {
  const resource = resources[id];
  if (resource === undefined) throw new Error(`no resource ${id}`);
  return resource.Properties;
}

describe.each(['dev', 'prod'] as const)('alerts of %s', (name) => {
  const mail = ['one@example.com', 'two@example.com'];
  let made: Synthesised;
  let resources: Readonly<Record<string, TemplateResource>>;
  beforeAll(async () => {
    const stage = stageOf(name);
    made = await synthesisedAs({ ...stage, alarms: { ...stage.alarms, mail } });
    resources = resourcesOf(made.templates.Alerts);
  });
  const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type);

  test('are told to every mail address of the stage', () => {
    // Prepare, Act
    const subscriptions = ofType('AWS::SNS::Subscription');

    // Assess
    expect(subscriptions.map(({ Properties }) => [Properties.Protocol, Properties.Endpoint])).toEqual(
      mail.map((address) => ['email', address]),
    );
  });

  test('are published by alarms and budgets of this account alone, and by rules of the stage', () => {
    // Prepare
    const [policy, ...others] = ofType('AWS::SNS::TopicPolicy');
    const document = policy?.Properties.PolicyDocument as { Statement: Statement[] };

    // Act
    const allowed = document.Statement.filter(({ Effect }) => Effect === 'Allow');

    // Assess
    expect(others).toEqual([]);
    expect(allowed).toMatchObject([
      {
        Principal: { Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com'] },
        Action: 'sns:Publish',
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
      { Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish' },
    ]);
    const [start, rules = ''] = JSON.stringify(allowed[1]?.Condition).split(':rule/');
    expect(start).toMatch(/^\{"ArnLike":\{"aws:SourceArn":/);
    expect(rules).toMatch(new RegExp(`^millrace-${name}-\\*"`));
    expect(propertiesOf(resources, 'JobFailures').Name).toMatch(new RegExp(`^millrace-${name}-`));
  });

  test('are encrypted with a key that those who publish may use', () => {
    // Prepare
    const { Statement } = propertiesOf(resourcesOf(made.templates.Lake), 'Key').KeyPolicy as {
      Statement: Statement[];
    };

    // Act
    const topic = ofType('AWS::SNS::Topic')[0];
    const users = Statement.flatMap(({ Principal }) => Principal.Service ?? []);

    // Assess
    expect(JSON.stringify(topic?.Properties.KmsMasterKeyId)).toContain('Key');
    expect(users).toEqual(
      expect.arrayContaining(['cloudwatch.amazonaws.com', 'budgets.amazonaws.com', 'events.amazonaws.com']),
    );
  });

  test("tell of the stage's cost, known by a tag that everything bears", () => {
    // Prepare
    const dependencies = resources.Budget?.DependsOn;

    // Act
    const { Budget, NotificationsWithSubscribers } = propertiesOf(resources, 'Budget') as {
      Budget: Record<string, unknown>;
      NotificationsWithSubscribers: { Notification: Record<string, unknown>; Subscribers: unknown[] }[];
    };
    const tags = ofType('AWS::SNS::Topic')[0]?.Properties.Tags;

    // Assess
    expect(Budget).toMatchObject({
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: stageOf(name).budget.usdPerMonth, Unit: 'USD' },
      CostFilters: { TagKeyValue: [`user:millrace$${name}`] },
    });
    expect(tags).toContainEqual({ Key: 'millrace', Value: name });
    expect(
      NotificationsWithSubscribers.map(({ Notification }) => [
        Notification.NotificationType,
        Notification.Threshold,
      ]),
    ).toEqual([
      ['ACTUAL', 80],
      ['ACTUAL', 100],
      ['FORECASTED', 100],
    ]);
    for (const { Subscribers } of NotificationsWithSubscribers)
      expect(Subscribers).toMatchObject([{ SubscriptionType: 'SNS', Address: { Ref: expect.any(String) } }]);
    expect(dependencies).toEqual(expect.arrayContaining([expect.stringContaining('Policy')]));
  });

  test('tell of job runs that fail, and where that cannot be told', () => {
    // Prepare, Act
    const { JobFailures: rule, JobFailuresUntold: untold } = resources;

    // Assess
    expect(rule?.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.glue'],
        detail: { jobName: [{ prefix: `millrace-${name}-` }], state: ['FAILED', 'TIMEOUT'] },
      },
      Targets: [{ InputTransformer: { InputTemplate: expect.stringMatching(/^"Job <job> .*"$/) } }],
    });
    expect(untold?.Properties).toMatchObject({
      MetricName: 'FailedInvocations',
      Dimensions: [{ Name: 'RuleName', Value: rule?.Properties.Name }],
    });
  });

  test('have an action of every alarm, each of which says what to do', () => {
    // Prepare
    const alarms = Object.values(made.templates).flatMap((template) =>
      Object.values(template.findResources('AWS::CloudWatch::Alarm')),
    );

    // Act
    const [silent, mute] = [
      alarms.filter(({ Properties }) => Properties.AlarmActions?.length !== 1),
      alarms.filter(({ Properties }) => (Properties.AlarmDescription ?? '').length < 30),
    ];

    // Assess
    expect(alarms.length).toBeGreaterThan(20);
    expect(silent).toEqual([]);
    expect(mute).toEqual([]);
  });

  test('have names that no two share', () => {
    // Prepare, Act
    const names = Object.values(made.templates).flatMap((template) =>
      Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
        ({ Properties }) => Properties.AlarmName,
      ),
    );

    // Assess
    expect(names.every((one) => typeof one === 'string')).toBe(true);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('job runs of EMR Serverless are known by their application', async () => {
  // Prepare
  const dev = stageOf('dev');
  const runtime = {
    kind: 'emr-serverless',
    workerVcpus: 2,
    workerMemoryGiB: 8,
    executors: 2,
    mostVcpus: 32,
    warmWorkers: 0,
  } as const;

  // Act
  const { templates } = await synthesisedAs({ ...dev, jobs: { ...dev.jobs, runtime } });

  // Assess
  expect(resourcesOf(templates.Alerts).JobFailures).toBeUndefined();
  expect(propertiesOf(resourcesOf(templates.Process), 'JobFailures')).toMatchObject({
    // As the topic's policy has it.
    Name: expect.stringMatching(/^millrace-dev-/),
    EventPattern: {
      source: ['aws.emr-serverless'],
      detail: {
        applicationId: [{ 'Fn::GetAtt': ['EmrApplication', 'ApplicationId'] }],
        state: ['FAILED'],
      },
    },
    Targets: [{ Arn: { 'Fn::ImportValue': expect.stringContaining('alerts') } }],
  });
});
