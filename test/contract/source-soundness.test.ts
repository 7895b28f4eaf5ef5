import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type DatasetForm, dataset } from '../../lib/contract/dataset.ts';
import type { SourceForm } from '../../lib/contract/form.ts';
import {
  clock,
  constant,
  date,
  double,
  type Expression,
  field,
  flag,
  long,
  type Mapping,
  present,
  text,
  when,
} from '../../lib/contract/mapping.ts';
import type { RestSource } from '../../lib/contract/source.ts';
import { MillraceError } from '../../lib/errors.ts';

const said = { description: 'Something' };
const form: DatasetForm = {
  name: 'visits',
  description: 'Visits of depots',
  event: z.object({
    id: z.string().meta(said),
    at: z.iso.datetime({ precision: 3 }).meta(said),
    day: z.iso.date().nullish().meta(said),
    count: z.int().nullish().meta(said),
    weight: z.number().nullish().meta(said),
    open: z.boolean().nullish().meta(said),
    state: z.enum(['open', 'shut']).nullish().meta(said),
    code: z
      .string()
      .regex(/^[A-Z]+$/)
      .min(2)
      .nullish()
      .meta(said),
    rank: z.int().min(1).max(9).nullish().meta(said),
    place: z.object({ names: z.string().nullish().meta(said) }).nullish(),
  }),
  silver: 'visits',
  topic: { name: 'visits', key: 'id', partitions: 1, retentionHours: 1 },
  identity: ['id'],
  partitionTime: 'at',
  observedTime: 'at',
  onConflict: 'first',
  latenessMinutes: 1,
  retentionDays: 1,
  declaredEventsPerSecond: 1,
  references: [
    {
      name: 'depots',
      description: 'Depots',
      file: 'depots.csv',
      key: 'code',
      columns: [
        { name: 'code', type: 'string', comment: 'Code' },
        { name: 'zone', type: 'string', comment: 'Time zone' },
        { name: 'height', type: 'double', comment: 'Height' },
      ],
    },
  ],
};
const zone: Expression = { lookup: 'depots', key: text('depot'), column: 'zone' };
const event: Mapping['event'] = {
  id: text('id'),
  day: date('day'),
  at: { instant: { date: field('day'), clock: clock('time'), zone } },
  count: long('count'),
  weight: { lookup: 'depots', key: text('depot'), column: 'height' },
  open: flag('open'),
  'place.names': text('name'),
};
const file = {
  kind: 'file',
  name: 'sheet',
  description: 'A sheet of visits',
  columns: ['id', 'depot', 'day', 'time', 'count', 'open', 'name'],
  mapping: { demands: [present('id'), present('depot', flag('open'))], event },
} as const satisfies SourceForm;
const rest = {
  kind: 'rest',
  name: 'api',
  description: 'The visits of an API',
  url: 'https://example.org/visits',
  records: 'data',
  version: 'at',
  mapping: { demands: [], event: { id: text('id'), count: long('a.b.c') } },
  merge: { principal: { not: flag('copy') }, collect: 'place_names' },
} as const satisfies SourceForm;

const offset = { by: 'offset', offset: 'from', limit: 'count', size: 10, total: 'total' } as const;
const eitherWay = (value: string) => when(flag('open'), constant('open'), constant(value));
const atLast = (value: string): Expression => ({ first: [constant(null), constant(value)] });
const inZone = (name: string): Expression => ({
  instant: { date: date('day'), clock: clock('time'), zone: { first: [zone, constant(name)] } },
});
const later = (name: string): Mapping['demands'][number] => ({
  column: 'day',
  holds: { not: { isNull: { next: { clock: clock('time'), zone: constant(name), after: inZone('UTC') } } } },
  detail: 'never',
});
const sheet = (changes: object): DatasetForm => ({
  ...form,
  sources: [{ ...file, ...changes } as SourceForm],
});
const mapped = (changes: Mapping['event']): DatasetForm =>
  sheet({ mapping: { demands: [], event: { ...event, ...changes } } });
const demanded = (...demands: Mapping['demands']): DatasetForm => sheet({ mapping: { demands, event } });
const api = (changes: object): DatasetForm => ({ ...form, sources: [{ ...rest, ...changes } as SourceForm] });
const without = (path: string): DatasetForm =>
  sheet({
    mapping: {
      demands: [],
      event: Object.fromEntries(Object.entries(event).filter(([name]) => name !== path)),
    },
  });

