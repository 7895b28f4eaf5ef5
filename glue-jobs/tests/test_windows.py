from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession

from millrace_jobs import sweep as sweep_module
from millrace_jobs import windows_write
from millrace_jobs.iceberg import table_name
from millrace_jobs.objects import Objects
from millrace_jobs.progress import PartitionProgress
from millrace_jobs.sweep import run_sweep
from millrace_jobs.watermark import watermark_ms
from millrace_jobs.windows import spans
from tests.example import event, windowed
from tests.lake import Lake, Record

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
#: As Spark gives it back: in the session's time zone, which is UTC.
BEGIN = START.replace(tzinfo=None)
LATENESS_MS = 600_000
FACTS = ('readings', 'amount_avg', 'amount_sum', 'count_max', 'late_rows')


def at(minutes: float) -> str:
    moment = START + timedelta(minutes=minutes)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.') + f'{moment.microsecond // 1000:03}Z'


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects, windowed()).create()


def kill(*_arguments: object) -> int:
    raise RuntimeError('killed')


def windows(lake: Lake, name: str = 'gauges_minutely') -> list[Row]:
    """All but when each row was computed."""
    table = lake.spark.table(table_name(lake.database, name)).drop('processing_time')
    return sorted(table.collect(), key=str)


def short(lake: Lake) -> list[tuple[float, int, int, bool]]:
    """(minute, readings, late rows, final) of the kind `level`."""
    return sorted(
        ((row.window_start - BEGIN).total_seconds() / 60, row.readings, row.late_rows, row.final)
        for row in windows(lake)
    )


def expected(lake: Lake) -> dict[tuple[datetime, str, bool], tuple[int, float, float, int | None, int]]:
    """The minutes by plain Python, from silver's rows in the order of their identity."""
    found: dict[tuple[datetime, str, bool], list[Row]] = {}
    for row in sorted(lake.rows('silver'), key=lambda row: row.reading_id):
        minute = row.seen_at.replace(second=0, microsecond=0)
        found.setdefault((minute, row.kind, row.is_flow), []).append(row)
    result = {}
    for key, rows in found.items():
        total = 0.0
        for row in rows:
            total += row.amount
        counts = [row['count'] for row in rows if row['count'] is not None]
        late = sum(bool(row.late) for row in rows)
        result[key] = (len(rows), total / len(rows), total, max(counts, default=None), late)
    return result


def test_late_rows_correct_a_window_that_was_final(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0))), Record(0, 1, event(2, seen_at=at(30)))]), 0)
    before = short(lake)
    # Act
    query(lake.kafka_rows([Record(0, 2, event(3, seen_at=at(0.5)), 1)]), 1)
    # Assess
    assert before == [(0, 1, 0, True), (30, 1, 0, False)]
    assert short(lake) == [(0, 2, 1, True), (30, 1, 0, False)]


def test_window_that_no_row_touches_becomes_final(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0)))]), 0)
    # Act
    query(lake.kafka_rows([Record(0, 1, event(2, seen_at=at(11)), 1)]), 1)
    # Assess
    assert short(lake) == [(0, 1, 0, True), (11, 1, 0, False)]


def test_window_of_a_day_that_silver_has_forgotten_stays(lake: Lake) -> None:
    # Prepare
    lake.query()(
        lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0))), Record(0, 1, event(2, seen_at=at(1)))]), 0
    )
    lake.spark.sql(f'DELETE FROM {lake.name("silver")}')
    query = lake.query()
    query.first_day = lambda: START.date() + timedelta(days=1)
    # Act
    # Touched by the one, passed by the watermark of the other.
    later = [Record(0, 2, event(3, seen_at=at(0)), 1), Record(0, 3, event(4, seen_at=at(60)), 1)]
    query(lake.kafka_rows(later), 1)
    # Assess
    assert [row[:2] for row in short(lake)] == [(0, 1), (1, 1)]


def test_window_table_that_gets_a_column(spark: SparkSession, objects: Objects) -> None:
    # Prepare: two windows of one partition, stored before the table had the column
    older = windowed()
    minutely = older.windows[0]
    for part in ('aggregates', 'columns'):
        minutely[part] = [one for one in minutely[part] if one.get('column', one.get('name')) != 'count_max']
    lake = Lake(spark, objects, older).create()
    first = [Record(0, 0, event(1, seen_at=at(0), count=4)), Record(0, 1, event(2, seen_at=at(1)))]
    lake.query()(lake.kafka_rows(first), 0)
    lake.manifest = windowed()
    spark.sql(
        f'ALTER TABLE {table_name(lake.database, "gauges_minutely")} '
        'ADD COLUMN count_max BIGINT AFTER amount_sum'
    )
    # Act
    lake.query()(lake.kafka_rows([Record(0, 2, event(3, seen_at=at(1), count=7), 1)]), 1)
    # Assess: what is computed has it, what is kept as it is has not
    assert [(row.readings, row.amount_sum, row.count_max) for row in windows(lake)] == [
        (1, 12.5, None),
        (2, 25.0, 7),
    ]


def test_sliding_windows_hold_a_row_several_times(lake: Lake) -> None:
    # Act
    lake.query()(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(5)))]), 0)
    # Assess
    rows = windows(lake, 'gauges_sliding')
    starts = [(row.window_start.hour, row.window_start.minute, row.readings) for row in rows]
    assert sorted(starts) == [(9, 20, 1), (9, 40, 1), (10, 0, 1)]


