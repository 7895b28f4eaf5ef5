/** The JSON schemas of a dataset's topics as the schema registry keeps them: every version that ever was, in order. */
import { canonical } from './canonical.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import type { Manifest } from './manifest.ts';
import { publishedSchemasOf } from './publication.ts';

/** By topic, first version first. */
export type SchemaHistory = Readonly<Record<string, readonly JsonSchema[]>>;

/** The schemas of a dataset's topics: of its events, and of what it publishes. */
export function schemasOf(manifest: Manifest): Readonly<Record<string, JsonSchema>> {
  return { [manifest.topic.name]: jsonSchemaOf(manifest), ...publishedSchemasOf(manifest) };
}

/**
 * A history with what is new in the schemas: of each topic, the schema if it says another thing than the last. Nothing
 * is ever taken from it: what is registered cannot be had back. Topics that are gone keep theirs.
 */
export function nextHistory(manifest: Manifest, released: SchemaHistory = {}): SchemaHistory {
  const topics = Object.entries(schemasOf(manifest)).map(([topic, schema]) => {
    const known = Object.hasOwn(released, topic) ? (released[topic] ?? []) : [];
    const last = known.at(-1);
    const same = last !== undefined && canonical(meaning(last)) === canonical(meaning(schema));
    return [topic, same ? known : [...known, schema]] as const;
  });
  return { ...released, ...Object.fromEntries(topics) };
}

/** A schema without its prose: other words alone are no new version. They come with the next one. */
function meaning({ title: _title, description: _description, ...schema }: JsonSchema): JsonSchema {
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null) return schema;
  const fields = Object.entries(properties).map(([name, one]) => [name, meaning(one as JsonSchema)]);
  return { ...schema, properties: Object.fromEntries(fields) };
}

/**
 * What is registered, as text, first version first. The registry takes a text it has for the version that it has, so
 * each says its number: a schema that comes back after another one is a version of its own.
 */
export function definitionsOf(history: readonly JsonSchema[]): string[] {
  return history.map((schema, index) => JSON.stringify({ ...schema, version: index + 1 }));
}
