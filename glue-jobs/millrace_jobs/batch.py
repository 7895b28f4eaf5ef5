"""One micro-batch: Kafka rows in; rejected rows, silver rows, windows and progress out, in that order, safe
to repeat.

Replaying a batch writes no silver row twice (each finds itself) and repeats rejected rows, whose identity is
their position.
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
from millrace_jobs.classify import POSITION, classified, contested_identities
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.judged import judged
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import bounds_sql
from millrace_jobs.progress import Lease, PartitionProgress
from millrace_jobs.rejected_rows import conflicting_rows, faulty_rows
from millrace_jobs.silver_rows import silver_rows
from millrace_jobs.silver_write import append_silver, replace_silver
from millrace_jobs.watermark import watermark_ms
from millrace_jobs.windows_write import joined_pairs, stale_pairs, update_windows

#: Positions in, kafka_key and kafka_value by position out.
RawRecords = Callable[[DataFrame], DataFrame]
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

    def __call__(self, kafka_rows: DataFrame, batch: int) -> None:
        phases = Phases()
        written = datetime.now(UTC)
        rows = judged(kafka_rows, self.manifest, self.lease.newest_before(batch), written).persist()
        spark = kafka_rows.sparkSession
        fates: Counter[str] = Counter()
        try:
            with phases.phase('judge'):
                summary = summarise(rows, self.manifest)
            valid = rows.where(F.col('verdict') == VALID)
            if summary.records:
                fates = self._store(rows, valid, summary, written, phases)
            partitions = self._partition_progress(summary, batch, self.end_offsets(spark, batch))
            watermark = watermark_ms(partitions, self.manifest.lateness_ms, self.lease.watermark)
            with phases.phase('windows'):
                # All valid rows, seen before or not: a batch that is run again may have ended before this.
                windows = update_windows(
                    spark,
                    self.manifest,
                    self.database,
                    valid,
                    self.lease.stale_windows,
                    watermark,
                    written,
                    self.first_day(),
                )
        finally:
            rows.unpersist()
        with phases.phase('progress'):
            changed = fates['new'] + fates['precedes'] > 0
            snapshot = IcebergTable(spark, self._name('silver')).current_snapshot()
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

    def _store(
        self, rows: DataFrame, valid: DataFrame, summary: Summary, written: datetime, phases: Phases
    ) -> Counter[str]:
        """Classifies and writes; how many rows of each class there were."""
        silver = valid.sparkSession.table(self._name('silver')).where(
            bounds_sql(self.manifest, summary.touched)
        )
        with phases.phase('contested'):
            # Cut from silver, as the judgement below: a cached frame that reads a table is planned again, all
            # manifests included, with each commit to that table.
            contested = contested_identities(valid, silver, self.manifest).localCheckpoint(eager=False)
            identities, stored = contested.agg(
                F.count(F.lit(1)), F.coalesce(F.sum('_stored'), F.lit(0))
            ).first()
        if not identities:
            fates = Counter({'new': summary.verdicts[VALID]})
            self._write(rows, valid, None, fates, summary, written, phases)
            return fates
        with phases.phase('classify'):
            judgement = self._classified(valid, silver if stored else None, contested)
            judgement = judgement.localCheckpoint(eager=False)
            fates = Counter(
                {row['class']: row['count'] for row in judgement.groupBy('class').count().collect()}
            )
        contenders = sum(
            fates[fate] for fate in fates if fate != 'kept' and not fate.startswith('displaced-')
        )
        fates['new'] += summary.verdicts[VALID] - contenders
        losers = judgement.where("NOT is_stored AND class <> 'new'").select(*POSITION)
        uncontested = valid.join(F.broadcast(losers), list(POSITION), 'left_anti')
        self._write(rows, uncontested, judgement, fates, summary, written, phases)
        return fates

    def _classified(self, valid: DataFrame, silver: DataFrame | None, contested: DataFrame) -> DataFrame:
        identity = self.manifest.identity
        candidates = valid.join(F.broadcast(contested.select(*identity)), identity, 'left_semi')
        if silver is not None:
            known = contested.where('_stored > 0').select(*identity)
            columns = dict.fromkeys([*self.manifest.content, 'kafka_timestamp', *POSITION])
            silver = silver.select(*columns).join(F.broadcast(known), identity, 'left_semi')
        return classified(candidates, silver, self.manifest)

    def _write(
        self,
        rows: DataFrame,
        new: DataFrame,
        judgement: DataFrame | None,
        fates: Counter[str],
        summary: Summary,
        written: datetime,
        phases: Phases,
    ) -> None:
        with phases.phase('rejected'):
            self._append_rejected(rows, judgement, fates, summary, written)
        if fates['new'] + fates['precedes'] == 0:
            return
        with phases.phase('fence'):
            stale = self.lease.stale_windows
            if judgement is not None and fates['precedes']:
                displaced = judgement.where("class LIKE 'displaced-%'")
                stale = joined_pairs(stale, stale_pairs(displaced, self.manifest))
            self.lease.fence(stale)
        with phases.phase('silver'):
            if judgement is not None and fates['precedes']:
                replace_silver(judgement, self._name('silver'), self.manifest, summary.touched)
            if fates['new']:
                append_silver(
                    silver_rows(new, self.manifest), self._name('silver'), self.manifest, fates['new']
                )

    def _append_rejected(
        self,
        rows: DataFrame,
        judgement: DataFrame | None,
        fates: Counter[str],
        summary: Summary,
        written: datetime,
    ) -> None:
        parts = []
        if summary.records > summary.verdicts[VALID]:
            parts.append(faulty_rows(rows.where(F.col('verdict') != VALID), self.manifest))
        if judgement is not None and fates['conflict'] + fates['displaced-conflict']:
            conflicts = judgement.where(F.col('class').isin('conflict', 'displaced-conflict'))
            raw = self.raw_records(conflicts.select(*POSITION))
            parts.append(conflicting_rows(conflicts, raw, self.manifest, written))
        if parts:
            union = parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])
            union.coalesce(1).sortWithinPartitions('kafka_timestamp').writeTo(self._name('rejected')).append()

    def _partition_progress(
        self, summary: Summary, batch: int, ends: dict[int, int] | None
    ) -> dict[int, PartitionProgress]:
        """Of every partition, also those without a record in this batch."""
        known = self.lease.partitions
        newest_before = self.lease.newest_before(batch)
        result = {}
        for number in sorted({*known, *summary.until, *(ends or {})}):
            if ends and number in ends:
                # Past the last record there may be transaction markers, which only the batch's offsets count.
                until = ends[number]
            else:
                until = summary.until.get(number, known[number].until if number in known else 0)
            before = newest_before.get(number)
            newest = [seen for seen in (before, summary.newest_ms.get(number)) if seen is not None]
            kafka = summary.newest_kafka_ms.get(
                number, known[number].newest_kafka_ms if number in known else None
            )
            result[number] = PartitionProgress(
                summary.first.get(number, until), until, before, max(newest, default=None), kafka
            )
        return result

    def _name(self, role: str) -> str:
        return table_name(self.database, self.manifest.table(role))
