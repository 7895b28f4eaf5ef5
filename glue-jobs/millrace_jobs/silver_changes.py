"""What differs between two snapshots of silver, by day, and the windows that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from millrace_jobs.content_hash import DayContent, content_by_day, different_days, text
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.days import Days
from millrace_jobs.windows_again import Span, ends_by_day, spans_of, windows_within


class SilverChanges:
    """Of `days`, between the snapshots `before` and `after` (None: a table never written)."""

    def __init__(self, place: DatasetPlace, before: int | None, after: int | None, days: Days) -> None:
        self._place = place
        self._ends = (before, after)
        self._days = days
        self._contents: list[dict[str, DayContent]] = []

    def report(self) -> dict[str, Any]:
        """rows, days, contentHashBefore, contentHashAfter, identical, differentDays; see rebuild.py."""
        old, new = self._compared()
        different = different_days(old, new)[0]
        return {
            'rows': sum(day.rows for day in new.values()),
            'days': len({*old, *new}),
            'contentHashBefore': text(old),
            'contentHashAfter': text(new),
            'identical': not different,
            'differentDays': different,
        }

    def correct_windows(self) -> None:
        """Of the days that came out otherwise: also windows that lost all of their rows, and those of keys
        that rows no longer have.
        """
        changed = different_days(*self._compared())[1]
        if not changed:
            return
        names = ', '.join(f'DATE{day!r}' for day in changed)
        old, new = (self._rows(one) for one in self._ends)
        rows = old.unionByName(new).where(f'to_date(`{self._place.manifest.partition_column}`) IN ({names})')
        windows_within(self._place, spans_of(rows, self._place.manifest))

    def _compared(self) -> Sequence[dict[str, DayContent]]:
        if not self._contents:
            self._contents = [content_by_day(self._rows(one), self._place.manifest) for one in self._ends]
        return self._contents

    def _rows(self, snapshot: int | None) -> DataFrame:
        silver = self._place.table('silver')
        if snapshot is None:
            return silver.limit(0)
        old = self._place.spark.read.option('versionAsOf', snapshot).table(self._place.name('silver'))
        # A column that came after the snapshot is null in all its rows.
        rows = silver.limit(0).unionByName(old, allowMissingColumns=True)
        return rows.where(self._days.holds(self._place.manifest))


def correct_windows_of_broken_run(place: DatasetPlace, report: Mapping[str, Any]) -> None:
    """`report`: the progress object `rebuild`, empty where none ever ran."""
    if report.get('finishedAt') is not None or 'beforeSnapshotId' not in report:
        return
    days = Days.of_json(report, place.kept())
    before, silver = report['beforeSnapshotId'], place.silver()
    if before is None or silver.snapshot_ms(int(before)) is not None:
        ends = (None if before is None else int(before), silver.current_snapshot())
        SilverChanges(place, *ends, days).correct_windows()
    else:
        windows_within(place, _all_spans(place, days))


def _all_spans(place: DatasetPlace, days: Days) -> list[Span]:
    """Where nothing tells what there was before: the windows of all rows of the days, and all that are stored
    and begin on them.
    """
    manifest = place.manifest
    rows = place.table('silver').where(days.holds(manifest))
    spans = spans_of(rows, manifest)
    if not days.whole:
        longest = max((window['sizeMs'] for window in manifest.windows), default=0)
        first, past = days.span_ms()
        return [*spans, (first - longest, past)]
    for window in manifest.windows:
        stored = ends_by_day(place.window(window['name']), 'window_start')
        spans += [(first, last + 1) for first, last in stored]
    return spans
