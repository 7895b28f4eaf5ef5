import { expect, test } from 'vitest';
import {
  callsInPython,
  callsInTypeScript,
  callsOfFunction,
  modulesOfFunction,
  modulesOfJob,
} from './calls.ts';
import { calling } from './needs.ts';

test('commands, their pages and calls of kafkajs are found in TypeScript', () => {
  // Prepare
  const s3 = `import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
    await s3.send(new PutObjectCommand({})); for await (const page of paginateListObjectsV2({}, {})) use(page);`;
  const kafka = `import { Kafka } from 'kafkajs';
    const admin = kafka.admin(); await admin.fetchTopicOffsets(topic); await admin.disconnect();`;

  // Act, Assess
  expect(callsInTypeScript(s3)).toEqual(['s3 PutObject', 's3 ListObjectsV2']);
  expect(callsInTypeScript(kafka)).toEqual(['kafkajs admin.fetchTopicOffsets']);
  expect(callsInTypeScript('new PartCommand(1)'.replace('Part', 'part'))).toEqual([]);
});

test('a command of which the client cannot be told is refused', () => {
  // Prepare
  const two = `import { A } from '@aws-sdk/client-glue'; import { B } from '@aws-sdk/client-s3'; new GetJobCommand({});`;

  // Act, Assess
  expect(() => callsInTypeScript(two)).toThrow('must import one client');
});

test('calls of boto3 are found in Python', () => {
  // Prepare
  const source = `
import boto3
self._client = client or boto3.client('s3')
self._client.put_object(Bucket=bucket)
pages = self._client.get_paginator('list_objects_v2').paginate(Bucket=bucket)`;

  // Act, Assess
  expect(callsInPython(source)).toEqual(['s3 put_object', 's3 list_objects_v2']);
  expect(callsInPython(`(client or boto3.client('kafka')).get_bootstrap_brokers(ClusterArn=arn)`)).toEqual([
    'kafka get_bootstrap_brokers',
  ]);
  expect(callsInPython('client.anything()')).toEqual([]);
});

test('of a function only modules that its bundle holds count, and those of all that it imports', () => {
  // Act
  const modules = modulesOfFunction('lambdas/produce/index.ts');

  // Assess
  expect(modules).toContain('lambdas/kafka-access/topic-writer.ts');
  // Imported for its types alone.
  expect(modules).not.toContain('lambdas/kafka-access/topic-reader.ts');
  expect(callsOfFunction('lambdas/produce/index.ts')).not.toContain('kafkajs admin.deleteGroups');
});

test('of a job its script counts, and all modules that it imports', () => {
  // Act, Assess
  expect(modulesOfJob('gold')).toEqual(
    expect.arrayContaining(['gold.py', 'millrace_jobs/gold.py', 'millrace_jobs/objects.py']),
  );
});

test('a call that the table of actions does not know is refused', () => {
  expect(() => calling('s3 DeleteBucket', ['Bronze'])).toThrow(
    'actions.ts does not say what s3 DeleteBucket needs',
  );
});
