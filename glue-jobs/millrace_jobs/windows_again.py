"""Windows computed again from silver, beside the stream: a day of them at a time, so that no table has to be
held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.manifest import Manifest
from millrace_jobs.stale_windows import StalePairs
from millrace_jobs.windows_write import update_windows

DAY_MS = 86_400_000

#: Of window starts: the first and past the last instant, epoch ms.
Span = tuple[int, int]


def windows_touched(
    place: DatasetPlace, rows: DataFrame | None, stale: StalePairs, span: Span | None = None
) -> dict[str, int]:
    """`update_windows` by the watermark and the retention of this moment: the run may be hours old."""
    return update_windows(
        place.spark,
        place.manifest,
        place.database,
        rows,
        stale,
        place.read('silver').get('watermarkMs'),
        datetime.now(UTC),
        place.kept(),
        span,
        trails=True,
    )


def windows_within(place: DatasetPlace, spans: Iterable[Sequence[int]]) -> dict[str, int]:
    """Everything that begins within the spans, stored or not; number of windows computed, by table."""
    counts: Counter[str] = Counter()
    for span in _by_day(spans):
        counts.update(windows_touched(place, None, {}, span))
    return dict(counts)


def spans_of(rows: DataFrame, manifest: Manifest) -> list[Span]:
    """The starts of all windows that hold one of these rows: a span for each day on which rows lie, by the
    windows' time.
    """
    sizes: dict[str, int] = {}
    for window in manifest.windows:
        sizes[window['time']] = max(window['sizeMs'], sizes.get(window['time'], 0))
    return [
        (first - size + 1, last + 1)
        for time, size in sizes.items()
        for first, last in ends_by_day(rows, time)
    ]


def ends_by_day(rows: DataFrame, time: str) -> list[Span]:
    """The first and the last instant (epoch ms) of each UTC day on which the time lies."""
    millis = F.unix_millis(time)
    days = rows.where(F.col(time).isNotNull()).groupBy(F.to_date(time)).agg(F.min(millis), F.max(millis))
    return [(first, last) for _day, first, last in days.collect()]


def _by_day(spans: Iterable[Sequence[int]]) -> Iterator[Span]:
    """The spans cut at midnight UTC, none twice."""
    done = None
    for first, past in sorted(map(tuple, spans)):
        begun = first if done is None else max(first, done)
        while begun < past:
            end = min(past, begun - begun % DAY_MS + DAY_MS)
            yield begun, end
            begun = end
        done = past if done is None else max(done, past)
