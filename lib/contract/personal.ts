/**
 * Personal data: which columns of a dataset hold it, which tables therefore stay closed to those who only analyse, and
 * the table that is made for them in silver's place.
 */
import { goldTables } from './gold-layer.ts';
import type { Column, Derivation, Derived, Field, GoldModel, Manifest, QualityRule } from './manifest.ts';
import { codeOf } from './sql.ts';

type Personal = Pick<Manifest, 'fields' | 'derived' | 'quality'>;

/** Columns that a derivation is made of. */
function sourcesOf(derivation: Derivation): readonly string[] {
  return derivation.kind === 'minutes' ? [derivation.from, derivation.to] : [derivation.column];
}

/**
 * The columns of silver that hold personal data: fields marked `personal`, what is derived of them, and the findings
 * where a quality rule looks at one of them.
 */
export function personalColumns({ fields, derived, quality }: Personal): ReadonlySet<string> {
  const found = new Set(fields.filter(({ personal }) => personal === true).map(({ column }) => column));
  // A derived column is made of those that stand before it, so once through is enough.
  for (const { column, derivation } of derived)
    if (sourcesOf(derivation).some((one) => found.has(one))) found.add(column);
  if (quality.some(({ column, by }) => found.has(column) || found.has(by))) found.add('quality_findings');
  return found;
}

/** Name of the table made in silver's place; undefined of a dataset without personal data. */
export function sharedTableName(silver: string, fields: readonly Field[]): string | undefined {
  return fields.some(({ personal }) => personal === true) ? `${silver}_shared` : undefined;
}

export interface SilverShape {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly fields: readonly Field[];
  readonly derived: readonly Derived[];
  readonly quality: readonly QualityRule[];
  readonly identity: readonly string[];
  readonly partitionTime: string;
  readonly partitionFollowsIdentity: boolean;
}

/** Silver without its personal columns, as a gold model by day; none of a dataset without personal data. */
export function sharedModels(silver: SilverShape): GoldModel[] {
  const name = sharedTableName(silver.table, silver.fields);
  if (name === undefined) return [];
  const personal = personalColumns(silver);
  const kept = silver.columns.filter((column) => !personal.has(column.name));
  const dated = silver.fields.some(({ column, type }) => column === silver.partitionTime && type === 'date');
  // A name of the lake's own: no column of a contract is called so.
  const day: Column = { name: 'date', type: 'date', comment: `UTC day of ${silver.partitionTime}` };
  const made = dated ? [] : [`CAST(${silver.partitionTime} AS DATE) AS date`];
  const selected = [...made, ...kept.map((column) => column.name)];
  return [
    {
      name,
      description: `${silver.table} without its personal columns, by day`,
      // Until a sweep has been there, one identity may stand in two partitions; its Kafka position stands in one.
      grain: silver.partitionFollowsIdentity ? silver.identity : ['kafka_partition', 'kafka_offset'],
      partitionColumn: dated ? silver.partitionTime : day.name,
      columns: [...(dated ? [] : [day]), ...kept],
      quality: [],
      export: null,
      // Rows as silver has them, so they go when silver's go.
      retention: 'silver',
      sql: `SELECT\n  ${selected.join(',\n  ')}\nFROM ${silver.table}`,
    },
  ];
}

/** Any text that a select list may end with, a comma, a dot or an opening bracket before it: all columns, and no product. */
const ALL_COLUMNS = /(?:\b(?:select|distinct|all)|[,.(])\s*\*/i;
const COUNT_ALL = /\bcount\s*\(\s*\*\s*\)/gi;

/** Texts, comments and quoted identifiers, each as a whole. */
const QUOTED = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|`(?:[^`]|``)*`/g;

/** Whether an apostrophe stands where `codeOf` takes it for the bound of a text: what it leaves may not be all the code. */
function hidesCode(sql: string): boolean {
  const quoted = sql.match(QUOTED) ?? [];
  return sql.includes("\\'") || quoted.some((one) => /^["`]/.test(one) && one.includes("'"));
}

/** What takes all columns of a table without a `*`: `TABLE t`, and an alias that gives its columns other names. */
function takesTable(code: string, table: string): boolean {
  const name = `\\b${table}\\b["\`)\\s]`;
  // A word before a bracket that is no alias.
  const clauses = '(?!(?:where|on|using|join|union|intersect|except|minus|having)\\b)';
  return [
    `\\btable[\\s("\`]+(?:\\w+["\`]?\\s*\\.\\s*["\`]?)*${table}\\b`,
    `${name}+(?:as\\s+)?(?:"[^"]*"|\`[^\`]*\`|${clauses}\\w+)\\s*\\(`,
    // The alias comes after the version.
    `${name}+(?:for\\s+)?(?:system_)?(?:version|timestamp|time)\\s+as\\s+of\\b`,
  ].some((one) => new RegExp(one, 'i').test(code));
}

/**
 * Whether a SELECT may read personal columns of silver, under whatever name it gives them on: it names one, or takes all
 * columns. It may be wrong to say so, never the other way round.
 */
export function readsPersonal(sql: string, personal: ReadonlySet<string>, silver: string): boolean {
  if (hidesCode(sql)) return true;
  const code = codeOf(sql).replace(COUNT_ALL, ' ');
  const words: string[] = code.toLowerCase().match(/\w+/g) ?? [];
  return ALL_COLUMNS.test(code) || takesTable(code, silver) || words.some((word) => personal.has(word));
}

/** What those who only analyse may read of a dataset. */
export interface Exposure {
  /** Personal columns of silver. */
  readonly personal: readonly string[];
  /** Tables and views without personal data. */
  readonly open: readonly string[];
  readonly closed: readonly string[];
}

/**
 * Of a dataset without personal data everything is open. Else what holds records as they came (bronze, quarantine,
 * rejected), silver, and every table of the gold layer that is made of a personal column is closed. Closed and not
 * refused: those who run the stage may need them.
 */
export function exposureOf(manifest: Manifest): Exposure {
  const personal = personalColumns(manifest);
  const gold = goldTables(manifest).map(({ name }) => name);
  const all = [...Object.values(manifest.tables), ...gold];
  if (personal.size === 0) return { personal: [], open: all, closed: [] };
  const windows = manifest.windows
    .filter(
      ({ time, key, aggregates }) =>
        personal.has(time) ||
        key.some((one) => personal.has(one)) ||
        aggregates.some((one) => 'of' in one && personal.has(one.of)),
    )
    .map(({ name }) => name);
  const closed = new Set([
    ...Object.values(manifest.tables),
    ...windows,
    ...manifest.gold
      .filter(({ sql }) => readsPersonal(sql, personal, manifest.tables.silver))
      .map(({ name }) => name),
    ...manifest.approximations.filter(({ window }) => windows.includes(window)).map(({ name }) => name),
  ]);
  return {
    personal: [...personal],
    open: all.filter((name) => !closed.has(name)),
    closed: all.filter((name) => closed.has(name)),
  };
}

/** Whether a named query can be run by those who may not read the closed tables. A column of a table's name closes it too. */
export function isOpenQuery(sql: string, { closed }: Pick<Exposure, 'closed'>): boolean {
  const words = new Set(codeOf(sql).toLowerCase().match(/\w+/g));
  if (closed.length > 0 && hidesCode(sql)) return false;
  return !closed.some((table) => words.has(table));
}
