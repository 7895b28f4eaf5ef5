/** Metric names of kept streams, for the function's code and its alarms alike. Dimensions: service, job. */
export const streamMetrics = {
  /** 1 where the stream does not do its work, 0 where it does; one datum a look. */
  down: 'StreamDown',
  /** Starts after a failure. */
  restarts: 'StreamRestarts',
  /** 1 a look while the last failure is one that no restart mends. Further dimension: code. */
  refused: 'StreamRefused',
} as const;

/** Value of the dimension `service`. */
export const keepAliveService = 'keep-alive';
