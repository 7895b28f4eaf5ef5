import { AlreadyExistsException, CreateDatabaseCommand, type DatabaseInput } from '@aws-sdk/client-glue';
import { MillraceError } from '../../lib/errors.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** AWS::Glue::Database. */
export const glueDatabase: Provider = {
  needs: ['aws'],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const name = read.inside('DatabaseInput').optionalText('Name') ?? read.optionalText('DatabaseName');
    if (name === undefined) {
      throw new MillraceError('MR405', 'property DatabaseInput.Name must be a string', {
        where: logicalId,
        mend: 'name the database: tables and queries refer to it by its name',
      });
    }
    const input = { ...read.object('DatabaseInput'), Name: name } as unknown as DatabaseInput;
    try {
      await context.clients.glue.send(new CreateDatabaseCommand({ DatabaseInput: input }));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException)) throw error;
    }
    return { id: name, attributes: {} };
  },
};
