import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type DatasetForm, dataset, manifestOf, partitionTransform } from '../../lib/contract/dataset.ts';
import { goldTables } from '../../lib/contract/gold-layer.ts';
import { describedQuery } from '../../lib/contract/query-soundness.ts';
import { refusals } from '../../lib/contract/refusal.ts';
import { icebergColumns } from '../../lib/contract/release.ts';
import { MillraceError } from '../../lib/errors.ts';
import { parcelShape, parcels, parcelsSql } from './parcels.ts';
import { stays } from './stays.ts';

/** The sound contract with one field put in or exchanged. */
const withField = (field: z.core.$ZodType, name = 'extra_field'): DatasetForm => ({
  ...parcels,
  event: z.object({ ...parcelShape, [name]: field }),
});
const text = (): z.ZodString => z.string().meta({ description: 'A text' });
const said = { description: 'Something' };
const depot = { name: 'depot', description: 'Where they were scanned', example: "'north'" };
const [model] = parcels.gold ?? [];
const [rule] = parcels.quality ?? [];
if (model === undefined || rule === undefined)
  throw new Error('the fixture has a gold model and a quality rule');

const derive = (
  derivation: NonNullable<DatasetForm['derived']>[number]['derivation'],
  column = 'extra',
): DatasetForm => ({
  ...parcels,
  derived: [...(parcels.derived ?? []), { column, description: 'Extra', derivation }],
});

const window = {
  name: 'parcels_hourly',
  description: 'Parcels by hour',
  sizeSeconds: 3600,
  key: ['depot'],
  aggregates: [
    { kind: 'count', column: 'parcels', description: 'Scans' },
    { kind: 'sketch', column: 'weight_sketch', of: 'weight', description: 'Weights', unit: 'kg' },
  ],
} as const;
const [count, sketch] = window.aggregates;
const median = {
  name: 'parcels_median',
  description: 'Median weight',
  window: 'parcels_hourly',
  sketch: 'weight_sketch',
  quantile: 0.5,
};
type Window = NonNullable<DatasetForm['windows']>[number];
const windowed = (changes: Partial<Window>, more: Partial<typeof median> = {}): DatasetForm => ({
  ...parcels,
  windows: [{ ...window, ...changes }],
  approximations: [{ ...median, ...more }],
});
const gated = (...holds: string[]): DatasetForm => ({
  ...parcels,
  gold: [{ ...model, quality: holds.map((each) => ({ name: 'rule', holds: each })) }],
});

const referring = (changes: object): DatasetForm => ({
  ...parcels,
  references: (parcels.references ?? []).map((one) => ({ ...one, ...changes })),
});
const asking = (changes: object): DatasetForm => ({
  ...parcels,
  queries: (parcels.queries ?? []).map((one) => ({ ...one, ...changes })),
});

const publish = { topic: 'parcel-rows', key: 'route' };

interface Case {
  readonly code: string;
  readonly what: string;
  readonly form: DatasetForm;
  readonly where: string | undefined;
}
type Row = readonly [code: string, what: string, form: DatasetForm, where?: string];

