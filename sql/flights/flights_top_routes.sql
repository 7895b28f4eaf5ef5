SELECT
  CONCAT(origin, '-', destination) AS route,
  origin,
  destination,
  COUNT(*) AS flights,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay,
  AVG(distance) AS avg_distance,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled
FROM {silver}
GROUP BY origin, destination
HAVING COUNT(*) > 100
ORDER BY flights DESC, origin, destination
LIMIT 30
