import { isReserved } from './columns.ts';
import { checkCron } from './cron.ts';
import { checkDerived } from './derived-soundness.ts';
import { type DatasetForm, schedulesOf } from './form.ts';
import { checkGoldLayer } from './gold-soundness.ts';
import type { Field, QualityRule, TableNames } from './manifest.ts';
import { sharedTableName } from './personal.ts';
import { checkPublications } from './publication.ts';
import { checkQueries } from './query-soundness.ts';
import { checkReferences } from './reference-soundness.ts';
import { refusal } from './refusal.ts';
import { checkFunctionName, checkSnake, checkTopicName, checkTwice } from './soundness-names.ts';
import { checkSources } from './source-soundness.ts';

/** Bounds of the numbers an author gives, in the unit of their names. */
const SETTINGS: readonly {
  readonly path: string;
  readonly of: (form: DatasetForm) => number | undefined;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}[] = [
  { path: 'topic.partitions', of: (form) => form.topic.partitions, least: 1, most: 1000, whole: true },
  {
    path: 'topic.retentionHours',
    of: (form) => form.topic.retentionHours,
    least: 1,
    most: 8760,
    whole: true,
  },
  {
    path: 'topic.maxMessageBytes',
    of: (form) => form.topic.maxMessageBytes,
    least: 1e3,
    most: 4e6,
    whole: true,
  },
  { path: 'latenessMinutes', of: (form) => form.latenessMinutes, least: 0, most: 44_640, whole: true },
  { path: 'futureMinutes', of: (form) => form.futureMinutes, least: 0, most: 1440, whole: true },
  { path: 'retentionDays', of: (form) => form.retentionDays, least: 1, most: 36_500, whole: true },
  { path: 'archiveDays', of: (form) => form.archiveDays, least: 1, most: 36_500, whole: true },
  {
    path: 'declaredEventsPerSecond',
    of: (form) => form.declaredEventsPerSecond,
    least: 1e-6,
    most: 1e7,
    whole: false,
  },
];

/**
 * Checks everything a contract says beyond its event.
 * @throws MillraceError MR100-MR105, MR110-MR114, MR117-MR121, MR125, MR127, MR134-MR137, MR150-MR152
 */
export function checkDataset(form: DatasetForm, fields: readonly Field[], tables: TableNames): void {
  checkSnake(form.name, `${form.name}.name`);
  // The longest of its functions' names; those of sources are checked with them.
  checkFunctionName([form.name, 'audit'], 'nameNotSnake', `${form.name}.name`);
  if (!form.description.trim())
    throw refusal('descriptionMissing', `${form.name}.description`, 'It is empty.');
  const columns = checkColumns(form, fields);
  const shared = sharedTableName(form.silver, fields);
  checkTables(form, tables, shared);
  checkTopic(form, columns);
  checkSettings(form);
  checkIdentity(form, columns);
  checkTimes(form, columns);
  checkPersonal(form, columns);
  (form.quality ?? []).forEach((rule, index) => {
    checkQuality(rule, columns, `${form.name}.quality.${index}`);
  });
  checkTwice(
    (form.quality ?? []).map((rule) => rule.name),
    'qualityUnsound',
    `${form.name}.quality`,
  );
  const sortable = new Set([...columns.keys(), ...(form.derived ?? []).map((one) => one.column)]);
  checkTwice(form.sortBy ?? [], 'columnTwice', `${form.name}.sortBy`);
  for (const name of form.sortBy ?? []) {
    if (!sortable.has(name))
      throw refusal('columnUnknown', `${form.name}.sortBy`, `There is no column \`${name}\`.`);
  }
  checkGoldLayer(form, fields);
  checkPublications(form, fields);
  checkReferences(form);
  checkSources(form, fields);
  checkQueries(form, shared);
  const schedules = schedulesOf(form);
  checkCron(schedules.gold, `${form.name}.schedules.gold`);
  checkCron(schedules.sweep, `${form.name}.schedules.sweep`);
  checkCron(schedules.maintain, `${form.name}.schedules.maintain`);
}

type Columns = ReadonlyMap<string, Field>;

function known(columns: Columns, name: string, place: string): Field {
  const field = columns.get(name);
  if (field === undefined) throw refusal('columnUnknown', place, `There is no column \`${name}\`.`);
  return field;
}

function checkColumns(form: DatasetForm, fields: readonly Field[]): Columns {
  const columns = new Map<string, Field>();
  const taken = new Set<string>();
  const take = (name: string, place: string): void => {
    checkSnake(name, place);
    if (isReserved(name)) throw refusal('nameReserved', place, `\`${name}\` is a column of the lake's own.`);
    if (taken.has(name)) throw refusal('columnTwice', place, `There are two columns \`${name}\`.`);
    taken.add(name);
  };
  for (const field of fields) {
    take(field.column, `${form.name}.event.${field.path.join('.')}`);
    columns.set(field.column, field);
  }
  for (const { column, description } of form.derived ?? []) {
    const place = `${form.name}.derived.${column}`;
    take(column, place);
    if (!description.trim()) throw refusal('descriptionMissing', place, 'The column has no description.');
  }
  checkDerived(form.derived ?? [], fields, form.name);
  return columns;
}

