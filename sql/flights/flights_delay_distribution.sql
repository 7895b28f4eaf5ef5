-- Below -60 and from 180 minutes on, one step each takes the rest.
WITH stepped AS (
  SELECT
    CAST(FLOOR(LEAST(GREATEST(departure_delay_minutes, -6e1), 18e1) / 15e0) * 15e0 AS INTEGER) AS from_minutes
  FROM flights
  WHERE departure_delay_minutes IS NOT NULL
)
SELECT from_minutes, COUNT(*) AS flights
FROM stepped
GROUP BY from_minutes
ORDER BY from_minutes
