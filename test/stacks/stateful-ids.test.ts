/**
 * Logical ids of what holds data, as stateful-ids.json has them. CloudFormation knows a resource by its logical id: one
 * that changes is a new resource, made empty, while the old one is deleted, or left behind where the stage retains.
 *
 * `npm run snapshots` adds ids that are new. One that is there is taken away, or given another type, only by hand,
 * together with what moves its data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { resourcesOf, synthesised } from './synthesised.ts';

/** Stack -> logical id -> type. */
type Ids = Readonly<Record<string, Readonly<Record<string, string>>>>;

const file = join(import.meta.dirname, 'stateful-ids.json');

/** Types that hold data, or whose name others lean on: each must say what becomes of it. */
const statefulTypes = new Set([
  'AWS::Glue::Database',
  'AWS::Glue::Registry',
  'AWS::Glue::Schema',
  'AWS::Glue::Table',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::MSK::Cluster',
  'AWS::MSK::Topic',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
]);

/** By name, so that the file does not change with the order in which constructs are made. */
function sorted<V>(record: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function idsOf(templates: Readonly<Record<string, Template>>): Ids {
  const entries = Object.entries(templates).map(([stack, template]) => {
    const resources = Object.entries(resourcesOf(template));
    const held = resources.filter(
      ([, { Type, DeletionPolicy }]) => statefulTypes.has(Type) || DeletionPolicy !== undefined,
    );
    return [stack, sorted(Object.fromEntries(held.map(([id, { Type }]) => [id, Type])))] as const;
  });
  return sorted(Object.fromEntries(entries.filter(([, ids]) => Object.keys(ids).length > 0)));
}

/** What is in `left` and not, or not the same, in `right`. */
function lacking(left: Ids, right: Ids): string[] {
  return Object.entries(left).flatMap(([stack, ids]) =>
    Object.entries(ids).flatMap(([id, type]) =>
      right[stack]?.[id] === type ? [] : [`${stack}: ${type} ${id}`],
    ),
  );
}

/** Both together; the same id counts as `left` has it. */
function united(left: Ids, right: Ids): Ids {
  const stacks = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return sorted(
    Object.fromEntries(stacks.map((stack) => [stack, sorted({ ...right[stack], ...left[stack] })])),
  );
}

/** What becomes of them when they leave the template. */
const policies = { prod: 'RetainExceptOnCreate', dev: 'Delete' } as const;

describe('stateful resources', () => {
  let templates: Readonly<Record<keyof typeof policies, Readonly<Record<string, Template>>>>;
  beforeAll(async () => {
    templates = { prod: (await synthesised('prod')).templates, dev: (await synthesised('dev')).templates };
  }, 240_000);

  test('keep their logical ids, and new ones are pinned', async () => {
    // Prepare
    const pinned = JSON.parse(readFileSync(file, 'utf8')) as Ids;

    // Act
    const ids = idsOf(templates.prod);

    // Assess
    expect(
      lacking(pinned, ids),
      'these would be replaced, and their data lost or left behind: give them back the ids that they have (stateful() in lib/constructs/removal.ts). Where they go on purpose: say in CHANGELOG.md what becomes of the data, then take them out of test/stacks/stateful-ids.json by hand',
    ).toEqual([]);
    await expect(
      `${JSON.stringify(united(pinned, ids), null, 2)}\n`,
      'new ones are not pinned yet: npm run snapshots adds them',
    ).toMatchFileSnapshot(file);
  });

  test('have the same ids in each stage', () => {
    // Act
    const ids = idsOf(templates.dev);

    // Assess
    expect(ids).toEqual(idsOf(templates.prod));
  });

  test.each(Object.entries(policies))('are subject to a policy, in %s %s', (stage, policy) => {
    // Prepare
    const resources = Object.entries(templates[stage as keyof typeof policies]).flatMap(([stack, template]) =>
      Object.entries(resourcesOf(template)).map(([id, resource]) => ({ stack, id, ...resource })),
    );

    // Act
    const wrong = resources.filter(
      ({ Type, DeletionPolicy }) => statefulTypes.has(Type) && DeletionPolicy !== policy,
    );

    // Assess
    expect(wrong.map(({ stack, id }) => `${stack} ${id}`)).toEqual([]);
  });
});
