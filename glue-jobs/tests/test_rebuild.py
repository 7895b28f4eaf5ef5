from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.collisions import Collision
from millrace_jobs.errors import JobError
from millrace_jobs.hold import Hold
from millrace_jobs.kafka_gap import any_held, holes_of
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_uri
from millrace_jobs.staging import Staging
from millrace_jobs.topic_offsets import TopicNow
from tests.bronze_lake import STATE, BronzeLake, PreparedLake
from tests.example import event, manifest, windowed
from tests.lake import Record
from tests.two_days import FIRST, THIRD, at, harmed, minutes, told


@pytest.fixture
def lake(spark: SparkSession, objects: Objects, two_days: PreparedLake, tmp_path: Path) -> BronzeLake:
    return two_days.copy(spark, objects, windowed(), tmp_path)


@pytest.fixture
def plain(spark: SparkSession, objects: Objects, two_days: PreparedLake, tmp_path: Path) -> BronzeLake:
    """A lake without windows, for tests that do not look at them."""
    return two_days.copy(spark, objects, manifest(), tmp_path)


def lose(lake: BronzeLake, *names: str) -> None:
    """Objects of bronze, by a part of their URI."""
    for one in list(lake.objects.listed('s3://state/bronze/')):
        if any(name in one.uri for name in names):
            lake.objects.delete(one.uri)


@pytest.mark.parametrize('days', [('', ''), ('2026-03-02', '2026-03-02')])
def test_untouched_silver_comes_out_identical(lake: BronzeLake, days: tuple[str, str]) -> None:
    # Prepare
    before, rejected, windows = told(lake), lake.rejected(), minutes(lake)
    # Act
    report = lake.rebuild(*days)
    # Assess
    assert told(lake) == before
    assert any(row['late'] for row in before)
    assert (lake.rejected(), minutes(lake)) == (rejected, windows)
    assert report['identical'], report
    assert report['contentHashBefore'] == report['contentHashAfter']
    assert report['differentDays'] == []
    assert report['afterSnapshotId'] == str(lake.snapshot())
    assert report['rows'] == (5 if days[0] == '' else 3)
    assert 0 < report['pausedSeconds'] < report['seconds']
    lake.stream(THIRD)
    assert ('r-6', 0, 6) in lake.silver()


@pytest.mark.parametrize(
    'harm',
    [
        "DELETE FROM {silver} WHERE reading_id = 'r-3'",
        "UPDATE {silver} SET amount = 1 WHERE reading_id = 'r-2'",
        "INSERT INTO {silver} SELECT * FROM {silver} WHERE reading_id = 'r-4'",
        "UPDATE {silver} SET late = NOT late WHERE reading_id = 'r-4'",
        "UPDATE {silver} SET is_flow = NOT is_flow WHERE reading_id = 'r-4'",
        'DELETE FROM {silver} WHERE true',
    ],
)
def test_harm_is_mended_and_named(lake: BronzeLake, harm: str) -> None:
    # Prepare
    before, windows = told(lake), minutes(lake)
    harmed(lake, harm)
    assert minutes(lake) != windows
    # Act
    report = lake.rebuild('2026-03-01', '2026-03-02')
    # Assess
    assert told(lake) == before
    assert minutes(lake) == windows
    if 'late' not in harm:
        assert '2026-03-02' in report['differentDays']
        assert not report['identical']


def test_rows_that_arrive_meanwhile_are_kept(plain: BronzeLake) -> None:
    # Act
    report = plain.rebuild(staged=lambda: plain.stream(THIRD) and None)
    # Assess
    assert [row[0] for row in plain.silver()] == ['r-1', 'r-2', 'r-4', 'r-5', 'r-6', 'r-3']
    assert report['identical']
    assert sorted(set(plain.rejected())) == [(0, 2, 'unparseable'), (1, 1, 'conflict'), (1, 3, 'conflict')]


def test_newest_version_is_kept_also_of_rows_that_arrive_meanwhile(
    spark: SparkSession, objects: Objects, tmp_path: Path
) -> None:
    # Prepare
    newest = manifest(onConflict={'kind': 'newest', 'column': 'count'})
    lake = BronzeLake(spark, objects, newest, folder=tmp_path).create()
    lake.stream(
        [
            Record(0, 0, event(1, count=1)),
            Record(0, 1, event(1, count=3), 1),
            Record(0, 2, event(2, count=1), 2),
        ],
        [Record(0, 3, event(1, count=2), 3)],
    )
    later = [Record(0, 4, event(2, count=2, amount=1), 4), Record(0, 5, event(1, count=3, amount=9), 5)]
    # Act
    report = lake.rebuild(staged=lambda: lake.stream(later) and None)
    # Assess
    assert lake.silver() == [('r-1', 0, 1), ('r-2', 0, 4)]
    assert set(lake.rejected()) == {(0, 5, 'conflict')}
    assert report['identical']


