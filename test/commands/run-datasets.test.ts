import { GlueClient, ListJobsCommand } from '@aws-sdk/client-glue';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { datasetsOf } from '../../bin/command/run-datasets.ts';
import type { StagePlace } from '../../bin/command/stage-place.ts';
import { allDatasets } from '../../lib/datasets/index.ts';

const declared = (await allDatasets()).map(({ manifest }) => manifest);

/** A local run that lands these topics, beside resources that are no landing. */
function runOf(...topics: string[]): StagePlace {
  const mapping = (topic: string) => ({
    type: 'AWS::Lambda::EventSourceMapping',
    properties: { Topics: [topic] },
  });
  const resources = {
    ...Object.fromEntries(topics.map((topic) => [`ingest/${topic}`, mapping(topic)])),
    // As of the function that takes what REST sources answered: of a queue, not of a topic.
    'ingest/produce': {
      type: 'AWS::Lambda::EventSourceMapping',
      properties: { EventSourceArn: 'arn:queue' },
    },
    'lake/table': {
      type: 'AWS::Glue::Table',
      properties: { Topics: declared.map(({ topic }) => topic.name) },
    },
  };
  return { local: { state: { resources }, stateDir: '' } } as unknown as StagePlace;
}

describe('the datasets that run', () => {
  it('are on AWS those that are deployed: a stage may lack what is declared', async () => {
    // Prepare
    const [first] = declared;
    const jobs = mockClient(GlueClient);
    jobs.on(ListJobsCommand).resolves({
      JobNames: [`millrace-prod-${first?.dataset}-silver`, 'millrace-dev-iot-gold', 'of-others'],
    });

    // Act
    const found = await datasetsOf({ stage: 'prod', jobs: new GlueClient({}) } as unknown as StagePlace);

    // Assess
    expect(found).toEqual([first]);
  });

  it('are in a local run those that it lands', async () => {
    // Prepare
    const landed = declared.filter(({ dataset }) => dataset !== 'iot');

    // Act
    const found = await datasetsOf(runOf('elsewhere', ...landed.map(({ topic }) => topic.name)));

    // Assess
    expect(landed.length).toBeGreaterThan(0);
    expect(found).toEqual(landed);
  });

  it('are none of a run that lands nothing', async () => {
    // Act
    const found = await datasetsOf(runOf());

    // Assess
    expect(found).toEqual([]);
  });
});
