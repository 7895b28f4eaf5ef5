-- Events whose event_duration (ms) is an outlier of its UTC day and device_type, by at least one of three rules:
--   z-score     more than 3 sample standard deviations from the mean, with the slack of iot_p95_daily;
--   IQR         more than 1.5 interquartile ranges below the first or above the third quartile;
--   percentile  below the 1st or above the 99th percentile.
-- Quartiles and percentiles are exact nearest ranks: the value at rank ceil(p n) is the first one with
-- 100 * rank >= 100 p * n, integers only.
--
-- One text for Athena engine v3 / Trino 476, for Spark 4.1 (ANSI, session time zone UTC) and, transpiled, for DuckDB.
WITH distinct_event AS (
  SELECT
    device_type,
    CAST(timestamp AS DATE) AS date,
    event_id,
    MIN(event_duration) AS event_duration
  FROM iot_events
  GROUP BY device_type, CAST(timestamp AS DATE), event_id
),
ranked AS (
  SELECT
    device_type,
    date,
    event_id,
    event_duration,
    COUNT(*) OVER (PARTITION BY device_type, date) AS events,
    AVG(event_duration) OVER (PARTITION BY device_type, date) AS mean_duration,
    -- One event alone has no sample deviation; it lies on its mean.
    COALESCE(STDDEV_SAMP(event_duration) OVER (PARTITION BY device_type, date), 0e0) AS stddev_duration,
    ROW_NUMBER() OVER (PARTITION BY device_type, date ORDER BY event_duration) AS duration_rank
  FROM distinct_event
),
bounded AS (
  SELECT
    device_type,
    date,
    event_id,
    event_duration,
    mean_duration,
    stddev_duration,
    MIN(CASE WHEN 100 * duration_rank >= 1 * events THEN event_duration END)
      OVER (PARTITION BY device_type, date) AS p1,
    MIN(CASE WHEN 100 * duration_rank >= 25 * events THEN event_duration END)
      OVER (PARTITION BY device_type, date) AS p25,
    MIN(CASE WHEN 100 * duration_rank >= 75 * events THEN event_duration END)
      OVER (PARTITION BY device_type, date) AS p75,
    MIN(CASE WHEN 100 * duration_rank >= 99 * events THEN event_duration END)
      OVER (PARTITION BY device_type, date) AS p99
  FROM ranked
),
flagged AS (
  SELECT
    device_type,
    date,
    event_id,
    event_duration,
    stddev_duration > 0e0
      AND ABS(event_duration - mean_duration)
        > 3e0 * stddev_duration + 1e-9 * GREATEST(1e0, 3e0 * stddev_duration) AS by_z_score,
    event_duration < p25 - 15e-1 * (p75 - p25)
      OR event_duration > p75 + 15e-1 * (p75 - p25) AS by_iqr,
    event_duration < p1 OR event_duration > p99 AS by_percentile
  FROM bounded
)
SELECT device_type, date, event_id, event_duration, by_z_score, by_iqr, by_percentile
FROM flagged
WHERE by_z_score OR by_iqr OR by_percentile
ORDER BY date, device_type, event_duration, event_id
