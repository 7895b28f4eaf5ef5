import { describe, expect, test } from 'vitest';
import { completed, drawnColumns, namesOnY } from '../../../bin/command/report/encodings.ts';
import { queryChart } from '../../../bin/command/report/query-chart.ts';
import { lines, wordsOf } from '../../../bin/command/report/words.ts';
import type { ResultColumn } from '../../../lambdas/shared/athena/values.ts';
import type { NamedQuery } from '../../../lib/contract/manifest.ts';

const DAYS: ResultColumn[] = [
  { name: 'day', type: 'date' },
  { name: 'depot', type: 'varchar' },
  { name: 'wait_minutes', type: 'double' },
];
const rows = ['2026-03-01', '2026-03-02', '2026-03-03'].flatMap((day, at) =>
  ['north', 'south'].map((depot, of) => ({ day, depot, wait_minutes: 1000 * (at + of) + 0.1 + 0.2 })),
);

const query = (chart: NamedQuery['chart'], description = 'How long <parcels> wait') => ({
  name: 'waits',
  description,
  chart,
});
const trend = {
  mark: 'line',
  encoding: {
    x: { field: 'day', type: 'temporal' },
    y: { field: 'wait_minutes', type: 'quantitative' },
    color: { field: 'depot', type: 'nominal' },
  },
};

/** Texts of a picture, in its order. */
const textsOf = (svg: string | undefined) =>
  [...(svg ?? '').matchAll(/<text[^>]*>([^<]*)</g)].map(([, one]) => one);

describe('the chart of a named query', () => {
  test('stands for itself: title, axes with units, readable numbers, colours of its own', async () => {
    // Act
    const svg = await queryChart(query(trend), DAYS, rows);

    // Assess
    const texts = textsOf(svg);
    expect(svg).toMatch(/^<svg role="img" aria-label="How long &lt;parcels&gt; wait"/);
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(texts).toEqual(
      expect.arrayContaining(['How long &lt;parcels&gt; wait', 'wait (minutes)', 'depot', 'north', 'south']),
    );
    expect(texts).toEqual(expect.arrayContaining(['2026-03-01', '1,000']));
    expect(svg).not.toMatch(/var\(|NaN|undefined|Infinity|https?:\/\/(?!www\.w3\.org)/);
  });

  test('is as high as there are names at its y axis, and as wide as any', async () => {
    // Prepare
    const bars = {
      mark: 'bar',
      encoding: {
        y: { field: 'depot', type: 'nominal' },
        x: { field: 'wait_minutes', type: 'quantitative' },
      },
    };
    const of = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ depot: `depot number ${at}`, wait_minutes: at }));

    // Act
    const [few, many] = await Promise.all([2, 40].map((count) => queryChart(query(bars), DAYS, of(count))));

    // Assess
    const size = (svg = '', side: string) => Number(new RegExp(`${side}="([\\d.]+)"`).exec(svg)?.[1]);
    expect(size(many, 'height') - size(few, 'height')).toBe(38 * 24);
    expect(size(many, 'width')).toBe(size(few, 'width'));
  });

  test('has short names level, and long ones upright', async () => {
    // Prepare
    const bars = {
      mark: 'bar',
      encoding: {
        x: { field: 'depot', type: 'nominal' },
        y: { field: 'wait_minutes', type: 'quantitative' },
      },
    };
    const named = (name: string) =>
      Array.from({ length: 12 }, (_, at) => ({ depot: `${name}${at}`, wait_minutes: at }));

    // Act
    const [short, long] = await Promise.all(
      ['', 'a long name of depot '].map((name) => queryChart(query(bars), DAYS, named(name))),
    );

    // Assess
    const turned = (svg = '') => svg.match(/rotate\((?:-90|270)/g)?.length;
    // The title of the y axis is.
    expect([turned(short), turned(long)]).toEqual([1, 13]);
  });

  test('of layers draws each of them', async () => {
    // Prepare
    const layered = {
      encoding: {
        x: { field: 'depot', type: 'nominal' },
        y: { field: 'wait_minutes', type: 'quantitative' },
      },
      layer: [{ mark: 'bar' }, { mark: 'text', encoding: { text: { field: 'wait_minutes' } } }],
    };

    // Act
    const svg = await queryChart(query(layered), DAYS, rows.slice(0, 2));

    // Assess
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['0.3', '1,000.3']));
  });

  test('without rows says so', async () => {
    // Act
    const svg = await queryChart(query(trend), DAYS, []);

    // Assess
    expect(textsOf(svg)).toEqual(['no rows', 'How long &lt;parcels&gt; wait']);
  });

  test('is none where the query has none', async () => {
    // Act, Assess
    expect(await queryChart(query(null), DAYS, rows)).toBeUndefined();
  });

  test.each([
    ['a column that there is not', { ...trend, encoding: { x: { field: 'nope', type: 'nominal' } } }, 'nope'],
    [
      'a mark that Vega has not',
      { mark: 'barr', encoding: { x: { field: 'day', type: 'nominal' } } },
      'waits',
    ],
  ])('is refused with %s', async (_, chart, told) => {
    // Act
    const drawing = queryChart(query(chart), DAYS, rows);

    // Assess
    await expect(drawing).rejects.toMatchObject({ code: 'MR865' });
    await expect(drawing).rejects.toSatisfy((error) => String(error).includes(told));
  });

  test('has its days and times in UTC, whatever the zone of the machine', async () => {
    // Prepare
    const columns = [{ name: 'at', type: 'timestamp(3) with time zone' }, ...DAYS.slice(2)];
    const chart = {
      mark: 'line',
      encoding: {
        x: { field: 'at', type: 'temporal', axis: { format: '%H:%M', values: ['2026-03-01T22:00:00Z'] } },
        y: { field: 'wait_minutes', type: 'quantitative' },
      },
    };
    const at = ['2026-03-01 21:00:00.000 UTC', '2026-03-01 23:00:00.000 UTC'];
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';

    // Act
    const svg = await queryChart(
      query(chart),
      columns,
      at.map((one, wait) => ({ at: one, wait_minutes: wait })),
    ).finally(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });

    // Assess
    expect(textsOf(svg)).toContain('22:00');
  });
});

