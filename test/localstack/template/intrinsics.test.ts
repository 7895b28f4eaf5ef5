// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the form of Fn::Sub
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds, type Pseudo, resolve, type Scope } from '../../../localstack/template/intrinsics.ts';
import type { Json, Template } from '../../../localstack/template/template.ts';

const pseudo: Pseudo = {
  region: 'eu-west-1',
  account: '111122223333',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  zones: ['eu-west-1a', 'eu-west-1b'],
};

const template: Template = {
  Parameters: {
    BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
    Needed: { Type: 'String' },
  },
  Mappings: { Sizes: { dev: { heap: 512 } } },
  Conditions: {
    InIreland: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
    Elsewhere: { 'Fn::Not': [{ Condition: 'InIreland' }] },
    Both: { 'Fn::And': [{ Condition: 'InIreland' }, { Condition: 'Elsewhere' }] },
    Either: { 'Fn::Or': [{ Condition: 'InIreland' }, { Condition: 'Elsewhere' }] },
  },
};

function scope(): Scope {
  const refs: Record<string, Json> = { Bucket: 'my-bucket' };
  const attributes: Record<string, Json> = {
    'Bucket.Arn': 'arn:aws:s3:::my-bucket',
    'Api.Nested.Name': 'deep',
  };
  return {
    stack: { id: 'Lake', name: 'millrace-dev-lake' },
    template,
    pseudo,
    ref: (id) => refs[id],
    attribute: (id, name) => attributes[`${id}.${name}`],
    imported: (name) => (name === 'Stream:Topic' ? 'iot-events' : undefined),
  };
}

const value = (expression: Json): Json => resolve(expression, scope(), 'Some/Place');

describe('intrinsic functions', () => {
  it.each<[string, Json, Json]>([
    ['Ref of a resource', { Ref: 'Bucket' }, 'my-bucket'],
    ['Ref of a parameter', { Ref: 'BootstrapVersion' }, '/cdk-bootstrap/version'],
    [
      'pseudo parameters',
      { 'Fn::Join': ['-', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }]] },
      'eu-west-1-111122223333',
    ],
    ['the stack name', { Ref: 'AWS::StackName' }, 'millrace-dev-lake'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::my-bucket'],
    ['GetAtt as a string', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::my-bucket'],
    ['GetAtt with a dotted attribute', { 'Fn::GetAtt': ['Api', 'Nested.Name'] }, 'deep'],
    [
      'Sub',
      { 'Fn::Sub': '${Bucket}/${Bucket.Arn}/${AWS::Region}/${!Literal}' },
      'my-bucket/arn:aws:s3:::my-bucket/eu-west-1/${Literal}',
    ],
    [
      'Sub with variables',
      { 'Fn::Sub': ['${Bucket}:${own}', { own: { Ref: 'AWS::Partition' } }] },
      'my-bucket:aws',
    ],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': ['-', { Ref: 'Bucket' }] }] }, 'bucket'],
    ['Base64', { 'Fn::Base64': 'é' }, 'w6k='],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', 'dev', 'heap'] }, 512],
    ['If, then', { 'Fn::If': ['InIreland', 'yes', 'no'] }, 'yes'],
    ['If, else', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
    ['ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'Stream:Topic' } }, 'iot-events'],
    ['GetAZs', { 'Fn::Select': ['1', { 'Fn::GetAZs': '' }] }, 'eu-west-1b'],
    ['Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, 8] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['Length', { 'Fn::Length': ['a', 'b'] }, 2],
    ['ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Bucket' } } }, '{"a":"my-bucket"}'],
    ['NoValue in an object', { kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    ['NoValue in a list', ['a', { 'Fn::If': ['Either', { Ref: 'AWS::NoValue' }, 'b'] }], ['a']],
    [
      'a policy condition, which is data',
      { Condition: { StringEquals: { a: 'b' } } },
      { Condition: { StringEquals: { a: 'b' } } },
    ],
  ])('gives %s', (_name, expression, expected) => {
    // Act
    const result = value(expression);

    // Assess
    expect(result).toEqual(expected);
  });

  it.each<[string, Json]>([
    ['an unknown resource', { Ref: 'Nobody' }],
    ['an unknown attribute', { 'Fn::GetAtt': ['Bucket', 'Nothing'] }],
    ['an unknown export', { 'Fn::ImportValue': 'Nowhere' }],
    ['an unknown map', { 'Fn::FindInMap': ['Sizes', 'prod', 'heap'] }],
    ['an unknown function', { 'Fn::Transform': {} }],
    ['a parameter without a value', { Ref: 'Needed' }],
    ['a selection beyond the list', { 'Fn::Select': [5, ['a']] }],
    ['NoValue alone', { Ref: 'AWS::NoValue' }],
    ['an inner unknown', { 'Fn::Sub': '${Nobody.Arn}' }],
    ['a list inside a text', { 'Fn::Sub': '${AWS::NotificationARNs}' }],
    ['a network too small', { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] }],
  ])('refuses %s and says where', (_name, expression) => {
    // Act
    const act = () => value(expression);

    // Assess
    expect(act).toThrow(
      expect.objectContaining({ code: 'MR404', where: expect.stringMatching(/^Lake\/Some\/Place/) }),
    );
  });

  it('decides conditions, which may name one another', () => {
    // Act
    const held = ['InIreland', 'Elsewhere', 'Both', 'Either'].map((name) => holds(name, scope()));

    // Assess
    expect(held).toEqual([true, false, false, true]);
    expect(holds(undefined, scope())).toBe(true);
  });

  it('leaves plain data as it is', () => {
    const plain = fc
      .jsonValue({ maxDepth: 4 })
      .filter((data) => !JSON.stringify(data).match(/"(Ref|Condition|Fn::)/));
    fc.assert(
      fc.property(plain, (data) => {
        // Act
        const result = value(data as Json);

        // Assess
        expect(JSON.stringify(result)).toBe(JSON.stringify(data));
      }),
    );
  });

  it('joins what it splits', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ minLength: 1 }).filter((part) => !part.includes('|')),
          { minLength: 1 },
        ),
        (parts) => {
          // Act
          const split = value({ 'Fn::Split': ['|', { 'Fn::Join': ['|', parts] }] });

          // Assess
          expect(split).toEqual(parts);
        },
      ),
    );
  });
});
