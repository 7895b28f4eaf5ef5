"""A dataset that lies in days of a date, through every job."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.days import Days
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.objects import Objects
from millrace_jobs.partitions import bounds_sql, partition_value
from millrace_jobs.retention import advance, delete_before, kept_from
from millrace_jobs.sweep import run_sweep
from tests.bronze_lake import STATE, BronzeLake, PreparedLake
from tests.conftest import s3
from tests.example import dated, event
from tests.lake import Lake, Record

GOLD = dated().gold[0]


def due(number: int, day: str, **changes: object) -> dict[str, object]:
    return event(number, due=f'2026-{day}', **changes)


#: Two days, one of them far ahead; an identical duplicate, a conflict, a fault.
FIRST = [
    Record(0, 0, due(1, '03-01')),
    Record(0, 1, due(2, '12-24'), 1),
    Record(0, 2, due(3, '02-30'), 2),
    Record(0, 3, due(1, '03-01'), 3),
    Record(1, 0, due(2, '12-24', amount=13), 4),
]
SECOND = [Record(0, 4, due(4, '03-01', seen_at='2026-03-02T11:10:00.000Z'), 6)]
#: An identity of one day on the other, which no batch can see.
ASTRAY = [Record(1, 1, due(1, '12-24'), 7)]
LATER = [Record(0, 5, due(5, '12-24'), 9)]


@pytest.fixture(scope='module')
def streamed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> PreparedLake:
    with s3() as objects:
        lake = BronzeLake(spark, objects, dated(), folder=tmp_path_factory.mktemp('bronze')).create()
        lake.stream(FIRST, SECOND, ASTRAY)
        return PreparedLake.of(lake)


@pytest.fixture
def lake(spark: SparkSession, objects: Objects, streamed: PreparedLake, tmp_path: Path) -> BronzeLake:
    return streamed.copy(spark, objects, dated(), tmp_path)


def told(lake: Lake) -> list[dict[str, object]]:
    return [{**row.asDict(), 'processing_time': None} for row in lake.rows('silver')]


def minutes(lake: Lake) -> list[tuple[object, ...]]:
    table = lake.spark.table(table_name(lake.database, 'gauges_minutely')).select(
        'window_start', 'weekend', 'weekday', 'readings'
    )
    return sorted(map(tuple, table.collect()))


def gold(lake: Lake) -> list[tuple[date, int]]:
    rows = lake.spark.table(table_name(lake.database, 'gauges_daily')).orderBy('date').collect()
    return [(row.date, row.readings) for row in rows]


def test_rows_lie_on_their_dates_and_late_is_by_the_observed_time(lake: BronzeLake) -> None:
    # Act
    rows = lake.rows('silver')
    # Assess
    assert [(row.reading_id, row.due, row.weekday, row.weekend, row.late) for row in rows] == [
        ('r-1', date(2026, 3, 1), 7, True, False),
        ('r-2', date(2026, 12, 24), 4, False, False),
        ('r-4', date(2026, 3, 1), 7, True, True),
        ('r-1', date(2026, 12, 24), 4, False, False),
    ]
    assert lake.rejected() == [(0, 2, 'invalid'), (1, 0, 'conflict')]
    assert IcebergTable(lake.spark, lake.name('silver')).partitions() == {20_513, 20_811}
    start = datetime(2026, 3, 2, 11, 59)
    assert minutes(lake) == [
        (datetime(2026, 3, 2, 11, 10), True, 7, 1),
        (start, False, 4, 2),
        (start, True, 7, 1),
    ]


@pytest.mark.parametrize('days', [('', ''), ('2026-12-24', '2026-12-24')])
def test_a_rebuild_brings_back_what_is_harmed(lake: BronzeLake, days: tuple[str, str]) -> None:
    # Prepare
    run_sweep(lake.spark, lake.manifest, lake.database, None, lake._raw)
    before, windows = told(lake), minutes(lake)
    untouched = lake.rebuild(*days)
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE due = DATE'2026-12-24'")
    # Act
    report = lake.rebuild(*days)
    # Assess
    assert untouched['identical']
    assert report['differentDays'] == ['2026-12-24']
    assert told(lake) == before
    assert minutes(lake) == windows
    lake.stream(LATER)
    assert ('r-5', 0, 5) in lake.silver()


def test_a_backfill_adds_what_retention_kept(lake: BronzeLake) -> None:
    # Prepare
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE reading_id IN ('r-2', 'r-4')")
    advance(lake.objects, STATE, lake.manifest, datetime(2026, 3, 15, tzinfo=UTC))
    # Act
    report = lake.backfill('2026-03-02', '2026-03-02')
    # Assess
    assert report['added'] == 1
    assert [row[0] for row in lake.silver()] == ['r-1', 'r-2', 'r-1']


def test_the_sweep_finds_one_identity_on_two_days(lake: BronzeLake) -> None:
    # Act
    progress = run_sweep(lake.spark, lake.manifest, lake.database, None, lake._raw)
    # Assess
    assert progress['removed'] == 1
    assert [row[0] for row in lake.silver()] == ['r-1', 'r-2', 'r-4']


def test_gold_recomputes_the_touched_days_and_keeps_those_before_retention(lake: BronzeLake) -> None:
    # Prepare
    first = lake.run_gold(GOLD, None)
    assert gold(lake) == [(date(2026, 3, 1), 2), (date(2026, 12, 24), 2)]
    name = lake.name('silver')
    # Act
    keep = advance(lake.objects, STATE, lake.manifest, datetime(2026, 3, 15, tzinfo=UTC))
    gone = delete_before(lake.spark, name, 'due', keep)
    lake.stream(LATER)
    second = lake.run_gold(GOLD, first, lambda: kept_from(lake.objects, STATE, 'gauges'))
    everything = lake.run_gold(GOLD, None, lambda: kept_from(lake.objects, STATE, 'gauges'))
    # Assess
    assert (first['partitions'], gone, keep) == (None, 2, date(2026, 3, 5))
    assert second['partitions'] == ['2026-12-24']
    assert everything['partitions'] is None
    assert gold(lake) == [(date(2026, 3, 1), 2), (date(2026, 12, 24), 3)]
    history = lake.spark.table(f'{name}.snapshots').orderBy('committed_at').collect()
    assert 'delete' in [row.operation for row in history]


def test_a_newer_version_takes_the_place_of_the_stored_one(spark: SparkSession, objects: Objects) -> None:
    # Prepare
    newest = dated(onConflict={'kind': 'newest', 'column': 'count'})
    lake = Lake(spark, objects, newest).create()
    query = lake.query()
    # Act
    query(lake.kafka_rows([Record(0, 0, due(1, '03-01', count=1)), Record(0, 1, due(2, '03-02'), 1)]), 0)
    query(lake.kafka_rows([Record(0, 2, due(1, '03-01', count=2), 2)]), 1)
    # Assess
    assert lake.silver() == [('r-2', 0, 1), ('r-1', 0, 2)]


@pytest.mark.parametrize('text', ['0001-01-01', '1969-12-31', '1970-01-01', '9999-12-31'])
def test_partitions_are_days_since_1970(spark: SparkSession, text: str) -> None:
    # Prepare
    manifest = dated()
    day = date.fromisoformat(text)
    number = (day - date(1970, 1, 1)).days
    rows = spark.createDataFrame([(day,)], 'due DATE')
    # Act
    found = rows.select(partition_value(manifest)).first()
    # Assess
    assert found is not None
    assert found[0] == number
    assert rows.where(bounds_sql(manifest, [number])).count() == 1
    assert rows.where(bounds_sql(manifest, [number - 1, number + 1])).count() == 0
    if text != '9999-12-31':
        days = Days(day, day)
        assert (rows.where(days.holds(manifest)).count(), days.iso(manifest)) == (
            1,
            (text, date.fromordinal(day.toordinal() + 1).isoformat()),
        )