def test_row_that_gives_way_to_a_newer_version_leaves_its_window(
    spark: SparkSession, objects: Objects
) -> None:
    # Prepare
    lake = Lake(spark, objects, windowed(onConflict={'kind': 'newest', 'column': 'count'})).create()
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0), count=1))]), 0)
    # Act
    query(lake.kafka_rows([Record(0, 1, event(1, seen_at=at(3), count=2), 1)]), 1)
    # Assess
    assert short(lake) == [(3, 1, 0, False)]


def test_row_that_the_sweep_takes_leaves_its_window(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0)), 1)]), 0)
    query(
        lake.kafka_rows(
            [
                Record(1, 0, event(1, seen_at=at(-24 * 60)), 2),
                Record(1, 1, event(2, seen_at=at(-24 * 60)), 3),
            ]
        ),
        1,
    )
    written: list[Mapping[str, Any]] = []

    def killed(progress: Mapping[str, Any]) -> None:
        written.append(progress)

    before = short(lake)
    # Act: ends between its delete and its windows, then runs again.
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(sweep_module, 'update_windows', kill)
        with pytest.raises(RuntimeError):
            run_sweep(lake.spark, lake.manifest, lake.database, None, lake._raw, record=killed)
    stale = short(lake)
    progress = run_sweep(
        lake.spark,
        lake.manifest,
        lake.database,
        written[-1],
        lake._raw,
        watermark=int(START.timestamp() * 1000) - LATENESS_MS,
    )
    # Assess
    assert before == stale == [(-24 * 60, 2, 0, True), (0, 1, 0, False)]
    assert short(lake) == [(-24 * 60, 1, 0, True), (0, 1, 0, False)]
    assert progress['staleWindows'] == {}


def test_batch_that_ended_before_its_windows_is_made_good(
    spark: SparkSession, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare
    lake = Lake(spark, objects, windowed(onConflict={'kind': 'newest', 'column': 'count'})).create()
    lake.query()(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0), count=1))]), 0)
    rows = lake.kafka_rows([Record(0, 1, event(1, seen_at=at(3), count=2), 1)])
    with monkeypatch.context() as broken:
        broken.setattr(windows_write, '_update', kill)
        with pytest.raises(RuntimeError):
            lake.query()(rows, 1)
    # Act
    lake.query()(rows, 1)
    # Assess
    assert short(lake) == [(3, 1, 0, False)]


@pytest.mark.parametrize(
    ('many', 'wide'),
    [(windows_write.MANY_WINDOWS, windows_write.WIDE), (0, windows_write.WIDE), (0, 0)],
    ids=['few', 'many', 'wide'],
)
def test_any_order_batching_and_replay_give_the_windows_of_silver(
    spark: SparkSession, objects: Objects, monkeypatch: pytest.MonkeyPatch, many: int, wide: int
) -> None:
    # Prepare: few windows are computed one by one, many by whole partitions
    monkeypatch.setattr(windows_write, 'MANY_WINDOWS', many)
    monkeypatch.setattr(windows_write, 'WIDE', wide)
    chance = random.Random(7)
    events = [
        event(
            number,
            seen_at=at(chance.uniform(0, 90)),
            amount=chance.uniform(0, 100),
            kind=chance.choice(['level', 'flow']),
            count=chance.choice([None, chance.randrange(100)]),
        )
        for number in range(120)
    ]
    tables = []
    for seed in range(3):
        order = random.Random(seed)
        lake = Lake(spark, objects, windowed()).create()
        shuffled = order.sample(events, len(events)) + order.sample(events, 10)
        records = [Record(order.randrange(2), offset, value) for offset, value in enumerate(shuffled)]
        # Act
        batch = 0
        while records:
            cut = order.choice([40, 90])
            rows = lake.kafka_rows(records[:cut])
            lake.query()(rows, batch)
            if order.random() < 0.3:
                lake.query()(rows, batch)
            records, batch = records[cut:], batch + 1
        # Assess
        found = {
            (row.window_start, row.kind, row.is_flow): tuple(row[name] for name in FACTS)
            for row in windows(lake)
        }
        assert found == expected(lake)
        tables.append([row[:9] for row in windows(lake)])
    assert tables[0] == tables[1] == tables[2]


def progress(newest: int | None, kafka: int | None) -> PartitionProgress:
    return PartitionProgress(0, 1, None, newest, kafka)


def test_watermark_follows_the_partition_furthest_behind_unless_it_is_idle() -> None:
    # Prepare
    hour = 3_600_000
    behind = {0: progress(10 * hour, hour), 1: progress(9 * hour, hour), 2: progress(None, None)}
    idle = {0: progress(10 * hour, 2 * hour), 1: progress(9 * hour, hour)}
    # Act, Assess
    assert watermark_ms(behind, LATENESS_MS, None) == 9 * hour - LATENESS_MS
    assert watermark_ms(idle, LATENESS_MS, None) == 10 * hour - LATENESS_MS
    assert watermark_ms(behind, LATENESS_MS, 10 * hour) == 10 * hour
    assert watermark_ms({2: progress(None, None)}, LATENESS_MS, None) is None


@given(st.sets(st.integers(0, 400), min_size=1), st.integers(1, 8), st.integers(1, 20))
def test_spans_hold_every_window_and_are_few(starts: set[int], size: int, most: int) -> None:
    # Act
    found = spans(starts, size, most)
    # Assess
    assert 1 <= len(found) <= most
    assert all(any(first <= start and start + size <= past for first, past in found) for start in starts)
    assert all(left[1] < right[0] for left, right in pairwise(found))
    assert found[0][0] == min(starts)
    assert found[-1][1] == max(starts) + size
