import type { Verdict } from '../../lib/contract/manifest.ts';

/** Metric names of the landing, for its code, dashboards and alarms alike. Dimensions: service, dataset. */
export const landingMetrics = {
  records: 'LandedRecords',
  bytes: 'LandedBytes',
  objects: 'WrittenObjects',
  failedPartitions: 'FailedPartitions',
  milliseconds: 'LandingMilliseconds',
} as const;

/** Metric of the records judged so: `RecordsTooOld` for `too-old`. */
export const verdictMetrics: Readonly<Record<Verdict, string>> = {
  valid: 'RecordsValid',
  unparseable: 'RecordsUnparseable',
  invalid: 'RecordsInvalid',
  future: 'RecordsFuture',
  'too-old': 'RecordsTooOld',
};
