"""Silver against other writers of its table, stopped and overtaken at the worst points."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from millrace_jobs import collisions, lease, store
from millrace_jobs.collisions import collides
from millrace_jobs.errors import JobError
from millrace_jobs.hold import Hold
from millrace_jobs.judged import judged
from millrace_jobs.objects import Objects
from millrace_jobs.silver_rows import silver_rows
from millrace_jobs.silver_write import append_silver
from tests.example import BROKER_TIME, event
from tests.lake import Lake, Record

RECORDS = [Record(0, 0, event(1)), Record(0, 1, event(2), 1), Record(0, 2, event(3), 2)]


@pytest.fixture
def lake(spark: SparkSession, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(collisions, 'PAUSE_SECONDS', 0)
    return Lake(spark, objects).create()


def append(lake: Lake, number: int, base: int | None) -> None:
    rows = judged(lake.kafka_rows([Record(0, number, event(number))]), lake.manifest, {}, BROKER_TIME)
    append_silver(silver_rows(rows, lake.manifest), lake.name('silver'), lake.manifest, 1, base)


def first_time(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Lets `act` happen once, right before the store's function of that name."""
    real, acts = getattr(store, name), iter([act])

    def overtaken(*arguments: object) -> None:
        for one in acts:
            one()
        real(*arguments)

    monkeypatch.setattr(store, name, overtaken)


def history(lake: Lake) -> list[tuple[str, str | None]]:
    """(operation, data files removed) of each commit to silver."""
    snapshots = lake.spark.table(f'{lake.name("silver")}.snapshots').orderBy('committed_at').collect()
    return [(one.operation, one.summary.get('deleted-data-files')) for one in snapshots]


def test_rows_go_on_top_of_the_snapshot_they_were_judged_by(lake: Lake) -> None:
    # Act: each on top of the one before, the last but one after a rearrangement of files
    append(lake, 1, None)
    append(lake, 2, lake.snapshot())
    base = lake.snapshot()
    namespace = lake.name('silver').split('.', 1)[1]
    lake.spark.sql(
        f"CALL glue_catalog.system.rewrite_data_files(table => '{namespace}', "
        "options => map('rewrite-all', 'true'))"
    )
    append(lake, 3, base)
    base = lake.snapshot()
    lake.spark.sql(f'DELETE FROM {lake.name("silver")} WHERE kafka_offset = 1')
    # Assess
    appended = ('append', None)
    assert history(lake) == [appended, appended, ('replace', '2'), appended, ('overwrite', '1')]
    assert [offset for _identity, _partition, offset in lake.silver()] == [2, 3]
    for stale in (None, base):
        with pytest.raises(Exception, match='ValidationException') as refused:
            append(lake, 4, stale)
        assert collides(refused.value)
    assert [offset for _identity, _partition, offset in lake.silver()] == [2, 3]


@pytest.mark.parametrize('written_before', [False, True])
def test_writer_stopped_between_fence_and_commit_inserts_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, written_before: bool
) -> None:
    # Prepare
    if written_before:
        lake.query()(lake.kafka_rows([Record(1, 0, event(9))]), 0)
    zombie = lake.query()

    def take_over() -> None:
        lake.query()(lake.kafka_rows(RECORDS), 1)

    first_time(monkeypatch, 'append_silver', take_over)
    # Act
    with pytest.raises(JobError, match='MR803'):
        zombie(lake.kafka_rows(RECORDS), 1)
    # Assess
    positions = [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 0, 2)]
    assert lake.silver() == [*positions, *([('r-9', 1, 0)] if written_before else [])]
    assert {operation for operation, _removed in history(lake)} == {'append'}


def test_batch_that_another_commit_came_before_is_judged_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: a rebuild puts back a row that the batch also brings
    query = lake.query()
    query(lake.kafka_rows([Record(1, 0, event(9))]), 0)
    first_time(monkeypatch, 'append_silver', lambda: append(lake, 2, lake.snapshot()))
    # Act
    query(lake.kafka_rows([Record(0, 2, event(2)), Record(0, 3, event(3), 1), Record(0, 4, b'', 2)]), 1)
    # Assess
    assert lake.silver() == [('r-2', 0, 2), ('r-3', 0, 3), ('r-9', 1, 0)]
    assert set(lake.rejected()) == {(0, 4, 'unparseable')}
    counts = query.lease.state['counts']
    assert (counts['new'], counts['itself']) == (1, 1)


def test_rows_removed_meanwhile_do_not_stop_a_batch(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows(RECORDS), 0)

    def sweep() -> None:
        lake.spark.sql(f'DELETE FROM {lake.name("silver")} WHERE kafka_offset = 1')

    first_time(monkeypatch, 'append_silver', sweep)
    # Act
    query(lake.kafka_rows([Record(0, 3, event(4), 3), Record(0, 4, event(2), 4)]), 1)
    # Assess: the second attempt sees that nothing goes before the new record any more
    assert lake.silver() == [('r-1', 0, 0), ('r-3', 0, 2), ('r-4', 0, 3), ('r-2', 0, 4)]


def test_commit_without_an_answer_finds_itself(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    real = store.append_silver

    def unanswered(*arguments: object) -> None:
        real(*arguments)
        raise RuntimeError('CommitStateUnknownException: the connection was cut')

    monkeypatch.setattr(store, 'append_silver', unanswered)
    with pytest.raises(RuntimeError):
        lake.query()(lake.kafka_rows(RECORDS), 0)
    monkeypatch.setattr(store, 'append_silver', real)
    query = lake.query()
    # Act
    query(lake.kafka_rows(RECORDS), 0)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 0, 2)]
    assert query.lease.state['counts']['itself'] == 3
    assert history(lake) == [('append', None)]