describe('sources', () => {
  it('are sound, and complete in the manifest', () => {
    // Act
    const { manifest } = dataset({ ...form, sources: [file, rest] });

    // Assess
    const api = manifest.sources[1] as RestSource;
    expect(manifest.sources[0]).toEqual(file);
    expect([api.everySeconds, api.retries, api.paging]).toEqual([60, 5, null]);
  });

  it.each<[string, string, DatasetForm, string?]>([
    ['MR100', 'a name with capitals', sheet({ name: 'Sheet' })],
    ['MR125', 'no description', sheet({ description: ' ' })],
    ['MR140', 'one name twice', { ...form, sources: [file, file] }, 'visits.sources'],
    ['MR140', 'no columns', sheet({ columns: [] })],
    ['MR140', 'a column twice', sheet({ columns: [...file.columns, 'id'] }), 'visits.sources.sheet.columns'],
    ['MR140', 'an address that is none', api({ url: 'visits' }), 'visits.sources.api.url'],
    ['MR140', 'plain http', api({ url: 'http://example.org/visits' })],
    ['MR140', 'a password in the address', api({ url: 'https://me:secret@example.org/' })],
    ['MR140', 'half a minute', api({ everySeconds: 30 }), 'visits.sources.api.everySeconds'],
    ['MR140', 'a minute and a half', api({ everySeconds: 90 })],
    ['MR140', 'no time at all', api({ timeoutSeconds: 0 })],
    ['MR140', 'half a try', api({ retries: 0.5 })],
    ['MR140', 'no page', api({ mostPages: 0 })],
    ['MR140', 'empty pages', api({ paging: { by: 'page', page: 'p', limit: 'l', size: 0 } })],
    ['MR140', 'a secret without name', api({ secret: { name: '', into: { header: 'x' } } })],
    ['MR140', 'a secret without parameter', api({ secret: { name: 'key', into: { query: '' } } })],
    ['MR140', 'a secret without header', api({ secret: { name: 'key', into: { header: ' ' } } })],
    [
      'MR140',
      'a secret in a parameter of the query',
      api({ query: { key: 'x' }, secret: { name: 'key', into: { query: 'key' } } }),
      'visits.sources.api.secret',
    ],
    [
      'MR140',
      'a secret in a header that is said already',
      api({ headers: { 'X-Key': 'x' }, secret: { name: 'key', into: { header: 'x-key' } } }),
    ],
    [
      'MR140',
      'a secret in a parameter of the paging',
      api({ paging: offset, secret: { name: 'key', into: { query: 'from' } } }),
    ],
    ['MR140', 'a parameter of the address', api({ url: 'https://example.org/v?from=1', paging: offset })],
    ['MR140', 'an offset without parameter', api({ paging: { ...offset, offset: '' } })],
    ['MR140', 'an offset in a parameter of the query', api({ paging: offset, query: { from: '1' } })],
    [
      'MR140',
      'offset and limit in one parameter',
      api({ paging: { ...offset, limit: 'from' } }),
      'visits.sources.api.paging',
    ],
    ['MR140', 'a page without limit', api({ paging: { by: 'page', page: 'p', limit: '', size: 1 } })],
    ['MR140', 'a cursor without parameter', api({ paging: { by: 'cursor', cursor: '', next: 'a' } })],
    ['MR140', 'a query without parameter', api({ query: { '': 'x' } })],
    [
      'MR140',
      'a name too long for a function',
      api({ name: 'a'.repeat(36) }),
      'visits.sources.api'.replace('api', 'a'.repeat(36)),
    ],
    ['MR100', 'a dataset whose name is too long for a function', { ...form, name: 'a'.repeat(45) }],
    ['MR141', 'an unknown column', mapped({ count: long('nope') }), 'visits.sources.sheet.mapping'],
    ['MR141', 'an unknown table', mapped({ weight: { lookup: 'no', key: text('id'), column: 'zone' } })],
    [
      'MR141',
      'an unknown column of a table',
      mapped({ weight: { lookup: 'depots', key: text('id'), column: 'no' } }),
    ],
    [
      'MR141',
      'a field that is not there yet',
      mapped({ id: { join: [field('count'), text('id')], with: '' } }),
    ],
    [
      'MR141',
      'an unknown field of the event',
      mapped({ nope: text('id') }),
      'visits.sources.sheet.mapping.event.nope',
    ],
    ['MR141', 'a column where a path is due', mapped({ place_names: text('id') })],
    ['MR141', 'a number made of a text', mapped({ count: text('count') })],
    ['MR141', 'a whole number made of a double', mapped({ count: double('count') })],
    ['MR141', 'a text made of a number', mapped({ id: long('id') })],
    ['MR141', 'a timestamp made of a text', mapped({ at: text('id') })],
    ['MR141', 'a date made of an instant', mapped({ day: { endOfMonth: date('day') } })],
    [
      'MR141',
      'a constant that the enum does not have',
      mapped({ state: constant('gone') }),
      'visits.sources.sheet.mapping.event.state',
    ],
    ['MR141', 'a constant on one way that the enum does not have', mapped({ state: eitherWay('gone') })],
    ['MR141', 'a constant after others that the enum does not have', mapped({ state: atLast('gone') })],
    ['MR141', 'a constant of another pattern', mapped({ code: constant('ab') })],
    ['MR141', 'a constant that is too short', mapped({ code: constant('A') })],
    ['MR141', 'a constant below the range', mapped({ rank: constant(0) })],
    ['MR141', 'a constant beyond the range', mapped({ rank: constant(10) })],
    ['MR141', 'a constant beyond all whole numbers', mapped({ count: constant(2 ** 53) })],
    ['MR141', 'a constant that is no number', mapped({ weight: constant(Number.NaN) })],
    ['MR141', 'a constant that is no text', mapped({ 'place.names': constant('\ud800') })],
    ['MR141', 'a constant zone that is none', mapped({ at: inZone('Mars/Olympus') })],
    [
      'MR141',
      'a constant zone that is none, deep inside',
      mapped({ at: { plusMinutes: [inZone('Nowhere'), long('count')] } }),
    ],
    ['MR141', 'a zone of a demand that is none', demanded(later('+25:00'))],
    ['MR141', 'a required field that is null', mapped({ id: constant(null) })],
    ['MR141', 'a required field that nothing makes', without('id')],
    ['MR141', 'the version of a file that nothing makes', without('at')],
    ['MR141', 'a demand that is no condition', demanded({ column: 'id', holds: text('id'), detail: 'x' })],
    ['MR141', 'a demand without words', demanded({ ...present('id'), detail: '' })],
    ['MR141', 'a demand of an unknown column', demanded({ ...present('id'), column: 'nope' })],
    ['MR141', 'a principal that is no condition', api({ merge: { ...rest.merge, principal: text('id') } })],
    ['MR141', 'what is collected into a number', api({ merge: { ...rest.merge, collect: 'count' } })],
    ['MR142', 'a version that is unknown', api({ version: 'nope' }), 'visits.sources.api.version'],
    ['MR142', 'a version that is no timestamp', api({ version: 'id' })],
  ])('%s: %s', (code, _what, unsound, where) => {
    // Act
    let error: unknown;
    try {
      dataset(unsound);
    } catch (cause) {
      error = cause;
    }

    // Assess
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject(where === undefined ? { code } : { code, where });
  });

  it.each<[string, DatasetForm]>([
    [
      'constants within the rules',
      mapped({ state: eitherWay('shut'), code: constant('AB'), rank: constant(9) }),
    ],
    [
      'a constant that is compared',
      demanded({ ...present('id'), holds: { equal: [text('id'), constant('x')] } }),
    ],
    [
      'a choice by a constant',
      mapped({ state: when({ equal: [text('id'), constant('x')] }, atLast('open')) }),
    ],
    ['a part of a text', mapped({ code: { join: [text('id'), constant('-')], with: '' } })],
    ['constant zones', mapped({ at: inZone('Europe/Berlin') })],
    ['a double made of a whole number', mapped({ weight: constant(5) })],
    [
      'parameters of their own',
      api({ query: { kind: 'a' }, paging: offset, secret: { name: 'k', into: { query: 'key' } } }),
    ],
    [
      'a header beside a query of that name',
      api({ query: { key: 'a' }, secret: { name: 'k', into: { header: 'key' } } }),
    ],
    ['the longest name of a source', api({ name: 'a'.repeat(32) })],
    ['the longest name of a dataset', { ...form, name: 'a'.repeat(41) }],
  ])('may have %s', (_what, sound) => {
    // Act
    const { manifest } = dataset(sound);

    // Assess
    expect(manifest.dataset).toBe(sound.name);
  });

  it.each(['http://localhost:8080/v', 'http://127.0.0.1:80/v', 'http://[::1]:80/v'])(
    'may be at %s',
    (url) => {
      // Act
      const { manifest } = dataset(api({ url }));

      // Assess
      expect(manifest.sources).toHaveLength(1);
    },
  );
});
