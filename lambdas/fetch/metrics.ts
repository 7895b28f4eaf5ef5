/** Metric names of a REST source's polls, for code and alarms alike. Dimensions: service, dataset, source. */
export const pollMetrics = {
  records: 'PolledRecords',
  changed: 'ChangedEvents',
  unchanged: 'UnchangedEvents',
  rejected: 'RejectedRows',
  pages: 'PolledPages',
  retries: 'RepeatedRequests',
  milliseconds: 'PollMilliseconds',
} as const;
