import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextLink, readPages } from '../../../lambdas/fetch/pages.ts';
import type { Patience } from '../../../lambdas/fetch/patience.ts';
import type { RestSource } from '../../../lib/contract/source.ts';
import {
  answer,
  cut,
  drip,
  flood,
  hangUp,
  type Play,
  type ScriptedServer,
  scriptedServer,
  silence,
  zipped,
} from './server.ts';
import { parcels, quick, sourceIn } from './sources.ts';

const KEY = 'k/ey &1';
let server: ScriptedServer;
let other: ScriptedServer;

beforeAll(async () => {
  [server, other] = await Promise.all([scriptedServer(), scriptedServer()]);
});

afterAll(async () => {
  await Promise.all([server.close(), other.close()]);
});

const good = answer({ data: [{ id: 'p-1' }] });

function asker(source: Partial<RestSource> = {}, patience: Partial<Patience> = {}, secret?: string) {
  const made = { ...sourceIn(parcels()), url: `${server.url}/parcels`, ...source };
  const quickly = quick({ retries: made.retries, ...patience });
  return { source: made, secret, patience: quickly, slept: quickly.slept };
}

const secretIn = (into: NonNullable<RestSource['secret']>['into']) => ({
  secret: { name: 'carrier/key', into },
});

describe('a fault that passes', () => {
  it.each<[string, Play, Partial<RestSource>]>([
    ['429 without a word', answer('slow down', 429), {}],
    ['500', answer({ error: 'oops' }, 500), {}],
    ['503', answer('', 503), {}],
    ['no answer', silence, { timeoutSeconds: 0.2 }],
    ['a body without end', drip, { timeoutSeconds: 0.2 }],
    ['a cut body', cut, {}],
    ['a broken connection', hangUp, {}],
    ['half of a compressed body', zipped({ data: [{ id: 'p-1' }] }, false), {}],
    ['no JSON', answer('<html>'), {}],
    ['half a JSON', answer('{"data":[{"id":1}'), {}],
    ['an empty body', answer(''), {}],
    ['JSON without the array', answer({ message: 'try later' }), {}],
    ['null in place of the array', answer({ data: null }), {}],
  ])('%s: is asked again', async (_name, fault, source) => {
    // Prepare
    server.play(fault, good);
    const one = asker(source);

    // Act
    const polled = await readPages(one);

    // Assess
    expect(polled).toEqual({ records: [{ id: 'p-1' }], pages: 1, retries: 1 });
    expect(one.slept).toHaveLength(1);
  });

  it('that does not pass ends the poll, after as many retries as the source has', async () => {
    // Prepare
    server.play(answer({ error: 'oops' }, 502));
    const one = asker({ retries: 2 });

    // Act
    const polled = readPages(one);

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR891',
      message: expect.stringContaining('status 502'),
    });
    expect(server.asked).toHaveLength(3);
    expect(one.slept).toEqual([10, 20]);
  });

  it('grows the pause up to its bound', async () => {
    // Prepare
    server.play(answer('', 500));
    const one = asker({ retries: 5 });

    // Act
    await readPages(one).catch(() => undefined);

    // Assess
    expect(one.slept).toEqual([10, 20, 40, 40, 40]);
  });

  it('waits as long as Retry-After says, in seconds', async () => {
    // Prepare
    server.play(answer('', 429, { 'retry-after': '7' }), good);
    const one = asker();

    // Act
    await readPages(one);

    // Assess
    expect(one.slept).toEqual([7_000]);
  });

  it('waits as long as Retry-After says, as a date', async () => {
    // Prepare
    const now = Date.parse('2026-03-01T10:00:00Z');
    server.play(answer('', 503, { 'retry-after': 'Sun, 01 Mar 2026 10:00:09 GMT' }), good);
    const one = asker({}, { nowMs: () => now, deadlineMs: now + 60_000 });

    // Act
    await readPages(one);

    // Assess
    expect(one.slept).toEqual([9_000]);
  });

  it.each([
    ['x-ratelimit-reset', 'x-ratelimit-remaining', '1772359205'],
    ['x-ratelimit-reset', 'x-ratelimit-remaining', '1772359205000'],
    ['ratelimit-reset', 'ratelimit-remaining', '5'],
  ])('waits until a used-up limit is full again: %s', async (reset, remaining, value) => {
    // Prepare
    const now = 1_772_359_200_000;
    server.play(answer('', 429, { [reset]: value, [remaining]: '0' }), good);
    const one = asker({}, { nowMs: () => now, deadlineMs: now + 60_000 });

    // Act
    await readPages(one);

    // Assess
    expect(one.slept).toEqual([5_000]);
  });

  it('ends the poll at once where the pause takes more than is left', async () => {
    // Prepare
    server.play(answer('', 429, { 'retry-after': '3600' }), good);
    const one = asker();

    // Act
    const polled = readPages(one);

    // Assess
    await expect(polled).rejects.toMatchObject({ code: 'MR891', message: expect.stringContaining('3600 s') });
    expect(one.slept).toEqual([]);
  });

  it('is bounded by the time that is left, whatever the time-out', async () => {
    // Prepare
    server.play(silence);
    const one = asker({ timeoutSeconds: 30 }, { deadlineMs: Date.now() + 300 });
    const begun = performance.now();

    // Act
    const polled = readPages(one);

    // Assess
    await expect(polled).rejects.toMatchObject({ code: 'MR891' });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('leaves a used-up limit alone before the next page', async () => {
    // Prepare
    const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': '2' };
    server.play(answer({ data: [{ id: 'p-1' }], next: 'b' }, 200, headers), answer({ data: [] }));
    const one = asker({ paging: { by: 'cursor', cursor: 'after', next: 'next' } });

    // Act
    await readPages(one);

    // Assess
    expect(one.slept).toEqual([2_000]);
  });
});

