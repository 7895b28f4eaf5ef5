from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects
from millrace_jobs.remake import rerun_windows
from tests.bronze_lake import BronzeLake, PreparedLake
from tests.example import RAW, windowed
from tests.lake import Record
from tests.two_days import at, harmed, minutes, told

DAY = '2026-03-02'
#: The same identity in two partitions, of which the sweep takes the later.
ASTRAY = [Record(1, 3, at(1, '02T11:01:00'), 11)]


@pytest.fixture
def lake(spark: SparkSession, objects: Objects, two_days: PreparedLake, tmp_path: Path) -> BronzeLake:
    return two_days.copy(spark, objects, windowed(), tmp_path)


def sliding(lake: BronzeLake) -> list[tuple[object, ...]]:
    table = lake.spark.table(f'glue_catalog.{lake.database}.gauges_sliding')
    return [tuple(row) for row in table.drop('processing_time').orderBy('window_start').collect()]


@pytest.fixture
def swept(lake: BronzeLake) -> BronzeLake:
    lake.stream(ASTRAY)
    lake.spark.sql(f'DELETE FROM {lake.name("silver")} WHERE kafka_partition = 1 AND kafka_offset = 3')
    return lake


def test_what_silver_lacks_is_added_once(swept: BronzeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    lake = swept
    before = told(lake)
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE reading_id IN ('r-3', 'r-4')")
    # Act: the first run dies before its windows, the second finds nothing to add
    with monkeypatch.context() as broken:
        broken.setattr('millrace_jobs.filling.windows_touched', None)
        with pytest.raises(TypeError):
            lake.backfill(DAY, DAY)
    snapshot = lake.snapshot()
    again = lake.backfill(DAY, DAY)
    # Assess
    assert told(lake) == before
    assert lake.rejected() == [(0, 2, 'unparseable'), (1, 1, 'conflict'), (1, 3, 'conflict')]
    assert (again['added'], lake.snapshot()) == (0, snapshot)
    assert sum(row[4] for row in minutes(lake)) == len(before)


def test_windows_of_the_evening_before_are_mended_after_a_broken_run(
    lake: BronzeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: a row ten minutes after midnight, unknown to silver and to its windows
    lake.stream([Record(1, 3, at(6, '02T00:10:00'), 11)])
    windows = sliding(lake)
    harmed(lake, "DELETE FROM {silver} WHERE reading_id = 'r-6'")
    assert sliding(lake) != windows
    with monkeypatch.context() as broken:
        broken.setattr('millrace_jobs.filling.windows_touched', None)
        with pytest.raises(TypeError):
            lake.backfill(DAY, DAY)
    # Act
    lake.backfill(DAY, DAY)
    # Assess
    assert sliding(lake) == windows


def test_many_rows_and_a_preceding_one(lake: BronzeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare: of r-1 a later record became the row
    before, windows = told(lake), minutes(lake)
    harmed(lake, "DELETE FROM {silver} WHERE reading_id IN ('r-3', 'r-4')")
    harmed(
        lake,
        'UPDATE {silver} SET kafka_offset = 3, kafka_timestamp = kafka_timestamp + INTERVAL 3 SECONDS '
        "WHERE reading_id = 'r-1'",
    )
    monkeypatch.setattr('millrace_jobs.filling.ROWS_A_HOLD', 2)
    # Act
    report = lake.backfill(DAY, DAY)
    # Assess
    assert (report['added'], report['counts']['precedes']) == (3, 1)
    assert (told(lake), minutes(lake)) == (before, windows)


def test_other_days_and_a_healthy_lake_are_left_alone(swept: BronzeLake) -> None:
    # Prepare
    lake = swept
    lake.backfill(DAY, DAY)
    snapshot = lake.snapshot()
    # Act
    healthy, other = lake.backfill(DAY, DAY), lake.backfill('2026-03-03', '2026-03-04')
    # Assess
    assert (healthy['added'], healthy['rejected'], healthy['pausedSeconds']) == (0, 0, 0.0)
    assert (other['added'], other['positions']) == (0, 0)
    assert lake.snapshot() == snapshot


def test_rerun_puts_windows_and_gold_right_and_twice_the_same(lake: BronzeLake) -> None:
    # Prepare: windows and gold that silver says nothing of
    model = RAW['gold'][0]
    name = f'glue_catalog.{lake.database}'
    silver, windows = lake.name('silver'), minutes(lake)
    progress = lake.run_gold(model, None)
    gold = lake.spark.table(f'{name}.gauges_daily').collect()
    lake.spark.sql(f'UPDATE {name}.gauges_minutely SET readings = 99')
    lake.spark.sql(f'UPDATE {name}.gauges_daily SET readings = 99')
    lake.spark.sql(
        f"INSERT INTO {name}.gauges_sliding SELECT TIMESTAMP '2026-03-02 20:00:00', "
        f"TIMESTAMP '2026-03-02 21:00:00', 1L, 0L, false, processing_time FROM {silver} LIMIT 1"
    )
    # The watermark that a run reads may be older than the one that made windows final.
    lake.place().record('silver', {**lake.place().read('silver'), 'watermarkMs': None})
    days = Days(date(2026, 3, 1), date(2026, 3, 2))
    for _again in range(2):
        # Act
        rerun_windows(lake.place(), days)
        lake.run_gold(model, progress, again=days.numbers(lake.manifest))
        # Assess
        assert minutes(lake) == windows
        assert lake.spark.table(f'{name}.gauges_daily').collect() == gold
        assert lake.spark.table(f'{name}.gauges_sliding').where('hour(window_start) = 20').isEmpty()


def test_days_that_retention_took_are_refused() -> None:
    # Act, Assess
    kept = date(2026, 3, 2)
    with pytest.raises(JobError, match='MR816'):
        Days.of({'from': '2026-03-01', 'to': '2026-03-02'}, kept)
    for first, last in (('2026-03-03', '2026-03-02'), ('2026-03-03', ''), ('x', 'y')):
        with pytest.raises(JobError, match='MR800'):
            Days.of({'from': first, 'to': last}, None)
    assert Days.of({'from': '', 'to': ''}, kept).whole
