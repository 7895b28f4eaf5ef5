SELECT
  airline,
  COUNT(*) AS flights,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled,
  1e2 * SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) / COUNT(*) AS cancelled_percent,
  SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed,
  1e2 * SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) / COUNT(*) AS delayed_percent,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay
FROM {silver}
GROUP BY airline
HAVING COUNT(*) > 1000
ORDER BY flights DESC, airline
LIMIT 20
