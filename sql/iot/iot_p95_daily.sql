-- The 95th percentile of event_duration (ms) by device_type and UTC day, events beyond 3 standard
-- deviations of the daily mean left out, groups of fewer than 500 distinct events left out.
--
-- One text for Athena engine v3 / Trino 476, for Spark 4.1 (ANSI, session time zone UTC) and, transpiled,
-- for DuckDB. Hence no division, no decimal literal, no approximate or interpolated percentile:
--   * the table is read once: sums by window, not by a join of the table with itself;
--   * an event_id counts once in each group, however often it is stored (then with its smallest duration);
--   * the group's size is judged before trimming, the sigma is that of a sample (n - 1);
--   * 1e-9 * max(1, 3 sigma) of slack takes the order of floating-point sums out of who is kept;
--   * the rank ceil(0.95 n) is the first one with 100 * rank >= 95 * n: integers only.
WITH distinct_event AS (
  SELECT
    device_type,
    CAST(timestamp AS DATE) AS date,
    event_id,
    MIN(event_duration) AS event_duration
  FROM iot_events
  GROUP BY device_type, CAST(timestamp AS DATE), event_id
),
measured AS (
  SELECT
    device_type,
    date,
    event_duration,
    COUNT(event_id) OVER (PARTITION BY device_type, date) AS distinct_events,
    AVG(event_duration) OVER (PARTITION BY device_type, date) AS mean_duration,
    STDDEV_SAMP(event_duration) OVER (PARTITION BY device_type, date) AS stddev_duration
  FROM distinct_event
),
kept AS (
  SELECT
    device_type,
    date,
    event_duration,
    distinct_events,
    mean_duration,
    stddev_duration,
    ROW_NUMBER() OVER (PARTITION BY device_type, date ORDER BY event_duration) AS duration_rank,
    COUNT(*) OVER (PARTITION BY device_type, date) AS kept_events
  FROM measured
  WHERE distinct_events >= 500
    AND (
      stddev_duration = 0e0
      OR ABS(event_duration - mean_duration)
        <= 3e0 * stddev_duration + 1e-9 * GREATEST(1e0, 3e0 * stddev_duration)
    )
)
SELECT
  device_type,
  date,
  MIN(CASE WHEN 100 * duration_rank >= 95 * kept_events THEN event_duration END) AS p95_duration,
  COUNT(*) AS total_events,
  MAX(distinct_events) AS distinct_events,
  MAX(distinct_events) - COUNT(*) AS outliers,
  AVG(event_duration) AS avg_duration,
  MAX(mean_duration) AS mean_duration,
  MAX(stddev_duration) AS stddev_duration
FROM kept
GROUP BY device_type, date
ORDER BY date, device_type
