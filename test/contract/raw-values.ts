/** Raw bytes as a hostile or broken producer sends them: valid JSON, nearly JSON, and anything else. */
import * as fc from 'fast-check';
import { REJECTED } from '../../lib/contract/judge.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { brokenEvent, oddDates, oddTimestamps, put, timestampText, validEvent } from './events.ts';

export interface RawValue {
  readonly value: Uint8Array | null;
  readonly kafkaTimestampMs: number;
}

/** Stands in the event where a literal is to be put into the text. */
const MARK = '@@literal@@';
const NESTED_AT_MOST = 64;

/** JSON texts (and some that are none) for one field. */
const literals: readonly string[] = [
  ...[
    '0',
    '-0',
    '-0.0',
    '0e5',
    '1.0',
    '1E2',
    '1e+2',
    '10e-1',
    '1.5',
    '1e308',
    '1.7976931348623157e308',
    '1.7976931348623159e308',
  ],
  ...[
    '1e309',
    '1e400',
    '-1e400',
    '5e-324',
    '2e-324',
    '1e-400',
    '-1e-400',
    '0.1',
    '0.30000000000000004',
    '100.00000000000001',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740991',
    '-9007199254740992',
    '9007199254740991.4',
  ],
  ...[
    '9007199254740990.5',
    '123456789012345678901234567890',
    '1'.repeat(400),
    `0.${'0'.repeat(400)}1`,
    `${'9'.repeat(30)}e-29`,
  ],
  ...['1000', '1000.0', '1000.0000000000001', '1000.00000000000001', '-1e-320', '999.9999999999999999'],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '01',
    '-01',
    '+1',
    '.5',
    '1.',
    '1.e3',
    '1e',
    '1e+',
    '-',
    '0x10',
    '1_000',
    '--1',
    '١',
  ],
  ...[
    '"1"',
    '"1.5"',
    '"NaN"',
    '""',
    '" "',
    'null',
    'true',
    'false',
    'True',
    'None',
    'undefined',
    "'x'",
    'nul',
    'tru',
  ],
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\uD83D"',
    '"a\\u0000b"',
    '"\\/"',
    '"\\x41"',
    '"\\u12"',
    '"\\u{41}"',
  ],
  ...[
    '"a\u0000b"',
    '"a\nb"',
    '"a\tb"',
    '"a\u007fb"',
    '"a\u2028b"',
    '"\u{1f600}"',
    '"\ufeff"',
    '"unterminated',
    '"\\"',
    '"\\\\"',
  ],
  ...[
    '[]',
    '{}',
    '[1,]',
    '{"a":1,}',
    '[,]',
    '{,}',
    '{"a"}',
    '{a:1}',
    '[1 2]',
    '/* c */ 1',
    '1 // c',
    '{"length":3}',
    '[[]]',
  ],
  ...[...oddTimestamps, ...oddDates].map((text) => JSON.stringify(text)),
  ...['0000-01-01', '0001-01-01', '9999-12-31', '2024-02-29', '1969-12-31'].map((text) => `"${text}"`),
  ...['"0000-02-29"', '"2026-01-0\\u0032"'],
  ...[
    '0000-01-01T00:00:00.000Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '2024-02-29T12:00:00.000Z',
  ].map((text) => `"${text}"`),
  ...[
    '"2000-02-29T00:00:00.000Z"',
    '"0000-02-29T00:00:00.000Z"',
    '"1969-12-31T23:59:59.999Z"',
    '"2026-01-02T03:04:05.678\\u005a"',
  ],
];

/** What may stand before and after a JSON text; of these only blank, tab, line feed and carriage return are whitespace. */
const surroundings = [
  ' ',
  '\n',
  '\r\n',
  '\t ',
  '\f',
  '\v',
  '\u00a0',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\u0000',
  '{',
  '}',
  ',',
  '1',
  'null',
  '//',
];

const badBytes: readonly (readonly number[])[] = [
  [0xff],
  [0x80],
  [0xc0, 0xaf],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0xef, 0xbb, 0xbf],
  [0xfe, 0xff],
];

