// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the form of Fn::Sub
import { describe, expect, it } from 'vitest';
import type { Assembly, Stack } from '../../../localstack/template/assembly.ts';
import type { Pseudo } from '../../../localstack/template/intrinsics.ts';
import { makePlan } from '../../../localstack/template/plan.ts';
import type { Template } from '../../../localstack/template/template.ts';

const pseudo: Pseudo = { region: 'r', account: 'a', partition: 'aws', urlSuffix: 'u', zones: [] };
const any = () => true;

function assembly(...stacks: [id: string, template: Template, dependencies?: string[]][]): Assembly {
  return {
    directory: '/nowhere',
    assets: [],
    stacks: stacks.map(
      ([id, template, dependencies = []]): Stack => ({ id, name: `name-${id}`, template, dependencies }),
    ),
  };
}

describe('makePlan', () => {
  it('orders by references, DependsOn and the order of the stacks', () => {
    // Prepare
    const app = assembly(
      [
        'One',
        {
          Resources: {
            Query: { Type: 'Q', Properties: { Text: { 'Fn::Sub': '${Table}' } } },
            Table: { Type: 'T', DependsOn: 'Database' },
            Database: { Type: 'D' },
          },
        },
      ],
      ['Two', { Resources: { Alone: { Type: 'A' } } }, ['One']],
    );

    // Act
    const { steps } = makePlan(app, pseudo, any);

    // Assess
    expect(steps.map((step) => step.key)).toEqual(['One/Database', 'One/Table', 'One/Query', 'Two/Alone']);
    expect(steps.at(-1)?.after).toEqual(['One/Query', 'One/Table', 'One/Database']);
  });

  it('waits for what another stack exports', () => {
    // Prepare: no declared dependency between the stacks, only the import
    const app = assembly(
      [
        'User',
        { Resources: { Job: { Type: 'J', Properties: { Arn: { 'Fn::ImportValue': 'Owner:Out' } } } } },
      ],
      [
        'Owner',
        {
          Resources: { Cluster: { Type: 'C' } },
          Outputs: { Out: { Value: { Ref: 'Cluster' }, Export: { Name: { 'Fn::Sub': 'Owner:Out' } } } },
        },
      ],
    );

    // Act
    const { steps } = makePlan(app, pseudo, any);

    // Assess
    expect(steps.map((step) => step.key)).toEqual(['Owner/Cluster', 'User/Job']);
  });

  it('leaves out what its condition leaves out', () => {
    // Prepare
    const app = assembly([
      'One',
      {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: {
          Gone: { Type: 'Unheard::Of', Condition: 'Never' },
          Kept: { Type: 'K', DependsOn: ['Gone'] },
        },
      },
    ]);

    // Act
    const { steps } = makePlan(app, pseudo, (type) => type === 'K');

    // Assess
    expect(steps).toEqual([expect.objectContaining({ key: 'One/Kept', after: [] })]);
  });

  it('stops at unknown types and names every one of them', () => {
    // Prepare
    const app = assembly(
      ['One', { Resources: { A: { Type: 'AWS::New::Thing' }, B: { Type: 'Known' } } }],
      ['Two', { Resources: { C: { Type: 'AWS::Other::Thing' } } }],
    );

    // Act
    const act = () => makePlan(app, pseudo, (type) => type === 'Known');

    // Assess
    expect(act).toThrow(
      expect.objectContaining({ code: 'MR403', where: 'One/A (AWS::New::Thing), Two/C (AWS::Other::Thing)' }),
    );
  });

  it.each<[string, Template]>([
    ['a resource', { Resources: { A: { Type: 'T', Properties: { B: { Ref: 'Missing' } } } } }],
    [
      'an attribute',
      { Resources: { A: { Type: 'T', Properties: { B: [{ 'Fn::GetAtt': ['Missing', 'Arn'] }] } } } },
    ],
    ['an export', { Resources: { A: { Type: 'T', Properties: { B: { 'Fn::ImportValue': 'Missing' } } } } }],
  ])('refuses a reference to %s that is not there', (_name, template) => {
    // Act
    const act = () => makePlan(assembly(['One', template]), pseudo, any);

    // Assess
    expect(act).toThrow(
      expect.objectContaining({ code: 'MR404', where: 'One/A', message: expect.stringContaining('Missing') }),
    );
  });

  it('finds resources that wait for each other', () => {
    // Prepare
    const app = assembly([
      'One',
      { Resources: { A: { Type: 'T', Properties: { B: { Ref: 'B' } } }, B: { Type: 'T', DependsOn: 'A' } } },
    ]);

    // Act
    const act = () => makePlan(app, pseudo, any);

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR402', where: 'One/A -> One/B -> One/A' }));
  });
});
