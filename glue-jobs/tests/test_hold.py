"""The hold and the lease on one progress object; without Spark."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectionClosedError

from millrace_jobs import hold as hold_module
from millrace_jobs import lease as lease_module
from millrace_jobs.errors import JobError
from millrace_jobs.hold import Hold
from millrace_jobs.lease import Lease
from millrace_jobs.objects import Objects
from millrace_jobs.progress import PartitionProgress, live_hold

URI = 's3://state/progress/x/silver.json'


def finish(lease: Lease, batch: int, until: int) -> None:
    lease.record(batch, {0: PartitionProgress(0, until, None, 5)}, 7, {}, True, 3)


def take(objects: Objects, by: str = 'rebuild', **changes: object) -> Hold:
    return Hold.take(objects, URI, by, **{'sleep': lambda _seconds: None, **changes})


def stored(objects: Objects) -> dict:
    return json.loads(objects.read(URI).body)


def once(act: Callable[[], None]) -> Callable[[float], None]:
    acts = [act]

    def sleep(_seconds: float) -> None:
        if acts:
            acts.pop()()

    return sleep


def until_changed(objects: Objects, before: dict) -> None:
    deadline = time.monotonic() + 30
    while stored(objects) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_hold_shows_the_progress_and_leaves_it(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    finish(lease, 4, 10)
    # Act
    hold = take(objects)
    hold.renew()
    # Assess
    assert (hold.state['partitions']['0']['until'], hold.state['watermarkMs']) == (10, 3)
    assert hold.state['silverSnapshotId'] == '7'
    assert live_hold(stored(objects))['by'] == 'rebuild'
    hold.release()
    assert {**stored(objects), 'sequence': 0} == {**lease.state, 'sequence': 0}


def test_hold_where_silver_never_ran(objects: Objects) -> None:
    # Act
    hold = take(objects)
    lease = Lease.take(objects, URI)
    lease.sleep = once(hold.release)
    # Assess
    assert hold.state == {}
    assert lease.fence({})
    finish(lease, 0, 1)


def test_hold_waits_for_the_end_of_a_batch(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    lease.fence({})
    # Act
    hold = take(objects, sleep=once(lambda: finish(lease, 0, 9)))
    # Assess
    assert hold.state['partitions']['0']['until'] == 9
    assert 'hold' not in lease.state


def test_hold_gives_up(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    lease.fence({})
    # Act, Assess: on a batch that goes on, and on another's hold
    with pytest.raises(JobError, match='MR811: silver cannot be held: it is writing a batch'):
        take(objects, patience_seconds=3)
    finish(lease, 0, 1)
    take(objects)
    with pytest.raises(JobError, match='MR811: silver cannot be held: rebuild holds it until'):
        take(objects, 'backfill', patience_seconds=3)


def test_silent_writer_is_held_and_does_not_record(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    lease.fence({})
    monkeypatch.setattr(hold_module, 'SILENT_SECONDS', -1)
    # Act
    hold = take(objects)
    # Assess: neither while it is held nor afterwards
    with pytest.raises(JobError, match='MR815'):
        finish(lease, 0, 1)
    again = Lease.take(objects, URI)
    again.sleep = once(hold.release)
    assert again.fence({})
    assert again.batch is None


def test_writer_of_a_long_batch_is_not_silent(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    monkeypatch.setattr(lease_module, 'BEAT_SECONDS', 0.01)
    lease = Lease.take(objects, URI)
    lease.fence({'w': [[1, 'a']]})
    before = stored(objects)
    # Act
    with lease.beating():
        until_changed(objects, before)
        finish(lease, 0, 9)
        after = stored(objects)
        lease.beat()
    # Assess: only between fence and record
    assert stored(objects) == after
    assert after['sequence'] > before['sequence'] + 1
    assert lease.partitions[0].until == 9


def test_beat_neither_ends_a_hold_nor_takes_a_lease_back(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare
    monkeypatch.setattr(hold_module, 'SILENT_SECONDS', -1)
    lease = Lease.take(objects, URI)
    lease.fence({})
    hold = take(objects)
    # Act, Assess
    for change in (lambda: None, hold.release, lambda: Lease.take(objects, URI)):
        change()
        before = stored(objects)
        lease.beat()
        assert stored(objects) == before
    with pytest.raises(JobError, match='MR803'):
        finish(lease, 0, 1)


def test_beat_without_an_answer_is_missed(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    monkeypatch.setattr(lease_module, 'BEAT_SECONDS', 0.01)
    lease = Lease.take(objects, URI)
    lease.fence({})
    before = stored(objects)
    failures = [ConnectionClosedError(endpoint_url='s3')]
    real = objects.write_over

    def write_over(*arguments: object) -> str | None:
        if failures:
            raise failures.pop()
        return real(*arguments)

    monkeypatch.setattr(objects, 'write_over', write_over)
    # Act
    with lease.beating():
        until_changed(objects, before)
    # Assess
    finish(lease, 0, 1)


def test_record_after_the_hold_is_refused_too(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    lease.fence({})
    monkeypatch.setattr(hold_module, 'SILENT_SECONDS', -1)
    # Act
    take(objects).release()
    # Assess
    with pytest.raises(JobError, match='MR815'):
        finish(lease, 0, 1)


def test_fence_waits_and_takes_over_what_was_released(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    finish(lease, 4, 10)
    hold = take(objects)
    lease.sleep = once(lambda: hold.release({'staleWindows': {'w': [[1, 'a']]}, 'silverSnapshotId': '8'}))
    # Act
    held = lease.fence({'w': [[2, 'b']]})
    # Assess
    assert held
    assert lease.stale_windows == {'w': [[1, 'a'], [2, 'b']]}
    assert (stored(objects)['silverSnapshotId'], stored(objects)['phase']) == ('8', 'committing')
    assert not lease.fence({})


def test_hold_of_the_dead_ends(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    hold = take(objects, seconds=-1)
    # Act
    assert lease.fence({})
    # Assess
    assert 'hold' not in stored(objects)
    for late in (hold.renew, lambda: hold.release({'generation': 1})):
        with pytest.raises(JobError, match='MR812'):
            late()
    assert lease.generation == 0


def test_expired_hold_gives_way_to_the_next(objects: Objects) -> None:
    # Prepare
    first = take(objects, seconds=-1)
    # Act
    second = take(objects, 'backfill')
    # Assess
    with pytest.raises(JobError, match='MR812'):
        first.release()
    second.release()


def test_silver_that_starts_meanwhile_does_not_end_the_hold(objects: Objects) -> None:
    # Prepare
    hold = take(objects)
    # Act
    lease = Lease.take(objects, URI)
    # Assess
    hold.renew()
    assert live_hold(stored(objects)) is not None
    assert stored(objects)['epoch'] == lease.epoch
    lease.sleep = once(hold.release)
    assert lease.fence({})


def test_writer_that_lost_the_lease_does_not_wait(objects: Objects) -> None:
    # Prepare
    old = Lease.take(objects, URI)
    Lease.take(objects, URI)
    take(objects)
    # Act, Assess
    with pytest.raises(JobError, match='MR803'):
        old.fence({})


def test_release_survives_a_lost_answer(objects: Objects) -> None:
    # Prepare: the write arrives, its answer does not, and the client's second try is refused
    class Lossy(Objects):
        def write_over(self, uri: str, body: bytes, etag: str | None) -> str | None:
            objects.write_over(uri, body, etag)
            return objects.write_over(uri, body, etag)

    # Act
    hold = take(Lossy(objects._client))
    hold.release({'counts': {}})
    # Assess
    assert stored(objects)['counts'] == {}
    assert 'hold' not in stored(objects)


def test_new_generation_ends_the_query_before_it_writes(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    finish(lease, 4, 10)
    hold = take(objects)
    # Act
    hold.release({'generation': 1, 'startOffsets': {'0': 12}})
    # Assess
    with pytest.raises(JobError, match='MR814'):
        lease.fence({})
    assert stored(objects)['phase'] == 'idle'
    again = Lease.take(objects, URI)
    assert (again.generation, again.start_offsets, again.batch) == (1, {0: 12}, None)
    # Ids count from 0 again: the fourth batch of this generation is no replay of the last one's.
    assert again.newest_before(4) == {0: 5}
