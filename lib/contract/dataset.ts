import type * as z from 'zod';
import { tableColumns } from './columns.ts';
import { fieldsOf } from './field.ts';
import { type DatasetForm, schedulesOf } from './form.ts';
import type {
  Approximation,
  Derived,
  Field,
  GoldModel,
  Manifest,
  TableNames,
  WindowModel,
} from './manifest.ts';
import { checkDataset } from './soundness.ts';
import { readGoldSql, sqlFolder } from './sql.ts';
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
const DEFAULT_MESSAGE_BYTES = 2 * 1024 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Checks a contract and makes a dataset of it.
 * @param folder where sql/DATASET/MODEL.sql is read from; @default the project's sql folder
 * @throws MillraceError MR100-MR137 with `where` = `DATASET.PATH`
 */
export function dataset(form: DatasetForm, folder: URL = sqlFolder): Dataset {
  const fields = fieldsOf(form.event, form.name);
  const tables = tableNames(form);
  checkDataset(form, fields, tables);
  const gold = (form.gold ?? []).map(
    ({ csv, quality, ...model }): GoldModel => ({
      ...model,
      quality: quality ?? [],
      export: csv === true ? 'csv' : null,
      sql: readGoldSql(form, model.name, folder),
    }),
  );
  const manifest = buildManifest(form, fields, tables, gold);
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
): Manifest {
  const derived = (form.derived ?? []).map(
    (one): Derived => ({ ...one, type: one.derivation.kind === 'equals' ? 'boolean' : 'string' }),
  );
  const columns = tableColumns(fields, derived);
  const windows = (form.windows ?? []).map((one) => windowModel(one, form.partitionTime, columns.silver));
  return {
    manifestVersion: 1,
    dataset: form.name,
    description: form.description,
    topic: { maxMessageBytes: DEFAULT_MESSAGE_BYTES, ...form.topic },
    fields,
    identity: form.identity,
    partitionTime: {
      column: form.partitionTime,
      transform: partitionTransform(form.declaredEventsPerSecond),
    },
    partitionFollowsIdentity: form.partitionFollowsIdentity ?? form.identity.includes(form.partitionTime),
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
    declaredEventsPerSecond: form.declaredEventsPerSecond,
    schedules: schedulesOf(form),
    tables,
    columns,
    windows,
    gold,
    approximations: approximationsOf(form, windows),
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
