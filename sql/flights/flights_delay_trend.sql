WITH daily AS (
  SELECT
    flight_date,
    COUNT(*) AS flights,
    AVG(departure_delay_minutes) AS avg_departure_delay,
    AVG(arrival_delay_minutes) AS avg_arrival_delay,
    ROW_NUMBER() OVER (ORDER BY flight_date DESC) AS days_ago
  FROM flights
  GROUP BY flight_date
)
SELECT flight_date, flights, avg_departure_delay, avg_arrival_delay
FROM daily
WHERE days_ago <= 30
ORDER BY flight_date
