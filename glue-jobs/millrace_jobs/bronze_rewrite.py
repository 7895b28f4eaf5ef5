"""Overlapping objects of an external table rewritten, so that each record is there once.

The new objects are written first, and only then what they hold is deleted: a reader may meet a position
twice, as before, and never misses one. Whatever moment it is broken off at, the next run goes on from there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from millrace_jobs.bronze_overlaps import LandedObject, landed_objects, object_uri, overlapping
from millrace_jobs.errors import JobError
from millrace_jobs.maintain_settings import Settings
from millrace_jobs.objects import Objects

OFFSET = 'kafka_offset'
TIME = 'kafka_timestamp'
#: Of a record. Topics that follow each other under one name have the same offsets (renewal.py).
RECORD = [OFFSET, TIME]
IN_ORDER = [(name, 'ascending') for name in RECORD]
#: Of rows in memory; a new object is begun where there are more.
OBJECT_BYTES = 64 * 2**20


@dataclass
class Rewritten:
    """objects: overlapping ones that were found; positions: rows that were there more than once."""

    objects: int = 0
    written: int = 0
    deleted: int = 0
    positions: int = 0


def rewrite_overlaps(objects: Objects, root: str, now: datetime, settings: Settings) -> Rewritten:
    """Of the table below `root` (`s3://BUCKET/PREFIX/`), dates for which a batch may still be sent again."""
    since = (now - settings.bronze_age).date().isoformat()
    found = landed_objects(objects.listed(root, f'date={since}'))
    result = Rewritten()
    for group in overlapping(found, now - settings.bronze_settle):
        _rewrite(objects, group, result)
    return result


def _rewrite(objects: Objects, group: Sequence[LandedObject], result: Rewritten) -> None:
    rows: dict[str, int] = {}
    kept: set[str] = set()
    written = 0
    for table in _distinct(objects, group, rows):
        offsets = table.column(OFFSET)
        uri = object_uri(group[0].place, pc.min(offsets).as_py(), pc.max(offsets).as_py())
        written += table.num_rows
        kept.add(uri)
        if rows.get(uri) == table.num_rows:
            continue
        body = io.BytesIO()
        pq.write_table(table, body, compression='zstd', store_schema=False)
        objects.write(uri, body.getvalue(), 'application/vnd.apache.parquet')
        result.written += 1
    for one in group:
        if one.uri not in kept:
            objects.delete(one.uri)
            result.deleted += 1
    result.objects += len(group)
    result.positions += sum(rows.values()) - written


def _distinct(objects: Objects, group: Sequence[LandedObject], rows: dict[str, int]) -> Iterator[pa.Table]:
    """The group's records by offset, each once, in tables of disjoint ranges; fills `rows` by URI."""
    waiting: pa.Table | None = None
    for one in group:
        table = _read(objects, one)
        rows[one.uri] = table.num_rows
        if waiting is not None and waiting.nbytes >= OBJECT_BYTES:
            # Those that come now begin here at the earliest.
            settled = pc.less(waiting.column(OFFSET), one.first)
            if pc.any(settled).as_py():
                yield waiting.filter(settled)
                waiting = waiting.filter(pc.invert(settled))
        waiting = table if waiting is None else _merged(waiting, table)
    if waiting is not None and waiting.num_rows:
        yield waiting


def _merged(one: pa.Table, other: pa.Table) -> pa.Table:
    numbered = _records(other).append_column('row', pa.array(range(other.num_rows), pa.int64()))
    new = numbered.join(_records(one), RECORD, join_type='left anti').column('row')
    both = pa.concat_tables([one, other.take(new)], promote_options='default')
    return both.sort_by(IN_ORDER)


def _records(table: pa.Table) -> pa.Table:
    return pa.table({OFFSET: table.column(OFFSET), TIME: table.column(TIME).cast(pa.timestamp('us', 'UTC'))})


def _read(objects: Objects, one: LandedObject) -> pa.Table:
    stored = objects.read(one.uri)
    if stored is None:
        raise JobError(
            'MR809', 'an object went while it was read', where=one.uri, mend='run one maintenance at a time'
        )
    table = pq.read_table(io.BytesIO(stored.body)).sort_by(IN_ORDER)
    offsets = table.column(OFFSET)
    outside = pc.or_(pc.less(offsets, one.first), pc.greater(offsets, one.last))
    different = _records(table).group_by(RECORD).aggregate([]).num_rows
    if pc.any(outside).as_py() or different != table.num_rows:
        raise JobError(
            'MR809',
            'the object holds other offsets than its name says, or a record twice',
            where=one.uri,
            mend='nothing was deleted; move the object out of the table and look at who wrote it',
        )
    return table
