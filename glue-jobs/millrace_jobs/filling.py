"""Rows from bronze put into silver as the stream would have put them, some seconds' worth under each hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from millrace_jobs.batch_log import Phases
from millrace_jobs.batch_summary import VALID, summarise
from millrace_jobs.bronze_source import Bronze
from millrace_jobs.classify import POSITION
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.judged import judged_schema
from millrace_jobs.partitions import day_start
from millrace_jobs.stale_windows import StalePairs, joined_pairs
from millrace_jobs.store import SilverStore
from millrace_jobs.windows_again import spans_of, windows_touched, windows_within

#: Rows written under one hold: some seconds.
ROWS_A_HOLD = 200_000


@dataclass
class Filling:
    """`name`: of the progress object. In an unfinished run (finishedAt is null) its windowSpans (of window
    starts, epoch ms) and staleWindows tell which windows are behind.
    """

    place: DatasetPlace
    bronze: Bronze
    name: str
    phases: Phases

    def correct_windows_of_broken_run(self) -> None:
        before = self.place.read(self.name)
        if before and before['finishedAt'] is None:
            windows_touched(self.place, None, before.get('staleWindows', {}))
            windows_within(self.place, before['windowSpans'])
            self.place.record(self.name, {**before, 'windowSpans': [], 'staleWindows': {}})

    def put(self, rows: DataFrame, written: datetime, started: str) -> Counter[str]:
        """Puts rows in the columns of judged rows, cut from silver; how many of each class (classify.py).

        Safe to repeat. Raises JobError: those of the hold, MR807.
        """
        counts: Counter[str] = Counter()
        count = rows.count()
        if not count:
            return counts
        self.place.record(
            self.name,
            {'startedAt': started, 'finishedAt': None, 'windowSpans': spans_of(rows, self.place.manifest)},
        )
        stale: StalePairs = {}
        for portion in _portions(rows, count):
            with self.phases.phase('paused'):
                put, stale = self._held(portion, stale, written)
            counts += put
        with self.phases.phase('windows'):
            for portion in _portions(rows, count):
                windows_touched(self.place, portion, stale)
                stale = {}
        return counts

    def _held(self, rows: DataFrame, stale: StalePairs, written: datetime) -> tuple[Counter[str], StalePairs]:
        """The counts, and the windows that lost a row, added to `stale`."""
        place = self.place
        hold = place.hold_silver(self.name)

        def fence(pairs: StalePairs) -> bool:
            nonlocal stale
            stale = joined_pairs(stale, pairs)
            place.record(self.name, {**place.read(self.name), 'staleWindows': stale})
            hold.renew()
            return False

        try:
            store = SilverStore(place.manifest, place.database, self.bronze.records, fence)
            return store.put(rows, summarise(rows, place.manifest), written), stale
        finally:
            hold.release()


def as_judged(place: DatasetPlace, valid: DataFrame, written: datetime) -> DataFrame:
    """Bronze's valid rows with `late`, but those that retention took, in the columns of judged rows
    (judged.py).
    """
    kept = place.kept()
    if kept is not None:
        valid = valid.where(F.col(place.manifest.partition_column) >= day_start(place.manifest, kept))
    made = {
        'verdict': F.lit(VALID),
        'processing_time': F.lit(written),
        **{name: F.lit(None) for name in ('kafka_key', 'path', 'detail')},
    }
    return valid.select(
        *(
            made.get(one.name, F.col(one.name)).cast(one.dataType).alias(one.name)
            for one in judged_schema(place.manifest)
        )
    )


def _portions(rows: DataFrame, count: int) -> Iterator[DataFrame]:
    if count <= ROWS_A_HOLD:
        yield rows
        return
    number = F.floor((F.row_number().over(Window.orderBy(*POSITION)) - 1) / ROWS_A_HOLD)
    numbered = rows.withColumn('_portion', number).persist(StorageLevel.DISK_ONLY)
    try:
        for portion in range(-(-count // ROWS_A_HOLD)):
            yield numbered.where(F.col('_portion') == portion).drop('_portion')
    finally:
        numbered.unpersist()
