"""The daily p95 in DuckDB, by the transpiler of the local Athena, against plain Python."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from dialect import transpile
from hypothesis import given, settings
from hypothesis import strategies as st
from iot_p95_cases import CASES, COLUMNS, NEW_YEAR, QUERY, assert_same
from iot_p95_reference import Event, p95_daily

SCHEMA = pa.schema(
    [
        ('event_id', pa.string()),
        ('device_type', pa.string()),
        ('timestamp', pa.timestamp('us', 'UTC')),
        ('event_duration', pa.float64()),
    ]
)


def ask(events: list[Event]) -> duckdb.DuckDBPyConnection:
    columns = list(zip(*events, strict=True)) or [(), (), (), ()]
    micros = pa.array([at * 1000 for at in columns[2]], pa.int64()).cast(pa.timestamp('us', 'UTC'))
    table = pa.table([columns[0], columns[1], micros, columns[3]], schema=SCHEMA)
    connection = duckdb.connect(config={'threads': 2})
    connection.execute("SET TimeZone = 'UTC'")
    connection.register('iot_events', table)
    return connection.execute(transpile(QUERY.read_text('utf-8')))


@pytest.mark.parametrize('name', CASES)
def test_a_hard_case_is_answered_exactly(name: str) -> None:
    # Prepare
    expected = p95_daily(CASES[name])
    # Act
    result = ask(CASES[name])
    # Assess
    assert [column[0] for column in result.description] == COLUMNS
    assert_same(result.fetchall(), expected)


def test_the_boundary_cases_are_what_they_claim() -> None:
    # Prepare
    cases = ('on the boundary', 'beyond the boundary', 'constant 0.1', '499 events')
    # Act
    answers = {name: p95_daily(CASES[name]) for name in cases}
    # Assess
    assert answers['on the boundary'][0].outliers == 0
    assert answers['on the boundary'][0].stddev_duration == 10.0
    assert answers['beyond the boundary'][0].outliers == 2
    assert answers['constant 0.1'][0].total_events == 1001
    assert answers['499 events'] == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(0, 1000), st.sampled_from([0.1, 100.0, 100.1, 1000.0, 5e-324])),
        min_size=1,
        max_size=40,
    ),
    st.integers(498, 700),
    st.integers(0, 2**32),
)
def test_random_durations_are_answered_exactly(pool: list[float], count: int, seed: int) -> None:
    # Prepare
    events: list[Event] = [
        (
            f'e{i % (count - seed % 2)}',
            'light',
            NEW_YEAR + (i * seed) % 86_400_000,
            pool[(i * 7 + seed) % len(pool)],
        )
        for i in range(count)
    ]
    expected = p95_daily(events)
    # Act
    rows = ask(events).fetchall()
    # Assess
    assert_same(rows, expected)
