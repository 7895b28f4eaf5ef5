-- The day itself is the key: it is the same in every run.
SELECT
  flight_date,
  flight_year,
  flight_quarter,
  flight_month,
  flight_day,
  flight_weekday,
  flight_weekday >= 6 AS is_weekend
FROM flights
GROUP BY flight_date, flight_year, flight_quarter, flight_month, flight_day, flight_weekday
