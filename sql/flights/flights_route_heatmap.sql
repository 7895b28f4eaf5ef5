SELECT
  origin,
  destination,
  COUNT(*) AS flights,
  AVG(departure_delay_minutes) AS avg_departure_delay
FROM flights
GROUP BY origin, destination
HAVING COUNT(*) > 5
ORDER BY flights DESC, origin, destination
LIMIT 50
