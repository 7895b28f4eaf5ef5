import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import {
  BatchStopJobRunCommand,
  GetJobRunsCommand,
  GetTriggersCommand,
  GlueClient,
  ListJobsCommand,
} from '@aws-sdk/client-glue';
import {
  LambdaClient,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { destroyStage, type Hands } from '../../../bin/command/destroy/destroy-stage.ts';
import { checkedStage, type Stage, stageOf } from '../../../lib/stages.ts';

const ACCOUNT = '123456789012';
const cloudFormation = mockClient(CloudFormationClient);
const s3 = mockClient(S3Client);
const glue = mockClient(GlueClient);
const lambda = mockClient(LambdaClient);
/** What was done, in its order. */
let done: string[] = [];

function stack(name: string, more: Partial<Stack> = {}, region = 'eu-central-1'): Stack {
  return {
    StackName: name,
    StackId: `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${name}/0`,
    CreationTime: new Date(0),
    StackStatus: 'CREATE_COMPLETE',
    ...more,
  };
}

const lake = stack('millrace-dev-lake', {
  Outputs: [
    { OutputKey: 'DatabaseName', OutputValue: 'millrace_dev' },
    { OutputKey: 'AccessLogsBucketName', OutputValue: 'logs' },
    { OutputKey: 'BronzeBucketName', OutputValue: 'bronze' },
  ],
});
const ingest = stack('millrace-dev-ingest', {
  Outputs: [{ OutputKey: 'OtherBucketName', OutputValue: 'not-of-the-lake' }],
});

function hands(more: Partial<Hands> = {}): Hands {
  return {
    cloudFormation: (region) => new CloudFormationClient({ region: region ?? 'eu-central-1' }),
    s3: (region) => new S3Client({ region }),
    glue: (region) => new GlueClient({ region }),
    emrServerless: (region) => new EMRServerlessClient({ region }),
    lambda: (region) => new LambdaClient({ region }),
    cdk: async (stacks) => {
      done.push(`cdk destroy ${stacks.join(' ')}`);
    },
    confirm: async (text) => {
      done.push(`asked: ${text}`);
    },
    tell: () => undefined,
    sleep: async () => undefined,
    ...more,
  };
}

function deployed(...stacks: readonly Stack[]): void {
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [...stacks] });
}

beforeEach(() => {
  done = [];
  cloudFormation.reset();
  s3.reset();
  glue.reset();
  glue.on(ListJobsCommand).resolves({}).on(GetTriggersCommand).resolves({});
  lambda.reset();
  lambda
    .on(PutFunctionConcurrencyCommand)
    .rejects(new ResourceNotFoundException({ message: 'no such function', $metadata: {} }));
  s3.on(DeleteBucketPolicyCommand).callsFake(({ Bucket }) => {
    done.push(`policy of ${Bucket}`);
    return {};
  });
  s3.on(ListObjectVersionsCommand).callsFake(({ Bucket }) => {
    const emptied = done.includes(`objects of ${Bucket}`);
    return emptied ? {} : { Versions: [{ Key: 'a', VersionId: '1' }] };
  });
  s3.on(DeleteObjectsCommand).callsFake(({ Bucket }) => {
    done.push(`objects of ${Bucket}`);
    return {};
  });
  s3.on(ListMultipartUploadsCommand).resolves({});
});