const rows: readonly Row[] = [
  ['MR100', 'name not lower_snake', { ...parcels, name: 'Parcels' }],
  ['MR100', 'silver not lower_snake', { ...parcels, silver: 'parcel__scans' }],
  ['MR100', 'column not lower_snake', withField(text(), 'extraField'), 'parcels.event.extraField'],
  ['MR100', 'gold name not lower_snake', { ...parcels, gold: [{ ...model, name: 'Daily' }] }],
  ['MR100', 'quality name not lower_snake', { ...parcels, quality: [{ ...rule, name: 'a b' }] }],
  ['MR101', 'unknown identity column', { ...parcels, identity: ['nope'] }, 'parcels.identity'],
  [
    'MR101',
    'unknown key column',
    { ...parcels, topic: { ...parcels.topic, key: 'nope' } },
    'parcels.topic.key',
  ],
  ['MR101', 'a path where a column is due', { ...parcels, identity: ['sender.account'] }],
  ['MR101', 'unknown partition time', { ...parcels, partitionTime: 'nope' }],
  ['MR101', 'unknown observed time', { ...parcels, observedTime: 'nope' }],
  ['MR101', 'unknown conflict column', { ...parcels, onConflict: { newest: 'nope' } }],
  ['MR101', 'unknown sort column', { ...parcels, sortBy: ['nope'] }],
  ['MR101', 'unknown quality column', { ...parcels, quality: [{ ...rule, column: 'nope' }] }],
  ['MR101', 'unknown quality by', { ...parcels, quality: [{ ...rule, by: 'nope' }] }],
  ['MR101', 'derived from an unknown column', derive({ kind: 'equals', column: 'nope', value: 'a' })],
  [
    'MR101',
    'unknown grain column',
    { ...parcels, gold: [{ ...model, grain: ['nope'] }] },
    'parcels.gold.parcels_daily',
  ],
  ['MR101', 'unknown partition column', { ...parcels, gold: [{ ...model, partitionColumn: 'nope' }] }],
  ['MR102', 'no identity', { ...parcels, identity: [] }],
  ['MR102', 'optional identity', { ...parcels, identity: ['packed_by'] }],
  ['MR102', 'a double in the identity', { ...withField(z.number().meta(said)), identity: ['extra_field'] }],
  ['MR102', 'an identity column twice', { ...parcels, identity: ['scan_id', 'scan_id'] }],
  ['MR103', 'key not a string', { ...parcels, topic: { ...parcels.topic, key: 'scan_id' } }],
  ['MR103', 'key not required', { ...parcels, topic: { ...parcels.topic, key: 'packed_by' } }],
  ['MR104', 'observed time a date', { ...stays, observedTime: 'night' }, 'stays.observedTime'],
  ['MR104', 'partition time that may be absent', { ...stays, partitionTime: 'until', windows: [] }],
  [
    'MR104',
    'a window without a time over dates',
    { ...stays, windows: (stays.windows ?? []).map(({ time: _, ...one }) => one) },
    'stays.windows.stays_hourly',
  ],
  ['MR104', 'partition time not a timestamp', { ...parcels, partitionTime: 'route' }],
  ['MR104', 'observed time not a timestamp', { ...parcels, observedTime: 'scan_id' }],
  [
    'MR104',
    'observed time not required',
    { ...withField(z.iso.datetime({ precision: 3 }).nullish().meta(said)), observedTime: 'extra_field' },
  ],
  ['MR105', 'newest by a text', { ...parcels, onConflict: { newest: 'route' } }],
  ['MR106', 'refine', withField(text().refine((value) => value !== 'x')), 'parcels.event.extra_field'],
  ['MR106', 'superRefine of the event', { ...parcels, event: z.object(parcelShape).superRefine(() => {}) }],
  [
    'MR106',
    'refine behind optional',
    withField(
      text()
        .optional()
        .refine(() => true),
    ),
  ],
  ['MR106', 'transform', withField(text().transform((value) => value.length))],
  ['MR106', 'preprocess', withField(z.preprocess((value) => value, text()))],
  ['MR106', 'trim', withField(text().trim())],
  ['MR106', 'default', withField(text().default('x'))],
  ['MR106', 'catch', withField(text().catch('x'))],
  ['MR106', 'coerce', withField(z.coerce.number().meta(said))],
  ['MR106', 'lazy', withField(z.lazy(() => text()).meta(said))],
  ['MR107', 'array', withField(z.array(z.string()).meta(said))],
  ['MR107', 'union', withField(z.union([z.string(), z.number()]).meta(said))],
  ['MR107', 'date', withField(z.date().meta(said))],
  ['MR107', 'bigint', withField(z.bigint().meta(said))],
  ['MR107', 'any', withField(z.any().meta(said))],
  ['MR107', 'an event without a field', { ...parcels, event: z.object({}) }],
  ['MR108', 'exclusive bound of a double', withField(z.number().gt(0).meta(said))],
  ['MR108', 'multipleOf', withField(z.number().multipleOf(2).meta(said))],
  ['MR108', 'float32', withField(z.float32().meta(said))],
  ['MR108', 'startsWith', withField(text().startsWith('a'))],
  ['MR108', 'url', withField(z.url().meta(said))],
  ['MR108', 'a timestamp without milliseconds', withField(z.iso.datetime().meta(said))],
  ['MR108', 'a timestamp with offset', withField(z.iso.datetime({ precision: 3, offset: true }).meta(said))],
  ['MR108', 'a timestamp with a length', withField(z.iso.datetime({ precision: 3 }).min(3).meta(said))],
  ['MR109', 'not anchored', withField(text().regex(/a/))],
  ['MR109', 'flags', withField(text().regex(/^a$/i))],
  ['MR110', 'reserved date', withField(text(), 'date'), 'parcels.event.date'],
  ['MR110', 'reserved kafka_', withField(text(), 'kafka_offset')],
  ['MR110', 'reserved verdict_', withField(text(), 'verdict_path')],
  ['MR110', 'reserved late', derive({ kind: 'equals', column: 'depot', value: 'north' }, 'late')],
  ['MR110', 'reserved quality_findings', withField(text(), 'quality_findings')],
  ['MR110', 'reserved processing_time', withField(text(), 'processing_time')],
  ['MR110', 'reserved hour', withField(text(), 'hour')],
  ['MR111', 'two paths, one column', withField(text(), 'sender_account')],
  [
    'MR111',
    'derived column of a contract name',
    derive({ kind: 'equals', column: 'depot', value: 'north' }, 'route'),
  ],
  [
    'MR111',
    'a gold column twice',
    { ...parcels, gold: [{ ...model, columns: [...model.columns, ...model.columns] }] },
  ],
  ['MR111', 'sorted by a column twice', { ...parcels, sortBy: ['depot', 'depot'] }],
  ['MR112', 'min above max', withField(z.number().min(2).max(1).meta(said))],
  ['MR112', 'no integer in between', withField(z.int().gt(1).lt(2).meta(said))],
  ['MR112', 'an infinite bound', withField(z.number().min(Number.NEGATIVE_INFINITY).meta(said))],
  ['MR112', 'shortest above longest', withField(text().min(3).max(2))],
  [
    'MR112',
    'quality range the wrong way round',
    { ...parcels, quality: [{ ...rule, ranges: { ...rule.ranges, north: [5, 0] } }] },
  ],
  ['MR113', 'gold named like silver', { ...parcels, gold: [{ ...model, name: 'parcel_scans' }] }],
  ['MR113', 'gold named like bronze', { ...parcels, gold: [{ ...model, name: 'parcel_scans_raw' }] }],
  ['MR113', 'two gold models of one name', { ...parcels, gold: [model, model] }],
  ['MR114', 'no cron', { ...parcels, schedules: { gold: 'rate(5 minutes)' } }, 'parcels.schedules.gold'],
  [
    'MR114',
    'five fields',
    { ...parcels, schedules: { sweep: 'cron(0 2 * * ?)' } },
    'parcels.schedules.sweep',
  ],
  ['MR115', 'no SQL file', { ...parcels, gold: [{ ...model, name: 'no_such_model' }] }],
  ['MR116', 'SQL is no SELECT', { ...parcels, gold: [{ ...model, name: 'not_a_select' }] }],
  ['MR116', 'SQL has two statements', { ...parcels, gold: [{ ...model, name: 'two_statements' }] }],
  ['MR116', 'SQL reads another table', { ...parcels, gold: [{ ...model, name: 'other_table' }] }],
  ['MR117', 'no grain', { ...parcels, gold: [{ ...model, grain: [] }] }],
  ['MR117', 'partition column not a time', { ...parcels, gold: [{ ...model, partitionColumn: 'depot' }] }],
  ['MR100', 'window not lower_snake', windowed({ name: 'Hourly' })],
  ['MR101', 'window by an unknown column', windowed({ key: ['nope'] })],
  ['MR101', 'aggregate of an unknown column', windowed({ aggregates: [{ ...sketch, of: 'nope' }] })],
  ['MR104', 'window over a text', windowed({ time: 'route' })],
  [
    'MR111',
    'an aggregate named like a key',
    windowed({ aggregates: [{ ...count, column: 'depot' }, sketch] }),
  ],
  ['MR111', 'an aggregate named final', windowed({ aggregates: [{ ...count, column: 'final' }, sketch] })],
  ['MR113', 'a window named like silver', windowed({ name: 'parcel_scans' }, { window: 'parcel_scans' })],
  ['MR113', 'two windows of one name', { ...parcels, windows: [window, window] }],
  ['MR125', 'a window without a description', windowed({ description: ' ' })],
  ['MR134', 'a window of no whole seconds', windowed({ sizeSeconds: 0.5 })],
  ['MR134', 'a window longer than a week', windowed({ sizeSeconds: 700_000 })],
  ['MR134', 'a size that is no multiple of the slide', windowed({ slideSeconds: 7 })],
  ['MR134', 'a row in too many windows', windowed({ slideSeconds: 1 })],
  ['MR134', 'a window by a double', windowed({ key: ['weight'] })],
  ['MR135', 'no aggregates', windowed({ aggregates: [] })],
  ['MR135', 'the mean of a text', windowed({ aggregates: [{ ...sketch, kind: 'avg', of: 'route' }] })],
  ['MR135', 'a sketch too small', windowed({ aggregates: [{ ...sketch, items: 7 }] })],
  ['MR136', 'a gate of nothing', gated('1 = 1'), 'parcels.gold.parcels_daily.quality.rule'],
  ['MR136', 'a gate of two statements', gated('parcels > 0; DROP TABLE x')],
  ['MR136', 'two rules of one name', gated('parcels > 0', 'parcels < 9')],
  ['MR137', 'an approximation of no window', windowed({}, { window: 'nope' })],
  ['MR137', 'an approximation of a count', windowed({}, { sketch: 'parcels' })],
  ['MR137', 'sliding windows', windowed({ slideSeconds: 1800 })],
  ['MR137', 'windows that do not tile a day', windowed({ sizeSeconds: 7000 })],
  ['MR137', 'no quantile', windowed({}, { quantile: 0 })],
  ['MR118', 'quality of a text', { ...parcels, quality: [{ ...rule, column: 'route' }] }],
  ['MR118', 'quality by no enum', { ...parcels, quality: [{ ...rule, by: 'route' }] }],
  ['MR118', 'a value without a range', { ...parcels, quality: [{ ...rule, ranges: { north: [0, 1] } }] }],
  [
    'MR118',
    'a range without a value',
    { ...parcels, quality: [{ ...rule, ranges: { ...rule.ranges, east: [0, 1] } }] },
  ],
  ['MR118', 'two quality rules of one name', { ...parcels, quality: [rule, rule] }],
  ['MR119', 'equals what it cannot be', derive({ kind: 'equals', column: 'depot', value: 'east' })],
  ['MR119', 'equals on a number', derive({ kind: 'equals', column: 'weight', value: '1' })],
  [
    'MR119',
    'bands of a text',
    derive({ kind: 'bands', column: 'route', bands: [{ below: 1, label: 'a' }], otherwise: 'b' }),
  ],
  [
    'MR119',
    'bands that do not ascend',
    derive({
      kind: 'bands',
      column: 'weight',
      bands: [
        { below: 2, label: 'a' },
        { below: 2, label: 'b' },
      ],
      otherwise: 'c',
    }),
  ],
  [
    'MR119',
    'a band that holds nothing',
    derive({
      kind: 'bands',
      column: 'weight',
      bands: [
        { upTo: 2, label: 'a' },
        { below: 2, label: 'b' },
      ],
      otherwise: 'c',
    }),
  ],
  ['MR101', 'above an unknown column', derive({ kind: 'above', column: 'nope', than: 1 })],
  ['MR119', 'above a text', derive({ kind: 'above', column: 'depot', than: 1 })],
  ['MR119', 'above no number', derive({ kind: 'above', column: 'weight', than: Number.NaN })],
  ['MR119', 'minutes to a text', derive({ kind: 'minutes', from: 'scanned_at', to: 'depot' })],
  ['MR119', 'a part of a number', derive({ kind: 'part', column: 'weight', part: 'year' })],
  ['MR119', 'made of itself', derive({ kind: 'above', column: 'extra', than: 1 })],
  [
    'MR119',
    'made of what stands behind it',
    {
      ...parcels,
      derived: [
        { column: 'slow', description: 'Slow', derivation: { kind: 'above', column: 'took', than: 9 } },
        {
          column: 'took',
          description: 'Took',
          derivation: { kind: 'minutes', from: 'scanned_at', to: 'updated_at' },
        },
        ...(parcels.derived ?? []),
      ],
    },
    'parcels.derived.slow',
  ],
  ['MR119', 'a band that there is not', derive({ kind: 'equals', column: 'heavy', value: 'huge' })],
  ['MR119', 'no bands', derive({ kind: 'bands', column: 'weight', bands: [], otherwise: 'c' })],
  [
    'MR120',
    'no partitions',
    { ...parcels, topic: { ...parcels.topic, partitions: 0 } },
    'parcels.topic.partitions',
  ],
  ['MR120', 'broken partitions', { ...parcels, topic: { ...parcels.topic, partitions: 1.5 } }],
  ['MR120', 'no retention', { ...parcels, retentionDays: 0 }],
  ['MR120', 'no archive', { ...parcels, archiveDays: 0 }, 'parcels.archiveDays'],
  ['MR120', 'NaN rate', { ...parcels, declaredEventsPerSecond: Number.NaN }],
  [
    'MR120',
    'messages beyond a Lambda payload',
    { ...parcels, topic: { ...parcels.topic, maxMessageBytes: 5e6 } },
  ],
  ['MR121', 'topic with a space', { ...parcels, topic: { ...parcels.topic, name: 'a b' } }],
  ['MR150', 'publishing to its own topic', { ...parcels, publish: { ...publish, topic: 'parcel-scans' } }],
  [
    'MR150',
    'two tables in one topic',
    { ...windowed({ publish: { ...publish, key: 'depot' } }), publish },
    'parcels.windows.parcels_hourly.publish.topic',
  ],
  [
    'MR151',
    'a published key that may be null',
    { ...parcels, publish: { ...publish, key: 'packed_by' } },
    'parcels.publish.key',
  ],
  ['MR151', 'a published key that is no text', { ...parcels, publish: { ...publish, key: 'scan_id' } }],
  ['MR151', 'a window keyed by what it lacks', windowed({ publish })],
  ['MR151', 'a published window of all', windowed({ key: [], publish })],
  ['MR120', 'no partitions to publish to', { ...parcels, publish: { ...publish, partitions: 0 } }],
  ['MR120', 'published for two years', { ...parcels, publish: { ...publish, retentionHours: 17_520 } }],
  ['MR121', 'a published topic with a space', { ...parcels, publish: { ...publish, topic: 'a b' } }],
  ['MR121', 'topic of dots', { ...parcels, topic: { ...parcels.topic, name: '..' } }],
  ['MR122', 'absent object, required field', withField(z.object({ a: text() }).nullish())],
  ['MR122', 'required object, absent fields', withField(z.object({ a: text().nullish() }))],
  ['MR123', 'strict object', { ...parcels, event: z.strictObject(parcelShape) }],
  ['MR123', 'catch-all of numbers', withField(z.object({ a: text() }).catchall(z.number()))],
  ['MR124', 'a dot in a key', withField(text(), 'a.b')],
  ['MR124', '__proto__', { ...parcels, event: z.object({ ...parcelShape, ['__proto__']: text() }) }],
  ['MR125', 'a field without description', withField(z.string())],
  ['MR125', 'a dataset without description', { ...parcels, description: ' ' }],
  ['MR125', 'a gold model without description', { ...parcels, gold: [{ ...model, description: '' }] }],
  ['MR126', 'an enum of numbers', withField(z.enum({ A: 1 }).meta(said))],
  ['MR126', 'a literal number', withField(z.literal(1).meta(said))],
  ['MR126', 'an empty enum', withField(z.enum([]).meta(said))],
  [
    'MR147',
    'a reference outside its folder',
    referring({ file: '../depots.csv' }),
    'parcels.references.depots',
  ],
  ['MR147', 'a reference by an unknown key', referring({ key: 'nope' })],
  ['MR147', 'a reference by a double', referring({ key: 'height' })],
  [
    'MR147',
    'a reference of dates',
    referring({ columns: [{ name: 'depot', type: 'date', comment: 'Day' }] }),
  ],
  [
    'MR147',
    'two references of one name',
    {
      ...parcels,
      references: ['one', 'two'].flatMap((table) =>
        (parcels.references ?? []).map((one) => ({ ...one, table })),
      ),
    },
  ],
  ['MR100', 'a reference table not lower_snake', referring({ table: 'Depots' })],
  ['MR113', 'a reference table named like a model', referring({ table: 'parcels_daily' })],
  ['MR113', 'a reference named like silver', { ...referring({}), silver: 'parcels_depots' }],
  ['MR125', 'a reference without a description', referring({ description: '' })],
  ['MR115', 'a query without a SQL file', asking({ sql: 'parcels/nope' })],
  ['MR125', 'a query without a description', asking({ description: '' })],
  ['MR148', 'a query named like a gold model', asking({ name: 'parcels_daily' }), 'parcels.queries'],
  ['MR149', 'a query of an unknown kind', asking({ kind: 'report' }), 'parcels.queries.parcels_by_depot'],
  ['MR149', 'a parameter that the SQL does not want', asking({ chart: null, parameters: [depot] })],
  ['MR149', 'a chart of a query with parameters', asking({ parameters: [depot] })],
  ['MR149', 'a parameter twice', asking({ chart: null, parameters: [depot, depot] })],
  [
    'MR125',
    'a parameter without an example',
    asking({ chart: null, parameters: [{ ...depot, example: '' }] }),
  ],
  [
    'MR100',
    'a parameter not lower_snake',
    asking({ chart: null, parameters: [{ ...depot, name: 'Depot' }] }),
  ],
  ['MR149', 'a SQL that wants a value', asking({ chart: null, sql: 'parcels/parcels_of_depot' })],
  [
    'MR116',
    'a gold model that wants a value',
    { ...parcels, gold: [{ ...model, name: 'parcels_of_depot' }] },
  ],
  ['MR149', 'a chart without a mark', asking({ chart: { encoding: { x: { field: 'depot' } } } })],
  ['MR149', 'a chart without encodings', asking({ chart: { mark: 'bar' } })],
  ['MR149', 'a layer without a mark', asking({ chart: { layer: [{ encoding: { x: { field: 'a' } } }] } })],
  [
    'MR149',
    'a chart with a size',
    asking({ chart: { mark: 'bar', encoding: { x: { field: 'depot' } }, width: 9 } }),
  ],
  [
    'MR149',
    'two summaries',
    {
      ...parcels,
      queries: ['one', 'two'].map((name) => ({
        name,
        description: 'Figures',
        kind: 'summary',
        sql: 'parcels/parcels_by_depot',
      })),
    },
  ],
  ['MR127', 'does not follow, though it does', { ...parcels, partitionFollowsIdentity: false }],
];

