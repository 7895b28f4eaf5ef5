"""The same text in Spark: ANSI mode, UTC, no table format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from iot_p95_cases import CASES, COLUMNS, QUERY, assert_same
from iot_p95_reference import p95_daily
from pyspark.sql import SparkSession

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope='module')
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = (
        SparkSession.builder.master('local[2]')
        .config('spark.sql.session.timeZone', 'UTC')
        .config('spark.sql.shuffle.partitions', '2')
        .config('spark.ui.enabled', 'false')
        .config('spark.driver.memory', '512m')
        .config('spark.sql.warehouse.dir', str(tmp_path_factory.mktemp('unused')))
        .config('spark.driver.bindAddress', '127.0.0.1')
        .config('spark.driver.host', '127.0.0.1')
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize('name', CASES)
def test_a_hard_case_is_answered_exactly(spark: SparkSession, name: str) -> None:
    # Prepare
    rows = [(i, kind, EPOCH + timedelta(milliseconds=at), duration) for i, kind, at, duration in CASES[name]]
    schema = 'event_id string, device_type string, timestamp timestamp, event_duration double'
    spark.createDataFrame(rows, schema).createOrReplaceTempView('iot_events')
    # Act
    answer = spark.sql(QUERY.read_text('utf-8'))
    # Assess
    assert answer.columns == COLUMNS
    assert_same([tuple(row) for row in answer.collect()], p95_daily(CASES[name]))