describe('a fault that does not pass', () => {
  it.each([400, 404, 422])('%i is not asked again', async (status) => {
    // Prepare
    server.play(answer({ error: 'no such thing' }, status), good);

    // Act
    const polled = readPages(asker());

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR890',
      message: expect.stringContaining('no such thing'),
    });
    expect(server.asked).toHaveLength(1);
  });

  it.each([401, 403])('%i names the secret, and shows it nowhere', async (status) => {
    // Prepare
    server.play(answer(`bad key ${KEY}`, status));

    // Act
    const error = await readPages(asker(secretIn({ query: 'access_key' }), {}, KEY)).catch(
      (one: Error) => one,
    );

    // Assess
    expect(error).toMatchObject({ code: 'MR890', mend: expect.stringContaining('carrier/key') });
    expect(String(error)).not.toMatch(/k.{1,3}ey/);
    expect(String(error)).toContain('access_key=***');
    expect(JSON.stringify(error)).not.toContain(KEY);
    expect((error as Error).cause).toBeUndefined();
  });

  it('a redirect to another host is not followed, so that it gets no secret', async () => {
    // Prepare
    server.play(answer('', 302, { location: `${other.url}/parcels` }));
    other.play(good);

    // Act
    const polled = readPages(asker(secretIn({ header: 'x-key' }), {}, KEY));

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR890',
      message: expect.stringContaining('redirect'),
    });
    expect(other.asked).toEqual([]);
  });

  it('a redirect on the same host is followed', async () => {
    // Prepare
    server.play(answer('', 301, { location: '/v2/parcels' }), good);

    // Act
    const { records } = await readPages(asker(secretIn({ header: 'x-key' }), {}, 'abc'));

    // Assess
    expect(records).toHaveLength(1);
    expect(server.asked).toEqual(['/parcels', '/v2/parcels']);
    expect(server.headers[1]).toMatchObject({ 'x-key': 'abc' });
  });

  it('an answer without end is not read to its end', async () => {
    // Prepare
    server.play(flood);

    // Act
    const polled = readPages(asker());

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR890',
      message: expect.stringContaining('more than'),
    });
  });

  it('a host that is not there shows no secret either', async () => {
    // Prepare
    const one = asker(
      { url: 'http://127.0.0.1:1/parcels', retries: 1, ...secretIn({ query: 'key' }) },
      {},
      KEY,
    );

    // Act
    const error = await readPages(one).catch((failed: Error) => failed);

    // Assess
    expect(error).toMatchObject({ code: 'MR891' });
    expect(String(error)).not.toMatch(/k.{1,3}ey &?1/);
  });
});

