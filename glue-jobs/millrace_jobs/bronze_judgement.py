"""What becomes of rows that come from bronze, seen against the rows beside them, without the bounds of a
batch.
"""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.bronze_source import Bronze
from millrace_jobs.classify import POSITION, classified
from millrace_jobs.manifest import Manifest
from millrace_jobs.rejected_rows import CONFLICT, conflicting_rows


def compared(silver: DataFrame, manifest: Manifest) -> DataFrame:
    """Of stored rows, the columns that a judgement looks at."""
    return silver.select(*dict.fromkeys([*manifest.content, 'kafka_timestamp', *POSITION]))


def judgement_of(rows: DataFrame, stored: DataFrame | None, manifest: Manifest) -> DataFrame:
    """classify.py's answer for the identities that more than one row claims, cut from the tables.

    Any number of rows: nothing is broadcast. `stored` as of `compared`.
    """
    identity = manifest.identity
    contested = rows.groupBy(*identity).count().where('count > 1').select(*identity)
    if stored is not None:
        known = stored.select(*identity).join(rows.select(*identity), identity, 'left_semi')
        contested = contested.unionByName(known).distinct()
        stored = stored.join(contested, identity, 'left_semi')
    candidates = rows.join(contested, identity, 'left_semi')
    return classified(candidates, stored, manifest).localCheckpoint()


def without_losers(rows: DataFrame, judgement: DataFrame) -> DataFrame:
    """The rows that nothing goes before."""
    losers = judgement.where("NOT is_stored AND class NOT IN ('new', 'precedes')").select(*POSITION)
    return rows.join(losers, list(POSITION), 'left_anti')


def reject_conflicts(
    spark: SparkSession,
    judgement: DataFrame,
    bronze: Bronze,
    manifest: Manifest,
    rejected: str,
    written: datetime,
) -> int:
    """Appends the conflicts that `rejected` lacks; how many. To be done before silver is written."""
    conflicts = judgement.where("NOT is_stored AND class = 'conflict'")
    if conflicts.isEmpty():
        return 0
    known = spark.table(rejected).where(F.col('reason') == CONFLICT).select(*bronze.key)
    lacking = conflicts.join(known, list(bronze.key), 'left_anti').localCheckpoint()
    count = lacking.count()
    if count:
        rows = conflicting_rows(lacking, bronze.records(lacking), manifest, written)
        rows.coalesce(1).sortWithinPartitions('kafka_timestamp').writeTo(rejected).append()
    return count