describe('what a report puts into a chart', () => {
  test('leaves alone what the contract says', () => {
    // Prepare
    const chart = {
      mark: 'line',
      encoding: {
        x: { field: 'day', type: 'temporal', title: null, axis: { format: '%Y' }, timeUnit: 'utcyear' },
        y: { field: 'wait_minutes', aggregate: 'mean', type: 'quantitative' },
        tooltip: [{ field: 'depot', title: 'Depot' }],
      },
    };

    // Act, Assess
    expect(
      completed(
        chart,
        DAYS.map((one) => ({ ...one, fits: true })),
      ),
    ).toEqual({
      ...chart,
      encoding: { ...chart.encoding, x: { ...chart.encoding.x, scale: { type: 'utc' } } },
    });
  });

  test('knows the columns that are drawn, unless the chart makes its own', () => {
    // Prepare
    const layered = { layer: [trend, { mark: 'rule', encoding: { y: { field: 'limit' } } }] };

    // Act, Assess
    expect(drawnColumns(layered)).toEqual(['day', 'wait_minutes', 'depot', 'limit']);
    expect(drawnColumns({ ...layered, transform: [] })).toEqual([]);
    expect(namesOnY(trend)).toBeUndefined();
  });
});

describe('words', () => {
  test.each([
    ['avg_delay_minutes', 'avg delay (minutes)'],
    ['cancelled_percent', 'cancelled (%)'],
    ['minutes', 'minutes'],
    ['flights', 'flights'],
  ])('%s is %s', (column, words) => {
    expect(wordsOf(column)).toBe(words);
  });

  test('break into lines between them', () => {
    expect(lines('a bb ccc dddddddd e', 6)).toEqual(['a bb', 'ccc', 'dddddddd', 'e']);
  });
});