describe('pages', () => {
  const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ id: `p-${from + i}` }));
  const offset = { by: 'offset', offset: 'offset', limit: 'limit', size: 2, total: 'page.total' } as const;
  const page = { by: 'page', page: 'page', limit: 'per_page', size: 2 } as const;
  const cursor = { by: 'cursor', cursor: 'after', next: 'meta.next' } as const;
  const link = { by: 'link' } as const;

  it('by offset, up to the total', async () => {
    // Prepare
    const total = { total: 3 };
    server.play(answer({ data: ids(2), page: total }), answer({ data: ids(1, 2), page: total }));

    // Act
    const { records, pages } = await readPages(asker({ paging: offset, query: { kind: 'all' } }));

    // Assess
    expect([records.length, pages]).toEqual([3, 2]);
    expect(server.asked).toEqual([
      '/parcels?kind=all&offset=0&limit=2',
      '/parcels?kind=all&offset=2&limit=2',
    ]);
  });

  it('by offset: an empty page before the total is no end', async () => {
    // Prepare
    const total = { total: 3 };
    const [first, empty, rest] = [ids(2), [], ids(1, 2)].map((data) => answer({ data, page: total }));
    server.play(first as Play, empty as Play, rest as Play);

    // Act
    const { records, retries } = await readPages(asker({ paging: offset }));

    // Assess
    expect([records.length, retries]).toEqual([3, 1]);
  });

  it('by offset: an answer without a total is broken', async () => {
    // Prepare
    server.play(answer({ data: ids(2) }));

    // Act
    const polled = readPages(asker({ paging: offset, retries: 1 }));

    // Assess
    await expect(polled).rejects.toMatchObject({
      code: 'MR891',
      message: expect.stringContaining('page.total'),
    });
  });

  it('by number, until one is empty', async () => {
    // Prepare
    server.play(answer({ data: ids(2) }), answer({ data: ids(2, 2) }), answer({ data: [] }));

    // Act
    const { records } = await readPages(asker({ paging: page }));

    // Assess
    expect(records).toHaveLength(4);
    expect(server.asked.at(-1)).toBe('/parcels?page=3&per_page=2');
  });

  it('by number, of an API whose pages are smaller than was asked for', async () => {
    // Prepare
    server.play(
      answer({ data: ids(2) }),
      answer({ data: ids(2, 2) }),
      answer({ data: ids(1, 4) }),
      answer({ data: [] }),
    );

    // Act
    const { records, pages } = await readPages(asker({ paging: { ...page, size: 500 } }));

    // Assess
    expect([records.length, pages]).toEqual([5, 4]);
  });

  it('by cursor, until there is none', async () => {
    // Prepare
    const scene = (data: unknown, next: unknown) => answer({ data, meta: { next } });
    server.play(scene(ids(2), 'b/1'), scene(ids(2, 2), 7), scene(ids(1, 4), null));

    // Act
    const { records } = await readPages(asker({ paging: cursor, ...secretIn({ query: 'key' }) }, {}, KEY));

    // Assess
    expect(records).toHaveLength(5);
    expect(server.asked[1]).toBe('/parcels?key=k%2Fey+%261&after=b%2F1');
    expect(server.asked[2]).toContain('after=7');
  });

  it('by link, on the same host alone', async () => {
    // Prepare
    const next = (target: string) => ({ link: `</first>; rel="first", <${target}>; rel="next"` });
    server.play(answer({ data: ids(1) }, 200, next('/parcels?p=2')), answer({ data: ids(1, 1) }));
    const { records } = await readPages(asker({ paging: link, ...secretIn({ query: 'key' }) }, {}, 'abc'));
    server.play(answer({ data: ids(1) }, 200, next(`${other.url}/parcels?p=2`)));
    other.play(good);

    // Act
    const elsewhere = readPages(asker({ paging: link, ...secretIn({ query: 'key' }) }, {}, 'abc'));

    // Assess
    expect(records).toHaveLength(2);
    await expect(elsewhere).rejects.toMatchObject({
      code: 'MR892',
      message: expect.stringContaining('another host'),
    });
    expect(other.asked).toEqual([]);
  });

  it('sends the secret with a link too', async () => {
    // Prepare
    server.play(answer({ data: ids(1) }, 200, { link: '</parcels?p=2>; rel=next' }), answer({ data: [] }));

    // Act
    await readPages(asker({ paging: link, ...secretIn({ query: 'key' }) }, {}, 'abc'));

    // Assess
    expect(server.asked).toEqual(['/parcels?key=abc', '/parcels?p=2&key=abc']);
  });

  it.each<[string, Partial<RestSource>, Play[], string]>([
    ['a page given twice', { paging: page }, [answer({ data: ids(2) })], 'same page'],
    [
      'a cursor given twice',
      { paging: cursor },
      [0, 2, 4].map((from) =>
        answer({ data: ids(2, from), meta: { next: from === 2 ? 'a' : from === 0 ? 'a' : 'b' } }),
      ),
      'was read already',
    ],
    [
      'a link to itself',
      { paging: link },
      [answer({ data: ids(1) }, 200, { link: '</parcels>; rel="next"' })],
      'was read already',
    ],
    [
      'more pages than most',
      { paging: page, mostPages: 3 },
      [0, 2, 4, 6].map((from) => answer({ data: ids(2, from) })),
      'more than 3 pages',
    ],
  ])('%s end the poll', async (_name, source, scenes, why) => {
    // Prepare
    server.play(...scenes);

    // Act
    const polled = readPages(asker(source));

    // Assess
    await expect(polled).rejects.toMatchObject({ code: 'MR892', message: expect.stringContaining(why) });
    expect(server.asked.length).toBeLessThanOrEqual(3);
  });

  it('may be compressed', async () => {
    // Prepare
    server.play(zipped({ data: ids(3) }));

    // Act
    const { records } = await readPages(asker());

    // Assess
    expect(records).toHaveLength(3);
  });

  it('takes an answer that is the array itself', async () => {
    // Prepare
    server.play(answer([{ id: 'p-1' }]));

    // Act
    const { records } = await readPages(asker({ records: '' }));

    // Assess
    expect(records).toEqual([{ id: 'p-1' }]);
  });
});

describe('the next link', () => {
  it.each([
    ['<https://a/b?c=1,2>; rel="next"', 'https://a/b?c=1,2'],
    ['<u1>; rel="prev", <u2>; title="x, y"; rel=next', 'u2'],
    ['<u1>; rel="prev next"', 'u1'],
    ['<u1>; rel="last"', undefined],
    ['', undefined],
  ])('of %s', (header, target) => {
    // Prepare, Act
    const found = nextLink(header);

    // Assess
    expect(found).toBe(target);
  });
});
