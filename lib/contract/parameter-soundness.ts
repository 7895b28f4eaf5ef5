import { refusal } from './refusal.ts';
import type { Paging, RestSource } from './source.ts';

/** What the name of a header may be (RFC 9110). */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Checks that what a source says of its requests has names, and that nothing of it takes another's place.
 * @throws MillraceError MR140
 */
export function checkParameters({ url, query, headers, paging, secret }: RestSource, place: string): void {
  const taken = new Set(new URL(url).searchParams.keys());
  const take = (name: string, part: string): void => {
    if (!name.trim()) throw refusal('sourceUnsound', `${place}.${part}`, 'A parameter has no name.');
    if (taken.has(name))
      throw refusal('sourceUnsound', `${place}.${part}`, `There are two parameters \`${name}\`.`);
    taken.add(name);
  };
  for (const name of Object.keys(query)) take(name, 'query');
  for (const name of pagingParameters(paging)) take(name, 'paging');
  if (secret === null) return;
  if ('query' in secret.into) {
    take(secret.into.query, 'secret');
    return;
  }
  const { header } = secret.into;
  if (!HEADER.test(header))
    throw refusal('sourceUnsound', `${place}.secret`, `\`${header}\` is no name of a header.`);
  if (Object.keys(headers).some((name) => name.toLowerCase() === header.toLowerCase()))
    throw refusal('sourceUnsound', `${place}.secret`, `There are two headers \`${header}\`.`);
}

function pagingParameters(paging: Paging | null): string[] {
  switch (paging?.by) {
    case 'offset':
      return [paging.offset, paging.limit];
    case 'page':
      return [paging.page, paging.limit];
    case 'cursor':
      return [paging.cursor];
    default:
      return [];
  }
}
