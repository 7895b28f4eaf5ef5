from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects
from tests.example import event, manifest
from tests.lake import Lake, Record


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects).create()


def test_rows_carry_contract_derived_and_ingest_columns(lake: Lake) -> None:
    # Prepare
    first = event(
        1, kind='flow', amount=12.5, count=7, checked=False, site={'name': 'north', 'plan': {'code': 'x'}}
    )
    # Act
    lake.query()(lake.kafka_rows([Record(1, 40, first, 1.5), Record(1, 41, event(2))]), 0)
    # Assess
    row, other = lake.rows('silver')
    processed = row.processing_time
    assert {**row.asDict(), 'processing_time': None} == {
        'reading_id': 'r-1',
        'kind': 'flow',
        'seen_at': datetime(2026, 3, 2, 11, 59),
        'amount': 12.5,
        'count': 7,
        'checked': False,
        'site_name': 'north',
        'site_plan_code': 'x',
        'is_flow': True,
        'size': 'middle',
        'quality_findings': 'amount_range',
        'kafka_partition': 1,
        'kafka_offset': 40,
        'kafka_timestamp': datetime(2026, 3, 2, 12, 0, 1, 500000),
        'late': False,
        'processing_time': None,
    }
    assert abs(datetime.now(UTC).replace(tzinfo=None) - processed).total_seconds() < 60
    assert (other.count, other['checked'], other.quality_findings, other.is_flow) == (
        other.count,
        None,
        None,
        False,
    )


def test_faults_are_rejected_with_place_and_key(lake: Lake) -> None:
    # Act
    lake.query()(
        lake.kafka_rows(
            [
                Record(0, 0, b'not json'),
                Record(0, 1, event(1, amount='x')),
                Record(0, 2, event(2, seen_at='2026-03-02T13:00:00.000Z')),
                Record(0, 3, event(3, seen_at='2026-01-02T13:00:00.000Z')),
                Record(0, 4, event(4)),
            ]
        ),
        0,
    )
    # Assess
    assert lake.silver() == [('r-4', 0, 4)]
    found = [(row.reason, row.path, row.kafka_key, row.kafka_value) for row in lake.rows('rejected')]
    assert found == [
        ('unparseable', '$', b'key', None),
        ('invalid', 'amount', b'key', None),
        ('future', 'seen_at', b'key', None),
        ('too-old', 'seen_at', b'key', None),
    ]


def test_first_of_a_batch_wins(lake: Lake) -> None:
    # Prepare: the lowest broker time wins, then the lowest partition, whatever the offsets say
    records = [
        Record(1, 0, event(1), 0),
        Record(0, 5, event(1), 1),
        Record(1, 1, event(1, amount=13), 2),
        Record(0, 6, event(2), 3),
        Record(1, 2, event(2, amount=13), 3),
    ]
    # Act
    query = lake.query()
    query(lake.kafka_rows(records), 0)
    # Assess
    assert lake.silver() == [('r-2', 0, 6), ('r-1', 1, 0)]
    assert lake.rejected() == [(1, 1, 'conflict'), (1, 2, 'conflict')]
    assert lake.rows('rejected')[0].kafka_value == records[2].bytes
    assert lake.rows('rejected')[0].detail.endswith('of partition 1, offset 0')
    counts = query.lease.state['counts']
    assert (counts['new'], counts['identical'], counts['conflict']) == (2, 1, 2)


def test_stored_rows_win_over_later_batches(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1)), Record(0, 1, event(2))]), 0)
    # Act
    query(
        lake.kafka_rows(
            [Record(0, 2, event(1), 1), Record(1, 0, event(2, amount=1), 1), Record(1, 1, event(3), 1)]
        ),
        1,
    )
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 1, 1)]
    assert lake.rejected() == [(1, 0, 'conflict')]


def test_nothing_new_makes_no_snapshot(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1))]), 0)
    snapshot = lake.snapshot()
    # Act
    query(lake.kafka_rows([Record(0, 1, event(1), 1)]), 1)
    # Assess
    assert lake.snapshot() == snapshot
    assert query.lease.state['silverSnapshotId'] == str(snapshot)
    assert query.lease.state['partitions']['0']['until'] == 2


def test_replay_writes_nothing_twice(lake: Lake) -> None:
    # Prepare
    records = [
        Record(0, 0, event(1)),
        Record(0, 1, event(1, amount=1), 1),
        Record(0, 2, event(2), 2),
        Record(0, 3, b'broken', 3),
    ]
    lake.query()(lake.kafka_rows(records), 0)
    before = lake.rows('silver')
    # Act
    query = lake.query()
    query(lake.kafka_rows(records), 0)
    # Assess
    assert lake.rows('silver') == before
    assert sorted(set(lake.rejected())) == [(0, 1, 'conflict'), (0, 3, 'unparseable')]
    assert query.lease.state['counts']['itself'] == 2


