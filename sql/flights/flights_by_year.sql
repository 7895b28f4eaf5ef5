-- Causes are of delayed flights alone, as BTS reports them; a source without them leaves the columns null.
SELECT
  flight_year AS year,
  COUNT(*) AS flights,
  AVG(departure_delay_minutes) AS avg_departure_delay,
  AVG(arrival_delay_minutes) AS avg_arrival_delay,
  AVG(carrier_delay) AS avg_carrier_delay,
  AVG(weather_delay) AS avg_weather_delay,
  AVG(nas_delay) AS avg_nas_delay,
  AVG(security_delay) AS avg_security_delay,
  AVG(late_aircraft_delay) AS avg_late_aircraft_delay,
  SUM(CASE WHEN cancelled THEN 1 ELSE 0 END) AS cancelled,
  SUM(CASE WHEN is_delayed THEN 1 ELSE 0 END) AS delayed
FROM {silver}
GROUP BY flight_year
ORDER BY flight_year
