import { goldTables } from './gold-layer.ts';
import type { Column, ColumnType, Derived, Field, Manifest } from './manifest.ts';
import { nextHistory, type SchemaHistory } from './registered-schemas.ts';

/** The columns of an Iceberg table that has been released, by name, in the order of their ids. */
export interface ReleasedTable {
  /** The highest id that a column ever had: ids are never used again. */
  readonly lastId: number;
  /** True of a table that the contract declares no more: what is kept are its ids. */
  readonly dropped?: true;
  readonly columns: Readonly<Record<string, { readonly id: number; readonly type: ColumnType }>>;
}

/**
 * What of a dataset its readers and its tables rely on: the schema that is deployed, kept beside the contract. A
 * contract may grow from it; it may not take back anything.
 */
export interface Release {
  readonly dataset: string;
  readonly topic: { readonly name: string; readonly key: string };
  readonly fields: readonly Pick<Field, 'path' | 'column' | 'type' | 'required' | 'rules'>[];
  readonly identity: readonly string[];
  readonly partitionTime: Manifest['partitionTime'];
  readonly observedTime: string;
  readonly onConflict: Manifest['onConflict'];
  readonly retentionDays: number;
  /** Undefined: the retentionDays. */
  readonly archiveDays?: number;
  readonly futureMs: number;
  readonly derived: readonly Pick<Derived, 'column' | 'derivation'>[];
  readonly quality: Manifest['quality'];
  /** Iceberg tables, by name. */
  readonly tables: Readonly<Record<string, ReleasedTable>>;
  /** JSON schemas of its topics, all versions: the registry's first one can never change, and later ones only follow. */
  readonly schemas: SchemaHistory;
}

/** By the dataset's name. */
export type Releases = Readonly<Record<string, Release>>;

/** The columns of each Iceberg table of a dataset, by the table's name. */
export function icebergColumns(manifest: Manifest): ReadonlyMap<string, readonly Column[]> {
  const { tables, columns } = manifest;
  return new Map([
    [tables.silver, columns.silver],
    [tables.rejected, columns.rejected],
    ...goldTables(manifest).map((table) => [table.name, table.columns] as const),
  ]);
}

/**
 * A table as it is after the next release: known columns keep their ids and types, new ones get the next ids in the
 * order they are declared. Without a release the ids follow the order of the columns.
 */
export function nextTable(columns: readonly Column[], released: ReleasedTable | undefined): ReleasedTable {
  let lastId = released?.lastId ?? 0;
  const numbered = columns.map(({ name, type }) => {
    const known = released !== undefined && Object.hasOwn(released.columns, name);
    return [name, { id: known ? (released.columns[name]?.id ?? 0) : ++lastId, type }] as const;
  });
  return { lastId, columns: Object.fromEntries(numbered.sort(([, a], [, b]) => a.id - b.id)) };
}

/** What is to be kept of a dataset when it is released. @param released what was kept before */
export function nextRelease(manifest: Manifest, released: Release | undefined): Release {
  const { dataset, topic, identity, partitionTime, observedTime, onConflict } = manifest;
  const { retentionDays, archiveDays } = manifest;
  const tables = [...icebergColumns(manifest)].map(
    ([name, columns]) => [name, nextTable(columns, released?.tables[name])] as const,
  );
  return {
    dataset,
    topic: { name: topic.name, key: topic.key },
    fields: manifest.fields.map(({ path, column, type, required, rules }) => ({
      path,
      column,
      type,
      required,
      rules,
    })),
    identity,
    partitionTime,
    observedTime,
    onConflict,
    retentionDays,
    ...(archiveDays === retentionDays ? {} : { archiveDays }),
    futureMs: manifest.time.futureMs,
    derived: manifest.derived.map(({ column, derivation }) => ({ column, derivation })),
    quality: manifest.quality,
    // A table may be declared again over the files it had, so its ids are kept.
    tables: { ...droppedTables(released), ...Object.fromEntries(tables) },
    schemas: nextHistory(manifest, released?.schemas),
  };
}

function droppedTables(released: Release | undefined): Release['tables'] {
  const known = Object.entries(released?.tables ?? {});
  return Object.fromEntries(known.map(([name, table]) => [name, { ...table, dropped: true }]));
}

/** What of a contract its release lacks: new columns as `TABLE.COLUMN`, and the parts of the release that differ. */
export function unreleasedParts(manifest: Manifest, released: Release): string[] {
  const next = nextRelease(manifest, released);
  const columns = Object.entries(next.tables).flatMap(([table, { columns }]) =>
    Object.keys(columns)
      .filter((name) => !Object.hasOwn(released.tables[table]?.columns ?? {}, name))
      .map((name) => `${table}.${name}`),
  );
  const parts = (Object.keys({ ...next, ...released }) as (keyof Release)[]).filter(
    (name) => JSON.stringify(next[name]) !== JSON.stringify(released[name]),
  );
  return [...columns, ...parts];
}
