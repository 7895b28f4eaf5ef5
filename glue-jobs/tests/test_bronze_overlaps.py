from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from millrace_jobs import bronze_rewrite
from millrace_jobs.bronze_overlaps import LandedObject, landed_objects, object_uri, overlapping
from millrace_jobs.bronze_rewrite import Rewritten, rewrite_overlaps
from millrace_jobs.errors import JobError
from millrace_jobs.maintain_settings import DEFAULTS, Settings
from millrace_jobs.objects import Listed, Objects
from tests.conftest import BUCKET

ROOT = f's3://{BUCKET}/bronze/gauges/'
#: The objects of a test are written now; the job runs two hours later.
LATER = datetime.now(UTC) + timedelta(hours=2)
PLACE = f'{ROOT}date={LATER:%Y-%m-%d}/hour=07/gauge-readings-0'
SETTINGS = Settings.of(DEFAULTS)
SCHEMA = pa.schema(
    [
        ('kafka_partition', pa.int32()),
        ('kafka_offset', pa.int64()),
        ('kafka_timestamp', pa.timestamp('us', tz='UTC')),
        ('kafka_value', pa.binary()),
        ('kind', pa.string()),
    ]
)


def land(
    objects: Objects,
    offsets: Iterable[int],
    place: str = PLACE,
    named: tuple[int, int] | None = None,
    after: timedelta = timedelta(),
) -> str:
    """One object as the landing names it; its URI."""
    listed = list(offsets)
    rows = [
        {
            'kafka_partition': 0,
            'kafka_offset': one,
            'kafka_timestamp': LATER + after + timedelta(seconds=one),
            'kafka_value': None if one % 7 == 0 else bytes([one % 256, 255]),
            'kind': None if one % 5 == 0 else 'flow',
        }
        for one in listed
    ]
    body = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), body, compression='zstd')
    uri = object_uri(place, *(named or (min(listed), max(listed))))
    objects.write(uri, body.getvalue())
    return uri


def stored(objects: Objects) -> dict[str, pa.Table]:
    bodies = {one.uri: objects.read(one.uri) for one in objects.listed(ROOT)}
    return {uri: pq.read_table(io.BytesIO(body.body)) for uri, body in bodies.items() if body is not None}


def distinct(objects: Objects) -> list[dict]:
    """What the distinct view shows."""
    rows = {row['kafka_offset']: row for table in stored(objects).values() for row in table.to_pylist()}
    return [rows[offset] for offset in sorted(rows)]


def rewrite(objects: Objects, now: datetime = LATER) -> Rewritten:
    return rewrite_overlaps(objects, ROOT, now, SETTINGS)


def test_each_position_is_there_once_and_none_is_lost(objects: Objects) -> None:
    # Prepare: a batch cut anew twice, one wholly covered, one with a hole, and neighbours that only touch
    for offsets in (
        range(10),
        range(5, 15),
        range(6, 8),
        [14, 16, 18],
        [15, 17],
        range(30, 40),
        range(40, 50),
    ):
        land(objects, offsets)
    land(objects, range(12), PLACE.replace('readings-0', 'readings-1'))
    land(objects, range(12), PLACE.replace('hour=07', 'hour=08'))
    foreign = f'{ROOT}notes.txt'
    objects.write(foreign, b'none of ours')
    before = distinct_places(objects, foreign)
    # Act
    result = rewrite(objects)
    again = rewrite(objects)
    # Assess
    assert result == Rewritten(objects=5, written=1, deleted=5, positions=8)
    assert again == Rewritten()
    after = distinct_places(objects, foreign)
    assert after == before
    uris = [one.uri for one in objects.listed(PLACE)]
    assert uris == [object_uri(PLACE, *ends) for ends in ((0, 18), (30, 39), (40, 49))]
    whole = objects.read(uris[0])
    assert whole is not None
    table = pq.read_table(io.BytesIO(whole.body))
    assert table.schema.equals(SCHEMA)
    assert table.column('kafka_offset').to_pylist() == list(range(19))


def distinct_places(objects: Objects, foreign: str) -> dict[str, list[dict]]:
    """Rows by folder and topic partition, each position once."""
    found: dict[str, dict[int, dict]] = {}
    for one in objects.listed(ROOT):
        if one.uri == foreign:
            continue
        body = objects.read(one.uri)
        assert body is not None
        for row in pq.read_table(io.BytesIO(body.body)).to_pylist():
            found.setdefault(one.uri[:-50], {})[row['kafka_offset']] = row
    return {place: [rows[offset] for offset in sorted(rows)] for place, rows in found.items()}


