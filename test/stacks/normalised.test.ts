import { describe, expect, test } from 'vitest';
import { normalised } from './normalised.ts';

const stage = { name: 'dev', account: null, region: null } as const;

describe('normalised', () => {
  test('writes what makes a text as that text, and leaves what makes none', () => {
    // Prepare
    const template = {
      Arn: {
        'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', { 'Fn::GetAtt': ['Bucket', 'Name'] }]],
      },
      Zone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
    };

    // Act
    const short = normalised(template, stage);

    // Assess
    expect(short).toEqual({
      Arn: `arn:\${AWS::Partition}:s3:::\${Bucket.Name}`,
      Zone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
    });
  });

  test('leaves out hashes of content, and what a long text says', () => {
    // Prepare
    const template = { Key: `${'0123456789abcdef'.repeat(4)}.zip`, Text: 'x'.repeat(601) };

    // Act
    const short = normalised(template, stage);

    // Assess
    expect(short).toMatchObject({
      Key: 'ASSET.zip',
      Text: expect.stringMatching(/^601 characters, SHA-256 \w{16}$/),
    });
  });

  test('puts the ARNs of a statement in an order that no hash decides', () => {
    // Prepare
    const assets = ['.py', '.zip'].map((ending) => `${'0123456789abcdef'.repeat(4)}${ending}`);

    // Act
    const either = [assets, assets.toReversed()].map((Resource) => normalised({ Resource }, stage));

    // Assess
    expect(either).toEqual([
      { Resource: ['ASSET.py', 'ASSET.zip'] },
      { Resource: ['ASSET.py', 'ASSET.zip'] },
    ]);
  });

  test('makes the templates of stages comparable', () => {
    // Prepare
    const template = { Name: 'millrace-dev-lake', Tag: 'dev', Word: 'develop', Other: 'millrace-devel' };

    // Act
    const short = normalised(template, stage);

    // Assess
    expect(short).toEqual({
      Name: 'millrace-STAGE-lake',
      Tag: 'STAGE',
      Word: 'develop',
      Other: 'millrace-devel',
    });
  });

  test('makes the template of an account and region comparable with that of any', () => {
    // Prepare
    const somewhere = { ...stage, account: '111122223333', region: 'eu-central-1' };
    const template = { Arn: 'eu-central-1:111122223333', Zone: 'eu-central-1a' };

    // Act
    const short = normalised(template, somewhere);

    // Assess
    expect(short).toEqual({ Arn: `\${AWS::Region}:\${AWS::AccountId}`, Zone: 'eu-central-1a' });
  });
});
