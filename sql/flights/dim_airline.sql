-- Every carrier that a flight names, whether the reference knows it or not: a fact never lacks its dimension.
WITH named AS (
  SELECT DISTINCT airline AS airline_key FROM flights
)
SELECT named.airline_key, airline.name
FROM named
LEFT JOIN flights_airlines AS airline ON airline.iata = named.airline_key
