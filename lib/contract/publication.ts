import { type DatasetForm, maxMessageBytesOf, type PublicationForm } from './form.ts';
import { type JsonSchema, TIMESTAMP_PATTERN } from './json-schema.ts';
import type { Column, ColumnType, Field, Manifest, Publication } from './manifest.ts';
import { refusal } from './refusal.ts';
import { checkTopicName } from './soundness-names.ts';

/** A row of names, derived values and numbers in full beside an event's own: more than any contract's columns come to. */
const ROW_BYTES = 65_536;

/** A publication in full; null for none. */
export function publicationOf(form: PublicationForm | undefined, dataset: DatasetForm): Publication | null {
  if (form === undefined) return null;
  const { partitions, retentionHours } = dataset.topic;
  // Texts and times are as long as in the event; numbers and the names of columns may be longer.
  return { partitions, retentionHours, ...form, maxMessageBytes: 2 * maxMessageBytesOf(dataset) + ROW_BYTES };
}

/** What a dataset publishes: silver, then windows. */
export function publicationsOf({ publish, windows }: Pick<Manifest, 'publish' | 'windows'>): Publication[] {
  return [publish, ...windows.map((window) => window.publish)].filter((one) => one !== null);
}

/**
 * Checks that each published table has a topic of its own, keyed by a text that is never null.
 * @throws MillraceError MR120, MR121, MR150, MR151
 */
export function checkPublications(form: DatasetForm, fields: readonly Field[]): void {
  const texts = fields.filter(({ type, required }) => type === 'string' && required);
  const names = texts.map(({ column }) => column);
  const taken = new Set([form.topic.name]);
  const check = (publish: PublicationForm | undefined, place: string, keys: readonly string[]): void => {
    if (publish === undefined) return;
    const { topic, key, partitions = 1, retentionHours = 1 } = publish;
    checkTopicName(topic, `${place}.topic`);
    if (taken.has(topic)) throw refusal('publicationClash', `${place}.topic`, `\`${topic}\` is taken.`);
    taken.add(topic);
    if (!keys.includes(key))
      throw refusal('publicationKeyUnfit', `${place}.key`, `\`${key}\` cannot key the messages.`);
    checkWhole(partitions, 1000, `${place}.partitions`);
    checkWhole(retentionHours, 8760, `${place}.retentionHours`);
  };
  check(form.publish, `${form.name}.publish`, names);
  for (const { name, key, publish } of form.windows ?? [])
    check(
      publish,
      `${form.name}.windows.${name}.publish`,
      key.filter((one) => names.includes(one)),
    );
}

function checkWhole(value: number, most: number, place: string): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= most))
    throw refusal('settingUnsound', place, `${value} is not a whole number of 1 to ${most}.`);
}

const PUBLISHED: Readonly<Record<Exclude<ColumnType, 'binary'>, JsonSchema>> = {
  string: { type: ['string', 'null'] },
  double: { type: ['number', 'null'] },
  long: { type: ['integer', 'null'] },
  int: { type: ['integer', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  timestamp: { type: ['string', 'null'], pattern: TIMESTAMP_PATTERN },
  date: { type: ['string', 'null'], pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
};

/** The schemas of what a dataset publishes, by topic. */
export function publishedSchemasOf({
  publish,
  columns,
  windows,
}: Pick<Manifest, 'publish' | 'columns' | 'windows'>): Readonly<Record<string, JsonSchema>> {
  const tables = [{ publish, columns: columns.silver }, ...windows];
  return Object.fromEntries(
    tables.flatMap((table) =>
      table.publish === null ? [] : [[table.publish.topic, publishedSchemaOf(table.columns)]],
    ),
  );
}

/** A published message of a table with these columns, as a JSON Schema (draft-07): every column, whether null or not. */
export function publishedSchemaOf(columns: readonly Column[]): JsonSchema {
  const sent = columns.flatMap(({ name, type, comment }): [string, JsonSchema][] =>
    type === 'binary' ? [] : [[name, { description: comment, ...PUBLISHED[type] }]],
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: Object.fromEntries(sent),
    required: sent.map(([name]) => name),
    additionalProperties: true,
  };
}