function checkTables(form: DatasetForm, tables: TableNames, shared: string | undefined): void {
  checkSnake(form.silver, `${form.name}.silver`);
  const gold = [...(form.windows ?? []), ...(form.gold ?? []), ...(form.approximations ?? [])];
  const references = (form.references ?? []).map(({ name, table }) => table ?? `${form.name}_${name}`);
  const names = [
    ...Object.values(tables),
    ...gold.map(({ name }) => name),
    ...references,
    ...(shared === undefined ? [] : [shared]),
  ];
  checkTwice(names, 'tableTwice', `${form.name}.tables`);
}

function checkTopic(form: DatasetForm, columns: Columns): void {
  const { name, key } = form.topic;
  checkTopicName(name, `${form.name}.topic.name`);
  const place = `${form.name}.topic.key`;
  const field = known(columns, key, place);
  if (field.type !== 'string' || !field.required) {
    throw refusal('keyUnfit', place, `\`${key}\` is ${field.required ? `a ${field.type}` : 'not required'}.`);
  }
}

function checkSettings(form: DatasetForm): void {
  for (const { path, of, least, most, whole } of SETTINGS) {
    const value = of(form);
    if (value === undefined) continue;
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw refusal(
        'settingUnsound',
        `${form.name}.${path}`,
        `${value} is not ${kind} of ${least} to ${most}.`,
      );
    }
  }
}

function checkIdentity(form: DatasetForm, columns: Columns): void {
  const place = `${form.name}.identity`;
  if (form.identity.length === 0) throw refusal('identityUnfit', place, 'The identity is empty.');
  checkTwice(form.identity, 'identityUnfit', place);
  for (const name of form.identity) {
    const field = known(columns, name, place);
    if (!field.required) throw refusal('identityUnfit', place, `\`${name}\` may be absent.`);
    if (field.type === 'double') throw refusal('identityUnfit', place, `\`${name}\` is a double.`);
  }
  if (form.partitionFollowsIdentity === false && form.identity.includes(form.partitionTime)) {
    throw refusal(
      'followsUnsound',
      `${form.name}.partitionFollowsIdentity`,
      `\`${form.partitionTime}\` is in the identity.`,
    );
  }
}

function checkTimes(form: DatasetForm, columns: Columns): void {
  for (const role of ['partitionTime', 'observedTime'] as const) {
    const place = `${form.name}.${role}`;
    const field = known(columns, form[role], place);
    const fit = field.type === 'timestamp' || (role === 'partitionTime' && field.type === 'date');
    if (!fit || !field.required) {
      throw refusal(
        'timeUnfit',
        place,
        `\`${form[role]}\` is ${field.required ? `a ${field.type}` : 'not required'}.`,
      );
    }
  }
  if (form.onConflict === 'first') return;
  const place = `${form.name}.onConflict`;
  const field = known(columns, form.onConflict.newest, place);
  if ((field.type !== 'timestamp' && field.type !== 'long') || !field.required) {
    throw refusal('conflictUnfit', place, `\`${field.column}\` does not order versions.`);
  }
}

/** What places and identifies a record is seen by everybody who sees any of it. */
function checkPersonal(form: DatasetForm, columns: Columns): void {
  const placing: readonly (readonly [string, readonly string[]])[] = [
    ['identity', form.identity],
    ['partitionTime', [form.partitionTime]],
    ['observedTime', [form.observedTime]],
  ];
  for (const [role, names] of placing)
    for (const name of names)
      if (columns.get(name)?.personal === true)
        throw refusal('personalUnfit', `${form.name}.${role}`, `\`${name}\` is personal data.`);
}

const valuesOf = (field: Field): readonly string[] | undefined =>
  field.rules.find((rule) => rule.rule === 'enum')?.values;

function checkQuality(rule: QualityRule, columns: Columns, place: string): void {
  checkSnake(rule.name, place);
  const measured = known(columns, rule.column, place);
  const values = valuesOf(known(columns, rule.by, place));
  if (measured.type !== 'double' && measured.type !== 'long') {
    throw refusal('qualityUnsound', place, `\`${rule.column}\` is a ${measured.type}, not a number.`);
  }
  if (values === undefined)
    throw refusal('qualityUnsound', place, `\`${rule.by}\` has no enumerated values.`);
  const odd = [
    ...values.filter((value) => !Object.hasOwn(rule.ranges, value)),
    ...Object.keys(rule.ranges).filter((value) => !values.includes(value)),
  ];
  if (odd.length > 0)
    throw refusal(
      'qualityUnsound',
      place,
      `The ranges and the values of \`${rule.by}\` differ on \`${odd.join('`, `')}\`.`,
    );
  for (const [value, [min, max]] of Object.entries(rule.ranges)) {
    if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) {
      throw refusal('boundsUnsound', place, `The range of \`${value}\` is ${min} to ${max}.`);
    }
  }
}
