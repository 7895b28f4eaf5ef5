"""What the local Athena answers, on a real catalog and a real object store."""

from __future__ import annotations

from typing import Any

import pytest
from athena_tables import DATABASE, MICROS, ask, catalog_of, events, failure, rows_of
from pyiceberg.types import StringType
from servers import Mirror


def test_an_iceberg_table_is_read(athena: Any) -> None:
    # Prepare
    sql = """
        -- by type
        SELECT device_type, count(*) AS n, sum(kafka_offset) AS total, max("timestamp") AS newest,
            avg(event_duration)
        FROM events WHERE "timestamp" < TIMESTAMP '2026-01-01 00:10:00 UTC' GROUP BY 1 ORDER BY device_type;
    """
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows == [
        ['device_type', 'n', 'total', 'newest', '_col4'],
        ['light', '300', '89700', '2026-01-01 00:09:58.000 UTC', '215.66666666666666'],
        ['motion', '300', '90000', '2026-01-01 00:09:59.000 UTC', '216.66666666666666'],
    ]


def test_a_commit_is_seen_at_once(mirror: Mirror, athena: Any) -> None:
    # Prepare
    catalog = catalog_of(mirror)
    table = catalog.create_table(f'{DATABASE}.growing', events(1).schema, location='s3://lake/silver/growing')
    # Act
    counts = []
    for number in range(4):
        counts.append(rows_of(athena, 'SELECT count(*) FROM growing')[1][0])
        table.append(events(10, 10 * number))
    table.delete('kafka_offset < 5')
    counts.append(rows_of(athena, 'SELECT count(*) FROM growing')[1][0])
    # Assess
    assert counts == ['0', '10', '20', '30', '35']


def test_a_column_added_later_is_null_in_old_rows(mirror: Mirror, athena: Any) -> None:
    # Prepare
    table = catalog_of(mirror).create_table(
        f'{DATABASE}.evolving', events(1).schema, location='s3://lake/silver/evolving'
    )
    table.append(events(1))
    # Act
    with table.update_schema() as update:
        update.add_column('note', StringType())
    # Assess
    assert rows_of(athena, 'SELECT event_id, note FROM evolving')[1:] == [['event-0', None]]
    assert rows_of(athena, 'DESCRIBE evolving')[-1][0].split() == ['note', 'string']


def test_an_iceberg_table_without_rows_has_columns(athena: Any) -> None:
    # Prepare
    sql = 'SELECT * FROM empty_events'
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows == [['event_id', 'device_type', 'timestamp', 'event_duration', 'kafka_offset', 'late']]


def test_snapshots_and_time_travel(mirror: Mirror, athena: Any) -> None:
    # Prepare
    table = catalog_of(mirror).create_table(
        f'{DATABASE}.travelled', events(1).schema, location='s3://lake/silver/travelled'
    )
    table.append(events(3))
    first = table.current_snapshot().snapshot_id
    table.append(events(4, 3))
    # Act
    snapshots = rows_of(
        athena,
        "SELECT snapshot_id, operation, summary['added-records']"
        ' FROM "travelled$snapshots" ORDER BY committed_at',
    )
    past = rows_of(athena, f'SELECT count(*) FROM travelled FOR VERSION AS OF {first}')
    history = rows_of(athena, 'SELECT count(*) FROM "travelled$history" WHERE is_current_ancestor')
    references = rows_of(athena, 'SELECT name, snapshot_id FROM "travelled$refs"')
    # Assess
    current = table.current_snapshot().snapshot_id
    assert snapshots[1:] == [[str(first), 'append', '3'], [str(current), 'append', '4']]
    assert past[1:] == [['3']]
    assert history[1:] == [['2']]
    assert references[1:] == [['main', str(current)]]


def test_a_common_table_may_have_the_name_of_the_table_it_reads(athena: Any) -> None:
    # Prepare
    sql = f"""
        -- of one minute alone
        WITH events AS (
          SELECT * FROM "{DATABASE}"."events"
          WHERE "timestamp" >= TIMESTAMP '2026-01-01 00:01:00.000 UTC'
            AND "timestamp" < TIMESTAMP '2026-01-01 00:02:00.000 UTC'
        ), counted AS (
          SELECT device_type, count(*) AS n, min(e.kafka_offset) AS first
          FROM events AS e
          GROUP BY device_type
        )
        SELECT counted.device_type, n, first, (SELECT count(*) FROM events) AS "all", events.late
        FROM counted JOIN events ON events.kafka_offset = counted.first
        ORDER BY 1
    """
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows[1:] == [['light', '30', '60', '60', 'true'], ['motion', '30', '61', '60', 'false']]


