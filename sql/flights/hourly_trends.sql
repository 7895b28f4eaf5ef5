SELECT
  departure_hour,
  COALESCE(delay_category, 'Not departed') AS delay_category,
  COUNT(*) AS flights,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay
FROM flights
GROUP BY departure_hour, COALESCE(delay_category, 'Not departed')
