"""Silver as bronze says it is, made on a branch of the table that no reader sees."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.bronze_judgement import compared, judgement_of, reject_conflicts, without_losers
from millrace_jobs.bronze_source import Bronze, ByPartition, dates_of, reaching, with_late
from millrace_jobs.classify import POSITION
from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import OWN_ORDER, IcebergTable
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import bounds_sql, partition_value
from millrace_jobs.silver_rows import silver_rows
from millrace_jobs.silver_write import replace_silver

BRANCH = 'rebuild'
#: That an error names.
MOST_DAYS = 10
#: Of silver: about what compaction makes of a partition.
ROWS_A_FILE = 1_000_000


class Staging:
    """The rows of `days` from bronze. `silver` and `rejected` are the tables' full names."""

    def __init__(
        self,
        spark: SparkSession,
        manifest: Manifest,
        bronze: Bronze,
        days: Days,
        silver: str,
        rejected: str,
    ) -> None:
        self._spark = spark
        self._manifest = manifest
        self._bronze = bronze
        self._days = days
        self._silver = silver
        self._rejected = rejected
        self._written = datetime.now(UTC)
        whole = days.first is None or days.last is None
        self._dates = None if whole else dates_of(manifest, days.first, days.last)
        self.rows = 0

    @property
    def _branch(self) -> str:
        return f'{self._silver}.branch_{BRANCH}'

    def begin(self, until: ByPartition) -> None:
        """Everything before these offsets, in the place of what a broken-off run left on the branch."""
        table = IcebergTable(self._spark, self._silver)
        table.branch_from_main(BRANCH)
        self._demand_bronze(until, {})
        before = None if self._dates is None else self._dates[0]
        highest = {} if before is None else self._bronze.highest_observed(until, before=before)
        rows = self._rows({}, until, highest, self._dates).persist(StorageLevel.DISK_ONLY)
        try:
            others = None if self._days.whole or self._follows else self._others()
            kept = silver_rows(without_losers(rows, self._judged(rows, others)), self._manifest)
            files = max(1, -(-rows.count() // ROWS_A_FILE))
            order = [
                partition_value(self._manifest),
                *self._manifest.sort_by,
                self._manifest.partition_column,
            ]
            (
                kept.repartitionByRange(files, *order)
                .sortWithinPartitions(*order)
                .writeTo(self._branch)
                .options(**OWN_ORDER)
                .overwrite(self._days.replaced(self._manifest))
            )
        finally:
            rows.unpersist()

    def go_on(
        self,
        start: ByPartition,
        until: ByPartition,
        highest: ByPartition,
        since: int | None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """What came from `start` to before `until`, a few batches of silver, as the stream would have it.
        Reads only the partitions that they touched.

        `highest`: observed times (epoch ms) before `start`. `since`: a snapshot of silver that holds nothing
        from `start` on (None: none is known). `between` is called between the steps.
        """
        self._demand_bronze(until, start, IcebergTable(self._spark, self._silver).changed_after(since))
        between()
        rows = self._rows(start, until, highest, None).localCheckpoint()
        touched = _numbers(rows, self._manifest)
        if not touched:
            return
        staged = self._staged().where(bounds_sql(self._manifest, touched))
        judgement = self._judged(rows, compared(staged, self._manifest))
        between()
        losers = judgement.where("NOT is_stored AND class <> 'new'").select(*POSITION)
        new = silver_rows(rows.join(losers, list(POSITION), 'left_anti'), self._manifest)
        (
            new.coalesce(1)
            .sortWithinPartitions(partition_value(self._manifest), *self._manifest.sort_by)
            .writeTo(self._branch)
            .options(**OWN_ORDER)
            .append()
        )
        if not judgement.where("class = 'precedes'").isEmpty():
            between()
            moved = judgement.where("class = 'precedes' OR class LIKE 'displaced-%'")
            replace_silver(judgement, self._branch, self._manifest, _numbers(moved, self._manifest))

    def swap(self, before: int | None, mark: str) -> int:
        """The branch's rows in the place of those of silver's snapshot `before`, as one commit with this
        mark; its snapshot.
        """
        column = self._manifest.partition_column
        silver = IcebergTable(self._spark, self._silver)
        return silver.replace_by_branch(BRANCH, column, self._days.iso(self._manifest), before, mark)

    def drop(self) -> None:
        IcebergTable(self._spark, self._silver).drop_branch(BRANCH)

    @property
    def _follows(self) -> bool:
        return self._manifest.raw['partitionFollowsIdentity']

    def _rows(
        self,
        start: ByPartition,
        until: ByPartition,
        highest: ByPartition,
        dates: tuple[str, str] | None,
    ) -> DataFrame:
        valid = self._bronze.valid_rows(until, start, dates)
        return (
            with_late(valid, self._manifest, highest)
            .where(self._days.holds(self._manifest))
            .withColumn('processing_time', F.lit(self._written))
        )

    def _staged(self) -> DataFrame:
        branch = self._spark.read.option('branch', BRANCH).table(self._silver)
        return branch.where(self._days.replaced(self._manifest))

    def _others(self) -> DataFrame:
        """Silver's rows of other days: one of them may share its identity with a row of these."""
        silver = self._spark.read.option('branch', BRANCH).table(self._silver)
        return compared(silver.where(~self._days.replaced(self._manifest)), self._manifest)

    def _judged(self, rows: DataFrame, stored: DataFrame | None) -> DataFrame:
        judgement = judgement_of(rows, stored, self._manifest)
        reject_conflicts(self._spark, judgement, self._bronze, self._manifest, self._rejected, self._written)
        return judgement

    def _demand_bronze(
        self, until: ByPartition, start: ByPartition, touched: Collection[int | None] | None = None
    ) -> None:
        """Raises MR817 where silver holds positions that bronze lacks: a rebuild would lose them.

        `touched`: the partitions (partitions.py) that can hold some of them; None: all.
        """
        column = self._manifest.partition_column
        stored = self._spark.table(self._silver).where(
            self._days.holds(self._manifest) & reaching(until, start)
        )
        if touched is not None:
            stored = stored.where(bounds_sql(self._manifest, (one for one in touched if one is not None)))
        landed = self._bronze.positions(until, start, self._dates)
        lacking = stored.select(*POSITION, column).join(landed, list(POSITION), 'left_anti')
        day = F.to_date(column).cast('string')
        count, first, days = lacking.agg(
            F.count(F.lit(1)), F.min(F.struct(*POSITION)), F.sort_array(F.collect_set(day))
        ).first()
        if count:
            raise JobError(
                'MR817',
                f'bronze lacks {count} positions that silver holds, the first of partition '
                f'{first.kafka_partition}, offset {first.kafka_offset}: a rebuild would lose rows of '
                f'{", ".join(days[:MOST_DAYS])}{" and more days" if len(days) > MOST_DAYS else ""}',
                where=self._silver,
                mend='rebuild other days with --from and --to, or redrive what the landing failed to take'
                + self._forgotten(),
            )

    def _forgotten(self) -> str:
        """What bronze forgets before silver does; '' where that is nothing."""
        kept = self._manifest.raw['retentionDays']
        archived = self._manifest.raw.get('archiveDays', kept)
        if archived >= kept:
            return ''
        return (
            f'; bronze keeps {archived} days and silver {kept}: of days that bronze has forgotten name none, '
            'and import their files again where they are to change'
        )


def _numbers(rows: DataFrame, manifest: Manifest) -> list[int]:
    """Of silver's partitions that hold these rows."""
    return [number for (number,) in rows.select(partition_value(manifest)).distinct().collect()]
