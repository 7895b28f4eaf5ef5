import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { textOf } from './workflow.ts';

/** CloudFormation's short forms, as the long ones. */
const shortForms = ['Sub', 'Ref', 'If', 'Equals', 'Not', 'GetAtt'].flatMap((name) => {
  const long = (value: unknown) => ({ [name === 'Ref' ? 'Ref' : `Fn::${name}`]: value });
  return [
    { tag: `!${name}`, resolve: (value: string) => long(value) },
    {
      tag: `!${name}`,
      collection: 'seq' as const,
      resolve: (value: unknown) => long((value as { toJSON(): unknown }).toJSON()),
    },
  ];
});

interface Role {
  readonly Properties: {
    readonly AssumeRolePolicyDocument: {
      readonly Statement: readonly { Condition: Record<string, Record<string, unknown>> }[];
    };
    readonly Policies: readonly {
      PolicyDocument: { Statement: readonly { Action: string; Resource: unknown[] }[] };
    }[];
    readonly ManagedPolicyArns?: unknown;
  };
}

const { Resources } = parse(textOf('.github/oidc-role.yaml'), { customTags: shortForms }) as {
  Resources: Record<'DeployRole' | 'DiffRole', Role>;
};

/** Names of the bootstrap's roles that a role may take. */
function taken({ Properties }: Role): string[] {
  const statements = Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  expect(statements.map(({ Action }) => Action)).toEqual(['sts:AssumeRole']);
  expect(Properties.ManagedPolicyArns).toBeUndefined();
  const arns = [...JSON.stringify(statements).matchAll(/role\/cdk-\$\{Qualifier\}-([a-z-]+)-role-/g)];
  expect(JSON.stringify(statements)).not.toContain('*');
  return [...new Set(arns.map(([, name = '']) => name))];
}

describe('the roles of the workflows', () => {
  test.each([
    ['DeployRole', `repo:\${Repository}:environment:\${Stage}`, ['deploy', 'file-publishing', 'lookup']],
    ['DiffRole', `repo:\${Repository}:pull_request`, ['lookup']],
  ] as const)(
    '%s is taken by one subject alone, and takes roles of the bootstrap alone',
    (name, subject, roles) => {
      // Prepare
      const role = Resources[name];

      // Act
      const conditions = role.Properties.AssumeRolePolicyDocument.Statement.map(({ Condition }) => Condition);

      // Assess
      expect(conditions).toEqual([
        {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': { 'Fn::Sub': subject },
          },
        },
      ]);
      expect(taken(role)).toEqual(roles);
    },
  );
});
