import type * as z from 'zod';
import type {
  Aggregate,
  Column,
  Derived,
  GoldRule,
  Manifest,
  NamedQuery,
  QualityRule,
  Reference,
} from './manifest.ts';
import type { FileSource, RestSource } from './source.ts';

/**
 * What an author writes of one stream. Columns are named as the lake names them: a nested field by its path joined
 * by `_` (`metadata.location` is `metadata_location`), unless `.meta({ column })` says otherwise.
 */
export interface DatasetForm {
  /** lower_snake; names the file, the event source group, the state folder and the derived tables. */
  readonly name: string;
  readonly description: string;
  /**
   * The event as JSON: z.string (regex, min, max, uuid), z.enum, z.number and z.int (min, max), z.boolean,
   * z.iso.datetime({ precision: 3 }), z.iso.date(), nested z.object. A field marked `.optional()`, `.nullable()` or `.nullish()`
   * may be missing or null; both become null. Each field has `.meta({ description, unit, personal, column })`.
   * Lengths are counted in Unicode code points. Fields that are not declared are ignored.
   */
  readonly event: z.ZodObject;
  /** Name of the silver table; bronze is `SILVER_raw`. */
  readonly silver: string;
  readonly topic: {
    readonly name: string;
    /** Column whose value is the Kafka message key: one key, one partition, in order. */
    readonly key: string;
    /** 1 to 1000. */
    readonly partitions: number;
    /** 1 hour to 1 year; a stage may raise it. */
    readonly retentionHours: number;
    /** 1,000 to 4,000,000; @default 2 MiB. A Lambda payload of 6 MB holds the largest in base64. */
    readonly maxMessageBytes?: number;
  };
  /** The columns that make a record one fact. */
  readonly identity: readonly string[];
  /** The timestamp or date that silver is partitioned by. */
  readonly partitionTime: string;
  /**
   * True: partitionTime is a function of the identity, so one identity never stands in two partitions.
   * False: that is only expected, and a sweep looks for breaches. @default whether partitionTime is in the identity
   */
  readonly partitionFollowsIdentity?: boolean;
  /** The timestamp at which the fact was seen; the rules for future and too old records apply to it. */
  readonly observedTime: string;
  /** Same identity, other content: the first record wins and later ones are quarantined, or the newest by a column wins. */
  readonly onConflict: 'first' | { readonly newest: string };
  /** Further behind the newest event of its Kafka partition than this: late (accepted and marked). */
  readonly latenessMinutes: number;
  /** Observed further ahead of its Kafka timestamp than this: quarantined as `future`. @default 5 */
  readonly futureMinutes?: number;
  /** Of silver; observed longer before its Kafka timestamp than this: quarantined as `too-old`. */
  readonly retentionDays: number;
  /** Of bronze, counted from the Kafka timestamp. @default retentionDays */
  readonly archiveDays?: number;
  /** The rate to be expected; silver's partitions and the alarms follow from it. */
  readonly declaredEventsPerSecond: number;
  /** Columns silver's files are sorted by. @default none */
  readonly sortBy?: readonly string[];
  /** Findings about rows that stay valid. @default none */
  readonly quality?: readonly QualityRule[];
  /** Columns that silver adds. @default none */
  readonly derived?: readonly Omit<Derived, 'type'>[];
  /** Tables of time windows, kept up to date by each batch of silver. @default none */
  readonly windows?: readonly WindowForm[];
  /** Tables of approximate quantiles of each day so far, from the sketches of windows. @default none */
  readonly approximations?: readonly ApproximationForm[];
  /** Gold tables; the SELECT of each stands in sql/DATASET/MODEL.sql. @default none */
  readonly gold?: readonly GoldForm[];
  /** Where records come from besides producers of their own. @default none */
  readonly sources?: readonly SourceForm[];
  /** Small tables that mappings look into, and that the lake has as well. @default none */
  readonly references?: readonly ReferenceForm[];
  /** A topic of silver's rows. @default none */
  readonly publish?: PublicationForm;
  /** Named queries beside the gold models; the SELECT of each stands in sql/DATASET/QUERY.sql. @default none */
  readonly queries?: readonly QueryForm[];
  /** AWS cron expressions in UTC, at least 5 minutes apart. @default gold at :10, sweep at :40 of every hour, maintain at 03:20 */
  readonly schedules?: { readonly gold?: string; readonly sweep?: string; readonly maintain?: string };
}

