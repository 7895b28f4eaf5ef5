-- Percentages are of all cancelled flights; a cancellation without a reason is one of its own kind.
WITH counted AS (
  SELECT COALESCE(cancellation_code, '-') AS code, COUNT(*) AS cancelled
  FROM {silver}
  WHERE cancelled
  GROUP BY COALESCE(cancellation_code, '-')
)
SELECT
  code,
  CASE code
    WHEN 'A' THEN 'Carrier'
    WHEN 'B' THEN 'Weather'
    WHEN 'C' THEN 'National air system'
    WHEN 'D' THEN 'Security'
    ELSE 'Not told'
  END AS reason,
  cancelled,
  1e2 * cancelled / SUM(cancelled) OVER () AS percent
FROM counted
ORDER BY cancelled DESC, code
