"""Derived columns against what their definitions say, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from millrace_jobs.manifest import Manifest
from millrace_jobs.silver_rows import derived_columns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCHEMA = 'kind STRING, amount DOUBLE, count BIGINT, begun TIMESTAMP, ended TIMESTAMP, due DATE'
BANDS = [{'below': 0, 'label': 'negative'}, {'upTo': 0, 'label': 'none'}, {'upTo': 15, 'label': 'few'}]
PARTS = {
    'year': lambda day: day.year,
    'quarter': lambda day: (day.month + 2) // 3,
    'month': lambda day: day.month,
    'day': lambda day: day.day,
    'weekday': lambda day: day.isoweekday(),
}


def derived(column: str, /, **derivation: Any) -> dict[str, Any]:
    return {'column': column, 'derivation': derivation}


DERIVED = [
    derived('is_a', kind='equals', column='kind', value='a'),
    derived('size', kind='bands', column='amount', bands=BANDS, otherwise='many'),
    derived('number', kind='bands', column='count', bands=BANDS, otherwise='many'),
    derived('delay', kind='minutes', **{'from': 'begun', 'to': 'ended'}),
    derived('delayed', kind='above', column='delay', than=15),
    derived('delay_size', kind='bands', column='delay', bands=BANDS, otherwise='many'),
    derived('is_none', kind='equals', column='delay_size', value='none'),
    *(derived(f'due_{part}', kind='part', column='due', part=part) for part in PARTS),
    *(derived(f'begun_{part}', kind='part', column='begun', part=part) for part in PARTS),
    derived('late_in_week', kind='above', column='due_weekday', than=5),
]
MANIFEST = Manifest({'derived': DERIVED})


def band(value: float | None) -> str | None:
    if value is None:
        return None
    return 'negative' if value < 0 else 'none' if value == 0 else 'few' if value <= 15 else 'many'


def expected(row: tuple[Any, ...]) -> list[Any]:
    kind, amount, count, begun, ended, day = row
    delay = (
        None if begun is None or ended is None else ((ended - begun) // timedelta(milliseconds=1)) / 60_000
    )
    begun_day = None if begun is None else begun.date()
    return [
        None if kind is None else kind == 'a',
        band(amount),
        band(count),
        delay,
        None if delay is None else delay > 15,
        band(delay),
        None if delay is None else delay == 0,
        *(None if one is None else part(one) for one in (day, begun_day) for part in PARTS.values()),
        None if day is None else day.isoweekday() > 5,
    ]


near = st.sampled_from([-0.5, 0.0, -0.0, 5e-324, 14.999, 15.0, 15.000001])
moments = st.integers(-2_000_000_000_000, 4_000_000_000_000).map(
    lambda ms: EPOCH + timedelta(milliseconds=ms)
)
#: Of begin and end: apart by about the bounds of the bands, or by anything.
pairs = moments.flatmap(
    lambda begun: st.tuples(
        st.just(begun),
        moments | st.integers(-900_001, 900_001).map(lambda ms: begun + timedelta(milliseconds=ms)),
    )
)
rows = st.tuples(
    st.sampled_from(['a', 'b', None]),
    st.none() | near | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.integers(-3, 20),
    pairs.flatmap(lambda pair: st.tuples(*(st.just(one) | st.none() for one in pair))),
    st.none() | st.dates(),
).map(lambda row: (*row[:3], *row[3], row[4]))


@settings(max_examples=10)
@given(st.lists(rows, min_size=20, max_size=60))
def test_every_column_is_what_it_says(spark: SparkSession, given_rows: list[tuple[Any, ...]]) -> None:
    # Prepare
    frame = spark.createDataFrame([(at, *row) for at, row in enumerate(given_rows)], f'at INT, {SCHEMA}')
    made = derived_columns(MANIFEST)
    # Act
    found = frame.select('at', *(column.alias(name) for name, column in made.items())).orderBy('at').collect()
    # Assess
    assert [list(row)[1:] for row in found] == list(map(expected, given_rows))


def test_columns_have_their_types(spark: SparkSession) -> None:
    # Act
    made = spark.createDataFrame([], SCHEMA).select(
        *(column.alias(name) for name, column in derived_columns(MANIFEST).items())
    )
    # Assess
    types = dict(made.dtypes)
    assert [types[name] for name in ('is_a', 'size', 'delay', 'delayed', 'due_year', 'begun_weekday')] == [
        *('boolean', 'string', 'double', 'boolean', 'int', 'int')
    ]


def test_a_week_begins_with_monday(spark: SparkSession) -> None:
    # Prepare
    frame = spark.createDataFrame([('a', 1.0, 1, None, None, date(2026, 3, 2))], SCHEMA)
    # Act
    row = frame.select(derived_columns(MANIFEST)['due_weekday']).first()
    # Assess
    assert row is not None
    assert row[0] == 1


def test_an_unknown_derivation_is_refused() -> None:
    with pytest.raises(ValueError, match='moon'):
        derived_columns(Manifest({'derived': [derived('x', kind='moon', column='kind')]}))
