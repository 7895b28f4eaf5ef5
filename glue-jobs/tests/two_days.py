"""Two days of records, and what tests of the remaking jobs ask of a lake that holds them."""

from __future__ import annotations

from millrace_jobs.windows_again import spans_of, windows_within
from tests.bronze_lake import BronzeLake
from tests.example import event
from tests.lake import Record


def at(number: int, text: str, **changes: object) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{text}.000Z', **changes)


#: Two days, faults, an identical duplicate, a conflict, late rows and a later batch.
FIRST = [
    Record(0, 0, at(1, '01T11:00:00')),
    Record(0, 1, at(2, '02T11:30:00'), 1),
    Record(0, 2, b'broken', 2),
    Record(0, 3, at(1, '01T11:00:00'), 3),
    Record(1, 0, at(3, '02T11:00:00', kind='flow', amount=60), 4),
    Record(1, 1, at(2, '02T11:30:00', amount=13), 5),
]
SECOND = [
    Record(0, 4, at(4, '02T11:10:00'), 6),
    Record(0, 5, at(5, '01T23:00:00', count=3), 7),
    Record(1, 2, at(3, '02T11:00:00', kind='flow', amount=60), 8),
]
THIRD = [Record(0, 6, at(6, '02T11:40:00'), 9), Record(1, 3, at(2, '02T11:30:00', amount=14), 10)]


def told(lake: BronzeLake) -> list[dict[str, object]]:
    """Silver without what a rebuild stamps anew."""
    return [{**row.asDict(), 'processing_time': None} for row in lake.rows('silver')]


def minutes(lake: BronzeLake) -> list[tuple[object, ...]]:
    table = lake.spark.table(f'glue_catalog.{lake.database}.gauges_minutely')
    return [tuple(row) for row in table.drop('processing_time').orderBy('window_start', 'kind').collect()]


def harmed(lake: BronzeLake, statement: str) -> None:
    """Silver by the statement, and the windows as silver then says."""
    spans = spans_of(lake.spark.table(lake.name('silver')), lake.manifest)
    lake.spark.sql(statement.format(silver=lake.name('silver')))
    windows_within(lake.place(), spans)
