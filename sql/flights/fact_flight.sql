-- One row for each flight: silver has each flight once, in the partition of its date.
SELECT
  flight_id,
  flight_date,
  airline AS airline_key,
  origin AS origin_key,
  destination AS destination_key,
  delay_category AS delay_key,
  cancellation_code AS cancellation_key,
  flight_number,
  departure_hour,
  departure_delay_minutes,
  arrival_delay_minutes,
  flight_duration_minutes,
  distance,
  is_delayed,
  cancelled,
  diverted
FROM flights
