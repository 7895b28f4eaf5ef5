import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { judged } from '../../bin/setup/checks/findings.ts';
import { findingsOf } from '../../bin/setup/checks/nag.ts';
import { synthesisedVariant } from '../../bin/setup/checks/synthesis.ts';
import { dataset } from '../../lib/contract/dataset.ts';
import { acknowledgements } from '../../lib/stacks/acknowledgements.ts';
import { patients, visitsSql } from '../contract/visits.ts';
import { scratchFolder } from '../stacks/scratch.ts';

test('both packs find what is wrong with a resource', () => {
  // Prepare
  const stack = new Stack(new App({ outdir: scratchFolder() }), 'Wrong');
  new CfnBucket(stack, 'Bucket');

  // Act
  const findings = findingsOf(stack);

  // Assess
  expect(findings).toContainEqual(
    expect.objectContaining({ rule: 'AwsSolutions-S1', path: 'Wrong/Bucket', type: 'AWS::S3::Bucket' }),
  );
  expect(findings.map(({ rule }) => rule)).toContain('NIST.800.53.R5-S3BucketVersioningEnabled');
  expect(judged(findings, acknowledgements).open).toEqual(findings);
});

test('nothing is open of a stage with every option and a dataset with personal data', async () => {
  // Prepare
  const personal = dataset(patients, visitsSql).manifest;

  // Act
  const { app } = await synthesisedVariant('options', join(scratchFolder(), 'options'), [personal]);

  // Assess
  expect(judged(findingsOf(app), acknowledgements).open).toEqual([]);
});
