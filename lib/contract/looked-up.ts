import type { Source } from './source.ts';

/** Names of the reference tables that a source looks into. */
export function lookedUp(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, one] of Object.entries(value)) {
      if (key === 'lookup' && typeof one === 'string') names.add(one);
      look(one);
    }
  };
  look(source.mapping);
  if (source.kind === 'rest') look(source.merge);
  return names;
}
