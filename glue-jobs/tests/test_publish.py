"""What is put in the place of a gold table's rows: by one task, or by one a partition where they are many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.iceberg import table_name
from millrace_jobs.objects import Objects
from millrace_jobs.publish import publish, written_order
from tests.example import RAW
from tests.lake import Lake

MODEL: dict[str, Any] = RAW['gold'][0]
FIRST = date(2026, 3, 1)
DAYS = 12


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects).create()


@pytest.fixture
def tasks(spark: SparkSession) -> Iterator[int]:
    """Tasks of a shuffle: fewer than there are days, so that a task writes several of them."""
    before = spark.conf.get('spark.sql.shuffle.partitions')
    spark.conf.set('spark.sql.shuffle.partitions', '4')
    yield 4
    spark.conf.set('spark.sql.shuffle.partitions', before)


def days(spark: SparkSession, number: int, amount: float) -> DataFrame:
    """Two kinds on each of the days, in no order, in several tasks."""
    values = [
        (kind, FIRST + timedelta(days=(7 * day) % number), 2, amount)
        for kind in ('level', 'flow')
        for day in range(number)
    ]
    return spark.createDataFrame(
        values, 'kind STRING, date DATE, readings BIGINT, amount DOUBLE'
    ).repartition(3)


@pytest.mark.parametrize('many', [False, True], ids=['few', 'many'])
def test_each_partition_is_one_file_in_the_order_of_the_grain(lake: Lake, tasks: int, many: bool) -> None:
    # Prepare
    name = table_name(lake.database, MODEL['name'])
    # Act
    publish(lake.spark, days(lake.spark, DAYS, 1.0), F.lit(True), name, MODEL, many=many)
    # Assess
    stored = lake.spark.table(name).select('*', F.input_file_name().alias('file')).collect()
    by_day: dict[date, list[Any]] = {}
    for row in stored:
        by_day.setdefault(row.date, []).append(row)
    assert sorted(by_day) == [FIRST + timedelta(days=day) for day in range(DAYS)]
    assert all([row.kind for row in rows] == ['flow', 'level'] for rows in by_day.values())
    assert len({row.file for row in stored}) == DAYS
    assert all(len({row.file for row in rows}) == 1 for rows in by_day.values())


@pytest.mark.parametrize('many', [False, True], ids=['few', 'many'])
def test_only_what_is_replaced_goes(lake: Lake, tasks: int, many: bool) -> None:
    # Prepare
    name = table_name(lake.database, MODEL['name'])
    publish(lake.spark, days(lake.spark, DAYS, 1.0), F.lit(True), name, MODEL, many=True)
    replaced = F.col('date') < F.lit(FIRST + timedelta(days=3))
    # Act
    publish(lake.spark, days(lake.spark, 2, 5.0), replaced, name, MODEL, many=many)
    # Assess
    found = {(row.date.day, row.amount): row['count'] for row in counted(lake.spark.table(name))}
    assert found == {(1, 5.0): 2, (2, 5.0): 2, **{(day, 1.0): 2 for day in range(4, DAYS + 1)}}


def counted(rows: DataFrame) -> list[Any]:
    return rows.groupBy('date', 'amount').count().collect()


def test_many_rows_of_a_model_without_partitions_are_one_file(lake: Lake, tasks: int) -> None:
    # Prepare
    name = table_name(lake.database, 'gauges_whole')
    lake.spark.sql(
        f'CREATE TABLE {name} (kind STRING, date DATE, readings BIGINT, amount DOUBLE) USING iceberg'
    )
    whole = {**MODEL, 'name': 'gauges_whole', 'partitionColumn': None}
    # Act
    publish(lake.spark, days(lake.spark, DAYS, 1.0), F.lit(True), name, whole, many=True)
    # Assess
    stored = lake.spark.table(name).select('*', F.input_file_name().alias('file')).collect()
    assert len(stored) == 2 * DAYS
    assert len({row.file for row in stored}) == 1


def test_rows_are_ordered_by_the_partition_first() -> None:
    # Act, Assess
    assert written_order(MODEL) == ['date', 'kind']
    assert written_order({**MODEL, 'partitionColumn': None}) == ['kind', 'date']