OLDER = [Record(1, 0, event(2), -1), Record(1, 1, event(4), 3)]


def test_batch_killed_between_its_two_commits_does_the_rest(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: the row of r-2 gives way to an older record; r-4 is new
    query = lake.query()
    query(lake.kafka_rows(RECORDS), 0)

    def killed() -> None:
        raise RuntimeError('killed')

    first_time(monkeypatch, 'replace_silver', killed)
    with pytest.raises(RuntimeError, match='killed'):
        query(lake.kafka_rows(OLDER), 1)
    assert lake.silver()[-1] == ('r-4', 1, 1)
    again = lake.query()
    stale = again.lease.stale_windows
    # Act
    again(lake.kafka_rows(OLDER), 1)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-3', 0, 2), ('r-2', 1, 0), ('r-4', 1, 1)]
    assert all(stale[window['name']] for window in lake.manifest.windows)
    counts = again.lease.state['counts']
    assert (counts['precedes'], counts['itself'], counts['new']) == (1, 1, 0)


def test_row_that_goes_before_it_is_replaced_leaves_no_hole(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows(RECORDS), 0)

    def sweep() -> None:
        lake.spark.sql(f'DELETE FROM {lake.name("silver")} WHERE kafka_partition = 0 AND kafka_offset = 1')

    first_time(monkeypatch, 'replace_silver', sweep)
    # Act
    query(lake.kafka_rows(OLDER), 1)
    # Assess
    assert lake.silver() == [('r-1', 0, 0), ('r-3', 0, 2), ('r-2', 1, 0), ('r-4', 1, 1)]
    assert query.lease.state['counts']['new'] == 2


def test_batch_waits_for_a_hold_and_sees_what_its_owner_wrote(lake: Lake) -> None:
    # Prepare
    query = lake.query()
    query(lake.kafka_rows([Record(1, 0, event(9))]), 0)
    hold = Hold.take(lake.objects, query.lease.uri, 'rebuild')
    waits = []

    def rebuild(seconds: float) -> None:
        waits.append(seconds)
        append(lake, 2, lake.snapshot())
        hold.release()

    query.lease.sleep = rebuild
    # Act
    query(lake.kafka_rows([Record(0, 2, event(2)), Record(0, 3, event(3), 1)]), 1)
    # Assess
    assert lake.silver() == [('r-2', 0, 2), ('r-3', 0, 3), ('r-9', 1, 0)]
    assert (len(waits), query.lease.state['counts']['itself']) == (1, 1)


def test_batch_that_takes_long_to_commit_is_not_taken_for_dead(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare
    monkeypatch.setattr(lease, 'BEAT_SECONDS', 0.05)
    query = lake.query()
    heard = []

    def commit() -> None:
        fenced = query.lease.state['updatedAt']
        deadline = time.monotonic() + 60
        while query.lease.state['updatedAt'] == fenced and time.monotonic() < deadline:
            time.sleep(0.05)
        heard.append(query.lease.state['updatedAt'] > fenced)

    first_time(monkeypatch, 'append_silver', commit)
    # Act
    query(lake.kafka_rows(RECORDS), 0)
    # Assess
    assert heard == [True]
    assert query.lease.batch == 0


def test_writer_overtaken_by_a_hold_does_not_record_its_batch(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: the batch takes so long to commit that the rebuild thinks its writer dead
    query = lake.query()
    uri = query.lease.uri

    def rebuild() -> None:
        monkeypatch.setattr('millrace_jobs.hold.SILENT_SECONDS', -1)
        Hold.take(lake.objects, uri, 'rebuild').release()

    first_time(monkeypatch, 'append_silver', rebuild)
    # Act
    with pytest.raises(JobError, match='MR815'):
        query(lake.kafka_rows(RECORDS), 0)
    # Assess
    again = lake.query()
    assert again.lease.batch is None
    again(lake.kafka_rows(RECORDS), 0)
    assert lake.silver() == [('r-1', 0, 0), ('r-2', 0, 1), ('r-3', 0, 2)]


@pytest.mark.parametrize('batches', [1, 2])
def test_lost_checkpoint_makes_nothing_twice(lake: Lake, batches: int) -> None:
    # Prepare
    def at(minute: int, number: int) -> dict[str, object]:
        return event(number, seen_at=f'2026-03-02T11:{minute:02}:00.000Z')

    records = [Record(0, 0, at(30, 1)), Record(0, 1, at(5, 2), 1), Record(0, 2, at(59, 3), 2)]
    first = lake.query()
    if batches == 2:
        first(lake.kafka_rows(records[:1]), 0)
    first(lake.kafka_rows(records[batches - 1 :]), batches - 1)
    before, progress = lake.rows('silver'), first.lease.state
    # Act: from the earliest offset, under ids from 0 on, in other batches than before
    again = lake.query()
    again(lake.kafka_rows(records[:2]), 0)
    caught_up = dict(again.lease.state)
    late = Record(0, 3, at(30, 4), 3)
    again(lake.kafka_rows([records[2], late]), 1)
    # Assess
    assert lake.rows('silver')[:3] == before
    assert [(row.reading_id, row.late) for row in lake.rows('silver')] == [
        ('r-1', False),
        ('r-2', True),
        ('r-3', False),
        ('r-4', True),
    ]
    for name in ('until', 'maxEventTimeMs', 'maxKafkaTimeMs'):
        assert caught_up['partitions']['0'][name] == progress['partitions']['0'][name]
    assert caught_up['watermarkMs'] == progress['watermarkMs']
    assert again.lease.partitions[0].until == 4
