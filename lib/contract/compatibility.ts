import { MillraceError } from '../errors.ts';
import { canonical } from './canonical.ts';
import type { Field, Manifest, Rule } from './manifest.ts';
import { sharedTableName } from './personal.ts';
import { icebergColumns, type Release } from './release.ts';
import { remakingWarnings } from './remaking.ts';

/** A change that what is deployed cannot follow: the code a user searches for, and what to do instead. */
const refusals = {
  removed: {
    code: 'MR320',
    mend: 'Keep the field (mark it `.nullish()` where producers no longer send it), or make a new dataset beside this one.',
  },
  retyped: {
    code: 'MR321',
    mend: 'Give the new type to a new field of another name, or make a new dataset beside this one.',
  },
  demanded: {
    code: 'MR322',
    mend: 'Mark the field `.nullish()`: records that are in Kafka and in bronze do not have it.',
  },
  identityChanged: {
    code: 'MR323',
    mend: 'Make a new dataset beside this one, and fill it from bronze: each row of silver is one fact of the old identity.',
  },
  placeChanged: {
    code: 'MR324',
    mend: 'Make a new dataset beside this one, or stop the stream, rebuild silver and release by force.',
  },
  topicChanged: {
    code: 'MR325',
    mend: 'Make a new dataset beside this one: order and partitions of what is in the topic follow the old key.',
  },
} as const satisfies Record<string, { code: `MR${number}`; mend: string }>;

type Breach = keyof typeof refusals;

