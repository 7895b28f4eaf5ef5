import { readdirSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { ReferenceFiles } from '../../lib/constructs/reference-files.ts';
import { referenceFolder } from '../../lib/datasets/references.ts';
import { millraceApp } from '../../lib/stacks/millrace.ts';
import { scratchFolder } from '../stacks/scratch.ts';

test('the files of reference tables are assets, and the argument says which is whose', () => {
  // Prepare
  const [file = ''] = readdirSync(referenceFolder);
  const stack = new Stack(millraceApp({ outdir: scratchFolder() }), 'Test');

  // Act
  const none = new ReferenceFiles(stack, 'None', []);
  const { argument, assets } = new ReferenceFiles(stack, 'Two', [
    { name: 'first', file },
    { name: 'second', file },
  ]);

  // Assess
  expect([none.argument, none.assets]).toEqual(['', []]);
  expect(assets).toHaveLength(2);
  expect(argument.split(',').map((one) => one.split('=')[0])).toEqual(['first', 'second']);
  expect(JSON.stringify(stack.resolve(argument))).toMatch(/first=.*s3:\/\/.*,second=.*s3:\/\/.*\.csv/);
});
