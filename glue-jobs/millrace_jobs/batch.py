"""One micro-batch: Kafka rows in; rejected rows, silver rows, windows and progress out, in that order, safe
to repeat. What is published is sent as soon as it is committed.

Replaying a batch writes no silver row twice (each finds itself) and repeats rejected rows, whose identity is
their position. It sends again what it may have sent (published.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.batch_summary import VALID, Summary, summarise
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.judged import judged
from millrace_jobs.lease import Lease
from millrace_jobs.manifest import Manifest
from millrace_jobs.progress import PartitionProgress
from millrace_jobs.published import Send, messages
from millrace_jobs.raw_records import RawRecords
from millrace_jobs.store import SilverStore
from millrace_jobs.watermark import watermark_ms
from millrace_jobs.windows import Window
from millrace_jobs.windows_write import Herald, update_windows

#: (session, batch id) -> past the last offset of each Kafka partition, None where only the rows can tell.
EndOffsets = Callable[[SparkSession, int], dict[int, int] | None]


@dataclass
class SilverBatch:
    """The function that foreachBatch calls."""

    manifest: Manifest
    database: str
    lease: Lease
    raw_records: RawRecords
    end_offsets: EndOffsets
    #: The first day whose silver is whole (retention.py).
    first_day: Callable[[], date | None] = lambda: None
    send: Send = lambda _messages, _publication: None

    def __call__(self, kafka_rows: DataFrame, batch: int) -> None:
        with self.lease.beating():
            self._write(kafka_rows, batch)

    def _write(self, kafka_rows: DataFrame, batch: int) -> None:
        phases = Phases()
        written = datetime.now(UTC)
        rows = judged(kafka_rows, self.manifest, self.lease.newest_before(batch), written).persist()
        spark = kafka_rows.sparkSession
        fates: Counter[str] = Counter()
        try:
            with phases.phase('judge'):
                summary = summarise(rows, self.manifest)
            if summary.records:
                store = SilverStore(
                    self.manifest,
                    self.database,
                    self.raw_records,
                    self.lease.fence,
                    phases,
                    None if self.manifest.publish is None else self._publish_silver,
                )
                fates = store.put(rows, summary, written)
            else:
                # Offsets of transaction markers alone; they move the progress too, which a hold forbids.
                self.lease.fence({})
            partitions = self._partition_progress(summary, batch, self.end_offsets(spark, batch))
            watermark = watermark_ms(partitions, self.manifest.lateness_ms, self.lease.watermark)
            with phases.phase('windows'):
                # All valid rows, seen before or not: a batch that is run again may have ended before this.
                windows = update_windows(
                    spark,
                    self.manifest,
                    self.database,
                    rows.where(F.col('verdict') == VALID),
                    self.lease.stale_windows,
                    watermark,
                    written,
                    self.first_day(),
                    herald=Herald(self._publish_windows, self.lease.watermark),
                )
        finally:
            rows.unpersist()
        with phases.phase('progress'):
            changed = fates['new'] + fates['precedes'] > 0
            silver = table_name(self.database, self.manifest.table('silver'))
            snapshot = IcebergTable(spark, silver).current_snapshot()
            counts = {
                'records': summary.records,
                **{verdict: count for verdict, count in sorted(summary.verdicts.items())},
                'late': summary.late,
                **{fate: count for fate, count in sorted(fates.items())},
            }
            self.lease.record(batch, partitions, snapshot, counts, changed, watermark)
        log_line(
            'batch',
            dataset=self.manifest.dataset,
            batchId=batch,
            offsets={str(number): [one.start, one.until] for number, one in sorted(partitions.items())},
            counts=counts,
            touchedPartitions=len(summary.touched),
            windows=windows,
            silverSnapshotId=str(snapshot),
            seconds=phases.seconds,
            totalSeconds=phases.total,
            rowsPerSecond=round(summary.records / max(phases.total, 0.001)),
        )

    def _publish_silver(self, rows: DataFrame) -> None:
        publication = self.manifest.publish
        self.send(messages(rows, self.manifest.raw['columns']['silver'], publication), publication)

    def _publish_windows(self, window: Window, rows: DataFrame) -> None:
        self.send(messages(rows, window['columns'], window['publish']), window['publish'])

    def _partition_progress(
        self, summary: Summary, batch: int, ends: dict[int, int] | None
    ) -> dict[int, PartitionProgress]:
        """Of every partition, also those without a record in this batch.

        Nothing in it ever goes back. A query whose checkpoint is lost reads again from the earliest offset,
        under ids that count from 0: what it meets below `until` is in silver already, and stays there as it
        is; so `until` still says what silver holds, and the highest observed time still is that of all lower
        offsets, which is what decides on `late` once the query is past `until`.
        """
        known = self.lease.partitions
        newest_before = self.lease.newest_before(batch)
        result = {}
        for number in sorted({*known, *summary.until, *(ends or {})}):
            before = newest_before.get(number)
            seen = summary.newest_ms.get(number)
            kafka = summary.newest_kafka_ms.get(number)
            # Past the last record there may be transaction markers, which only the batch's offsets count.
            until = ends[number] if ends and number in ends else summary.until.get(number, 0)
            if number in known:
                stored = known[number]
                until = max(until, stored.until)
                seen = highest(seen, stored.newest_ms)
                kafka = highest(kafka, stored.newest_kafka_ms)
            result[number] = PartitionProgress(
                summary.first.get(number, until), until, before, highest(before, seen), kafka
            )
        return result


def highest(*values: int | None) -> int | None:
    """The highest of those that are known."""
    return max((value for value in values if value is not None), default=None)
