/**
 * The manifest: a dataset's contract as plain data. The landing function and the Spark jobs read nothing else,
 * so every fact they act on is here, and nothing here is a closure.
 */
import type { Source } from './source.ts';

/** Column types of the lake. `timestamp` is an instant in UTC, microseconds in tables, epoch milliseconds in the judge. */
export type ColumnType = 'string' | 'double' | 'long' | 'int' | 'boolean' | 'timestamp' | 'date' | 'binary';

/** What may be demanded of a field: a closed set, so that TypeScript and Spark can both check it. */
export type Rule =
  | { readonly rule: 'enum'; readonly values: readonly string[] }
  /** Anchored (`^…$`), ASCII, of the portable subset that `lib/contract/pattern.ts` accepts. */
  | { readonly rule: 'pattern'; readonly pattern: string }
  /** Inclusive bounds. */
  | { readonly rule: 'range'; readonly min?: number; readonly max?: number }
  /** Inclusive bounds, counted in Unicode code points (as JSON Schema counts). */
  | { readonly rule: 'length'; readonly min?: number; readonly max?: number };

/** Types a JSON value can be judged as. A timestamp is exactly `YYYY-MM-DDTHH:MM:SS.mmmZ`, a real date, year 0001-9999; a date is exactly `YYYY-MM-DD`. */
export type FieldType = 'string' | 'double' | 'long' | 'boolean' | 'timestamp' | 'date';

export interface Field {
  /** Where the value stands in the event: `['metadata', 'location']`. */
  readonly path: readonly string[];
  /** Its column in bronze, silver: `metadata_location`. */
  readonly column: string;
  readonly type: FieldType;
  /** False: the key may be missing, or its value null; the column is then null. */
  readonly required: boolean;
  readonly rules: readonly Rule[];
  readonly description: string;
  readonly unit?: string;
  readonly personal?: boolean;
}

/** A finding about a row that stays valid: `column` outside the range that the value of `by` calls for. */
export interface QualityRule {
  readonly name: string;
  readonly column: string;
  readonly by: string;
  /** Inclusive [min, max] for each value of `by`. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
}

/** A band ends below a number, or with it (`upTo`). */
export type Band =
  | { readonly below: number; readonly label: string }
  | { readonly upTo: number; readonly label: string };

/** How silver makes a column of others, derived ones that stand before it included; of null comes null, `equals` apart. */
export type Derivation =
  | { readonly kind: 'equals'; readonly column: string; readonly value: string }
  /** The label of the first band that the number is in; else `otherwise`. */
  | {
      readonly kind: 'bands';
      readonly column: string;
      readonly bands: readonly Band[];
      readonly otherwise: string;
    }
  /** Minutes from one timestamp to another, negative where `to` is earlier. */
  | { readonly kind: 'minutes'; readonly from: string; readonly to: string }
  /** Whether a number is greater than `than`. */
  | { readonly kind: 'above'; readonly column: string; readonly than: number }
  /** Of a date, or of the UTC date of a timestamp. `weekday`: 1 (Monday) to 7. */
  | {
      readonly kind: 'part';
      readonly column: string;
      readonly part: 'year' | 'quarter' | 'month' | 'day' | 'weekday';
    };

export type DerivedType = 'boolean' | 'string' | 'double' | 'int';

export interface Derived {
  readonly column: string;
  readonly type: DerivedType;
  readonly derivation: Derivation;
  readonly description: string;
  readonly unit?: string;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly comment: string;
}

/** What must hold for every row of a gold table before readers see it. */
export interface GoldRule {
  readonly name: string;
  /** A boolean SQL expression over the model's columns; null counts as a breach. */
  readonly holds: string;
}

export interface GoldModel {
  /** Table name, named query and file name of its SQL. */
  readonly name: string;
  readonly description: string;
  /** Columns that identify a row. */
  readonly grain: readonly string[];
  /** The column of the gold table that equals silver's partition value; its touched values are recomputed. Null: the
   * whole table is, whenever silver has changed. */
  readonly partitionColumn: string | null;
  readonly columns: readonly Column[];
  /** The gate: checked on a branch, besides a grain that is never null and never twice. */
  readonly quality: readonly GoldRule[];
  /** What is written for those who read files: one CSV with a header. */
  readonly export: 'csv' | null;
  /** `silver`: rows go when those that they are made of go. @default they stay */
  readonly retention?: 'silver';
  /** One SELECT in the dialect that Athena engine v3, Spark 4.1 and (transpiled) DuckDB share; reads silver by its bare name. */
  readonly sql: string;
}

/** One column of a window, made of the silver rows whose time lies in it. */
export type Aggregate =
  | { readonly kind: 'count'; readonly column: string }
  | { readonly kind: 'avg' | 'min' | 'max' | 'sum'; readonly column: string; readonly of: string }
  /** A mergeable KLL quantile sketch (Apache DataSketches) that keeps about so many items. */
  | { readonly kind: 'sketch'; readonly column: string; readonly of: string; readonly items: number };

/**
 * A table of time windows by key, kept by the silver query: after each batch exactly the windows that the batch
 * touched are computed again from silver, so late rows correct them and replays do no harm.
 */
export interface WindowModel {
  readonly name: string;
  readonly description: string;
  /** The timestamp column of silver that places a row. */
  readonly time: string;
  /** Windows are aligned to 1970-01-01T00:00:00Z, half open, and `sizeMs` is a multiple of `slideMs` (equal: tumbling). */
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly key: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly columns: readonly Column[];
  /** Also as Parquet files, one an hour, under year=/month=/day=/hour= of window_start. */
  readonly export: 'parquet' | null;
  readonly publish: Publication | null;
}

/**
 * A topic that the stream sends its results to as JSON, at least once, as soon as they stand in their table. Columns as
 * the table has them, binary ones left out; timestamps `YYYY-MM-DDTHH:MM:SS.mmmZ`, dates `YYYY-MM-DD`; null for null.
 *
 * A silver row that comes again has the same kafka_partition and kafka_offset; of the messages of one window (its start
 * and key) that with the latest processing_time holds. Sent is what the stream computes, and that alone: not what a
 * sweep, a rebuild or a maintenance changes or deletes, nor that a window has lost its last row.
 */
export interface Publication {
  readonly topic: string;
  /** Column whose value is the message key. */
  readonly key: string;
  readonly partitions: number;
  readonly retentionHours: number;
  /** Enough for the row of the longest event that the dataset's own topic takes. */
  readonly maxMessageBytes: number;
}

/** A small table of facts that rarely change, kept as a CSV file beside the contracts. */
export interface Reference {
  /** What mappings call it. */
  readonly name: string;
  /** Its Iceberg table. */
  readonly table: string;
  readonly description: string;
  /** Path of the CSV file in lib/datasets/reference; its header has the columns. */
  readonly file: string;
  /** The column that identifies a row. */
  readonly key: string;
  readonly columns: readonly Column[];
}

/** A value that whoever runs a named query gives: it stands for one `?` of the SQL. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  /** A literal as Athena takes it: `DATE '2026-11-01'`, `'north'`, `10`. */
  readonly example: string;
}

