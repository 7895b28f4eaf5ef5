from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import Row, SparkSession

from millrace_jobs.gold import gold_values, run_model
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.objects import Objects
from tests.example import RAW, event, manifest
from tests.lake import Lake, Record

MODEL = RAW['gold'][0]


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects).create()


def on(number: int, day: int, **changes: object) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{day:02}T06:00:00.000Z', **changes)


def gold(lake: Lake) -> list[Row]:
    return lake.spark.table(table_name(lake.database, 'gauges_daily')).orderBy('date').collect()


def run(lake: Lake, before: dict[str, object] | None) -> dict[str, object]:
    return run_model(lake.spark, lake.manifest, MODEL, lake.database, before)


def test_recomputes_the_touched_days_alone(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1)), Record(0, 2, on(3, 2))]), 0)
    first = run(lake, None)
    marked = table_name(lake.database, 'gauges_daily')
    lake.spark.sql(f'UPDATE {marked} SET amount = -1')
    # Act
    query(lake.kafka_rows([Record(0, 3, on(4, 2), 1)]), 1)
    second = run(lake, first)
    third = run(lake, second)
    # Assess
    assert first['partitions'] is None
    assert second['partitions'] == ['2026-03-02']
    assert third['partitions'] == []
    assert third['silverSnapshotId'] == str(lake.snapshot())
    assert [(row.date, row.readings, row.amount) for row in gold(lake)] == [
        (date(2026, 3, 1), 2, -1.0),
        (date(2026, 3, 2), 2, 25.0),
    ]
    assert lake.spark.catalog.listTables() == []


def test_rows_of_a_day_that_became_too_small_go(lake: Lake) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1))]), 0)
    before = run(lake, None)
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE reading_id = 'r-1'")
    # Act
    progress = run(lake, before)
    # Assess
    assert progress['partitions'] == ['2026-03-01']
    assert gold(lake) == []


def test_rewritten_files_touch_nothing(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, on(1, 1))]), 0)
    query(lake.kafka_rows([Record(0, 1, on(2, 1))]), 1)
    before = run(lake, None)
    lake.spark.sql(
        f"CALL glue_catalog.system.rewrite_data_files(table => '{lake.database}.gauges_silver', "
        "options => map('rewrite-all', 'true'))"
    )
    # Act, Assess
    assert run(lake, before)['partitions'] == []


def test_everything_again_where_the_old_snapshot_is_gone(lake: Lake) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1))]), 0)
    # Act
    progress = run(lake, {'silverSnapshotId': '42'})
    # Assess
    assert progress['partitions'] is None
    assert len(gold(lake)) == 1


def test_silver_never_written(lake: Lake) -> None:
    # Act, Assess
    assert run(lake, None)['silverSnapshotId'] is None
    assert IcebergTable(lake.spark, table_name(lake.database, 'gauges_daily')).current_snapshot() is None


def test_daily_model_over_hourly_silver_takes_whole_days() -> None:
    # Prepare
    hourly = manifest(partitionTime={'column': 'seen_at', 'transform': 'hour'})
    stamped = {
        **MODEL,
        'columns': [{'name': 'date', 'type': 'timestamp', 'comment': ''}],
    }
    # Act, Assess
    assert gold_values(hourly, MODEL, {23, 24, 25, None}) == [date(1970, 1, 1), date(1970, 1, 2)]
    assert gold_values(hourly, stamped, {25}) == [datetime(1970, 1, 2, 1, tzinfo=UTC)]
