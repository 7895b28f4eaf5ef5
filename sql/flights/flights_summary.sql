SELECT
  COUNT(*) AS flights,
  COUNT(DISTINCT flight_id) AS distinct_flights,
  MIN(flight_date) AS first_day,
  MAX(flight_date) AS last_day,
  COUNT(DISTINCT airline) AS airlines,
  COUNT(DISTINCT origin) AS origins,
  COUNT(DISTINCT destination) AS destinations,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled,
  SUM(CASE WHEN diverted THEN 1 ELSE 0 END) AS diverted,
  SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed,
  1e2 * SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) / COUNT(*) AS delayed_percent,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay
FROM flights
