import type { Manifest, Reason } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { StagePlace } from '../stage-place.ts';
import { stream } from './asking.ts';
import { type Chains, chainsOf, REDRIVE_HEADER, type RedrivenRecord } from './chains.ts';
import { type Position, redrivenSql, type Selection, standingsSql } from './statements.ts';

/** A quarantined position, and why it is. */
export interface Standing extends Position {
  readonly reason: Reason;
  readonly path: string;
  /** UTC, of the Kafka timestamp: YYYY-MM-DD. */
  readonly day: string;
}

/** Records that one call keeps in mind: some hundred megabytes. */
const MOST = 1_000_000;

export interface Keeping {
  /** Which are kept of all that are read. @default all */
  readonly wanted?: (one: Standing) => boolean;
  readonly most?: number;
}

/** The quarantined records that a selection means. @throws MillraceError MR718 (too many) */
export async function standingsOf(
  place: StagePlace,
  manifest: Manifest,
  selection: Selection,
  { wanted = () => true, most = MOST }: Keeping = {},
): Promise<Standing[]> {
  const standings: Standing[] = [];
  for await (const one of stream<Standing>(place, standingsSql(manifest, selection))) {
    if (!wanted(one)) continue;
    if (standings.length === most) throw tooMany('quarantined', manifest.tables.quarantine, most);
    standings.push(one);
  }
  return standings;
}

/**
 * @param from UTC day: a redriven record is never older than its origin, so the origins' first day will do
 * @throws MillraceError MR718 (too many)
 */
export async function readChains(
  place: StagePlace,
  manifest: Manifest,
  from: string | undefined,
  most = MOST,
): Promise<Chains> {
  const redriven: RedrivenRecord[] = [];
  const sql = redrivenSql(manifest, REDRIVE_HEADER, from);
  for await (const record of stream<RedrivenRecord>(place, sql)) {
    if (redriven.length === most) throw tooMany('redriven', manifest.tables.bronze, most);
    redriven.push(record);
  }
  return chainsOf(redriven);
}

function tooMany(what: string, table: string, most: number): MillraceError {
  return new MillraceError('MR718', `more than ${most.toLocaleString('en-US')} ${what} records`, {
    where: `table ${table}`,
    mend: 'take them in parts: name days by --from and --to, and reasons by --reason',
  });
}