export interface GoldForm {
  /** lower_snake; table, named query and SQL file are called so. */
  readonly name: string;
  readonly description: string;
  /** Columns that identify a row. */
  readonly grain: readonly string[];
  /**
   * The date (or timestamp) column equal to silver's partition value; only its touched values are recomputed.
   * @default none: the whole table is computed anew whenever silver has changed
   */
  readonly partitionColumn?: string;
  readonly columns: readonly Column[];
  /** What every row must satisfy before readers see it. @default only the grain: never null, never twice */
  readonly quality?: readonly GoldRule[];
  /** Also written as one CSV file with a header, after each change. @default false */
  readonly csv?: boolean;
}

type Described<T> = T extends unknown ? T & { readonly description: string; readonly unit?: string } : never;
type OptionalItems<T> = T extends { items: number } ? Omit<T, 'items'> & { readonly items?: number } : T;

export interface WindowForm {
  /** lower_snake; the table is called so. */
  readonly name: string;
  readonly description: string;
  /** The required timestamp column that places a row. @default partitionTime */
  readonly time?: string;
  /** Length of a window; a whole number of slides. */
  readonly sizeSeconds: number;
  /** A window begins so often, counted from 1970-01-01T00:00:00Z. @default sizeSeconds (tumbling) */
  readonly slideSeconds?: number;
  /** Columns of silver that part the windows; each (window, key) is one row. */
  readonly key: readonly string[];
  /** A sketch's `items` (8 to 65,535, @default 1000) set its size and its error. */
  readonly aggregates: readonly Described<OptionalItems<Aggregate>>[];
  /** Also exported as Parquet by year, month, day and hour. @default false */
  readonly parquet?: boolean;
  /** A topic of the windows, as they are computed. @default none */
  readonly publish?: PublicationForm;
}

export interface PublicationForm {
  readonly topic: string;
  /** Column of the table whose value is the message key. */
  readonly key: string;
  /** @default those of the dataset's topic */
  readonly partitions?: number;
  /** @default those of the dataset's topic */
  readonly retentionHours?: number;
}

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** @default table `DATASET_NAME` */
export type ReferenceForm = Optional<Reference, 'table'>;

export type SourceForm =
  | FileSource
  /** @default no query, headers, secret, paging or merge; every 60 s, time-out 30 s, 5 retries, 100 pages */
  | Optional<
      RestSource,
      | 'query'
      | 'headers'
      | 'secret'
      | 'paging'
      | 'everySeconds'
      | 'timeoutSeconds'
      | 'retries'
      | 'mostPages'
      | 'merge'
    >;

export interface QueryForm extends Omit<NamedQuery, 'sql' | 'chart'> {
  /** File of the SELECT below sql/, without `.sql`. `{silver}` in it stands for the silver table. @default DATASET/QUERY */
  readonly sql?: string;
  readonly chart?: NamedQuery['chart'];
}

export interface ApproximationForm {
  /** lower_snake; the table is called so. */
  readonly name: string;
  readonly description: string;
  /** Name of a window of this dataset, and a sketch column of it. */
  readonly window: string;
  readonly sketch: string;
  /** Above 0, at most 1: 0.95 is the 95th percentile. */
  readonly quantile: number;
}

/** Longest message of the dataset's topic. */
export const maxMessageBytesOf = ({ topic }: DatasetForm): number => topic.maxMessageBytes ?? 2 * 1024 * 1024;

/** The schedules with their defaults: gold and sweep half an hour apart, each every hour; maintenance once a day. */
export function schedulesOf(form: DatasetForm): Manifest['schedules'] {
  return {
    gold: 'cron(10 * * * ? *)',
    sweep: 'cron(40 * * * ? *)',
    maintain: 'cron(20 3 * * ? *)',
    ...form.schedules,
  };
}
