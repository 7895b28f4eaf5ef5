import { type AthenaClient, GetNamedQueryCommand, paginateListNamedQueries } from '@aws-sdk/client-athena';
import { MillraceError } from '../../../lib/errors.ts';

export interface NamedQuery {
  readonly name: string;
  readonly database: string;
  readonly sql: string;
}

/** The named query of a workgroup. @throws MillraceError MR703: there is none, with the names that there are */
export async function namedQuery(athena: AthenaClient, workGroup: string, name: string): Promise<NamedQuery> {
  const names: string[] = [];
  for await (const page of paginateListNamedQueries({ client: athena }, { WorkGroup: workGroup })) {
    for (const id of page.NamedQueryIds ?? []) {
      const { NamedQuery: found } = await athena.send(new GetNamedQueryCommand({ NamedQueryId: id }));
      if (found?.Name === name) return { name, database: found.Database ?? '', sql: found.QueryString ?? '' };
      if (found?.Name !== undefined) names.push(found.Name);
    }
  }
  throw new MillraceError('MR703', `there is no named query ${name}`, {
    where: `workgroup ${workGroup}`,
    mend: `name one of: ${names.sort().join(', ') || '(none)'}; or give a statement in SQL`,
  });
}

/** One word is a name; a statement has more. */
export function isName(words: string): boolean {
  return /^[A-Za-z_][\w-]*$/.test(words.trim());
}