def test_external_parquet_is_read_by_name_and_partition(athena: Any) -> None:
    # Prepare
    sql = 'SELECT * FROM raw WHERE hour >= 5 ORDER BY kafka_offset'
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows == [
        ['kafka_offset', 'kafka_timestamp', 'kafka_value', 'verdict', 'added_later', 'date', 'hour'],
        ['2', '2026-01-01 00:00:01.000', '7b 22 61 22 3a 31 7d', 'valid', None, '2026-01-01', '5'],
        ['3', '2026-01-01 00:00:01.000', None, 'invalid', None, '2026-01-01', '5'],
        ['4', '2026-01-01 00:00:02.000', '7b 22 61 22 3a 31 7d', 'valid', None, '2026-01-02', '13'],
        ['5', '2026-01-01 00:00:02.000', None, 'invalid', None, '2026-01-02', '13'],
    ]


def test_an_empty_location_has_columns(athena: Any) -> None:
    # Prepare
    sql = 'SELECT date, hour, verdict, count(*) OVER () AS n FROM nothing_yet'
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows == [['date', 'hour', 'verdict', 'n']]


def test_a_view_is_expanded(athena: Any) -> None:
    # Prepare
    sql = 'SELECT v.n, w.verdict FROM view_of_view v JOIN valid_events AS w ON v.n = w.n ORDER BY 2'
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows[1:] == [['3', 'invalid'], ['3', 'valid']]
    assert failure(athena, 'SELECT * FROM endless').startswith('INVALID_VIEW')


@pytest.mark.parametrize(
    ('sql', 'expected'),
    [
        ('WITH events AS (SELECT * FROM events WHERE late) SELECT count(*) FROM events', '120'),
        (f'SELECT count(*) FROM "awsdatacatalog"."{DATABASE}"."events" e WHERE e.late', '120'),
        (f'SELECT count(*) FROM {DATABASE}.events WHERE {DATABASE}.events.late', '120'),
        ('SELECT count(*) FROM EVENTS WHERE Events.Late', '120'),
        ('SELECT (SELECT count(*) FROM raw) + (SELECT count(*) FROM events)', '1206'),
        (
            'SELECT count(*) FROM raw r'
            ' WHERE EXISTS (SELECT 1 FROM events e WHERE e.kafka_offset = r.kafka_offset)',
            '6',
        ),
        (
            'SELECT count(*) FROM events e LEFT JOIN raw USING (kafka_offset) WHERE raw.verdict IS NULL',
            '1194',
        ),
        ('SELECT count(*) FROM (SELECT event_id FROM events UNION ALL SELECT verdict FROM raw)', '1206'),
        ('SELECT sum(x) FROM (VALUES 1, 2, 3) AS t(x)', '6'),
        ('SELECT 7 / 2', '3'),
        ('SELECT -7 / 2', '-3'),
        ('SELECT 7e0 / 2', '3.5'),
        ('SELECT (count(*) * 2 + 1) / 2 FROM raw', '6'),
        ("SELECT date_diff('hour', TIMESTAMP '2026-01-01 00:59:00', TIMESTAMP '2026-01-01 01:01:00')", '0'),
        ("SELECT date_diff('day', DATE '2026-01-01', DATE '2026-02-01')", '31'),
        ("SELECT CAST(TIMESTAMP '2026-01-01 23:59:59 UTC' AS date)", '2026-01-01'),
        ("SELECT to_iso8601(TIMESTAMP '2026-01-01 00:00:00.5 UTC')", '2026-01-01T00:00:00.500Z'),
        ("SELECT from_iso8601_timestamp('2026-01-01T00:00:00.123Z')", '2026-01-01 00:00:00.123 UTC'),
        ("SELECT json_extract_scalar(from_utf8(kafka_value), '$.a') FROM raw WHERE kafka_offset = 0", '1'),
        (
            "SELECT to_hex(sha256(to_utf8('abc')))",
            'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
        ),
        ('SELECT array_agg(x ORDER BY x) FROM (VALUES 2, 1) AS t(x)', '[1, 2]'),
        ("SELECT map_agg(k, v) FROM (VALUES ('a', 1e0)) AS t(k, v)", '{a=1.0}'),
        ('SELECT 1e7', '1.0E7'),
        ('SELECT 0.1e0', '0.1'),
        ('SELECT nan()', 'NaN'),
        ('SELECT CAST(12345.678 AS decimal(10, 2))', '12345.68'),
        ('SELECT 1 = 1', 'true'),
        ('SELECT NULL', None),
        ("SELECT count(*) FROM information_schema.tables WHERE table_name = 'raw'", '1'),
        ('SELECT max_by(event_id, kafka_offset) FROM events', 'event-1199'),
        ('SELECT count(DISTINCT device_type) FROM events', '2'),
        ("SELECT element_at(split('a,b', ','), 2)", 'b'),
        ('SELECT count_if(late) FROM events', '120'),
        ("SELECT length(from_hex('00ff'))", '2'),
        ("SELECT length('a\\ß')", '3'),
        ('SELECT sum(length(kafka_value)) FROM raw', '21'),
        ('SELECT sum(record_count) FROM "events$files"', '1200'),
        ('SELECT count(*) FROM "empty_events$files"', '0'),
        ('SELECT to_unixtime(max("timestamp")) FROM events', f'{float(MICROS // 10**6 + 1199) / 10**9}E9'),
    ],
)
def test_a_value_is_answered_as_by_trino(athena: Any, sql: str, expected: str | None) -> None:
    # Prepare: the lake of the module
    # Act
    rows = rows_of(athena, sql)
    # Assess
    assert rows[1:] == [[expected]]


