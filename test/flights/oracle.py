"""What the tables, analyses and views of `flights` must say of the real flights of 2013, computed by DuckDB
over the source file itself: reported delays instead of differences of times, the file's own UTC hour instead
of time zones.

`python oracle.py FLIGHTS.csv.zip` prints {name: [row, ...]} as JSON; rows in no order, dates as text.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb

FLIGHTS = """
CREATE TABLE flights AS
SELECT
  make_date(year, month, day) AS flight_date,
  carrier AS airline,
  origin,
  dest AS destination,
  flight,
  sched_dep_time // 100 % 24 AS departure_hour,
  dep_delay,
  -- Who has no arrival delay did not arrive as scheduled.
  arr_delay,
  distance,
  dep_time IS NULL AS cancelled,
  dep_time IS NOT NULL AND (arr_time IS NULL OR arr_delay IS NULL) AS diverted,
  time_hour::TIMESTAMP + to_minutes(minute::INTEGER) AS scheduled,
  month,
  isodow(make_date(year, month, day)) AS weekday,
  year,
  CASE
    WHEN dep_delay IS NULL THEN NULL
    WHEN dep_delay <= 0 THEN 'On-Time'
    WHEN dep_delay <= 15 THEN 'Minor Delay'
    WHEN dep_delay <= 60 THEN 'Moderate Delay'
    ELSE 'Major Delay'
  END AS category
