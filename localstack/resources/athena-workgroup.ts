import type { AthenaClient } from '@aws-sdk/client-athena';
import {
  CreateWorkGroupCommand,
  GetWorkGroupCommand,
  UpdateWorkGroupCommand,
  type WorkGroupConfiguration,
} from '@aws-sdk/client-athena';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

async function exists(athena: AthenaClient, name: string): Promise<boolean> {
  try {
    await athena.send(new GetWorkGroupCommand({ WorkGroup: name }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidRequestException') return false;
    throw error;
  }
}

/** AWS::Athena::WorkGroup, with its enforced settings. */
export const athenaWorkGroup: Provider = {
  needs: ['athena'],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const name = read.text('Name');
    const description = read.optionalText('Description');
    const configuration = read.object('WorkGroupConfiguration') as unknown as WorkGroupConfiguration;
    const { athena } = context.clients;
    if (await exists(athena, name)) {
      // Same members under the same names: an update takes the whole configuration as its updates.
      const input = { WorkGroup: name, ConfigurationUpdates: configuration };
      await athena.send(
        new UpdateWorkGroupCommand({
          ...input,
          ...(description === undefined ? {} : { Description: description }),
        }),
      );
    } else {
      const input = { Name: name, Configuration: configuration };
      await athena.send(
        new CreateWorkGroupCommand({
          ...input,
          ...(description === undefined ? {} : { Description: description }),
        }),
      );
    }
    return {
      id: name,
      attributes: {
        CreationTime: '0',
        'WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion': 'Athena engine version 3',
      },
    };
  },
};
