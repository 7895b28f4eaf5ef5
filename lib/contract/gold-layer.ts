import type { Column, Manifest } from './manifest.ts';

/** An Iceberg table of the gold layer, whatever computes it. */
export interface GoldTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** Null: not partitioned. */
  readonly partition: { readonly column: string; readonly transform: 'day' | 'hour' | 'identity' } | null;
  readonly sortBy: readonly string[];
}

/** Every gold table of a dataset: windows, models, approximations, references. */
export function goldTables(
  manifest: Pick<Manifest, 'partitionTime' | 'windows' | 'gold' | 'approximations' | 'references'>,
): GoldTable[] {
  return [
    ...manifest.windows.map(({ name, description, columns, key }) => ({
      name,
      description,
      columns,
      // Rewritten by whole partitions with each batch, so these follow the declared rate as silver's do.
      partition: { column: 'window_start', transform: manifest.partitionTime.transform } as const,
      sortBy: ['window_start', ...key],
    })),
    ...manifest.gold.map(({ name, description, columns, partitionColumn, grain }) => ({
      name,
      description,
      columns,
      partition:
        partitionColumn === null ? null : ({ column: partitionColumn, transform: 'identity' } as const),
      sortBy: grain.filter((one) => one !== partitionColumn),
    })),
    ...manifest.approximations.map(({ name, description, columns, window }) => ({
      name,
      description,
      columns,
      partition: { column: 'date', transform: 'identity' } as const,
      sortBy: manifest.windows.find((one) => one.name === window)?.key ?? [],
    })),
    ...manifest.references.map(({ table, description, columns, key }) => ({
      name: table,
      description,
      columns,
      partition: null,
      sortBy: [key],
    })),
  ];
}