/** Any value a Kafka record may carry, with the time the broker gave it. */
export function rawValue(manifest: Manifest): fc.Arbitrary<RawValue> {
  const events = fc.oneof(validEvent(manifest), brokenEvent(manifest));
  const texts = events.map(({ event, kafkaTimestampMs }) => ({
    text: JSON.stringify(event),
    kafkaTimestampMs,
  }));
  const encoded = (
    arbitrary: fc.Arbitrary<{ text: string; kafkaTimestampMs: number }>,
  ): fc.Arbitrary<RawValue> =>
    arbitrary.map(({ text, kafkaTimestampMs }) => ({ value: Buffer.from(text), kafkaTimestampMs }));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: encoded(
        validEvent(manifest).map(({ event, ...rest }) => ({ ...rest, text: JSON.stringify(event) })),
      ),
    },
    { weight: 4, arbitrary: encoded(texts) },
    { weight: 12, arbitrary: encoded(withLiteral(manifest)) },
    { weight: 4, arbitrary: encoded(withKeyTwice(manifest)) },
    { weight: 3, arbitrary: encoded(atTheEdge(manifest)) },
    { weight: 3, arbitrary: encoded(nested(manifest)) },
    { weight: 3, arbitrary: encoded(inherited(manifest)) },
    { weight: 5, arbitrary: encoded(rejected(manifest)) },
    { weight: 3, arbitrary: encoded(surrounded(texts)) },
    { weight: 3, arbitrary: damaged(texts) },
    { weight: 2, arbitrary: nothingLikeIt() },
  );
}

interface Text {
  readonly text: string;
  readonly kafkaTimestampMs: number;
}

/** One field, or an object on the way to it, replaced by a literal. */
function withLiteral(manifest: Manifest): fc.Arbitrary<Text> {
  const paths = manifest.fields.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1)));
  return fc
    .tuple(validEvent(manifest), fc.constantFrom(...paths), fc.constantFrom(...literals))
    .map(([{ event, kafkaTimestampMs }, path, literal]) => {
      put(event, path, MARK);
      return { text: JSON.stringify(event).replace(`"${MARK}"`, () => literal), kafkaTimestampMs };
    });
}

/** A top-level key that stands twice: the last one counts. */
function withKeyTwice(manifest: Manifest): fc.Arbitrary<Text> {
  const keys = [...new Set(manifest.fields.map(({ path }) => path[0] ?? ''))];
  return fc
    .tuple(
      validEvent(manifest),
      fc.constantFrom(...keys),
      fc.constantFrom(...literals),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([{ event, kafkaTimestampMs }, key, literal, first, escaped]) => {
      const name = escaped
        ? `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}"`
        : `"${key}"`;
      const text = JSON.stringify(event);
      const twice = first
        ? `{${name}:${literal},${text.slice(1)}`
        : `${text.slice(0, -1)},${name}:${literal}}`;
      return { text: twice, kafkaTimestampMs };
    });
}

/** Observed exactly at, and a millisecond beside, the bounds of `future` and `too-old`. */
function atTheEdge(manifest: Manifest): fc.Arbitrary<Text> {
  const { futureMs, tooOldMs } = manifest.time;
  const path = manifest.fields.find((field) => field.column === manifest.observedTime)?.path ?? [];
  return fc
    .tuple(validEvent(manifest), fc.constantFrom(futureMs, -tooOldMs), fc.integer({ min: -1, max: 1 }))
    .map(([{ event, kafkaTimestampMs }, bound, beside]) => {
      put(event, path, timestampText(kafkaTimestampMs + bound + beside));
      return { text: JSON.stringify(event), kafkaTimestampMs };
    });
}

