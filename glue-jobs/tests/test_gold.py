from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession

from millrace_jobs.approximate import rank_error
from millrace_jobs.errors import JobError
from millrace_jobs.gate import breaches
from millrace_jobs.gold import gold_values
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.objects import Objects
from millrace_jobs.window_products import run_approximation, run_export
from tests.example import APPROXIMATIONS, RAW, WINDOWS, event, manifest, windowed
from tests.lake import EXPORTS, Lake, Record

MODEL = RAW['gold'][0]


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects).create()


@pytest.fixture
def windowed_lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects, windowed()).create()


def on(number: int, day: int, **changes: object) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{day:02}T06:00:00.000Z', **changes)


def gold(lake: Lake) -> list[Row]:
    return lake.spark.table(table_name(lake.database, 'gauges_daily')).orderBy('date').collect()


def run(lake: Lake, before: dict[str, object] | None) -> dict[str, object]:
    return lake.run_gold(MODEL, before)


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


def test_csv_has_a_header_and_every_digit(lake: Lake) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1, amount=0.1)), Record(0, 1, on(2, 1, amount=0.2))]), 0)
    # Act
    run(lake, None)
    # Assess
    stored = lake.objects.read(f'{EXPORTS}gauges_daily.csv')
    assert stored is not None
    assert stored.body.decode() == ('kind,date,readings,amount\r\nlevel,2026-03-01,2,0.30000000000000004\r\n')


def test_gate_keeps_the_old_rows_visible_and_says_why(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1))]), 0)
    before = run(lake, None)
    query(lake.kafka_rows([Record(0, 2, on(3, 1), 1)]), 1)
    strict = {**MODEL, 'quality': [{'name': 'small', 'holds': 'readings < 3'}]}
    name = table_name(lake.database, 'gauges_daily')
    # Act
    with pytest.raises(JobError) as refused:
        lake.run_gold(strict, before)
    seen = [row.readings for row in gold(lake)]
    audited = [row.readings for row in lake.spark.read.option('branch', 'audit').table(name).collect()]
    mended = run(lake, before)
    # Assess
    assert refused.value.code == 'MR810'
    assert 'small (readings < 3): 1 row breaks it' in str(refused.value)
    assert seen == [2]
    assert audited == [3]
    assert mended['partitions'] == ['2026-03-01']
    assert [row.readings for row in gold(lake)] == [3]


def test_gate_of_a_table_never_written_refuses_too(lake: Lake) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1))]), 0)
    strict = {**MODEL, 'quality': [{'name': 'null_breaks', 'holds': 'CAST(NULL AS BOOLEAN)'}]}
    # Act
    for _attempt in range(2):
        with pytest.raises(JobError):
            lake.run_gold(strict, None)
    # Assess
    assert gold(lake) == []
    run(lake, None)
    assert len(gold(lake)) == 1


def test_gate_finds_a_grain_that_is_null_or_twice(spark: SparkSession) -> None:
    # Prepare
    rows = spark.createDataFrame([('a', 1), ('a', 1), (None, 2)], 'kind STRING, date INT')
    # Act
    found = breaches(rows, {'grain': ['kind', 'date'], 'quality': []})
    # Assess
    assert [sentence.split(':')[0] for sentence in found] == [
        'kind is never null',
        '(kind, date) is never twice',
    ]


def test_approximation_merges_sketches_within_its_bound(windowed_lake: Lake) -> None:
    # Prepare
    lake = windowed_lake
    chance = random.Random(3)
    amounts = [chance.uniform(0, 100) for _number in range(400)]
    lake.query()(
        lake.kafka_rows(
            [
                Record(
                    0, number, event(number, seen_at=f'2026-03-02T10:{number % 5:02}:00.000Z', amount=amount)
                )
                for number, amount in enumerate(amounts)
            ]
        ),
        0,
    )
    approximation = APPROXIMATIONS[0]
    # Act
    progress = run_approximation(lake.spark, lake.manifest, approximation, lake.database, None)
    again = run_approximation(lake.spark, lake.manifest, approximation, lake.database, progress)
    # Assess
    [row] = lake.spark.table(table_name(lake.database, approximation['name'])).collect()
    rank = sum(amount <= row.approximate_quantile for amount in amounts) / len(amounts)
    assert row.events == 400
    assert row.rank_error == rank_error(64)
    # At 99 % confidence; thrice the bound leaves no room for chance.
    assert abs(rank - 0.5) <= 3 * row.rank_error
    assert progress['partitions'] == ['2026-03-02']
    assert again['partitions'] == []


def test_hours_are_exported_as_files_and_go_when_they_are_empty(windowed_lake: Lake) -> None:
    # Prepare
    lake = windowed_lake
    window = WINDOWS[0]
    query = lake.query()
    query(
        lake.kafka_rows(
            [
                Record(0, 0, event(1, seen_at='2026-03-02T10:00:00.000Z')),
                Record(0, 1, event(2, seen_at='2026-03-02T11:59:59.999Z')),
            ]
        ),
        0,
    )
    folder = f'{EXPORTS}gauges_minutely/year=2026/month=03/day=02'
    place = f'{folder}/hour=11/gauges_minutely.parquet'

    def export(before: dict[str, object] | None) -> dict[str, object]:
        return run_export(
            lake.spark, lake.manifest, window, lake.database, before, objects=lake.objects, folder=EXPORTS
        )

    # Act
    before = export(None)
    stored = lake.objects.read(place)
    lake.spark.sql(f'DELETE FROM {table_name(lake.database, window["name"])} WHERE hour(window_start) = 11')
    export(before)
    # Assess
    assert stored is not None
    rows = pq.read_table(io.BytesIO(stored.body))
    assert rows.column_names == [
        *('window_start', 'window_end', 'kind', 'is_flow', 'readings', 'amount_avg', 'amount_sum'),
        *('count_max', 'late_rows', 'final', 'processing_time'),
    ]
    assert rows.column('readings').to_pylist() == [1]
    assert lake.objects.read(place) is None
    assert lake.objects.read(f'{folder}/hour=10/gauges_minutely.parquet') is not None