FROM read_csv(?, nullstr = ['NA', ''], types = {'tailnum': 'VARCHAR', 'time_hour': 'TIMESTAMP'})
"""

DELAYS = 'avg(dep_delay) AS avg_departure_delay, avg(arr_delay) AS avg_arrival_delay'
CANCELLED = 'count_if(cancelled) AS cancelled'
DELAYED = 'count(*) FILTER (dep_delay > 15) AS delayed'
PERCENT = '100.0 * count(*) FILTER (dep_delay > 15) / count(*) AS delayed_percent'

QUERIES = {
    'fact_flight': f"""
        SELECT flight_date, count(*) AS flights,
          count(DISTINCT (airline, flight, origin, destination, scheduled)) AS distinct_flights,
          {CANCELLED}, count_if(diverted) AS diverted, {DELAYED},
          sum(dep_delay) AS departure_delay, sum(arr_delay) AS arrival_delay, sum(distance) AS distance
        FROM flights GROUP BY flight_date""",
    'dim_time': """
        SELECT DISTINCT flight_date, year(flight_date) AS flight_year, quarter(flight_date) AS flight_quarter,
          month(flight_date) AS flight_month, day(flight_date) AS flight_day, weekday AS flight_weekday,
          weekday IN (6, 7) AS is_weekend
        FROM flights""",
    'dim_airport': """
        SELECT origin AS airport_key FROM flights UNION SELECT destination FROM flights""",
    'dim_airline': 'SELECT DISTINCT airline AS airline_key FROM flights',
    'flight_metrics': f"""
        SELECT flight_date, airline, count(*) AS flights, {DELAYED}, {PERCENT}, {DELAYS}, {CANCELLED}
        FROM flights GROUP BY ALL""",
    'route_analysis': f"""
        SELECT origin, destination, count(*) AS flights, {DELAYS}, avg(distance) AS avg_distance, {CANCELLED}
        FROM flights GROUP BY ALL HAVING count(*) > 10""",
    'hourly_trends': f"""
        SELECT departure_hour, coalesce(category, 'Not departed') AS delay_category,
          count(*) AS flights, {DELAYS}
        FROM flights GROUP BY ALL""",
    'flights_hourly': f"""
        WITH placed AS (
          SELECT *, time_bucket(INTERVAL 10 MINUTE, scheduled) - i * INTERVAL 10 MINUTE AS window_start
          FROM flights, range(6) AS steps(i)
        ),
        windows AS (
          SELECT window_start, airline, origin, destination, count(*) AS flight_count, {DELAYS},
            max(dep_delay) AS max_departure_delay, min(dep_delay) AS min_departure_delay
          FROM placed GROUP BY ALL
        )
        SELECT window_start::DATE AS day, count(*) AS windows, sum(flight_count) AS flights,
          sum(avg_departure_delay) AS departure_delay, sum(avg_arrival_delay) AS arrival_delay,
          sum(max_departure_delay) AS max_delay, sum(min_departure_delay) AS min_delay
        FROM windows GROUP BY day""",
    'flights_by_year': f"""
        SELECT year, count(*) AS flights, {DELAYS}, NULL AS avg_carrier_delay, NULL AS avg_weather_delay,
          NULL AS avg_nas_delay, NULL AS avg_security_delay, NULL AS avg_late_aircraft_delay,
          {CANCELLED}, {DELAYED}
        FROM flights GROUP BY year""",
    'flights_top_airlines': f"""
        SELECT airline, count(*) AS flights, {CANCELLED},
          100.0 * count_if(cancelled) / count(*) AS cancelled_percent, {DELAYED}, {PERCENT}, {DELAYS}
        FROM flights GROUP BY airline HAVING count(*) > 1000 ORDER BY flights DESC, airline LIMIT 20""",
    'flights_top_routes': f"""
        SELECT origin || '-' || destination AS route, origin, destination, count(*) AS flights, {DELAYS},
          avg(distance) AS avg_distance, {CANCELLED}
        FROM flights GROUP BY ALL HAVING count(*) > 100
        ORDER BY flights DESC, origin, destination LIMIT 30""",
    'flights_by_month': f"""
        SELECT month, count(*) AS flights, {DELAYS}, {CANCELLED}, {DELAYED} FROM flights GROUP BY month""",
    'flights_by_weekday': f"""
        SELECT weekday, count(*) AS flights, {DELAYS}, {CANCELLED}, {DELAYED}
        FROM flights GROUP BY weekday""",
    'flights_cancellations': """
        SELECT '-' AS code, 'Not told' AS reason, count(*) AS cancelled, 100.0 AS percent
        FROM flights WHERE cancelled""",
    'flights_delay_trend': f"""
        SELECT flight_date, count(*) AS flights, {DELAYS}
        FROM flights WHERE flight_date > DATE '2013-12-31' - 30 GROUP BY flight_date""",
    'flights_delay_distribution': """
        SELECT (floor(least(greatest(dep_delay, -60), 180) / 15.0) * 15)::INTEGER AS from_minutes,
          count(*) AS flights
        FROM flights WHERE dep_delay IS NOT NULL GROUP BY from_minutes""",
    'flights_route_heatmap': """
        SELECT origin, destination, count(*) AS flights, avg(dep_delay) AS avg_departure_delay
        FROM flights GROUP BY ALL HAVING count(*) > 5 ORDER BY flights DESC, origin, destination LIMIT 50""",
    'flights_summary': f"""
        SELECT count(*) AS flights, count(*) AS distinct_flights, min(flight_date) AS first_day,
          max(flight_date) AS last_day, count(DISTINCT airline) AS airlines,
          count(DISTINCT origin) AS origins, count(DISTINCT destination) AS destinations,
          {CANCELLED}, count_if(diverted) AS diverted, {DELAYED},
          {PERCENT}, {DELAYS}
        FROM flights""",
}


def main(archive: str) -> None:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as file:
        path = Path(file.extract(file.namelist()[0], folder))
        database = duckdb.connect()
        database.execute(FLIGHTS, [str(path)])
        answers = {name: _rows(database, sql) for name, sql in QUERIES.items()}
    json.dump(answers, sys.stdout, default=str)


def _rows(database: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, object]]:
    cursor = database.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    # Sums of integers are HUGEINT, which Python reads as int; decimals as float.
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


if __name__ == '__main__':
    main(sys.argv[1])
