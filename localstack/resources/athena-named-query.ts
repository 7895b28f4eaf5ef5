import {
  type AthenaClient,
  BatchGetNamedQueryCommand,
  CreateNamedQueryCommand,
  DeleteNamedQueryCommand,
  type NamedQuery,
  paginateListNamedQueries,
} from '@aws-sdk/client-athena';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

async function findByName(
  athena: AthenaClient,
  workGroup: string,
  name: string,
): Promise<NamedQuery | undefined> {
  for await (const page of paginateListNamedQueries({ client: athena }, { WorkGroup: workGroup })) {
    const ids = page.NamedQueryIds ?? [];
    if (ids.length === 0) continue;
    const { NamedQueries = [] } = await athena.send(new BatchGetNamedQueryCommand({ NamedQueryIds: ids }));
    const found = NamedQueries.find((query) => query.Name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** AWS::Athena::NamedQuery. */
export const athenaNamedQuery: Provider = {
  needs: ['athena'],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const { athena } = context.clients;
    const query = {
      Name: read.optionalText('Name') ?? logicalId,
      Database: read.text('Database'),
      QueryString: read.text('QueryString'),
      WorkGroup: read.optionalText('WorkGroup') ?? 'primary',
      ...(read.optionalText('Description') === undefined ? {} : { Description: read.text('Description') }),
    };
    const before = await findByName(athena, query.WorkGroup, query.Name);
    const same = before?.QueryString === query.QueryString && before.Database === query.Database;
    let id = same ? before?.NamedQueryId : undefined;
    if (id === undefined) {
      // As CloudFormation: a changed named query is replaced.
      if (before?.NamedQueryId !== undefined) {
        await athena.send(new DeleteNamedQueryCommand({ NamedQueryId: before.NamedQueryId }));
      }
      id = (await athena.send(new CreateNamedQueryCommand(query))).NamedQueryId ?? '';
    }
    return { id, attributes: { NamedQueryId: id } };
  },
};
