-- A flight that did not depart has no delay: it counts as a flight and as cancelled, never as delayed or on time.
SELECT
  flight_date,
  airline,
  COUNT(*) AS flights,
  SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed,
  1e2 * SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) / COUNT(*) AS delayed_percent,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled
FROM flights
GROUP BY flight_date, airline
