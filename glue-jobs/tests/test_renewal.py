"""The rebuild of a stream that is refused: it begins with another topic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects
from millrace_jobs.origin import Origin
from millrace_jobs.progress import PartitionProgress
from millrace_jobs.renewal import Renewal, _since
from millrace_jobs.topic_offsets import TopicNow
from tests.bronze_lake import BronzeLake, PreparedLake
from tests.example import BROKER_TIME, event, manifest, windowed
from tests.lake import Record
from tests.two_days import at, told

BEFORE = Origin('gauges', 'gauge-readings', 'arn:one', 'id-1')
AFTER = Origin('gauges', 'gauge-readings', 'arn:two', 'id-2')
LATER = 86_400.0


class New:
    """The topic of the new cluster; nothing else of it is asked for."""

    def now(self, _spark: SparkSession) -> TopicNow:
        return TopicNow('id-2', {0: 0, 1: 5})

    def earliest(self, _spark: SparkSession, partitions: Iterable[int]) -> dict[int, int]:
        return {number: {0: 0, 1: 5}[number] for number in partitions}

    def any_within(self, _spark: SparkSession, _ranges: object) -> bool:
        return False


@pytest.fixture
def lake(spark: SparkSession, objects: Objects, two_days: PreparedLake, tmp_path: Path) -> BronzeLake:
    """It stands at 6 and 3 of the cluster before; the landing was one record ahead, and then the new came."""
    lake = two_days.copy(spark, objects, windowed(), tmp_path)
    lake.origin = BEFORE
    lake.query()
    lake.land([Record(0, 6, at(6, '02T11:40:00'), 9), Record(1, 3, b'broken', 10)])
    lake.origin = AFTER
    return lake


def new_records(last: int) -> list[Record]:
    return [Record(0, number, at(20 + number, '03T11:00:00'), LATER + number) for number in range(last + 1)]


def renewed(lake: BronzeLake) -> dict[str, object]:
    return dict(lake.rebuild(topic=New(), cluster='arn:two'))


def since(lake: BronzeLake) -> str:
    """As the audit reads it (lambdas/audit/lake-state.ts)."""
    return lake.place().read('silver')['topicSince']


def broker_time(second: float) -> str:
    """A millisecond after the record that Kafka took at `second`."""
    moment = BROKER_TIME + timedelta(seconds=second, milliseconds=1)
    return moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def test_stream_is_refused_until_the_rebuild_and_then_begins_anew(lake: BronzeLake) -> None:
    # Prepare: the new topic's offsets are among those of the old one
    before = told(lake)
    lake.land(new_records(6))
    with pytest.raises(JobError, match='MR821'):
        lake.query()
    # Act
    report = renewed(lake)
    # Assess
    assert [row for row in told(lake) if row['reading_id'] != 'r-6'] == before
    assert ('r-6', 0, 6) in lake.silver()
    assert (1, 3, 'unparseable') in lake.rejected()
    assert report['renewed'] == {'from': BEFORE.to_json(), 'to': AFTER.to_json()}
    assert report['closedGap'] == {'0': [6, 7], '1': [3, 4]}
    assert report['differentDays'] == ['2026-03-02']
    assert since(lake) == broker_time(10)
    query = lake.query()
    lease = query.lease
    assert (lease.generation, lease.start_offsets, lease.batch) == (1, {0: 0, 1: 5}, None)
    assert {number: one.until for number, one in lease.partitions.items()} == {0: 0, 1: 5}
    # Act: the stream goes on, and a rebuild of its days is one as any
    old = lake.silver()
    query(lake.kafka_rows(new_records(6)), 0)
    again = lake.rebuild('2026-03-03', '2026-03-03', topic=New(), cluster='arn:two')
    # Assess
    assert set(lake.silver()) == {*old, *((f'r-{20 + number}', 0, number) for number in range(7))}
    assert len(lake.silver()) == len(old) + 7
    assert 'renewed' not in again
    assert since(lake) == broker_time(10)
    assert (again['identical'], again['rows']) == (True, 7)
    windows = lake.spark.table(f'glue_catalog.{lake.database}.gauges_minutely')
    assert windows.agg({'readings': 'sum'}).first()[0] == len(lake.silver())


def test_broken_off_before_the_stream_may_begin_it_is_refused_still(
    lake: BronzeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare
    def dies(_renewal: Renewal, _landed_ms: int | None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Renewal, '_begin', dies)
        with pytest.raises(KeyboardInterrupt):
            renewed(lake)
    with pytest.raises(JobError, match='MR821'):
        lake.query()
    # Act
    renewed(lake)
    # Assess
    assert lake.query().lease.generation == 1
    assert lake.silver().count(('r-6', 0, 6)) == 1


def test_records_past_the_topic_before_are_nobodys(lake: BronzeLake) -> None:
    # Prepare: partition 0 ended at 6, and the new topic's 7 to 9 have landed
    lake.land(new_records(9))
    # Act
    renewed(lake)
    # Assess
    assert since(lake) == broker_time(LATER + 9)


def progress(newest: int | None, **more: str) -> dict[str, object]:
    return {'partitions': {'0': PartitionProgress(0, 9, None, None, newest).to_json()}, **more}


@pytest.mark.parametrize(
    ('before', 'landed', 'expected'),
    [
        ({}, None, None),
        (progress(None), None, None),
        (progress(999), None, '1970-01-01T00:00:01.000Z'),
        (progress(999), 1_000, '1970-01-01T00:00:01.001Z'),
        (progress(1_000), 999, '1970-01-01T00:00:01.001Z'),
        (progress(999, topicSince='1970-01-01T00:00:02.000Z'), None, '1970-01-01T00:00:02.000Z'),
    ],
)
def test_new_topic_begins_after_all_known_records(
    before: dict[str, object], landed: int | None, expected: str | None
) -> None:
    # Act
    found = _since(before, landed)
    # Assess
    assert found == ({} if expected is None else {'topicSince': expected})


def test_silver_that_never_finished_a_batch_is_renewed_too(
    spark: SparkSession, objects: Objects, tmp_path: Path
) -> None:
    # Prepare
    lake = BronzeLake(spark, objects, manifest(), folder=tmp_path, origin=BEFORE).create()
    lake.query()
    lake.land([Record(0, 0, event(1))])
    lake.origin = replace(BEFORE, format=2)
    # Act
    report = lake.rebuild(topic=New(), cluster='arn:two')
    # Assess
    assert lake.silver() == [('r-1', 0, 0)]
    assert report['renewed']['from'] == BEFORE.to_json()


def test_row_at_the_same_offset_of_the_topic_before_is_left_alone(
    spark: SparkSession, objects: Objects, tmp_path: Path
) -> None:
    # Prepare: two rows at (0, 0), of which one gives way to a newer version
    newest = manifest(onConflict={'kind': 'newest', 'column': 'count'})
    lake = BronzeLake(spark, objects, newest, folder=tmp_path).create()
    lake.stream([Record(0, 0, event(1, count=1))])
    lake.stream([Record(0, 0, event(2, count=1), 60), Record(0, 1, event(3, count=1), 61)])
    assert [row[0] for row in lake.silver()].count('r-1') == 1
    # Act
    lake.stream([Record(0, 2, event(2, count=2), 62)])
    # Assess
    assert sorted(lake.silver()) == [('r-1', 0, 0), ('r-2', 0, 2), ('r-3', 0, 1)]


def by_identity(lake: BronzeLake) -> list[dict[str, object]]:
    """`told`, where two rows stand at one position."""
    return sorted(told(lake), key=lambda row: str(row['reading_id']))


def test_rows_of_the_topic_before_are_never_made_again(lake: BronzeLake) -> None:
    # Prepare
    lake.land(new_records(6))
    renewed(lake)
    at_once = (told(lake), lake.snapshot())
    # Act, Assess: before the stream has read anything
    for days in ((), ('2026-03-02', '2026-03-02')):
        with pytest.raises(JobError, match='MR824'):
            lake.rebuild(*days, topic=New(), cluster='arn:two')
    assert (told(lake), lake.snapshot()) == at_once
    # Prepare: the stream goes on
    lake.query()(lake.kafka_rows(new_records(6)), 0)
    later = (by_identity(lake), lake.snapshot())
    # Act, Assess
    with pytest.raises(JobError, match='MR824'):
        lake.rebuild(topic=New(), cluster='arn:two')
    assert (by_identity(lake), lake.snapshot()) == later
    # Act: a day of the new topic alone
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE reading_id = 'r-22'")
    report = lake.rebuild('2026-03-03', '2026-03-03', topic=New(), cluster='arn:two')
    # Assess
    assert by_identity(lake) == later[0]
    assert report['rows'] == 7


def test_backfill_adds_what_the_new_topic_had_at_a_position_of_the_topic_before(lake: BronzeLake) -> None:
    # Prepare
    lake.land(new_records(6))
    renewed(lake)
    lake.query()(lake.kafka_rows(new_records(6)), 0)
    before = by_identity(lake)
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE reading_id = 'r-23'")
    # Act
    report = lake.backfill('2026-03-03', '2026-03-03')
    # Assess
    assert by_identity(lake) == before
    assert (report['added'], report['positions']) == (1, 1)
    with pytest.raises(JobError, match='MR824'):
        lake.backfill('2026-03-01', '2026-03-03')


class Forgetful(New):
    """It has forgotten the first 7 of partition 0."""

    def now(self, _spark: SparkSession) -> TopicNow:
        return TopicNow('id-2', {0: 7, 1: 5})


def test_what_kafka_forgot_of_the_new_topic_comes_from_bronze(lake: BronzeLake) -> None:
    # Prepare: at 6 the topic before has a record too, which silver had not read
    lake.land(new_records(6))
    # Act
    lake.rebuild(topic=Forgetful(), cluster='arn:two')
    # Assess
    found = lake.silver()
    assert {f'r-{20 + number}' for number in range(7)} <= {row[0] for row in found}
    assert ('r-6', 0, 6) in found
    assert lake.query().lease.start_offsets == {0: 7, 1: 5}


def test_form_alone_lets_the_stream_go_on_where_it_stands(lake: BronzeLake) -> None:
    # Prepare
    place = lake.place()
    lake.origin = replace(BEFORE, format=0)
    stands = place.read('silver')
    place.record('silver', {**stands, 'origin': lake.origin.to_json()})
    before = told(lake)

    class Same(New):
        def now(self, _spark: SparkSession) -> TopicNow:
            return TopicNow('id-1', {0: 3, 1: 0})

    # Act
    lake.rebuild(topic=Same(), cluster='arn:one')
    # Assess
    after = place.read('silver')
    assert after['partitions'] == stands['partitions']
    assert after['startOffsets'] == {'0': 6, '1': 3}
    assert after['generation'] == stands.get('generation', 0) + 1
    assert 'topicSince' not in after
    assert told(lake) == before
    lake.origin = BEFORE
    assert lake.query().lease.generation == after['generation']
