/**
 * What the roles of a synthesised variant are allowed, in the terms of the tables beside this file: names of the stage,
 * the dataset and its tables are written as STAGE, DATASET, SILVER and so on, so that one row holds for all.
 */
import type { App, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { prefixesOf } from '../../lib/constructs/locations.ts';
import { goldTables } from '../../lib/contract/gold-layer.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { publicationsOf } from '../../lib/contract/publication.ts';
import type { Stage } from '../../lib/stages.ts';

export interface Grant {
  readonly action: string;
  /** With the statement's condition, where it has one. */
  readonly on: string;
}

export interface RoleGrants {
  /** Construct path: `Ingest/iot/Role` */
  readonly path: string;
  /** Of the role's dataset; undefined where it serves the whole stage. */
  readonly manifest: Manifest | undefined;
  /** Who may take the role: services, or ARNs; with the condition. */
  readonly trust: readonly string[];
  readonly grants: readonly Grant[];
  /** Managed policies: there should be none. */
  readonly managed: number;
  /** Length of its policies as IAM counts it, estimated: what only AWS knows is taken to be long. */
  readonly characters: number;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: Json };
}
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: Json; readonly Export?: { readonly Name: string } }>
  >;
}

/** Properties that name a resource, by its type; others go by their logical id. */
const nameProperties: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::EMRServerless::Application': 'Name',
};
/** What a resource's ARN is shown as begins so. */
const services: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'lambda:function:',
  'AWS::SQS::Queue': 'sqs:',
  'AWS::Logs::LogGroup': 'logs:log-group:',
  'AWS::SNS::Topic': 'sns:',
};
const standIns: Readonly<Record<string, string>> = {
  'AWS::EC2::Subnet': 'SUBNET',
  'AWS::EC2::SecurityGroup': 'SECURITY_GROUP',
  'AWS::MSK::Cluster': 'kafka:cluster/CLUSTER',
  'AWS::KMS::Key': 'KEY',
};

const pseudoLengths: Readonly<Record<string, number>> = {
  'AWS::Partition': 'aws'.length,
  'AWS::Region': 'ap-southeast-2'.length,
  'AWS::AccountId': 12,
};
/** Of a bucket's or a key's ARN, with a generated name. */
const arnLength = 80;

/** Length of JSON without white space, with everything in it resolved. */
function charactersOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length;
  const commas = (list: readonly unknown[]) => Math.max(0, list.length - 1);
  if (Array.isArray(value))
    return 2 + commas(value) + (value as Json[]).reduce<number>((sum, one) => sum + charactersOf(one), 0);
  const entries = Object.entries(value as Record<string, Json>);
  const [[name, of] = ['', null]] = entries;
  if (name === 'Ref') return pseudoLengths[String(of)] ?? arnLength;
  if (name === 'Fn::Join') {
    const [, parts] = of as readonly [string, readonly Json[]];
    return (
      2 +
      parts.reduce<number>((sum, one) => sum + (typeof one === 'string' ? one.length : charactersOf(one)), 0)
    );
  }
  if (name.startsWith('Fn::')) return arnLength;
  return (
    2 + commas(entries) + entries.reduce((sum, [key, one]) => sum + key.length + 3 + charactersOf(one), 0)
  );
}

/** Makes text of what a template says, as far as ARNs go. */
class Reader {
  private readonly templates: ReadonlyMap<string, Template>;

  constructor(templates: ReadonlyMap<string, Template>) {
    this.templates = templates;
  }

  text(value: Json, template: Template): string {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
    const [[name, of] = ['', null]] = Object.entries(value as Record<string, Json>);
    const list = (Array.isArray(of) ? of : []) as readonly Json[];
    switch (name) {
      case 'Ref':
        return this.named(String(of), template, '');
      case 'Fn::GetAtt':
        return this.named(String(list[0]), template, String(list[1]));
      case 'Fn::Join':
        return (list[1] as readonly Json[]).map((one) => this.text(one, template)).join(String(list[0]));
      case 'Fn::Sub':
        return String(of).replaceAll(/\$\{AWS::(\w+)\}/g, (_, pseudo: string) => `${pseudo}`);
      case 'Fn::ImportValue':
        return this.imported(String(of));
      case 'Fn::Select':
        return JSON.stringify(of).includes(':cluster/') ? 'CLUSTER' : 'SELECTED';
      default:
        throw new Error(`cannot read ${JSON.stringify(value)}`);
    }
  }