describe('a stage that may be destroyed', () => {
  test('loses first what writes, then what is in its buckets, then the rest; the access logs last', async () => {
    // Prepare
    deployed(
      lake,
      ingest,
      stack('millrace-dev-network'),
      stack('millrace-devious-lake'),
      stack('millrace-dev-eu-lake'),
      stack('millrace-dev-dashboards'),
      stack('millrace-dev-replica'),
      stack('CDKToolkit'),
    );

    // Act
    const destroyed = await destroyStage(stageOf('dev'), hands());

    // Assess
    expect(done.slice(1)).toEqual([
      'cdk destroy Ingest Network',
      'policy of logs',
      'objects of bronze',
      'objects of logs',
      'cdk destroy --all',
    ]);
    expect(destroyed).toEqual({
      stage: 'dev',
      stacks: ['millrace-dev-lake', 'millrace-dev-ingest', 'millrace-dev-network'],
      buckets: [
        { bucket: 'bronze', versions: 1, uploads: 0 },
        { bucket: 'logs', versions: 1, uploads: 0 },
      ],
    });
  });

  test('has its runs end before the stacks go that they need', async () => {
    // Prepare
    deployed(lake, ingest);
    glue.on(ListJobsCommand).resolves({ JobNames: ['millrace-dev-iot-silver'] });
    glue.on(GetJobRunsCommand).callsFake(() => {
      const JobRunState = done.includes('stop jr_1') ? 'STOPPED' : 'RUNNING';
      done.push(JobRunState);
      return { JobRuns: [{ Id: 'jr_1', JobRunState }] };
    });
    glue.on(BatchStopJobRunCommand).callsFake(({ JobRunIds }) => {
      done.push(`stop ${JobRunIds.join()}`);
      return {};
    });

    // Act
    await destroyStage(stageOf('dev'), hands());

    // Assess
    expect(done.slice(1, 5)).toEqual(['RUNNING', 'stop jr_1', 'STOPPED', 'cdk destroy Ingest']);
  });

  test('keeps its stacks where a run cannot be stopped', async () => {
    // Prepare
    deployed(lake, ingest);
    glue.on(ListJobsCommand).rejects(new Error('not authorized'));

    // Act
    const act = destroyStage(stageOf('dev'), hands());

    // Assess
    await expect(act).rejects.toThrow('not authorized');
    expect(done).toHaveLength(1);
  });

  test('says what it deletes before it asks', async () => {
    // Prepare
    deployed(lake, ingest);

    // Act
    await destroyStage(stageOf('dev'), hands());

    // Assess
    expect(done[0]).toBe(
      [
        'asked: stage dev is deleted, with all its data:',
        '  millrace-dev-lake (123456789012, eu-central-1)',
        '    s3://logs: all objects',
        '    s3://bronze: all objects',
        '  millrace-dev-ingest (123456789012, eu-central-1)\n',
      ].join('\n'),
    );
  });

  test('is left as it is where the answer is another', async () => {
    // Prepare
    deployed(lake, ingest);
    const confirm = async () => {
      throw new Error('no');
    };

    // Act
    const act = destroyStage(stageOf('dev'), hands({ confirm }));

    // Assess
    await expect(act).rejects.toThrow('no');
    expect(done).toEqual([]);
  });

  test('that is gone already is no error, and nobody is asked', async () => {
    // Prepare
    deployed();

    // Act
    const destroyed = await destroyStage(stageOf('dev'), hands());

    // Assess
    expect(destroyed).toEqual({ stage: 'dev', stacks: [], buckets: [] });
    expect(done).toEqual([]);
  });

  test('goes on where it was broken off: only the lake is left', async () => {
    // Prepare
    deployed(lake);

    // Act
    await destroyStage(stageOf('dev'), hands());

    // Assess
    expect(done.slice(1)[0]).toBe('policy of logs');
    expect(done.at(-1)).toBe('cdk destroy --all');
  });

  test('has its copy in another region emptied there', async () => {
    // Prepare
    const { name, ...settings } = stageOf('dev');
    const stage = checkedStage(name, {
      ...settings,
      account: ACCOUNT,
      region: 'eu-central-1',
      lake: { ...settings.lake, replicaRegion: 'eu-west-1' },
    });
    const copy = stack(
      'millrace-dev-replica',
      { Outputs: [{ OutputKey: 'BronzeReplicaBucketName', OutputValue: 'copy' }] },
      'eu-west-1',
    );
    const regions: string[] = [];

    // Act
    cloudFormation
      .on(DescribeStacksCommand)
      .resolvesOnce({ Stacks: [lake] })
      // The stage was deployed in the region of the copy once.
      .resolvesOnce({ Stacks: [copy, { ...lake, StackId: lake.StackId?.replace('central', 'west') }] });
    const { stacks } = await destroyStage(
      stage,
      hands({
        s3: (region) => {
          regions.push(region);
          return new S3Client({ region });
        },
      }),
    );

    // Assess
    expect(regions).toEqual(['eu-central-1', 'eu-west-1']);
    expect(stacks).toEqual(['millrace-dev-lake', 'millrace-dev-replica']);
    expect(done).toContain('objects of copy');
  });
});

describe('a stage is refused', () => {
  const dev = stageOf('dev');
  const elsewhere: Stage = { ...dev, account: '210987654321', region: 'eu-central-1' };

  test('that keeps its data, before AWS is asked anything', async () => {
    // Act
    const act = destroyStage(stageOf('prod'), hands());

    // Assess
    await expect(act).rejects.toMatchObject({
      code: 'MR721',
      mend: expect.stringContaining('docs/operations.md'),
    });
    expect(cloudFormation.calls()).toEqual([]);
  });

  test.each([
    ['was deployed as one that keeps its data', dev, { EnableTerminationProtection: true }, 'MR721'],
    ['is for another account than the stacks are in', elsewhere, {}, 'MR725'],
  ])('that %s', async (_what, stage, more, code) => {
    // Prepare
    deployed({ ...lake, ...more });

    // Act
    const act = destroyStage(stage, hands());

    // Assess
    await expect(act).rejects.toMatchObject({ code });
    expect(done).toEqual([]);
  });

  test('that does not answer', async () => {
    // Prepare
    cloudFormation.on(DescribeStacksCommand).rejects(new Error('Region is missing'));

    // Act
    const act = destroyStage(dev, hands());

    // Assess
    await expect(act).rejects.toMatchObject({ code: 'MR514' });
  });
});
