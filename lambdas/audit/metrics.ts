/** Metric names of the scheduled audit, for its code and its alarms alike. Dimensions: service, dataset. */
export const auditMetrics = {
  positions: 'Positions',
  lost: 'Lost',
  duplicated: 'Duplicated',
  disagreed: 'Disagreed',
  failed: 'Failed',
  notInBronze: 'NotInBronze',
  /** Positions that nobody can, or that nobody did, look at. */
  unverifiable: 'Unverifiable',
  underWay: 'UnderWay',
  /** Bytes that Athena read. */
  scanned: 'Scanned',
} as const;

/** The metrics that are 0 where the promise holds. */
export const breachMetrics = [
  auditMetrics.lost,
  auditMetrics.duplicated,
  auditMetrics.disagreed,
  auditMetrics.notInBronze,
  auditMetrics.unverifiable,
] as const;