def test_conflict_that_rejected_lacks_is_added(plain: BronzeLake) -> None:
    # Prepare
    plain.spark.sql(f"DELETE FROM {plain.name('rejected')} WHERE reason = 'conflict'")
    # Act
    plain.rebuild()
    # Assess
    assert plain.rejected() == [(0, 2, 'unparseable'), (1, 1, 'conflict')]
    assert plain.rows('rejected')[1].kafka_value == FIRST[5].bytes
    assert plain.rows('rejected')[1].kafka_key == b'key'


def test_position_that_bronze_holds_twice_is_one_row(plain: BronzeLake) -> None:
    # Prepare: a batch was sent again and cut otherwise
    plain.land(FIRST[:2])
    # Act, Assess
    assert plain.rebuild()['identical']


@pytest.mark.parametrize('moment', ['go_on', 'swap', 'drop'])
def test_broken_off_at_any_moment_the_next_run_works(
    lake: BronzeLake, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    # Prepare: the process dies there, which gives nothing back
    before, windows = told(lake), minutes(lake)
    harmed(lake, "UPDATE {silver} SET amount = 1 WHERE reading_id = 'r-2'")
    assert minutes(lake) != windows

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Staging, moment, dies)
        broken.setattr(Hold, 'release', lambda *_arguments: None)
        with pytest.raises(KeyboardInterrupt):
            lake.rebuild()
    if moment != 'drop':
        assert {row['amount'] for row in told(lake)} >= {1.0}
    monkeypatch.setattr('millrace_jobs.hold.live_hold', lambda _state: None)
    # Act
    lake.rebuild()
    # Assess
    assert (told(lake), minutes(lake)) == (before, windows)


