SELECT
  flight_month AS month,
  COUNT(*) AS flights,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled,
  SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed
FROM {silver}
GROUP BY flight_month
ORDER BY flight_month
