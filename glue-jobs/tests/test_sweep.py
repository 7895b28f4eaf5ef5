from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from millrace_jobs import collisions
from millrace_jobs import sweep as sweep_module
from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects
from millrace_jobs.sweep import run_sweep
from tests.example import RAW, event, manifest
from tests.lake import Lake, Record


def on(number: int, day: int, **changes: object) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{day:02}T06:00:00.000Z', **changes)


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    """Identity r-1 in two partitions, which no batch could see; r-2 in one."""
    lake = Lake(spark, objects).create()
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, on(1, 1), 1), Record(0, 1, on(2, 1), 2)]), 0)
    query(lake.kafka_rows([Record(1, 0, on(1, 2), 3), Record(1, 1, on(3, 2), 4)]), 1)
    return lake


def test_keeps_the_first_and_rejects_the_other(lake: Lake) -> None:
    # Prepare
    assert [row[0] for row in lake.silver()] == ['r-1', 'r-2', 'r-1', 'r-3']
    gold = lake.run_gold(RAW['gold'][0], None)
    # Act
    progress = run_sweep(lake.spark, lake.manifest, lake.database, None, lake._raw)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 1, 1)]
    assert lake.rejected() == [(1, 0, 'conflict')]
    assert lake.rows('rejected')[0].kafka_value == lake.topic[1, 0].bytes
    assert (progress['removed'], progress['silverSnapshotId']) == (1, str(lake.snapshot()))
    again = lake.run_gold(RAW['gold'][0], gold)
    assert again['partitions'] == ['2026-03-02']


def test_column_that_silver_got_since_its_last_row(spark: SparkSession, objects: Objects) -> None:
    # Prepare: two identities in two partitions, stored before the column came
    older = manifest()
    older.raw['columns']['silver'] = [one for one in RAW['columns']['silver'] if one['name'] != 'count']
    lake = Lake(spark, objects, older).create()
    columns = [one['name'] for one in older.raw['columns']['silver']]
    whole = Lake(spark, objects).create()
    for number in range(2):
        records = [Record(number, offset, on(1 + offset, 1 + number)) for offset in range(2)]
        whole.query()(whole.kafka_rows(records), number)
    spark.table(whole.name('silver')).select(*columns).writeTo(lake.name('silver')).append()
    spark.sql(f'ALTER TABLE {lake.name("silver")} ADD COLUMN count BIGINT')
    lake.manifest = manifest()
    # Act
    progress = run_sweep(lake.spark, lake.manifest, lake.database, None, None)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1)]
    assert progress['removed'] == 2


def test_unchanged_silver_only_refreshes_the_time(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    before = run_sweep(lake.spark, lake.manifest, lake.database, None, None)
    monkeypatch.setattr(sweep_module, '_sweep_once', None)
    # Act
    progress = run_sweep(lake.spark, lake.manifest, lake.database, before, None)
    # Assess
    assert (progress['removed'], progress['silverSnapshotId']) == (0, before['silverSnapshotId'])
    assert progress['finishedAt'] >= before['finishedAt']


def test_identity_that_settles_the_partition_needs_no_sweep(lake: Lake) -> None:
    # Prepare
    settled = manifest(partitionFollowsIdentity=True)
    # Act, Assess
    assert run_sweep(lake.spark, settled, lake.database, None, None)['removed'] == 0


def test_collision_with_the_silver_query_is_tried_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare: the first two rounds collide
    rounds = iter([RuntimeError('ValidationException: found conflicting files')] * 2)
    real = sweep_module._sweep_once

    def colliding(*arguments: object) -> tuple[int, int]:
        for error in rounds:
            raise error
        return real(*arguments)

    monkeypatch.setattr(sweep_module, '_sweep_once', colliding)
    monkeypatch.setattr(collisions, 'PAUSE_SECONDS', 0)
    # Act, Assess
    assert run_sweep(lake.spark, lake.manifest, lake.database, None, None)['removed'] == 1


def test_endless_collision_is_an_error(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    def colliding(*_arguments: object) -> tuple[int, int]:
        raise RuntimeError('CommitFailedException')

    monkeypatch.setattr(sweep_module, '_sweep_once', colliding)
    monkeypatch.setattr(collisions, 'PAUSE_SECONDS', 0)
    # Act, Assess
    with pytest.raises(JobError, match='MR807'):
        run_sweep(lake.spark, lake.manifest, lake.database, None, None)


def test_row_of_another_topic_at_the_same_position_stays(lake: Lake) -> None:
    # Prepare: on the day of the row that goes, at its position, of a topic that was made anew
    query = lake.query()
    query(lake.kafka_rows([Record(1, 0, on(4, 2), 60)]), 2)
    # Act
    run_sweep(lake.spark, lake.manifest, lake.database, None, None)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-4', 1, 0), ('r-3', 1, 1)]
