import { checkZones, constantsOf } from './constant-soundness.ts';
import { compileExpression, type Scope } from './expression.ts';
import type { DatasetForm } from './form.ts';
import { compileFault } from './judge.ts';
import type { Kind } from './made.ts';
import type { ColumnType, Field, FieldType } from './manifest.ts';
import { compileFields } from './mapper.ts';
import type { Expression } from './mapping.ts';
import { checkParameters } from './parameter-soundness.ts';
import { refusal } from './refusal.ts';
import { checkFunctionName, checkSnake, checkTwice } from './soundness-names.ts';
import { type RestSource, type Source, sourceOf } from './source.ts';

/** What values of a reference table's columns are to a mapping. */
const REFERENCE_KINDS: Partial<Record<ColumnType, Kind>> = { string: 'text', long: 'long', double: 'double' };
/** The kinds that a field of the event may be made of. */
const FIELD_KINDS: Readonly<Record<FieldType, readonly Kind[]>> = {
  string: ['text'],
  long: ['long'],
  double: ['long', 'double'],
  boolean: ['flag'],
  timestamp: ['instant'],
  date: ['date'],
};
/** Bounds of a REST source's counts. */
const COUNTS = [
  ['timeoutSeconds', 1, 300],
  ['retries', 0, 20],
  ['mostPages', 1, 10_000],
] as const;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Checks the sources and their mappings.
 * @throws MillraceError MR100, MR125, MR140-MR142
 */
export function checkSources(form: DatasetForm, fields: readonly Field[]): void {
  const sources = (form.sources ?? []).map(sourceOf);
  checkTwice(
    sources.map(({ name }) => name),
    'sourceUnsound',
    `${form.name}.sources`,
  );
  for (const source of sources) {
    const place = `${form.name}.sources.${source.name}`;
    checkSnake(source.name, place);
    if (!source.description.trim())
      throw refusal('descriptionMissing', place, 'The source has no description.');
    if (source.kind === 'file') {
      if (source.columns.length === 0 || source.columns.includes(''))
        throw refusal('sourceUnsound', place, 'A column has no name, or there is none.');
      checkTwice(source.columns, 'sourceUnsound', `${place}.columns`);
    } else {
      checkFunctionName([form.name, source.name, 'produce'], 'sourceUnsound', place);
      checkRest(source, fields, place);
    }
    checkMapping(source, form, fields, `${place}.mapping`);
  }
}

function checkRest(source: RestSource, fields: readonly Field[], place: string): void {
  const { url, everySeconds, paging, version } = source;
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const plain = address?.protocol === 'http:' && LOOPBACK.includes(address.hostname);
  if (address === undefined || !(address.protocol === 'https:' || plain))
    throw refusal('sourceUnsound', `${place}.url`, `\`${url}\` is no https address.`);
  if (address.username !== '' || address.password !== '')
    throw refusal('sourceUnsound', `${place}.url`, 'The address holds a password.');
  if (!Number.isInteger(everySeconds / 60) || everySeconds < 60 || everySeconds > 86_400)
    throw refusal('sourceUnsound', `${place}.everySeconds`, `${everySeconds} s are not 1 to 1440 minutes.`);
  for (const [name, least, most] of COUNTS) {
    const value = source[name];
    if (!Number.isInteger(value) || value < least || value > most)
      throw refusal(
        'sourceUnsound',
        `${place}.${name}`,
        `${value} is no whole number of ${least} to ${most}.`,
      );
  }
  if (paging !== null && 'size' in paging && !(Number.isInteger(paging.size) && paging.size >= 1))
    throw refusal('sourceUnsound', `${place}.paging.size`, `A page of ${paging.size} records holds nothing.`);
  if (source.secret !== null && !source.secret.name.trim())
    throw refusal('sourceUnsound', `${place}.secret`, 'The secret has no name.');
  checkParameters(source, place);
  const field = fields.find(({ column }) => column === version);
  if (field?.type !== 'timestamp')
    throw refusal(
      'versionUnfit',
      `${place}.version`,
      field === undefined ? `There is no column \`${version}\`.` : `\`${version}\` is a ${field.type}.`,
    );
}

function checkMapping(source: Source, form: DatasetForm, fields: readonly Field[], place: string): void {
  const { mapping } = source;
  const scope = soundScope(source, form, place);
  mapping.demands.forEach(({ column, holds, detail }, index) => {
    const { kind } = compileExpression(holds, scope);
    if (kind !== 'flag' || !detail.trim() || !scope.takes(column))
      throw refusal(
        'mappingUnsound',
        `${place}.demands.${index}`,
        `The demand is no condition on \`${column}\`, or has no detail.`,
      );
  });
  if (source.kind === 'rest' && source.merge !== null) checkMerge(source.merge, scope, fields, place);
  const known = new Map(fields.map((field) => [field.path.join('.'), field]));
  for (const { path, kind } of compileFields(mapping, scope)) {
    const field = known.get(path);
    if (field === undefined)
      throw refusal('mappingUnsound', `${place}.event.${path}`, `The event has no field \`${path}\`.`);
    if (kind !== 'null' && !FIELD_KINDS[field.type].includes(kind))
      throw refusal('mappingUnsound', `${place}.event.${path}`, `A ${field.type} is not made of a ${kind}.`);
    if (kind === 'null' && field.required)
      throw refusal('mappingUnsound', `${place}.event.${path}`, 'It is required, and always null.');
  }
  for (const [path, expression] of Object.entries(mapping.event)) {
    const field = known.get(path);
    if (field !== undefined) checkConstants(expression, field, `${place}.event.${path}`);
  }
  checkZones(mapping, place);
  for (const [path, { required, column }] of known) {
    // A version that the answer does not give is stamped afterwards.
    const stamped = source.kind === 'rest' && column === source.version;
    if (required && !stamped && !scope.fields.has(path))
      throw refusal('mappingUnsound', place, `Nothing makes the required field \`${path}\`.`);
  }
}

/** Dates and times are not made of constants: a text is neither. */
function checkConstants(expression: Expression, field: Field, place: string): void {
  const fault = compileFault(field);
  for (const value of constantsOf(expression)) {
    const why = value === null ? undefined : fault(value);
    if (why !== undefined) throw refusal('mappingUnsound', place, `The constant \`${value}\`: ${why}.`);
  }
}

function checkMerge(
  merge: NonNullable<RestSource['merge']>,
  scope: Scope,
  fields: readonly Field[],
  place: string,
): void {
  checkZones(merge.principal, `${place}.merge.principal`);
  if (compileExpression(merge.principal, scope).kind !== 'flag')
    throw refusal('mappingUnsound', `${place}.merge.principal`, 'It is no condition.');
  if (fields.find(({ column }) => column === merge.collect)?.type !== 'string')
    throw refusal('mappingUnsound', `${place}.merge.collect`, `\`${merge.collect}\` is no string column.`);
}

/** What the expressions of a source may refer to; the rows of reference tables do not matter here. */
function soundScope(source: Source, form: DatasetForm, place: string): Scope {
  const tables = new Map((form.references ?? []).map(({ name, columns }) => [name, columns]));
  const columns = source.kind === 'file' ? new Set(source.columns) : undefined;
  return {
    fields: new Map(),
    table: (name) => (tables.has(name) ? new Map() : undefined),
    kindOf: (table, name) => {
      const type = tables.get(table)?.find((column) => column.name === name)?.type;
      return type === undefined ? undefined : REFERENCE_KINDS[type];
    },
    takes: (column) => columns?.has(column) ?? true,
    refuse: (what) => {
      throw refusal('mappingUnsound', place, what);
    },
  };
}
