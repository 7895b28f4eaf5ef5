import { createHash } from 'node:crypto';
import type { RestSource } from '../../lib/contract/source.ts';
import { MillraceError } from '../../lib/errors.ts';
import { Passing, type Patience, patiently } from './patience.ts';
import { redaction } from './redact.ts';
import { type Answer, askOnce } from './request.ts';
import { limitWaitMs } from './waiting.ts';

export interface Polled {
  readonly records: readonly unknown[];
  readonly pages: number;
  readonly retries: number;
}

/** How a poll asks: the source, its secret's text, and how long it may take. */
export interface Asker {
  readonly source: RestSource;
  readonly secret: string | undefined;
  readonly patience: Patience;
  /** Told of each retry, without the secret. */
  retried?(what: string, waitMs: number): void;
}

interface Page {
  readonly records: readonly unknown[];
  readonly next: URL | undefined;
  readonly answer: Answer;
}

/** Value at a dotted path; '' is the whole. */
export function valueAtPath(value: unknown, path: string): unknown {
  let at = value;
  for (const key of path === '' ? [] : path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/** Target of `Link: <URL>; rel="next"`. */
export function nextLink(header: string | string[] | undefined): string | undefined {
  const text = [header ?? []].flat().join(', ');
  for (const [, target, parameters = ''] of text.matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:=(?:"[^"]*"|[^\s;,]*))?)*)/g,
  )) {
    const rel = /;\s*rel=(?:"([^"]*)"|([^\s;,]*))/i.exec(parameters);
    if ((rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}

/** With the query of the source and its secret, and that of the page. */
function pageUrl({ source, secret }: Asker, base: URL, page: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  const into = source.secret?.into;
  const own = into !== undefined && 'query' in into && secret !== undefined ? { [into.query]: secret } : {};
  for (const [name, value] of Object.entries({ ...page, ...own })) url.searchParams.set(name, value);
  return url;
}

function firstUrl(asker: Asker): URL {
  const { url, query, paging } = asker.source;
  const page = ((): Record<string, string> => {
    if (paging?.by === 'offset') return { [paging.offset]: '0', [paging.limit]: String(paging.size) };
    if (paging?.by === 'page') return { [paging.page]: '1', [paging.limit]: String(paging.size) };
    return {};
  })();
  return pageUrl(asker, new URL(url), { ...query, ...page });
}

/**
 * Where the page after this one is; undefined: this was the last.
 * @param read records so far, this page's included
 * @throws Passing: the answer does not say
 */
function following(
  asker: Asker,
  { url, pages, read }: { readonly url: URL; readonly pages: number; readonly read: number },
  records: readonly unknown[],
  { json, headers }: Answer,
): URL | undefined {
  const { paging } = asker.source;
  if (paging === null) return undefined;
  switch (paging.by) {
    case 'offset': {
      const total = valueAtPath(json, paging.total);
      if (typeof total !== 'number') throw new Passing(`the answer has no number at \`${paging.total}\``);
      if (read >= total) return undefined;
      if (records.length === 0) throw new Passing(`an empty page after ${read} of ${total} records`);
      return pageUrl(asker, url, { [paging.offset]: String(read) });
    }
    case 'page':
      // A short page is no end: an API may give fewer than it was asked for.
      if (records.length === 0) return undefined;
      return pageUrl(asker, url, { [paging.page]: String(pages + 1) });
    case 'cursor': {
      const cursor = valueAtPath(json, paging.next) ?? '';
      if (cursor === '') return undefined;
      if (typeof cursor !== 'string' && typeof cursor !== 'number')
        throw new Passing(`\`${paging.next}\` of the answer is no cursor`);
      return pageUrl(asker, url, { [paging.cursor]: String(cursor) });
    }
    case 'link': {
      const target = nextLink(headers.link);
      if (target === undefined) return undefined;
      if (!URL.canParse(target, url.href)) throw new Passing('the next link of the answer is no URL');
      return pageUrl(asker, new URL(target, url), {});
    }
  }
}

/**
 * All records that the API has, page by page.
 * @throws MillraceError MR890 (refused), MR891 (no usable answer), MR892 (pages without end)
 */
export async function readPages(asker: Asker): Promise<Polled> {
  const { source, secret, patience } = asker;
  const redact = redaction(secret);
  const into = source.secret?.into;
  const headers = {
    ...source.headers,
    ...(into !== undefined && 'header' in into && secret !== undefined ? { [into.header]: secret } : {}),
  };
  const records: unknown[] = [];
  const asked = new Set<string>();
  const seen = new Set<string>();
  let retries = 0;

  const readPage = (url: URL, pages: number): Promise<Page> =>
    patiently(
      patience,
      redact(url.href),
      async (leftMs) => {
        const answer = await askOnce(url, {
          headers,
          timeoutMs: Math.min(source.timeoutSeconds * 1000, leftMs),
          secretName: source.secret?.name,
          redact,
          nowMs: patience.nowMs,
        });
        const found = valueAtPath(answer.json, source.records);
        if (!Array.isArray(found)) throw new Passing(`the answer has no array ${placeOf(source.records)}`);
        const read = records.length + found.length;
        return { records: found, answer, next: following(asker, { url, pages, read }, found, answer) };
      },
      (fault, waitMs) => {
        retries += 1;
        asker.retried?.(fault.message, Math.round(waitMs));
      },
    );

  let url = firstUrl(asker);
  for (let pages = 1; ; pages += 1) {
    const place = redact(url.href);
    asked.add(url.href);
    const page = await readPage(url, pages);
    const digest = createHash('sha256').update(JSON.stringify(page.records)).digest('base64');
    if (page.records.length > 0 && seen.has(digest)) throw endless(place, 'it gives the same page again');
    seen.add(digest);
    for (const record of page.records) records.push(record);
    const { next } = page;
    if (next === undefined) return { records, pages, retries };
    if (next.origin !== url.origin)
      throw endless(place, `its next page is at another host, ${next.host}, which gets no secret`);
    if (asked.has(next.href)) throw endless(place, `its next page, ${redact(next.href)}, was read already`);
    if (pages >= source.mostPages) throw endless(place, `it has more than ${source.mostPages} pages`);
    url = next;
    // A limit that is used up refuses the next page; where it lasts too long, the answer itself shall say so.
    const waitMs = limitWaitMs(page.answer.headers, patience.nowMs()) ?? 0;
    if (waitMs > 0 && patience.nowMs() + waitMs < patience.deadlineMs) await patience.sleep(waitMs);
  }
}

const placeOf = (path: string): string => (path === '' ? 'as a whole' : `at \`${path}\``);

function endless(place: string, why: string): MillraceError {
  return new MillraceError('MR892', `the API's pages cannot be followed: ${why}`, {
    where: place,
    mend: 'nothing was sent; see `paging` and `mostPages` of the source, and narrow its query where it has too much',
  });
}
