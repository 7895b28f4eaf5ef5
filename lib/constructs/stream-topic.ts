import { CfnTopic } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { TopicSettings } from '../contract/topic-settings.ts';
import type { Stage } from '../stages.ts';
import { logicalName } from './logical-name.ts';
import { stateful } from './removal.ts';
import { stageTopicConfigs } from './stream-settings.ts';

export interface StreamTopicProps {
  readonly stage: Stage;
  readonly clusterArn: string;
  readonly settings: TopicSettings;
}

/** MSK takes a topic's configuration as the base64 of a JSON object of strings. */
export function encodedConfigs(configs: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(configs)).toString('base64');
}

/** A topic of a dataset. */
export class StreamTopic extends Construct {
  constructor(scope: Construct, id: string, props: StreamTopicProps) {
    super(scope, id);
    const { stage, settings } = props;
    const topic = new CfnTopic(this, 'Topic', {
      clusterArn: props.clusterArn,
      topicName: settings.name,
      partitionCount: settings.partitions,
      replicationFactor: stage.topics.replication,
      configs: encodedConfigs({ ...settings.configs, ...stageTopicConfigs(stage) }),
    });
    stateful(topic, `Topic${logicalName(settings.name)}`, stage);
  }
}