/** One difference between a contract and what is released. Texts are as a user reads them. */
export interface Difference {
  /** `warning`: the deploy can follow, with a consequence that `what` names. */
  readonly kind: Breach | 'warning';
  /** Dataset and column, or setting, dotted. */
  readonly place: string;
  readonly what: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const pathOf = ({ path }: Pick<Field, 'path'>): string => path.join('.');

/**
 * Where a contract takes back what is released. Nothing of this is a difference: a new optional field, a required one
 * that becomes optional, a looser rule, a new table of the gold layer or a new column of one.
 *
 * What judges or computes otherwise is a warning: silver keeps the rows it has, but a rebuild from bronze judges and
 * computes old records anew. So is a table of the gold layer that is gone: no reader of silver misses it.
 */
export function differences(released: Release, manifest: Manifest): Difference[] {
  return [
    ...fieldDifferences(released, manifest),
    ...columnDifferences(released, manifest),
    ...settingDifferences(released, manifest),
    ...tableDifferences(released, manifest),
    ...remakingWarnings(released, manifest).map((one): Difference => ({ kind: 'warning', ...one })),
  ];
}

function fieldDifferences(released: Release, { dataset, fields }: Manifest): Difference[] {
  const before = new Map(released.fields.map((field) => [field.column, field]));
  const after = new Map(fields.map((field) => [field.column, field]));
  const gone = released.fields.flatMap((old): Difference[] => {
    const place = `${dataset}.${old.column}`;
    const now = after.get(old.column);
    if (now === undefined)
      return [
        { kind: 'removed', place, what: `The field \`${old.column}\` (${old.type}) is released, and gone.` },
      ];
    return [
      ...(pathOf(now) === pathOf(old) ? [] : [changed('removed', place, 'path', pathOf(old), pathOf(now))]),
      ...(now.type === old.type ? [] : [changed('retyped', place, 'type', old.type, now.type)]),
      ...(now.required && !old.required ? [changed('demanded', place, 'field', 'optional', 'required')] : []),
      ...tighterRules(old.rules, now.rules).map(
        (rule): Difference => ({
          kind: 'warning',
          place,
          what: `The rule \`${rule}\` is tighter than released: a rebuild from bronze quarantines old records that breach it.`,
        }),
      ),
    ];
  });
  const added = fields
    .filter(({ column, required }) => required && !before.has(column))
    .map(
      ({ column }): Difference => ({
        kind: 'demanded',
        place: `${dataset}.${column}`,
        what: `The new field \`${column}\` is required.`,
      }),
    );
  return [...gone, ...added];
}

/** Columns that the contract's fields do not account for: derived ones, and those of the gold layer. */
function columnDifferences(released: Release, manifest: Manifest): Difference[] {
  const fields = new Set(released.fields.map(({ column }) => column));
  // Its columns are silver's, which are told of there.
  const shared = sharedTableName(manifest.tables.silver, manifest.fields);
  const kept = new Set(manifest.columns.silver.map(({ name }) => name));
  return [...icebergColumns(manifest)].flatMap(([table, columns]) => {
    const after = new Map(columns.map(({ name, type }) => [name, type]));
    return Object.entries(released.tables[table]?.columns ?? {}).flatMap(([name, { type }]): Difference[] => {
      const place = `${manifest.dataset}.${table}.${name}`;
      const now = after.get(name);
      if (table === shared) return now === undefined && kept.has(name) ? [nowPersonal(place, name)] : [];
      // Fields are told of once, as fields.
      if (table === manifest.tables.silver && fields.has(name)) return [];
      if (now === undefined)
        return [{ kind: 'removed', place, what: `The column \`${name}\` (${type}) is released, and gone.` }];
      return now === type ? [] : [changed('retyped', place, 'type', type, now)];
    });
  });
}

function nowPersonal(place: string, name: string): Difference {
  return {
    kind: 'warning',
    place,
    what: `The column \`${name}\` is personal data now, so it leaves the shared table; files of before hold it until they are written again: see docs/governance.md.`,
  };
}

function settingDifferences(released: Release, manifest: Manifest): Difference[] {
  const { dataset, topic, tables } = manifest;
  const compared: readonly [Breach, string, unknown, unknown][] = [
    ['identityChanged', 'identity', [...released.identity].sort(), [...manifest.identity].sort()],
    ['placeChanged', 'partitionTime', released.partitionTime, manifest.partitionTime],
    ['placeChanged', 'observedTime', released.observedTime, manifest.observedTime],
    ['placeChanged', 'onConflict', released.onConflict, manifest.onConflict],
    ['topicChanged', 'topic.name', released.topic.name, topic.name],
    ['topicChanged', 'topic.key', released.topic.key, topic.key],
  ];
  const settings = compared
    .filter(([, , old, now]) => canonical(old) !== canonical(now))
    .map(([kind, name, old, now]) => changed(kind, `${dataset}.${name}`, name, old, now));
  if (Object.hasOwn(released.tables, tables.silver)) return settings;
  const what = `The table \`${tables.silver}\` is not among the released ones: ${Object.keys(released.tables).join(', ')}.`;
  return [...settings, { kind: 'placeChanged', place: `${dataset}.silver`, what }];
}

/** Tables of the gold layer that are declared no more, once: the next release knows them as dropped. */
function tableDifferences(released: Release, manifest: Manifest): Difference[] {
  const declared = icebergColumns(manifest);
  return Object.entries(released.tables)
    .filter(([name, { dropped }]) => dropped === undefined && !declared.has(name))
    .map(([name]) => ({
      kind: 'warning',
      place: `${manifest.dataset}.${name}`,
      what: `The table \`${name}\` is released, and gone: it leaves the templates. A stage whose \`removal\` is \`destroy\` drops it from the catalog with the next deploy; in any other it stays, and nothing writes it.`,
    }));
}

function changed(kind: Breach, place: string, name: string, old: unknown, now: unknown): Difference {
  return { kind, place, what: `The ${name} was released as ${text(old)} and is ${text(now)}.` };
}

/** Rules that a value may breach which the old rules let pass. Of patterns only the same one is known to be no tighter. */
function tighterRules(old: readonly Rule[], now: readonly Rule[]): Rule['rule'][] {
  return now.filter((rule) => !old.some((one) => covers(rule, one))).map(({ rule }) => rule);
}

/** Whether every value that `old` lets pass, `rule` lets pass too. */
function covers(rule: Rule, old: Rule): boolean {
  switch (rule.rule) {
    case 'enum':
      return old.rule === 'enum' && old.values.every((value) => rule.values.includes(value));
    case 'pattern':
      return old.rule === 'pattern' && old.pattern === rule.pattern;
    case 'range':
    case 'length':
      return (
        old.rule === rule.rule &&
        (rule.min ?? -Infinity) <= (old.min ?? -Infinity) &&
        (rule.max ?? Infinity) >= (old.max ?? Infinity)
      );
  }
}

/**
 * Refuses a contract that takes back what is released.
 * @returns what to warn of
 * @throws MillraceError MR320-MR325, of the first difference; the message tells all
 */
export function checkCompatible(released: Release, manifest: Manifest): string[] {
  const found = differences(released, manifest);
  const told = found.filter(({ kind }) => kind !== 'warning');
  const [first] = told;
  if (first !== undefined && first.kind !== 'warning') {
    const { code, mend } = refusals[first.kind];
    throw new MillraceError(code, told.map(({ what }) => what).join('\n'), {
      where: told.map(({ place }) => place).join(', '),
      mend,
    });
  }
  return found.map(({ place, what }) => `${place}: ${what}`);
}