def test_hold_that_runs_out_during_the_swap_loses_no_row(
    plain: BronzeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: the hold ends, silver records a batch, and the swap is tried again
    swap, attempts = Staging.swap, []

    def collides_once(staging: Staging, *arguments: object) -> object:
        attempts.append(arguments)
        if len(attempts) > 1:
            return swap(staging, *arguments)
        state = plain.place().read('silver')
        state['hold']['until'] = '2000-01-01T00:00:00.000Z'
        plain.place().record('silver', state)
        plain.stream(THIRD)
        raise Collision('another commit')

    monkeypatch.setattr(Staging, 'swap', collides_once)
    # Act
    with pytest.raises(JobError, match='MR812'):
        plain.rebuild()
    # Assess
    assert ('r-6', 0, 6) in plain.silver()
    assert plain.rebuild()['identical']


def test_swap_whose_answer_is_lost_is_made_once(lake: BronzeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    before, windows, swap = told(lake), minutes(lake), Staging.swap
    harmed(lake, "UPDATE {silver} SET amount = 1 WHERE reading_id = 'r-2'")
    snapshot = lake.snapshot()

    def unanswered(staging: Staging, *arguments: object) -> None:
        swap(staging, *arguments)
        raise Collision('no answer')

    monkeypatch.setattr(Staging, 'swap', unanswered)
    # Act
    report = lake.rebuild()
    # Assess
    assert (report['beforeSnapshotId'], report['afterSnapshotId']) == (str(snapshot), str(lake.snapshot()))
    assert report['differentDays'] == ['2026-03-02']
    assert (told(lake), minutes(lake)) == (before, windows)


def test_windows_of_a_broken_run_whose_snapshot_is_gone(lake: BronzeLake) -> None:
    # Prepare
    windows = minutes(lake)
    lake.spark.sql(f'UPDATE glue_catalog.{lake.database}.gauges_minutely SET readings = 99')
    broken = {'from': None, 'to': None, 'finishedAt': None, 'beforeSnapshotId': '1'}
    lake.place().record('rebuild', broken)
    # Act
    lake.rebuild()
    # Assess
    assert minutes(lake) == windows


def test_bronze_that_lacks_a_row_of_silver_refuses_that_day(plain: BronzeLake) -> None:
    # Prepare: r-3, an object before the last
    lose(plain, f'-1-{0:020}')
    before = told(plain)
    # Act
    with pytest.raises(JobError, match=r'MR817.*lose rows of 2026-03-02\n'):
        plain.rebuild()
    report = plain.rebuild('2026-03-01', '2026-03-01')
    # Assess
    assert told(plain) == before
    assert report['identical']


@pytest.mark.parametrize(('days', 'told_of'), [(29, True), (30, False), (None, False)])
def test_archive_that_is_shorter_than_silver_is_named_where_bronze_lacks_a_row(
    plain: BronzeLake, days: int | None, told_of: bool
) -> None:
    # Prepare
    lose(plain, f'-1-{0:020}')
    kept = {} if days is None else {'archiveDays': days}
    plain.manifest = manifest(retentionDays=30, **kept)
    # Act
    with pytest.raises(JobError, match='MR817') as refused:
        plain.rebuild()
    # Assess
    assert ('import their files again' in str(refused.value)) == told_of
    assert (f'bronze keeps {days} days and silver 30' in str(refused.value)) == told_of


def test_end_without_records_is_no_lag(plain: BronzeLake) -> None:
    # Prepare: the last offset of a partition, which is a marker or left Kafka
    lose(plain, f'-1-{2:020}')
    # Act, Assess
    assert plain.rebuild(patience_seconds=0, topic=Emptied({0: 0, 1: 3}))['identical']
    assert plain.rebuild(patience_seconds=0, topic=Emptied({0: 0, 1: 0}, empty=True))['identical']


def test_under_the_hold_only_the_last_dates_are_listed(
    plain: BronzeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: objects of 2 to 4 March, and one more of the 5th
    day, listed, asked = 86_400, plain.objects.listed, []
    plain.land([Record(0, 6, event(6), day), Record(0, 7, event(7), 2 * day)])
    bronze = plain.bronze()
    plain.land([Record(0, 8, event(8), 3 * day)])

    def seen(uri: str, after: str = '') -> object:
        asked.append(after)
        return listed(uri, after)

    monkeypatch.setattr(plain.objects, 'listed', seen)
    # Act
    bronze.look_on()
    # Assess
    assert asked == ['date=2026-03-03']
    assert bronze.ends() == {0: 9, 1: 3}


def test_only_what_kafka_holds_is_asked_for() -> None:
    # Prepare
    topic = Emptied({0: 4, 1: 9})
    # Act, Assess
    assert any_held(None, topic, {0: (2, 6), 1: (7, 9)})
    assert topic.asked == {0: (4, 6)}
    assert not any_held(None, topic, {1: (7, 9)})


def test_bronze_behind_silver_refuses(plain: BronzeLake) -> None:
    # Prepare
    lose(plain, '-1-0000')
    before = told(plain)
    # Act
    with pytest.raises(JobError, match='MR818'):
        plain.rebuild(patience_seconds=0)
    # Assess
    assert told(plain) == before


class Emptied:
    """A topic that lost its first records."""

    def __init__(self, earliest: dict[int, int], empty: bool = False) -> None:
        self._earliest = earliest
        self._empty = empty
        self.asked: object = None

    def now(self, _spark: SparkSession) -> TopicNow:
        return TopicNow('', self._earliest)

    def earliest(self, _spark: SparkSession, partitions: Iterator[int]) -> dict[int, int]:
        return {number: self._earliest[number] for number in partitions}

    def any_within(self, _spark: SparkSession, ranges_: object) -> bool:
        self.asked = ranges_
        return not self._empty


@pytest.mark.parametrize('day', ['', '2026-03-01'])
def test_gap_is_closed_from_bronze(plain: BronzeLake, day: str) -> None:
    # Prepare: silver stands at 6 and 3; of other days bronze may lack what silver holds
    if day:
        lose(plain, f'-1-{0:020}')
    gone = [Record(0, 6, at(6, '02T11:40:00'), 9), Record(0, 7, b'x', 10), Record(1, 3, event(7), 11)]
    plain.land(gone)
    # Act
    report = plain.rebuild(day, day, topic=Emptied({0: 8, 1: 3}))
    # Assess
    assert [row[0] for row in plain.silver()] == ['r-1', 'r-2', 'r-4', 'r-5', 'r-6', 'r-3']
    assert (0, 7, 'unparseable') in plain.rejected()
    assert report['closedGap'] == {'0': [6, 8]}
    lease = plain.query().lease
    assert (lease.generation, lease.start_offsets, lease.batch) == (1, {0: 8, 1: 3}, None)
    assert lease.partitions[0].newest_ms == 1772451600000
    assert Hold.take(plain.objects, progress_uri(STATE, 'gauges', 'silver'), 'test').state['phase']


def test_gap_that_bronze_lacks_too_is_an_error(plain: BronzeLake) -> None:
    # Act, Assess
    with pytest.raises(JobError, match='MR817'):
        plain.rebuild(topic=Emptied({0: 9, 1: 3}))


def test_hole_that_is_accepted_is_no_error(plain: BronzeLake) -> None:
    # Prepare: a transaction's marker between two objects
    plain.land([Record(0, 6, at(6, '02T11:40:00'), 9)])
    plain.land([Record(0, 8, at(7, '02T11:41:00'), 10)])
    topic = Emptied({0: 9, 1: 3})
    # Act
    with pytest.raises(JobError, match='holes=0:7-7'):
        plain.rebuild(topic=topic)
    report = plain.rebuild(topic=topic, holes=holes_of('0:7-7'))
    # Assess
    assert report['closedGap'] == {'0': [6, 9]}
    assert {('r-6', 0, 6), ('r-7', 0, 8)} < set(plain.silver())