/** A named query over the dataset's tables. */
export interface NamedQuery {
  readonly name: string;
  readonly description: string;
  /** `summary`: one row of key figures. */
  readonly kind: 'analysis' | 'view' | 'summary';
  /** In the order of the SQL's `?`. @default none */
  readonly parameters?: readonly QueryParameter[];
  readonly sql: string;
  /** How its rows are drawn: a Vega-Lite specification without data, size and theme. Null: a table alone. */
  readonly chart: Readonly<Record<string, unknown>> | null;
}

/** A table of approximate quantiles of each day so far, merged from the sketches of windows. */
export interface Approximation {
  readonly name: string;
  readonly description: string;
  /** Name of the window table, and its sketch column. */
  readonly window: string;
  readonly sketch: string;
  /** 0 to 1. */
  readonly quantile: number;
  readonly columns: readonly Column[];
}

/** Names of the dataset's tables inside the Glue database. */
export interface TableNames {
  /** External Parquet, every Kafka record. */
  readonly bronze: string;
  /** View on bronze, one row a position. */
  readonly bronzeDistinct: string;
  /** External Parquet, what the landing judged not valid. */
  readonly quarantineLanded: string;
  /** Iceberg, what Spark judged not valid, conflicts included. */
  readonly rejected: string;
  /** View: landed faults and Spark's conflicts, one row a position. */
  readonly quarantine: string;
  /** Iceberg. */
  readonly silver: string;
}

export interface Manifest {
  readonly manifestVersion: 1;
  readonly dataset: string;
  readonly description: string;
  readonly topic: {
    readonly name: string;
    /** Column whose value is the Kafka message key. */
    readonly key: string;
    readonly partitions: number;
    readonly retentionHours: number;
    readonly maxMessageBytes: number;
  };
  readonly fields: readonly Field[];
  readonly identity: readonly string[];
  readonly partitionTime: { readonly column: string; readonly transform: 'day' | 'hour' };
  /** True where partitionTime is a function of the identity; else the sweep looks for one identity in two partitions. */
  readonly partitionFollowsIdentity: boolean;
  readonly observedTime: string;
  readonly onConflict: { readonly kind: 'first' } | { readonly kind: 'newest'; readonly column: string };
  readonly time: {
    /** Behind the watermark by more than this: late (accepted). */
    readonly latenessMs: number;
    /** Observed later than Kafka timestamp + this: `future`. */
    readonly futureMs: number;
    /** Observed earlier than Kafka timestamp - this: `too-old`. */
    readonly tooOldMs: number;
  };
  readonly sortBy: readonly string[];
  readonly quality: readonly QualityRule[];
  readonly derived: readonly Derived[];
  /** Of silver, by partitionTime. */
  readonly retentionDays: number;
  /** Of bronze, by the Kafka timestamp. */
  readonly archiveDays: number;
  readonly declaredEventsPerSecond: number;
  readonly schedules: { readonly gold: string; readonly sweep: string; readonly maintain: string };
  readonly tables: TableNames;
  readonly columns: {
    readonly bronze: readonly Column[];
    readonly quarantineLanded: readonly Column[];
    readonly rejected: readonly Column[];
    readonly silver: readonly Column[];
  };
  readonly windows: readonly WindowModel[];
  readonly gold: readonly GoldModel[];
  readonly approximations: readonly Approximation[];
  /** Silver's rows, as they come to stand there. */
  readonly publish: Publication | null;
  readonly references: readonly Reference[];
  readonly sources: readonly Source[];
  readonly queries: readonly NamedQuery[];
}

/** How one record was judged. Order of judgement: unparseable, invalid, future, too-old, valid. */
export type Verdict = 'valid' | 'unparseable' | 'invalid' | 'future' | 'too-old';

/** Why a position is in quarantine. `conflict` is found by Spark alone. */
export type Reason = Exclude<Verdict, 'valid'> | 'conflict';
