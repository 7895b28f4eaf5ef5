import { readProgress } from '../../../lambdas/audit/lake-state.ts';
import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { tableText } from '../athena/table.ts';
import type { StagePlace } from '../stage-place.ts';
import { ask, stream } from './asking.ts';
import type { Chains } from './chains.ts';
import { readChains, type Standing, standingsOf } from './standing.ts';
import { countsSql, type Position, rowsSql, type Selection } from './statements.ts';

/** Records of one reason, path and day; `open` are those that no later record of their chain stands for. */
export interface Count {
  readonly reason: string;
  readonly path: string;
  readonly day: string;
  readonly records: number;
  readonly open: number;
}

export interface Listed extends Position {
  readonly timestamp: string;
  readonly reason: string;
  readonly path: string;
  readonly detail: string;
  /** What became of it since: `silver`, `quarantined again (REASON)`, `under way`; null where it is open. */
  readonly redriven: string | null;
}

export interface Quarantined {
  readonly counts: readonly Count[];
  readonly records: readonly Listed[];
}

export interface ListSelection extends Selection {
  readonly limit: number;
  /** Only what is still to be mended. */
  readonly open?: true;
}

const keyOf = ({ partition, offset }: Position): string => `${partition}/${offset}`;
const groupOf = ({ reason, path, day }: Pick<Count, 'reason' | 'path' | 'day'>): string =>
  JSON.stringify([reason, path, day]);

/**
 * What of a dataset is quarantined, the most frequent faults and the newest records first.
 * @throws MillraceError MR718 (too many were redriven)
 */
export async function quarantined(
  place: StagePlace,
  manifest: Manifest,
  selection: ListSelection,
): Promise<Quarantined> {
  const { limit, open } = selection;
  const chains = await readChains(place, manifest, selection.from);
  const [counts, known] = await Promise.all([
    ask(place, countsSql(manifest, selection)),
    standingsOfChains(place, manifest, chains, selection.from),
  ]);
  const done = Map.groupBy(
    chains.earlier.flatMap((one) => known.get(keyOf(one)) ?? []),
    groupOf,
  );
  const counted = rowObjects(counts.rows, counts.columns).map((row): Count => {
    const count = row as unknown as Omit<Count, 'open'>;
    return { ...count, open: count.records - (done.get(groupOf(count))?.length ?? 0) };
  });
  // So many rows hold the open ones asked for, whatever else is among them.
  const rowLimit = open === true ? limit + chains.earlier.length : limit;
  const outcome = await outcomes(place, manifest, chains, known);
  const records: Listed[] = [];
  for await (const row of stream<Omit<Listed, 'redriven'>>(place, rowsSql(manifest, selection, rowLimit))) {
    if (records.length === limit) break;
    const redriven = outcome(row);
    if (open !== true || redriven === null) records.push({ ...row, redriven });
  }
  return { counts: open === true ? counted.filter((count) => count.open > 0) : counted, records };
}

/** The quarantined positions among those of chains. */
async function standingsOfChains(
  place: StagePlace,
  manifest: Manifest,
  chains: Chains,
  from: string | undefined,
): Promise<ReadonlyMap<string, Standing>> {
  if (chains.earlier.length === 0) return new Map();
  const members = new Set([...chains.earlier, ...chains.earlier.map(chains.latestOf)].map(keyOf));
  const standings = await standingsOf(place, manifest, from === undefined ? {} : { from }, {
    wanted: (one) => members.has(keyOf(one)),
  });
  return new Map(standings.map((one) => [keyOf(one), one]));
}

async function outcomes(
  { s3, bucket }: StagePlace,
  manifest: Manifest,
  chains: Chains,
  known: ReadonlyMap<string, Standing>,
): Promise<(position: Position) => string | null> {
  if (chains.earlier.length === 0) return () => null;
  const { silver } = await readProgress(s3, await bucket('State'), manifest);
  return (position) => {
    const latest = chains.latestOf(position);
    if (latest.offset === position.offset) return null;
    const again = known.get(keyOf(latest));
    if (again !== undefined) return `quarantined again (${again.reason})`;
    const until = silver?.partitions?.[latest.partition]?.until ?? 0;
    return until > latest.offset ? 'silver' : 'under way';
  };
}

/** Both lists as tables for a terminal. @param open whether they are of what is still to be mended */
export function quarantinedText(title: string, { counts, records }: Quarantined, open: boolean): string {
  if (counts.length === 0)
    return `${title}: ${open ? 'nothing is still to be mended' : 'nothing is quarantined'}\n`;
  return `${title}\n${objectsText(counts)}${objectsText(records)}`;
}

function objectsText(rows: readonly object[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const columns = Object.entries(first).map(([name, value]) => ({
    name,
    type: typeof value === 'number' ? 'bigint' : 'varchar',
  }));
  const texts = rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))));
  return `${tableText(columns, texts)}\n`;
}
