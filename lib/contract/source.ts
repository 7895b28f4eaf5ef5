import type { SourceForm } from './form.ts';
import type { Expression, Mapping } from './mapping.ts';

/** Files of rows (CSV with a header, JSON, NDJSON, Parquet; plain, gz or zip) that `millrace import` reads. */
export interface FileSource {
  readonly kind: 'file';
  /** lower_snake, unique in the dataset. */
  readonly name: string;
  readonly description: string;
  /** Columns that a file of this source must have: they tell whose file it is. Others are ignored. */
  readonly columns: readonly string[];
  readonly mapping: Mapping;
}

/** How an API parts its answer into pages. */
export type Paging =
  /** `offset` counts records; `total` is the path of their number in the answer. */
  | {
      readonly by: 'offset';
      readonly offset: string;
      readonly limit: string;
      readonly size: number;
      readonly total: string;
    }
  /** `page` counts from 1 until a page is empty (it counts among `mostPages`); `size` may be more than the API gives. */
  | { readonly by: 'page'; readonly page: string; readonly limit: string; readonly size: number }
  /** `next` is the path of the cursor in the answer; it is sent back as the parameter `cursor`. */
  | { readonly by: 'cursor'; readonly cursor: string; readonly next: string }
  /** The header `Link` with `rel="next"`. */
  | { readonly by: 'link' };

/** A REST API that is asked on a schedule. */
export interface RestSource {
  readonly kind: 'rest';
  /** lower_snake, unique in the dataset. */
  readonly name: string;
  readonly description: string;
  /** https; plain http on the loopback address alone. */
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Name of a secret in Secrets Manager, and where its text goes. */
  readonly secret: {
    readonly name: string;
    readonly into: { readonly query: string } | { readonly header: string };
  } | null;
  /** Path of the array of records in the answer; '' where the answer is the array. */
  readonly records: string;
  readonly paging: Paging | null;
  /** At least 60, and whole minutes: the schedule of AWS knows no less. */
  readonly everySeconds: number;
  /** Of one request. */
  readonly timeoutSeconds: number;
  /** Times a request is tried again (429, 5xx, time-out, a broken answer), with back-off and jitter. */
  readonly retries: number;
  /** Of one poll; an answer that has more is a fault, never cut in silence. */
  readonly mostPages: number;
  readonly mapping: Mapping;
  /**
   * Records of one identity in one poll become one event: that of the record where `principal` is true (else the first),
   * with the distinct values of `collect` of all of them, sorted and joined by `,`.
   */
  readonly merge: { readonly principal: Expression; readonly collect: string } | null;
  /** The event's timestamp column that a new version is stamped with when the API gives no time of its own. */
  readonly version: string;
}

export type Source = FileSource | RestSource;

/** A source in full. */
export function sourceOf(form: SourceForm): Source {
  if (form.kind === 'file') return form;
  return {
    query: {},
    headers: {},
    secret: null,
    paging: null,
    everySeconds: 60,
    timeoutSeconds: 30,
    retries: 5,
    mostPages: 100,
    merge: null,
    ...form,
  };
}
