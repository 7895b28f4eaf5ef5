"""Judged rows into silver, each identity once, and what does not belong there to `rejected`; safe to repeat.

What becomes of a row is decided against one snapshot of silver, and rows are added only on top of that very
snapshot: where another added rows meanwhile, Iceberg refuses, and everything is decided anew. So no two
writers ever insert the same identity, whatever their leases say; and rows whose commit was made but never
answered find themselves when they come again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millrace_jobs.batch_log import Phases
from millrace_jobs.batch_summary import VALID, Summary
from millrace_jobs.classify import POSITION, classified, contested_identities
from millrace_jobs.collisions import Collision, again_on_collision
from millrace_jobs.iceberg import IcebergTable, table_at, table_name
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import bounds_sql
from millrace_jobs.raw_records import RawRecords
from millrace_jobs.rejected_rows import conflicting_rows, faulty_rows
from millrace_jobs.silver_rows import silver_rows
from millrace_jobs.silver_write import append_silver, replace_silver
from millrace_jobs.stale_windows import StalePairs
from millrace_jobs.windows_write import stale_pairs

#: Proves the right to write and writes down the windows about to become stale; True where silver may have
#: changed while it waited for that.
Fence = Callable[[StalePairs], bool]


@dataclass
class Fates:
    """What becomes of a batch's valid rows, seen against silver's snapshot `base`."""

    base: int | None
    counts: Counter[str]
    #: The rows that nothing in silver or in the batch goes before.
    new: DataFrame
    #: Rows of contested identities with their class (classify.py); None where there is none.
    judgement: DataFrame | None = None

    @property
    def conflicts(self) -> DataFrame | None:
        if self.judgement is None or not self.counts['conflict'] + self.counts['displaced-conflict']:
            return None
        return self.judgement.where(F.col('class').isin('conflict', 'displaced-conflict'))

    def standing(self, manifest: Manifest) -> DataFrame:
        """The batch's rows that silver holds when all is stored, those that it held before included; in
        silver's columns.
        """
        new = silver_rows(self.new, manifest)
        if self.judgement is None or not self.counts['precedes'] + self.counts['itself']:
            return new
        others = self.judgement.where(F.col('class').isin('precedes', 'itself'))
        return new.unionByName(silver_rows(others, manifest))

    @property
    def displaced(self) -> DataFrame | None:
        if self.judgement is None or not self.counts['precedes']:
            return None
        return self.judgement.where("class LIKE 'displaced-%'")


@dataclass
class SilverStore:
    manifest: Manifest
    database: str
    raw_records: RawRecords
    fence: Fence
    phases: Phases = field(default_factory=Phases)
    #: Given the batch's rows that silver holds, in silver's columns, once it does.
    stored: Callable[[DataFrame], None] | None = None

    def put(self, rows: DataFrame, summary: Summary, written: datetime) -> Counter[str]:
        """Stores judged rows (judged_schema), which the caller keeps cached; how many of each class there
        were, counted as if all had been stored by one commit.

        Raises what `fence` and `stored` raise, and MR807 where other writers come between time after time.
        """
        added = 0

        def once() -> Fates:
            nonlocal added
            fates = self._fates(rows.where(F.col('verdict') == VALID), summary)
            with self.phases.phase('fence'):
                stale = {} if fates.displaced is None else stale_pairs(fates.displaced, self.manifest)
                if self.fence(stale):
                    raise Collision('silver was held')
            with self.phases.phase('rejected'):
                self._append_rejected(rows, fates, summary, written)
            # First the rows on top of `base`; the replacement adds files, which would refuse them. Where only
            # the first is done, the batch finds its rows when it comes again, and does the second.
            with self.phases.phase('silver'):
                count = fates.counts['new']
                if count:
                    append_silver(
                        silver_rows(fates.new, self.manifest), self._silver, self.manifest, count, fates.base
                    )
                    added += count
                if fates.displaced is not None:
                    replace_silver(fates.judgement, self._silver, self.manifest, summary.touched)
            return fates

        fates = again_on_collision(once, self._silver)
        counts = fates.counts
        if self.stored is not None and counts['new'] + counts['precedes'] + counts['itself']:
            with self.phases.phase('publish'):
                self.stored(fates.standing(self.manifest))
        if added > counts['new']:
            # Those that an earlier try added found themselves in the last one.
            counts['itself'] -= added - counts['new']
            counts['new'] = added
        return counts

    def _fates(self, valid: DataFrame, summary: Summary) -> Fates:
        spark = valid.sparkSession
        base = IcebergTable(spark, self._silver).current_snapshot()
        silver = table_at(spark, self._silver, base)
        if silver is not None:
            silver = silver.where(bounds_sql(self.manifest, summary.touched))
        with self.phases.phase('contested'):
            # Cut from silver, as the judgement below: a cached frame that reads a table is planned again, all
            # manifests included, with each commit to that table.
            contested = contested_identities(valid, silver, self.manifest).localCheckpoint(eager=False)
            identities, stored = contested.agg(
                F.count(F.lit(1)), F.coalesce(F.sum('_stored'), F.lit(0))
            ).first()
        if not identities:
            return Fates(base, Counter({'new': summary.verdicts[VALID]}), valid)
        with self.phases.phase('classify'):
            judgement = self._classified(valid, silver if stored else None, contested)
            judgement = judgement.localCheckpoint(eager=False)
            counts = Counter(
                {row['class']: row['count'] for row in judgement.groupBy('class').count().collect()}
            )
        contenders = sum(
            counts[fate] for fate in counts if fate != 'kept' and not fate.startswith('displaced-')
        )
        counts['new'] += summary.verdicts[VALID] - contenders
        losers = judgement.where("NOT is_stored AND class <> 'new'").select(*POSITION)
        uncontested = valid.join(F.broadcast(losers), list(POSITION), 'left_anti')
        return Fates(base, counts, uncontested, judgement)

    def _classified(self, valid: DataFrame, silver: DataFrame | None, contested: DataFrame) -> DataFrame:
        identity = self.manifest.identity
        candidates = valid.join(F.broadcast(contested.select(*identity)), identity, 'left_semi')
        if silver is not None:
            known = contested.where('_stored > 0').select(*identity)
            # A column that came after the snapshot is null in all its rows.
            columns = dict.fromkeys([*self.manifest.content, 'kafka_timestamp', *POSITION])
            there = [name for name in columns if name in silver.columns]
            silver = silver.select(*there).join(F.broadcast(known), identity, 'left_semi')
        return classified(candidates, silver, self.manifest)

    def _append_rejected(self, rows: DataFrame, fates: Fates, summary: Summary, written: datetime) -> None:
        parts = []
        if summary.records > summary.verdicts[VALID]:
            parts.append(faulty_rows(rows.where(F.col('verdict') != VALID), self.manifest))
        if fates.conflicts is not None:
            raw = self.raw_records(fates.conflicts.select(*POSITION))
            parts.append(conflicting_rows(fates.conflicts, raw, self.manifest, written))
        if parts:
            union = parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])
            name = table_name(self.database, self.manifest.table('rejected'))
            union.coalesce(1).sortWithinPartitions('kafka_timestamp').writeTo(name).append()

    @property
    def _silver(self) -> str:
        return table_name(self.database, self.manifest.table('silver'))