def test_the_object_that_holds_all_stays_untouched(objects: Objects) -> None:
    # Prepare
    whole = land(objects, range(20))
    land(objects, range(5, 12))
    modified = [one.modified for one in objects.listed(whole)]
    # Act
    result = rewrite(objects)
    # Assess
    assert result == Rewritten(objects=2, written=0, deleted=1, positions=7)
    assert [(one.uri, one.modified) for one in objects.listed(ROOT)] == [(whole, modified[0])]


@pytest.mark.parametrize('broken_at', range(1, 6))
def test_broken_off_at_any_moment_nothing_is_lost(objects: Objects, broken_at: int) -> None:
    # Prepare
    for offsets in (range(10), range(5, 15), range(8, 20)):
        land(objects, offsets)
    before = distinct(objects)

    class Broken(Objects):
        """Breaks off instead of its n-th change."""

        changes = 0

        def change(self) -> None:
            self.changes += 1
            if self.changes == broken_at:
                raise ConnectionError('broken off')
            assert distinct(objects) == before

        def write(self, uri: str, body: bytes, kind: str = 'application/json') -> None:
            self.change()
            super().write(uri, body, kind)

        def delete(self, uri: str) -> None:
            self.change()
            super().delete(uri)

    # Act
    try:
        rewrite(Broken(objects._client))
    except ConnectionError:
        assert distinct(objects) == before
    rewrite(objects)
    # Assess
    assert distinct(objects) == before
    assert [one.uri for one in objects.listed(ROOT)] == [object_uri(PLACE, 0, 19)]


def test_long_chains_become_several_objects(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare: no object may grow beyond two of these
    monkeypatch.setattr(bronze_rewrite, 'OBJECT_BYTES', 6_000)
    for first in range(0, 1000, 50):
        land(objects, range(first, first + 75))
    before = distinct(objects)
    # Act
    result = rewrite(objects)
    # Assess
    assert distinct(objects) == before
    assert result.deleted == 20
    assert 2 < result.written < 20
    assert sum(table.num_rows for table in stored(objects).values()) == len(before) == 1025
    assert rewrite(objects) == Rewritten()


def test_what_was_just_written_is_left_for_later(objects: Objects) -> None:
    # Prepare
    land(objects, range(10))
    land(objects, range(5, 15))
    # Act
    at_once = rewrite(objects, datetime.now(UTC) + timedelta(minutes=59))
    # Assess
    assert at_once == Rewritten()
    assert rewrite(objects).deleted == 2


def test_dates_that_no_batch_comes_for_are_not_looked_at(objects: Objects) -> None:
    # Prepare
    old = PLACE.replace(f'{LATER:%Y-%m-%d}', f'{LATER - timedelta(days=31):%Y-%m-%d}')
    land(objects, range(10), old)
    land(objects, range(5, 15), old)
    # Act, Assess
    assert rewrite(objects) == Rewritten()


def test_an_object_unlike_its_name_stops_the_rewrite(objects: Objects) -> None:
    # Prepare
    land(objects, range(10))
    land(objects, range(5, 15), named=(5, 12))
    before = distinct(objects)
    # Act
    with pytest.raises(JobError, match='MR809'):
        rewrite(objects)
    # Assess
    assert distinct(objects) == before


def test_groups_hang_together_by_range_within_one_place() -> None:
    # Prepare
    then = datetime(2026, 3, 2, tzinfo=UTC)
    one, inside, next_to, far, elsewhere = (
        LandedObject(place, first, last, then)
        for place, first, last in (
            ('s3://b/a-0', 0, 9),
            ('s3://b/a-0', 0, 4),
            ('s3://b/a-0', 9, 12),
            ('s3://b/a-0', 13, 20),
            ('s3://b/a-1', 0, 9),
        )
    )
    listed = [Listed(each.uri, then, 1) for each in (far, elsewhere, next_to, inside, one)]
    # Act
    groups = overlapping(landed_objects([*listed, Listed('s3://b/a-0-1-2.parquet', then, 1)]), then)
    # Assess
    assert groups == [[one, inside, next_to]]


def test_records_of_two_topics_at_one_offset_are_both_kept(objects: Objects) -> None:
    # Prepare: the topic was made anew within the hour
    land(objects, range(10))
    land(objects, range(3, 6), after=timedelta(minutes=5))
    # Act
    result = rewrite(objects)
    land(objects, range(2, 8))
    again = rewrite(objects)
    # Assess
    assert (result.positions, result.deleted, again.positions) == (0, 1, 6)
    (table,) = stored(objects).values()
    assert table.column('kafka_offset').to_pylist() == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9]
    assert len(set(table.column('kafka_timestamp').to_pylist())) == 13