def test_replay_after_half_a_batch_was_stored(lake: Lake) -> None:
    # Prepare: as if the query died between two commits of a batch
    records = [Record(0, 0, event(1)), Record(0, 1, event(2), 1), Record(0, 2, event(3), 2)]
    lake.query()(lake.kafka_rows(records[:1]), 0)
    # Act
    lake.query()(lake.kafka_rows(records), 0)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 0, 2)]
    assert lake.rejected() == []


@pytest.mark.parametrize('same', [True, False])
def test_candidate_that_precedes_takes_the_place(lake: Lake, same: bool) -> None:
    # Prepare
    query = lake.query()
    stored = Record(0, 0, event(1), 5)
    query(lake.kafka_rows([stored, Record(0, 1, event(2), 6)]), 0)
    # Act: partition 1 was read later, its record is older
    earlier = Record(1, 0, event(1) if same else event(1, amount=1), 1)
    late_third = Record(1, 1, event(1, amount=3), 2)
    for _replay in range(2):
        query(lake.kafka_rows([earlier, late_third, Record(1, 2, event(3), 7)]), 1)
    # Assess
    assert lake.silver() == [('r-2', 0, 1), ('r-1', 1, 0), ('r-3', 1, 2)]
    displaced = [] if same else [(0, 0, 'conflict')]
    assert sorted(set(lake.rejected())) == [*displaced, (1, 1, 'conflict')]
    if not same:
        assert lake.rows('rejected')[0].kafka_value == stored.bytes


def test_late_is_behind_the_highest_time_of_lower_offsets(lake: Lake) -> None:
    # Prepare
    def at(minute: int, number: int) -> dict[str, object]:
        return event(number, seen_at=f'2026-03-02T11:{minute:02}:00.000Z')

    query = lake.query()
    # Act
    first = [
        Record(0, 0, at(30, 1)),
        Record(0, 1, at(20, 2)),
        Record(0, 2, at(19, 3)),
        Record(1, 0, at(1, 4)),
    ]
    second = [
        Record(0, 3, at(19, 5)),
        Record(0, 4, at(45, 6)),
        Record(0, 5, at(34, 7)),
        Record(1, 1, at(5, 8)),
    ]
    query(lake.kafka_rows(first), 0)
    query(lake.kafka_rows(second), 1)
    # Assess
    assert [row.reading_id for row in lake.rows('silver') if row.late] == ['r-3', 'r-5', 'r-7']
    progress = json.loads(json.dumps(query.lease.state))['partitions']['0']
    assert (progress['from'], progress['until']) == (3, 6)
    assert progress['maxEventTimeMs'] - progress['maxEventTimeMsBefore'] == 15 * 60_000


def test_midnight_splits_partitions_and_finds_rows_in_both(lake: Lake) -> None:
    # Prepare
    def around(number: int, text: str, **changes: object) -> dict[str, object]:
        return event(number, seen_at=text, **changes)

    query = lake.query()
    last, first = '2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00.000Z'
    query(lake.kafka_rows([Record(0, 0, around(1, last)), Record(0, 1, around(2, first), 1)]), 0)
    # Act
    query(
        lake.kafka_rows(
            [
                Record(0, 2, around(1, last), 2),
                Record(0, 3, around(2, first), 3),
                Record(0, 4, around(3, last), 4),
                Record(0, 5, around(1, first), 5),
            ]
        ),
        1,
    )
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 0, 4)]
    assert lake.rejected() == [(0, 5, 'conflict')]
    files = lake.spark.table(f'{lake.name("silver")}.partitions').orderBy('partition').collect()
    assert [row.record_count for row in files] == [2, 1]


def test_newest_version_replaces(spark: SparkSession, objects: Objects) -> None:
    # Prepare
    lake = Lake(spark, objects, manifest(onConflict={'kind': 'newest', 'column': 'count'})).create()
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, event(1, count=1)), Record(0, 1, event(2, count=5))]), 0)
    # Act
    second = [
        Record(0, 2, event(1, count=2, amount=1), 1),
        Record(0, 3, event(1, count=3, amount=2), 2),
        Record(0, 4, event(2, count=4), 3),
        Record(0, 5, event(2, count=5, amount=9), 4),
        Record(0, 6, event(3), 5),
    ]
    for _replay in range(2):
        query(lake.kafka_rows(second), 1)
    # Assess
    assert lake.silver() == [('r-2', 0, 1), ('r-1', 0, 3), ('r-3', 0, 6)]
    assert sorted(set(lake.rejected())) == [(0, 5, 'conflict')]


def test_writer_that_lost_the_lease_writes_nothing(lake: Lake) -> None:
    # Prepare
    old = lake.query()
    lake.query()
    # Act
    with pytest.raises(JobError, match='MR803'):
        old(lake.kafka_rows([Record(0, 0, event(1))]), 0)
    # Assess
    assert lake.silver() == []