  private imported(name: string): string {
    for (const template of this.templates.values())
      for (const { Value, Export } of Object.values(template.Outputs ?? {}))
        if (Export?.Name === name) return this.text(Value, template);
    throw new Error(`nothing exports ${name}`);
  }

  private named(id: string, template: Template, attribute: string): string {
    if (id.startsWith('AWS::')) return id.slice('AWS::'.length);
    const resource = template.Resources[id];
    const type = resource?.Type ?? '';
    const standIn = standIns[type];
    if (standIn !== undefined) return standIn;
    if (type === 'AWS::IAM::Role') return `role: ${resource?.Properties?.Description}`;
    const property = nameProperties[type];
    const name = property === undefined ? undefined : resource?.Properties?.[property];
    const shown = typeof name === 'string' ? name : id;
    const ends = type === 'AWS::Logs::LogGroup' && attribute === 'Arn' ? ':*' : '';
    return attribute === 'Arn' || type === 'AWS::SNS::Topic'
      ? `${services[type] ?? ''}${shown}${ends}`
      : shown;
  }
}

function ofStage({ name, account, region, lake }: Stage): readonly (readonly [string, string])[] {
  const places: [string | null, string][] = [
    [lake.replicaRegion, 'REPLICA_REGION'],
    [region, 'REGION'],
    [account, 'ACCOUNT'],
    ['AccountId', 'ACCOUNT'],
    ['Region', 'REGION'],
  ];
  return [
    [`millrace_${name}`, 'DATABASE'],
    [`millrace-${name}`, 'millrace-STAGE'],
    [`millrace/${name}`, 'millrace/STAGE'],
    ...places.filter((pair): pair is [string, string] => pair[0] !== null),
  ];
}

/** Longest first: a name may begin with another. */
function ofDataset(manifest: Manifest): readonly (readonly [string, string])[] {
  const { dataset, tables } = manifest;
  const windows = manifest.windows.map(({ name }) => name);
  const tableNames: [string, string][] = [
    [tables.silver, 'SILVER'],
    [tables.rejected, 'REJECTED'],
    [tables.bronze, 'BRONZE'],
    [tables.quarantineLanded, 'QUARANTINE'],
    [tables.quarantine, 'QUARANTINE_VIEW'],
    [tables.bronzeDistinct, 'DISTINCT_VIEW'],
    ...goldTables(manifest).map(({ name }): [string, string] => [
      name,
      windows.includes(name) ? 'WINDOW' : 'GOLD',
    ]),
  ];
  const { silver, rejected } = prefixesOf(manifest);
  return [
    [`/${manifest.topic.name}`, '/TOPIC'],
    ...publicationsOf(manifest).map(({ topic }): [string, string] => [`/${topic}`, '/PUBLISHED']),
    [silver, 'silver/SILVER/'],
    [rejected, 'rejected/REJECTED/'],
    ...tableNames.flatMap(([name, role]): [string, string][] => [
      [`DATABASE/${name}`, `DATABASE/${role}`],
      [`gold/${name}/`, `gold/${role}/`],
    ]),
    ...manifest.sources.flatMap((source): [string, string][] =>
      source.kind === 'rest' && source.secret !== null
        ? [[`secret:${source.secret.name}-`, 'secret:SECRET-']]
        : [],
    ),
    ...manifest.sources.flatMap(({ name }): [string, string][] => [
      [`-${name}-`, '-SOURCE-'],
      [`-${name}`, '-SOURCE'],
      [`/${name}.json`, '/SOURCE.json'],
    ]),
    [` ${dataset}`, ' DATASET'],
    [`-${dataset}-`, '-DATASET-'],
    [`/${dataset}/`, '/DATASET/'],
  ].toSorted(([one], [other]) => (other?.length ?? 0) - (one?.length ?? 0)) as [string, string][];
}

function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((sum, [from, to]) => {
    // Names of tables must match whole: one may begin with another.
    const ends = /\w$/.test(from) ? '(?![\\w])' : '';
    return sum.replace(new RegExp(`${from.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}${ends}`, 'g'), to);
  }, text);
}

/** An ARN as the tables write it. */
function shown(arn: string, stage: Stage, manifests: readonly Manifest[]): string {
  const plain = arn
    .replace(/arn:[\w-]+:s3:::cdk-[^/]+\/.+$/, 'ASSET')
    .replace(/^arn:[\w-]+:([\w-]+):[^:]*:[^:]*:/, '$1:')
    .replace(/subnet-[0-9a-f]+/, 'SUBNET')
    .replace(/sg-[0-9a-f]+/, 'SECURITY_GROUP')
    .replace(/^s3:/, '');
  const { kafka } = stage;
  const cluster = kafka.kind === 'existing' ? (kafka.clusterArn.split(':cluster/')[1] ?? '') : '';
  const own = cluster === '' ? plain : plain.replace(cluster, 'CLUSTER');
  return replaced(own, [...ofStage(stage), ...manifests.flatMap(ofDataset)]);
}

