import type { Reason } from '../../lib/contract/manifest.ts';
import { countOf, type OffsetRange, within, without } from './ranges.ts';

/** What the audit says of one dataset. Positions are Kafka positions; silver and late are rows. */
export interface DatasetAudit {
  readonly positions: number;
  readonly silver: number;
  readonly identicalDuplicates: number;
  readonly superseded: number;
  readonly quarantined: Readonly<Record<Reason, number>>;
  readonly late: number;
  readonly failed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly disagreed: number;
  readonly bronzePositions: number;
}

export interface Audit {
  readonly lost: number;
  readonly duplicated: number;
  readonly disagreed: number;
  readonly datasets: Readonly<Record<string, DatasetAudit>>;
}

/** An identity that silver holds more than once, by column, and where its rows come from. */
export interface Doubled {
  readonly identity: Readonly<Record<string, string | null>>;
  readonly positions: readonly { readonly partition: number; readonly offset: number }[];
}

/** The positions behind the numbers; each empty where all is well. */
export interface Gaps {
  /** Readable in Kafka or in bronze, and nowhere else; or gone from Kafka before any consumer of ours came to it. */
  readonly lost: readonly OffsetRange[];
  /** Known to another table or readable in Kafka, and not in bronze. */
  readonly notInBronze: readonly OffsetRange[];
  /** At most the first twenty. */
  readonly duplicated: readonly Doubled[];
  /** Judged in two ways, stored with other content than bronze has, or not in quarantine as bronze says. */
  readonly disagreed: readonly OffsetRange[];
  /** In no table, and no longer in Kafka, which alone can tell whether a record stood there. Not counted as lost. */
  readonly unverifiable: readonly OffsetRange[];
  /** In no table, held by Kafka, and not looked at: enough was found lost before. Not counted as lost. */
  readonly unread: readonly OffsetRange[];
}

/** What became of a position that the lake knows; `none`: it is in bronze and nowhere else. */
export type Class = 'silver' | 'identicalDuplicate' | 'superseded' | Reason | 'none';

export interface ClassCount {
  readonly class: Class;
  readonly positions: number;
  readonly inBronze: number;
  readonly disagreed: number;
}

/** What was found of a dataset, before it is added up. */
export interface Findings {
  readonly classes: readonly ClassCount[];
  readonly silver: { readonly rows: number; readonly duplicated: number; readonly late: number };
  /** Positions of class `none`. */
  readonly unaccounted: readonly OffsetRange[];
  /** Positions of records that no table knows. */
  readonly unknown: readonly OffsetRange[];
  /** Positions in the on-failure destination. */
  readonly failures: readonly OffsetRange[];
}

export interface Conclusion {
  readonly audit: DatasetAudit;
  /** The positions counted as lost. */
  readonly lost: readonly OffsetRange[];
}

/** Adds up: every position is in exactly one term of the equation. Pure. */
export function conclude(findings: Findings): Conclusion {
  const { classes, silver, unaccounted, unknown, failures } = findings;
  const of = (name: Class) => classes.find((one) => one.class === name)?.positions ?? 0;
  const sum = (field: 'positions' | 'inBronze' | 'disagreed') =>
    classes.reduce((total, one) => total + one[field], 0);
  const nowhere = [...unaccounted, ...unknown];
  const lost = without(nowhere, failures);
  return {
    lost,
    audit: {
      positions: sum('positions') + countOf(unknown),
      silver: silver.rows,
      identicalDuplicates: of('identicalDuplicate'),
      superseded: of('superseded'),
      quarantined: {
        unparseable: of('unparseable'),
        invalid: of('invalid'),
        future: of('future'),
        'too-old': of('too-old'),
        conflict: of('conflict'),
      },
      late: silver.late,
      failed: countOf(within(nowhere, failures)),
      lost: countOf(lost),
      duplicated: silver.duplicated,
      disagreed: sum('disagreed'),
      bronzePositions: sum('inBronze'),
    },
  };
}

export function summed(datasets: Readonly<Record<string, DatasetAudit>>): Audit {
  const total = (field: 'lost' | 'duplicated' | 'disagreed') =>
    Object.values(datasets).reduce((sum, audit) => sum + audit[field], 0);
  return { lost: total('lost'), duplicated: total('duplicated'), disagreed: total('disagreed'), datasets };
}

export function quarantinedTotal({ quarantined }: DatasetAudit): number {
  return Object.values(quarantined).reduce((sum, count) => sum + count, 0);
}

/** `positions = silver + ... + failed`, both sides with their numbers; what does not add up is said. */
export function equationText(audit: DatasetAudit): string {
  const terms: [string, number][] = [
    ['silver', audit.silver],
    ['identical duplicates', audit.identicalDuplicates],
    ['superseded', audit.superseded],
    ['quarantined', quarantinedTotal(audit)],
    ['failed', audit.failed],
  ];
  const right = terms.reduce((sum, [, count]) => sum + count, 0);
  const said = terms.map(([name, count]) => `${count} ${name}`).join(' + ');
  const verdict =
    right === audit.positions ? '' : `   (adds up to ${right}: off by ${audit.positions - right})`;
  return `${audit.positions} positions = ${said}${verdict}`;
}

/** Positions that bronze lacks: until a redrive also those of the on-failure destination. */
export function notInBronze({ positions, bronzePositions }: DatasetAudit): number {
  return positions - bronzePositions;
}

/** Nothing breaks the promise, and nothing is left that could not be looked at. */
export function isSound(audit: DatasetAudit, gaps: Gaps): boolean {
  const { lost, duplicated, disagreed } = audit;
  const open = [...gaps.unverifiable, ...gaps.unread];
  return lost + duplicated + disagreed + notInBronze(audit) === 0 && open.length === 0;
}

/** What breaks the promise, in words; empty where all is well. */
export function breaches(audit: Audit): string[] {
  const unlanded = Object.values(audit.datasets).reduce((sum, one) => sum + notInBronze(one), 0);
  const broken = (['lost', 'duplicated', 'disagreed'] as const).flatMap((name) =>
    audit[name] === 0 ? [] : [`${name} ${audit[name]}`],
  );
  return unlanded === 0 ? broken : [...broken, `not in bronze ${unlanded}`];
}
