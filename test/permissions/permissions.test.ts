import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type SynthesisedVariant, synthesisedVariant } from '../../bin/setup/checks/synthesis.ts';
import type { VariantName } from '../../bin/setup/checks/variants.ts';
import { dataset } from '../../lib/contract/dataset.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { patients, visitsSql } from '../contract/visits.ts';
import { scratchFolder } from '../stacks/scratch.ts';
import { callsFound, callsListed, expectedPairs, pairs } from './expected.ts';
import { rolesOf } from './grants.ts';
import { kindOf, roleKinds } from './roles.ts';

/** Every role is in one of them, and every condition of the table holds in one and fails in another. */
const variants: readonly VariantName[] = ['prod', 'emr-serverless', 'existing', 'options'];
/** IAM's quota of the inline policies of a role, together and without white space. */
const mostCharacters = 10_240;
const synthesised = new Map<VariantName, SynthesisedVariant>();
/** A dataset with personal columns, which no other has. */
const more: Partial<Record<VariantName, readonly Manifest[]>> = {
  options: [dataset(patients, visitsSql).manifest],
};
for (const name of variants)
  synthesised.set(name, await synthesisedVariant(name, join(scratchFolder(), name), more[name]));

const variantOf = (name: VariantName) => synthesised.get(name) as SynthesisedVariant;
const rolesIn = (name: VariantName) => {
  const { app, stage, manifests } = variantOf(name);
  return rolesOf(app, stage, manifests);
};

describe.each(variants)('the roles of %s', (name) => {
  test('are allowed what their table says, no action and no resource more or less', () => {
    // Prepare
    const { stage, manifests } = variantOf(name);

    // Act
    const differences = rolesIn(name).flatMap((role) => {
      const kind = kindOf(role.path);
      if (kind === undefined) return [`${role.path} is in no table: add it to test/permissions/roles.ts`];
      const named = role.manifest === undefined ? manifests : [role.manifest];
      const expected = new Set(expectedPairs(kind, { stage, manifests: named }));
      const granted = new Set(pairs(role.grants));
      return [
        ...[...granted]
          .filter((pair) => !expected.has(pair))
          .map((pair) => `${role.path}: nothing needs ${pair}`),
        ...[...expected]
          .filter((pair) => !granted.has(pair))
          .map((pair) => `${role.path} may not, and must: ${pair}`),
      ];
    });

    // Assess
    expect(differences).toEqual([]);
  });

  test('are taken by whom their table names, and have no policy but their own', () => {
    // Act
    const wrong = rolesIn(name).flatMap(({ path, trust, managed }) => [
      ...trust.filter((who) => !kindOf(path)?.trust.includes(who)).map((who) => `${path}: ${who}`),
      ...(managed > 0 ? [`${path} has managed policies`] : []),
    ]);

    // Assess
    expect(wrong).toEqual([]);
    expect(typesIn(name)).not.toContainEqual(
      expect.stringMatching(
        /^(AWS::IAM::(\w*Policy|User|Group)|Custom::.*|AWS::CloudFormation::CustomResource)$/,
      ),
    );
  });
});

test('no policy is longer than IAM takes it', () => {
  // Act
  const longest = (['prod', 'options'] as const).flatMap((name) =>
    rolesIn(name).map(({ path, characters }) => ({ path, characters })),
  );

  // Assess
  expect(longest.filter(({ characters }) => characters > mostCharacters)).toEqual([]);
});

test('every kind of role is in a variant', () => {
  // Act
  const used = new Set(variants.flatMap((name) => rolesIn(name).map(({ path }) => kindOf(path))));

  // Assess
  expect(roleKinds.filter((kind) => !used.has(kind)).map(({ title }) => title)).toEqual([]);
});

test.each(roleKinds.filter(({ code }) => code !== undefined))(
  'the table of "$title" has every call that its code can make, and no other',
  (kind) => {
    // Act
    const found = callsFound(kind);

    // Assess
    expect(callsListed(kind)).toEqual(found);
  },
);

test('a boundary is laid on every role of a stage that names one, and on none else', () => {
  // Act
  const boundaries = (name: VariantName) =>
    resourcesIn(name)
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .map(({ Properties }) => JSON.stringify(Properties.PermissionsBoundary ?? null));

  // Assess
  expect(boundaries('options').length).toBeGreaterThan(10);
  expect(boundaries('options').filter((one) => !one.includes(':policy/boundary"'))).toEqual([]);
  expect(new Set(boundaries('prod'))).toEqual(new Set(['null']));
});

function resourcesIn(name: VariantName) {
  return variantOf(name)
    .app.synth()
    .stacks.flatMap(({ template }) =>
      Object.values(
        (template as { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> })
          .Resources,
      ),
    );
}

function typesIn(name: VariantName): string[] {
  return resourcesIn(name).map(({ Type }) => Type);
}