@pytest.mark.parametrize(
    ('sql', 'reason'),
    [
        (
            'SELECT * FROM nowhere',
            f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{DATABASE}.nowhere' does not exist",
        ),
        ('SELECT *\nFROM  no_such.x', "SCHEMA_NOT_FOUND: line 2:7: Schema 'no_such' does not exist"),
        ('SELECT * FROM other.a.b', "CATALOG_NOT_FOUND: line 1:15: Catalog 'other' does not exist"),
        ('SELECT late, wrong FROM events', "COLUMN_NOT_FOUND: line 1:14: Column 'wrong' cannot be resolved"),
        ('SELECT e.wrong FROM events e', "COLUMN_NOT_FOUND: line 1:8: Column 'wrong' cannot be resolved"),
        ('SELECT shine(late) FROM events', "FUNCTION_NOT_FOUND: line 1:8: Function 'shine' not registered"),
        (
            'SELECT device_type, count(*) FROM events',
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'device_type' must be",
        ),
        ("SELECT CAST('x' AS integer)", 'INVALID_CAST_ARGUMENT: '),
        ('SELECT CAST(event_id AS integer) FROM events', 'INVALID_CAST_ARGUMENT: '),
        ('SELECT kafka_offset * 9223372036854775807 FROM events', 'NUMERIC_VALUE_OUT_OF_RANGE: '),
        ('SELECT (SELECT event_id FROM events)', 'SUBQUERY_MULTIPLE_ROWS: '),
        ('SELEC 1', 'SYNTAX_ERROR: '),
        ('SELECT count( FROM events', 'SYNTAX_ERROR: line 1:'),
        ('SELECT 1; SELECT 2', 'SYNTAX_ERROR: Only one sql statement is allowed. Got: 2'),
        ("INSERT INTO events VALUES ('a')", 'NOT_SUPPORTED: INSERT is not supported'),
        ('CREATE TABLE x AS SELECT 1', 'NOT_SUPPORTED: CREATE is not supported'),
        ('DROP TABLE events', 'NOT_SUPPORTED: DROP is not supported'),
        ('DELETE FROM events', 'NOT_SUPPORTED: DELETE is not supported'),
        (
            'MERGE INTO events USING raw ON 1 = 1 WHEN MATCHED THEN DELETE',
            'NOT_SUPPORTED: MERGE is not supported',
        ),
        ("SELECT * FROM read_csv('/etc/hostname')", 'FUNCTION_NOT_FOUND: line 1:'),
        ("SELECT * FROM '/etc/hostname'", ''),
        ('SHOW TABLES IN no_such', "SCHEMA_NOT_FOUND: Schema 'no_such' does not exist"),
        ('DESCRIBE nowhere', 'TABLE_NOT_FOUND: '),
    ],
)
def test_a_failure_says_why(athena: Any, sql: str, reason: str) -> None:
    # Prepare: the lake of the module
    # Act
    told = failure(athena, sql)
    # Assess
    assert told.startswith(reason)


def test_the_catalog_is_shown(athena: Any) -> None:
    # Prepare
    shown = {}
    # Act
    for sql in (
        "SHOW TABLES '*raw*'",
        'SHOW DATABASES',
        f'SHOW COLUMNS IN {DATABASE}.raw',
        'DESCRIBE raw',
        'SHOW VIEWS',
    ):
        shown[sql] = [row[0] for row in rows_of(athena, sql)]
    # Assess
    assert shown["SHOW TABLES '*raw*'"] == ['raw']
    assert shown['SHOW DATABASES'] == [DATABASE]
    assert shown[f'SHOW COLUMNS IN {DATABASE}.raw'][-2:] == ['date', 'hour']
    assert shown['DESCRIBE raw'][0].split('\t')[:2] == [f'{"kafka_offset":<20}', f'{"bigint":<20}']
    assert shown['SHOW VIEWS'] == ['endless', 'valid_events', 'view_of_view']
    assert any('READ_PARQUET' in line[0] for line in rows_of(athena, 'EXPLAIN SELECT * FROM raw'))


def test_parameters_are_bound_in_order(athena: Any) -> None:
    # Prepare
    sql = 'SELECT ?, count(*) FROM events WHERE device_type = ? AND kafka_offset < ? -- ? stays'
    # Act
    rows = rows_of(athena, sql, ExecutionParameters=["'it''s'", 'light', '10'])
    # Assess
    assert rows[1:] == [["it's", '5']]
    assert failure(athena, sql, ExecutionParameters=['1']).startswith('INVALID_PARAMETER_USAGE')


def test_bytes_scanned_are_told(athena: Any) -> None:
    # Prepare
    sql = 'SELECT sum(event_duration) FROM events'
    # Act
    statistics = ask(athena, sql)['Statistics']
    # Assess
    assert 0 < statistics['DataScannedInBytes'] < 200_000
    assert statistics['EngineExecutionTimeInMillis'] > 0
