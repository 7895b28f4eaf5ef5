/** The JSON of `millrace audit --json`, as its readers rely on it. */
export interface AuditJson {
  readonly lost: number;
  readonly duplicated: number;
  readonly disagreed: number;
  readonly scannedBytes: number;
  readonly seconds: number;
  readonly datasets: Readonly<Record<string, DatasetAudit>>;
}

interface OffsetRange {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

export interface DatasetAudit {
  readonly positions: number;
  readonly silver: number;
  readonly identicalDuplicates: number;
  readonly superseded: number;
  readonly quarantined: Readonly<
    Record<'unparseable' | 'invalid' | 'future' | 'too-old' | 'conflict', number>
  >;
  readonly late: number;
  readonly failed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly disagreed: number;
  readonly bronzePositions: number;
  readonly inFlight: number;
  readonly truncated: boolean;
  readonly scannedBytes: number;
  readonly seconds: number;
  readonly gaps: Readonly<
    Record<
      'lost' | 'notInBronze' | 'duplicated' | 'disagreed' | 'unverifiable' | 'unread',
      readonly OffsetRange[]
    >
  >;
}

/** Both sides of the audit's equation. */
export function sides(audit: Omit<DatasetAudit, 'scannedBytes' | 'seconds'>): readonly [number, number] {
  const quarantined = Object.values(audit.quarantined).reduce((sum, count) => sum + count, 0);
  const right = audit.silver + audit.identicalDuplicates + audit.superseded + quarantined + audit.failed;
  return [audit.positions, right];
}
