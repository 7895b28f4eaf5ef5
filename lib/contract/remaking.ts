import { canonical } from './canonical.ts';
import type { Manifest } from './manifest.ts';
import type { Release } from './release.ts';

/** Texts as a user reads them; `place` is dataset and setting, dotted. */
export interface RemakingWarning {
  readonly place: string;
  readonly what: string;
}

/**
 * Settings by which old records are judged or computed otherwise than released. Rows of silver stay as they are, so a
 * rebuild from bronze makes others of the same records.
 */
export function remakingWarnings(released: Release, manifest: Manifest): RemakingWarning[] {
  const { dataset, retentionDays, archiveDays, quality } = manifest;
  const archived = released.archiveDays ?? released.retentionDays;
  const { futureMs } = manifest.time;
  const minutes = (milliseconds: number) => milliseconds / 60_000;
  const found: readonly (false | readonly [string, string])[] = [
    retentionDays < released.retentionDays && [
      'retentionDays',
      `The retentionDays are ${retentionDays} and were released as ${released.retentionDays}: the next maintenance deletes older rows of silver, and a rebuild quarantines records that were sent longer after they were observed.`,
    ],
    archiveDays < archived && [
      'archiveDays',
      `The archiveDays are ${archiveDays} and were released as ${archived}: with the next deploy bronze deletes what is older, for good.`,
    ],
    futureMs < released.futureMs && [
      'futureMinutes',
      `The futureMinutes are ${minutes(futureMs)} and were released as ${minutes(released.futureMs)}: a rebuild from bronze quarantines old records that are further ahead.`,
    ],
    ...recomputed(released, manifest).map(
      (column) =>
        [
          column,
          `The derived column \`${column}\` is computed otherwise than released: rows of silver keep their values, a rebuild from bronze computes them anew.`,
        ] as const,
    ),
    canonical(quality) !== canonical(released.quality) && [
      'quality',
      'The quality rules are others than released: rows of silver keep their findings, a rebuild from bronze finds anew.',
    ],
  ];
  return found
    .filter((one) => one !== false)
    .map(([setting, what]) => ({ place: `${dataset}.${setting}`, what }));
}

/** Derived columns that are released with another derivation. */
function recomputed(released: Release, { derived }: Manifest): string[] {
  const before = new Map(released.derived.map(({ column, derivation }) => [column, canonical(derivation)]));
  return derived
    .map(({ column }) => column)
    .filter((column, at) => before.has(column) && before.get(column) !== canonical(derived[at]?.derivation));
}
