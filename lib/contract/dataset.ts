import type * as z from 'zod';
import { derivedType, tableColumns } from './columns.ts';
import { fieldsOf } from './field.ts';
import { type DatasetForm, maxMessageBytesOf, schedulesOf } from './form.ts';
import type {
  Approximation,
  Derived,
  Field,
  GoldModel,
  Manifest,
  NamedQuery,
  TableNames,
  WindowModel,
} from './manifest.ts';
import { sharedModels } from './personal.ts';
import { publicationOf } from './publication.ts';
import { checkDataset } from './soundness.ts';
import { sourceOf } from './source.ts';
import { readGoldSql, readQuerySql, sqlFolder } from './sql.ts';
import { approximationColumns, windowModel } from './windows.ts';

export type { DatasetForm, GoldForm } from './form.ts';

/** A sound contract. Everything else is derived from it: `manifestOf`, `jsonSchemaOf`, `topicSettingsOf`, `glueTablesOf`. */
export interface Dataset {
  readonly kind: 'millrace.dataset';
  readonly name: string;
  /** The author's schema, for producers and tests. */
  readonly event: z.ZodObject;
  readonly manifest: Manifest;
}

/** Bytes of one iot event in silver: Parquet ZSTD, measured. */
export const SILVER_BYTES_PER_EVENT = 45;
/** A silver partition below this stays one day long. */
const DAY_PARTITION_BYTES = 1e9;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Checks a contract and makes a dataset of it.
 * @param folder where sql/DATASET/MODEL.sql is read from; @default the project's sql folder
 * @throws MillraceError MR100-MR152 with `where` = `DATASET.PATH`
 */
export function dataset(form: DatasetForm, folder: URL = sqlFolder): Dataset {
  const fields = fieldsOf(form.event, form.name);
  const tables = tableNames(form);
  checkDataset(form, fields, tables);
  const gold = (form.gold ?? []).map(
    ({ csv, quality, partitionColumn, ...model }): GoldModel => ({
      ...model,
      partitionColumn: partitionColumn ?? null,
      quality: quality ?? [],
      export: csv === true ? 'csv' : null,
      sql: readGoldSql(form, model.name, folder),
    }),
  );
  const queries = (form.queries ?? []).map(
    ({ sql, chart, ...query }): NamedQuery => ({
      ...query,
      sql: readQuerySql(form, { ...query, ...(sql === undefined ? {} : { sql }) }, folder),
      chart: chart ?? null,
    }),
  );
  const manifest = buildManifest(form, fields, tables, gold, queries);
  return Object.freeze({ kind: 'millrace.dataset', name: form.name, event: form.event, manifest });
}

/** The contract as plain data: what the landing and the Spark jobs read. */
export function manifestOf(dataset: Dataset): Manifest {
  return dataset.manifest;
}

/** Days below about 1 GB a day, else hours. @param eventsPerSecond the declared rate */
export function partitionTransform(eventsPerSecond: number): 'day' | 'hour' {
  return eventsPerSecond * 86_400 * SILVER_BYTES_PER_EVENT < DAY_PARTITION_BYTES ? 'day' : 'hour';
}

const isDate = (fields: readonly Field[], column: string): boolean =>
  fields.some((field) => field.column === column && field.type === 'date');

function tableNames({ name, silver }: DatasetForm): TableNames {
  return {
    bronze: `${silver}_raw`,
    bronzeDistinct: `${silver}_raw_distinct`,
    quarantineLanded: `${name}_quarantine_landed`,
    rejected: `${name}_rejected`,
    quarantine: `${name}_quarantine`,
    silver,
  };
}

function buildManifest(
  form: DatasetForm,
  fields: readonly Field[],
  tables: TableNames,
  gold: readonly GoldModel[],
  queries: readonly NamedQuery[],
): Manifest {
  const derived = (form.derived ?? []).map((one): Derived => ({ ...one, type: derivedType(one.derivation) }));
  const columns = tableColumns(fields, derived);
  const windows = (form.windows ?? []).map((one) => windowModel(one, form, columns.silver));
  const partitionFollowsIdentity =
    form.partitionFollowsIdentity ?? form.identity.includes(form.partitionTime);
  const shared = sharedModels({
    table: tables.silver,
    columns: columns.silver,
    fields,
    derived,
    quality: form.quality ?? [],
    identity: form.identity,
    partitionTime: form.partitionTime,
    partitionFollowsIdentity,
  });
  return {
    manifestVersion: 1,
    dataset: form.name,
    description: form.description,
    topic: { ...form.topic, maxMessageBytes: maxMessageBytesOf(form) },
    fields,
    identity: form.identity,
    partitionTime: {
      column: form.partitionTime,
      transform: isDate(fields, form.partitionTime)
        ? 'day'
        : partitionTransform(form.declaredEventsPerSecond),
    },
    partitionFollowsIdentity,
    observedTime: form.observedTime,
    onConflict:
      form.onConflict === 'first' ? { kind: 'first' } : { kind: 'newest', column: form.onConflict.newest },
    time: {
      latenessMs: form.latenessMinutes * MINUTE_MS,
      futureMs: (form.futureMinutes ?? 5) * MINUTE_MS,
      tooOldMs: form.retentionDays * DAY_MS,
    },
    sortBy: form.sortBy ?? [],
    quality: form.quality ?? [],
    derived,
    retentionDays: form.retentionDays,
    archiveDays: form.archiveDays ?? form.retentionDays,
    declaredEventsPerSecond: form.declaredEventsPerSecond,
    schedules: schedulesOf(form),
    tables,
    columns,
    windows,
    gold: [...gold, ...shared],
    approximations: approximationsOf(form, windows),
    publish: publicationOf(form.publish, form),
    references: (form.references ?? []).map((one) => ({ table: `${form.name}_${one.name}`, ...one })),
    sources: (form.sources ?? []).map(sourceOf),
    queries,
  };
}

function approximationsOf(form: DatasetForm, windows: readonly WindowModel[]): Approximation[] {
  return (form.approximations ?? []).flatMap((one) => {
    const window = windows.find(({ name }) => name === one.window);
    if (window === undefined) return [];
    const sketched = window.columns.find(({ name }) => name === one.sketch);
    return [{ ...one, columns: approximationColumns(one, window, sketched) }];
  });
}
