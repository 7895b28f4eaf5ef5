-- Every airport that a flight names, whether the reference knows it or not: a fact never lacks its dimension.
WITH named AS (
  SELECT origin AS airport_key FROM flights
  UNION
  SELECT destination AS airport_key FROM flights
)
SELECT
  named.airport_key,
  airport.name,
  airport.city,
  airport.subdivision,
  airport.country,
  airport.latitude,
  airport.longitude,
  airport.zone
FROM named
LEFT JOIN flights_airports AS airport ON airport.iata = named.airport_key
