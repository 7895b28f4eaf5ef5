import type { IHeaders } from 'kafkajs';

/**
 * Headers as kafkajs takes them, with two losses: it has no null values, so a null one becomes empty; and it has one
 * list a name, so headers of one name stand together, at the place of the first.
 */
export function kafkaHeaders(pairs: readonly (readonly [string, Buffer | null])[]): IHeaders {
  const headers: Record<string, Buffer[]> = Object.create(null);
  for (const [name, value] of pairs) {
    headers[name] ??= [];
    headers[name].push(value ?? Buffer.alloc(0));
  }
  return headers;
}
