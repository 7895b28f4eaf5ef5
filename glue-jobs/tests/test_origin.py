"""What a checkpoint belongs to, and how a stream makes room for its successor; without Spark."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace_jobs.errors import JobError
from millrace_jobs.lease import Lease
from millrace_jobs.objects import Objects
from millrace_jobs.origin import Origin
from millrace_jobs.progress import progress_uri, utc_now
from millrace_jobs.release import LOOK_SECONDS, Successor, release_uri

URI = progress_uri('s3://state/', 'gauges', 'silver')
HERE = Origin('gauges', 'gauge-readings', 'arn:one', 'id-1')
OTHERS = [
    replace(HERE, topic='readings'),
    replace(HERE, cluster='arn:two'),
    replace(HERE, topic_id='id-2'),
    replace(HERE, format=2),
]


def test_first_start_writes_the_origin_and_the_next_finds_it(objects: Objects) -> None:
    # Act
    Lease.take(objects, URI, HERE)
    second = Lease.take(objects, URI, HERE)
    # Assess
    assert second.state['origin'] == HERE.to_json()
    assert second.epoch == 2


def test_progress_without_an_origin_takes_the_first(objects: Objects) -> None:
    # Prepare
    Lease.take(objects, URI)
    # Act
    Lease.take(objects, URI, HERE)
    # Assess
    with pytest.raises(JobError, match='MR821'):
        Lease.take(objects, URI, OTHERS[0])


@pytest.mark.parametrize('other', OTHERS)
def test_other_origin_is_refused_and_nothing_is_written(objects: Objects, other: Origin) -> None:
    # Prepare
    writer = Lease.take(objects, URI, HERE)
    before = objects.read(URI)
    # Act
    with pytest.raises(JobError, match=r'MR821(.|\n)*millrace rebuild gauges'):
        Lease.take(objects, URI, other)
    # Assess
    assert objects.read(URI) == before
    writer.fence({})


def test_brokers_that_name_no_id_are_no_other_origin(objects: Objects) -> None:
    # Prepare
    Lease.take(objects, URI, HERE)
    # Act, Assess
    Lease.take(objects, URI, replace(HERE, topic_id=''))
    Lease.take(objects, URI, replace(HERE, topic_id='id-9'))


origins = st.builds(
    Origin, st.just('gauges'), st.text('ab', max_size=2), st.text('ab'), st.text('ab'), st.integers(1, 3)
)


@given(origins, origins)
def test_an_origin_is_strange_to_another_and_never_to_itself(one: Origin, other: Origin) -> None:
    # Act
    strange = other.strange({'origin': json.loads(json.dumps(one.to_json()))})
    # Assess
    assert not one.strange({'origin': one.to_json()})
    same_id = one.topic_id == other.topic_id or not (one.topic_id and other.topic_id)
    rest = (one.topic, one.cluster, one.format) == (other.topic, other.cluster, other.format)
    assert (not strange) == (same_id and rest)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ask(objects: Objects, release: str) -> None:
    body = {'release': release, 'askedAt': utc_now()}
    objects.write(release_uri('s3://state/', 'gauges'), json.dumps(body).encode())


def looking(objects: Objects, own: str = 'a') -> Successor:
    return Successor(objects, release_uri('s3://state', 'gauges'), own, clock=Clock())


def test_another_release_is_wanted(objects: Objects) -> None:
    # Prepare
    one = looking(objects)
    assert one() is None
    ask(objects, 'b')
    # Act
    early = one()
    one.clock.now += LOOK_SECONDS
    # Assess
    assert early is None
    assert one() == 'b'
    assert one() is None
    one.clock.now += LOOK_SECONDS
    assert one() == 'b'


def test_own_release_is_no_successor(objects: Objects) -> None:
    # Prepare
    ask(objects, 'a')
    # Act, Assess
    assert looking(objects)() is None


def test_run_without_a_release_goes_on(objects: Objects) -> None:
    # Prepare
    ask(objects, 'b')
    # Act, Assess
    assert looking(objects, own='')() is None


@pytest.mark.parametrize('body', [b'', b'[]', b'{}'])
def test_request_that_cannot_be_read_ends_no_stream(
    objects: Objects, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    # Prepare
    objects.write(release_uri('s3://state', 'gauges'), body)
    # Act, Assess
    assert looking(objects)() is None
    assert json.loads(capsys.readouterr().out)['event'] == 'release'