/** A value of a condition: an ARN, or text such as a prefix of keys. */
function shownValue(text: string, stage: Stage, manifests: readonly Manifest[]): string {
  return text.startsWith('arn:')
    ? shown(text, stage, manifests)
    : shown(`/${text}`, stage, manifests).slice(1);
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: Json;
  readonly Principal?: { readonly [kind: string]: Json };
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: Json } };
}

const listed = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T];

/** Every role below the app, in the order of the paths. */
export function rolesOf(app: App, stage: Stage, manifests: readonly Manifest[]): RoleGrants[] {
  const assembly = app.synth();
  const templates = new Map(
    assembly.stacks.map((artifact) => [artifact.stackName, artifact.template as Template]),
  );
  const reader = new Reader(templates);
  const roles = app.node.findAll().filter((node): node is CfnRole => node instanceof CfnRole);
  return roles
    .map((role) => {
      const stack: Stack = role.stack;
      const template = templates.get(stack.stackName) as Template;
      const properties = template.Resources[stack.resolve(role.logicalId) as string]?.Properties ?? {};
      const path = role.node.path.replace(/\/Resource$/, '');
      const manifest = ownerOf(path, manifests);
      const named = manifest === undefined ? manifests : [manifest];
      /** Each value that a condition allows on its own: a statement allows as much as one for each of them. */
      const conditions = ({ Condition }: Statement): string[] =>
        Object.entries(Condition ?? {})
          .flatMap(([operator, keys]) =>
            Object.entries(keys).map(([key, value]) => ({ operator, key, value })),
          )
          .reduce<string[]>(
            (sums, { operator, key, value }) =>
              sums.flatMap((sum) =>
                listed<Json>(value).map((one) => {
                  const text = shownValue(reader.text(one, template), stage, named);
                  return `${sum} if ${key}${operator.includes('Like') ? ' like' : ''} ${text}`;
                }),
              ),
            [''],
          );
      const documents = listed(
        properties.Policies as unknown as { PolicyDocument: { Statement: Statement[] } }[],
      );
      const statements = documents.flatMap(({ PolicyDocument }) => listed(PolicyDocument.Statement));
      const trusted = (properties.AssumeRolePolicyDocument as unknown as { Statement: Statement[] })
        .Statement;
      return {
        path,
        manifest,
        trust: trusted.flatMap((statement) =>
          Object.values(statement.Principal ?? {})
            .flatMap((value) => listed<Json>(value as Json))
            .flatMap((value) => {
              const who = shown(reader.text(value, template), stage, named);
              return conditions(statement).map((condition) => `${who}${condition}`);
            }),
        ),
        grants: unique(
          statements.flatMap((statement) =>
            listed(statement.Action).flatMap((action) =>
              listed<Json>(statement.Resource as Json).flatMap((resource) => {
                const place = shown(reader.text(resource, template), stage, named);
                return conditions(statement).map((condition) => ({ action, on: `${place}${condition}` }));
              }),
            ),
          ),
        ),
        characters: documents.reduce(
          (sum, { PolicyDocument }) => sum + charactersOf(PolicyDocument as unknown as Json),
          0,
        ),
        managed: listed(properties.ManagedPolicyArns as readonly Json[] | undefined).length,
      };
    })
    .toSorted((one, other) => one.path.localeCompare(other.path));
}

/** `Ingest/iot/Role`, `Analytics/iot-audit/Role`: the dataset of the longest name that fits. */
function ownerOf(path: string, manifests: readonly Manifest[]): Manifest | undefined {
  return manifests
    .filter(({ dataset }) =>
      path.split('/').some((segment) => segment === dataset || segment.startsWith(`${dataset}-`)),
    )
    .toSorted((one, other) => other.dataset.length - one.dataset.length)[0];
}

function unique(grants: readonly Grant[]): Grant[] {
  return [...new Map(grants.map((grant) => [`${grant.action} ${grant.on}`, grant])).values()].toSorted(
    (one, other) => one.action.localeCompare(other.action) || one.on.localeCompare(other.on),
  );
}