const cases = rows.map(([code, what, form, where]): Case => ({ code, what, form, where }));

function refusalOf(form: DatasetForm): MillraceError | undefined {
  try {
    dataset(form, parcelsSql);
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

describe('a contract is refused at construction', () => {
  it.each(cases)('$code: $what', ({ code, form, where }) => {
    // Act
    const error = refusalOf(form);

    // Assess
    expect(error?.code).toBe(code);
    expect(error?.mend).not.toBe('');
    if (where !== undefined) expect(error?.where).toBe(where);
  });

  it('has a case for each code of a contract', () => {
    // Prepare
    const ofDatasets = Object.values(refusals)
      .map(({ code }) => code)
      // The folder of datasets, their choice, sources, files of reference tables and personal data have tests of their own.
      .filter((code) => (code < 'MR130' || code > 'MR133') && code !== 'MR138' && code !== 'MR152')
      .filter((code) => code < 'MR140' || code > 'MR143');

    // Act
    const tested = new Set(cases.map(({ code }) => code));

    // Assess
    expect([...tested].sort()).toEqual([...ofDatasets].sort());
  });
});

describe('a sound contract', () => {
  it('becomes a manifest of plain data', () => {
    // Act
    const manifest = manifestOf(dataset(parcels, parcelsSql));

    // Assess
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
    expect(manifest.fields.map(({ column, type, required }) => [column, type, required])).toEqual([
      ['scan_id', 'long', true],
      ['depot', 'string', true],
      ['scanned_at', 'timestamp', true],
      ['updated_at', 'timestamp', true],
      ['route', 'string', true],
      ['weight', 'double', false],
      ['fragile', 'boolean', true],
      ['packed_by', 'string', false],
      ['receiver_name', 'string', false],
      ['receiver_place_code', 'string', false],
      ['sender_account', 'string', true],
      ['sender_floor', 'long', false],
    ]);
    expect(manifest.fields[4]?.rules).toEqual([
      { rule: 'length', max: 12 },
      { rule: 'pattern', pattern: '^(?:[A-Z]{2}-)?\\d{2,4}(?:\\/\\w+)?$' },
    ]);
    expect(manifest.fields[8]?.personal).toBe(true);
    expect(manifest.partitionFollowsIdentity).toBe(true);
    expect(manifest.partitionTime).toEqual({ column: 'scanned_at', transform: 'hour' });
    expect(manifest.onConflict).toEqual({ kind: 'newest', column: 'updated_at' });
    expect(manifest.time).toEqual({ latenessMs: 300_000, futureMs: 300_000, tooOldMs: 2_592_000_000 });
    expect(manifest.schedules).toEqual({
      gold: 'cron(0/15 * * * ? *)',
      sweep: 'cron(40 * * * ? *)',
      maintain: 'cron(20 3 * * ? *)',
    });
    expect(manifest.topic.maxMessageBytes).toBe(2_097_152);
    expect(manifest.gold[0]?.sql).toMatch(/^-- Parcels[\s\S]*depot$/);
  });

  it('may lie in days of a date, derive columns of derived ones, and keep bronze for a time of its own', () => {
    // Act
    const manifest = manifestOf(dataset(stays, parcelsSql));

    // Assess
    const types = new Map(manifest.columns.silver.map(({ name, type }) => [name, type]));
    expect(manifest.partitionTime).toEqual({ column: 'night', transform: 'day' });
    expect(manifest.partitionFollowsIdentity).toBe(true);
    expect([manifest.retentionDays, manifest.archiveDays]).toEqual([3650, 30]);
    expect(manifest.derived.map(({ column, type }) => `${column} ${type}`)).toEqual([
      'stay_minutes double',
      'length string',
      'is_long boolean',
      'weekday int',
      'weekend boolean',
      'impossible boolean',
    ]);
    expect([types.get('night'), types.get('until'), types.get('weekday')]).toEqual(['date', 'date', 'int']);
    expect(manifest.columns.silver.find(({ name }) => name === 'stay_minutes')?.comment).toMatch(/ \(min\)$/);
    expect(manifest.windows[0]?.columns.find(({ name }) => name === 'weekday')?.type).toBe('int');
  });

  it('has windows, and approximations of their sketches, with all their columns', () => {
    // Act
    const manifest = manifestOf(dataset(windowed({ parquet: true }), parcelsSql));

    // Assess
    const types = (columns: readonly { name: string; type: string }[] | undefined) =>
      columns?.map(({ name, type }) => `${name} ${type}`);
    expect(manifest.windows[0]).toMatchObject({
      time: 'scanned_at',
      sizeMs: 3_600_000,
      slideMs: 3_600_000,
      aggregates: [
        { kind: 'count', column: 'parcels' },
        { kind: 'sketch', column: 'weight_sketch', of: 'weight', items: 1000 },
      ],
      export: 'parquet',
    });
    expect(types(manifest.windows[0]?.columns)).toEqual([
      'window_start timestamp',
      'window_end timestamp',
      'depot string',
      'parcels long',
      'weight_sketch binary',
      'late_rows long',
      'final boolean',
      'processing_time timestamp',
    ]);
    expect(types(manifest.approximations[0]?.columns)).toEqual([
      'date date',
      'depot string',
      'events long',
      'approximate_quantile double',
      'rank_error double',
      'through timestamp',
      'processing_time timestamp',
    ]);
    expect(manifest.gold[0]).toMatchObject({ quality: [], export: null });
  });

  it('has whole gold models, reference tables and named queries in full', () => {
    // Prepare
    const { partitionColumn: _, ...whole } = model;

    // Act
    const manifest = manifestOf(dataset({ ...parcels, gold: [whole] }, parcelsSql));

    // Assess
    expect(manifest.gold[0]?.partitionColumn).toBeNull();
    expect(manifest.references).toMatchObject([{ name: 'depots', table: 'parcels_depots', key: 'depot' }]);
    expect(manifest.queries).toMatchObject([{ name: 'parcels_by_depot', kind: 'analysis' }]);
    expect(manifest.queries[0]?.sql).toContain('FROM parcel_scans');
    expect(goldTables(manifest).map(({ name, partition, sortBy }) => [name, partition, sortBy])).toEqual([
      ['parcels_daily', null, ['day', 'depot']],
      ['parcel_scans_shared', { column: 'date', transform: 'identity' }, ['scan_id', 'scanned_at']],
      ['parcels_depots', null, ['depot']],
    ]);
    expect(icebergColumns(manifest).get('parcels_depots')).toEqual(manifest.references[0]?.columns);
  });

  it('tells the parameters of a query in their order', () => {
    // Prepare
    const sql = 'parcels/parcels_of_depot';
    const query = { name: 'of_depot', description: 'Scans', kind: 'view', parameters: [depot], sql } as const;

    // Act
    const [made] = manifestOf(dataset({ ...parcels, queries: [query] }, parcelsSql)).queries;

    // Assess
    expect(made?.parameters).toEqual([depot]);
    expect(made === undefined ? '' : describedQuery(made)).toBe(
      "Scans. Parameters: 1. depot: Where they were scanned ('north')",
    );
  });

  it('partitions by days below about 1 GB a day', () => {
    // Act
    const transforms = [10, 257, 258, 10_000].map(partitionTransform);

    // Assess
    expect(transforms).toEqual(['day', 'day', 'hour', 'hour']);
  });
});