/** Brackets in number around the limit: nesting, in strings, unbalanced. */
function nested(manifest: Manifest): fc.Arbitrary<Text> {
  const depths = fc.oneof(
    fc.integer({ min: NESTED_AT_MOST - 3, max: NESTED_AT_MOST + 3 }),
    fc.constantFrom(1, 200, 5000),
  );
  const shapes: readonly ((depth: number) => string)[] = [
    (depth) => '['.repeat(depth) + ']'.repeat(depth),
    (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    (depth) => '['.repeat(depth),
    (depth) => `"${'[{'.repeat(depth)}"`,
    (depth) => `"\\"${'['.repeat(depth)}"`,
    (depth) => `"\\\\",${'"x":['.repeat(1)}${'['.repeat(depth)}${']'.repeat(depth)}]`,
    (depth) => `[${'[],'.repeat(depth)}{}]`,
  ];
  return fc
    .tuple(validEvent(manifest), fc.constantFrom(...shapes), depths)
    .map(([{ event, kafkaTimestampMs }, shape, depth]) => ({
      text: `${JSON.stringify(event).slice(0, -1)},"nested":${shape(depth)}}`,
      kafkaTimestampMs,
    }));
}

/** Keys that JavaScript objects inherit; `__proto__` as a key is data like any other. */
function inherited(manifest: Manifest): fc.Arbitrary<Text> {
  return fc
    .tuple(
      validEvent(manifest),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'),
      fc.constantFrom('null', '1', '"x"', '{}', '[]', 'whole'),
      fc.boolean(),
    )
    .map(([{ event, kafkaTimestampMs }, key, literal, alone]) => {
      const text = JSON.stringify(event);
      const value = literal === 'whole' ? text : literal;
      return {
        text: alone ? `{"${key}":${value}}` : `{"${key}":${value},${text.slice(1)}`,
        kafkaTimestampMs,
      };
    });
}

const sourceTexts = ['"DepTime"', '""', '"größer"', '"\\ud83d\\ude00"', '"a\\u0000b"'];
/** What a rejection may say. */
export const SOURCE_DETAILS: ReadonlySet<string> = new Set(
  sourceTexts.map((text) => JSON.parse(text) as string),
);

/** What a source rejected, and what is only like it: alone, and in an event before or behind the fields. */
function rejected(manifest: Manifest): fc.Arbitrary<Text> {
  const texts = fc.constantFrom(...sourceTexts);
  const others = fc.constantFrom('"\\ud800"', '"x\\udc00"', '1', 'null', 'true', '{}', '["x"]');
  const part = fc.oneof({ arbitrary: texts, weight: 4 }, { arbitrary: others, weight: 1 });
  const whole = fc.oneof(
    { arbitrary: fc.tuple(part, part).map(([path, detail]) => ({ path, detail })), weight: 6 },
    {
      arbitrary: fc.constantFrom('null', '"x"', '1', '[]', '{}', '{"path":"a"}', '{"detail":"a"}'),
      weight: 1,
    },
  );
  return fc
    .tuple(
      fc.oneof(validEvent(manifest), brokenEvent(manifest)),
      whole,
      fc.constantFrom('alone', 'first', 'last'),
    )
    .map(([{ event, kafkaTimestampMs }, found, place]) => {
      const text = JSON.stringify(event);
      const value =
        typeof found === 'string' ? found : `{"row":${text},"path":${found.path},"detail":${found.detail}}`;
      const member = `"${REJECTED}":${value}`;
      if (place === 'alone') return { text: `{${member}}`, kafkaTimestampMs };
      return {
        text: place === 'first' ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`,
        kafkaTimestampMs,
      };
    });
}

function surrounded(texts: fc.Arbitrary<Text>): fc.Arbitrary<Text> {
  const around = fc.constantFrom('', ...surroundings);
  return fc.tuple(texts, around, around).map(([{ text, kafkaTimestampMs }, before, after]) => ({
    text: before + text + after,
    kafkaTimestampMs,
  }));
}

/** Bytes put in, taken out, or cut off. */
function damaged(texts: fc.Arbitrary<Text>): fc.Arbitrary<RawValue> {
  const inserted = fc.constantFrom(...badBytes).map((bytes) => Buffer.from(bytes));
  return fc
    .tuple(texts, fc.nat(), fc.oneof(inserted, fc.constantFrom('cut' as const, 'byte' as const)))
    .map(([{ text, kafkaTimestampMs }, place, damage]) => {
      const bytes = Buffer.from(text);
      const at = place % (bytes.length + 1);
      const before = bytes.subarray(0, at);
      if (damage === 'cut') return { value: before, kafkaTimestampMs };
      if (damage === 'byte')
        return { value: Buffer.concat([before, bytes.subarray(at + 1)]), kafkaTimestampMs };
      return { value: Buffer.concat([before, damage, bytes.subarray(at)]), kafkaTimestampMs };
    });
}

function nothingLikeIt(): fc.Arbitrary<RawValue> {
  const kafkaTimestampMs = 1_767_225_600_000;
  return fc.oneof(
    fc.constantFrom(null, new Uint8Array()).map((value) => ({ value, kafkaTimestampMs })),
    fc.uint8Array({ maxLength: 40 }).map((value) => ({ value, kafkaTimestampMs })),
    fc
      .oneof(fc.json({ maxDepth: 3 }), fc.constantFrom(...literals))
      .map((text) => ({ value: Buffer.from(text), kafkaTimestampMs })),
  );
}
