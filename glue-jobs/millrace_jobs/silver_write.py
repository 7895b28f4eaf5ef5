"""The two ways silver changes: rows are appended, or a stored row gives way to one that goes before it."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from millrace_jobs.classify import ARRIVAL, POSITION
from millrace_jobs.collisions import Collision
from millrace_jobs.iceberg import OWN_ORDER
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import bounds_sql, partition_value
from millrace_jobs.silver_rows import silver_rows

#: Rows one writing task takes: fewer tasks make fewer and better compressed files.
ROWS_A_TASK = 150_000


def append_silver(rows: DataFrame, table: str, manifest: Manifest, count: int, base: int | None) -> None:
    """Appends `count` rows of silver's columns as one commit, on top of snapshot `base` (None: of nothing).

    Iceberg refuses it where any row was added since, by whomever (collisions.collides): a plain append is
    checked against nothing. Files merely rearranged since do not matter.
    """
    tasks = max(1, -(-count // ROWS_A_TASK))
    # Sorted here once (the table's own order would sort again, and without the time): partition first, so
    # that a task writes one file after the other.
    ordered = rows.coalesce(tasks).sortWithinPartitions(
        partition_value(manifest), *manifest.sort_by, manifest.partition_column
    )
    writer = ordered.writeTo(table).options(**OWN_ORDER).option('isolation-level', 'serializable')
    if base is not None:
        writer = writer.option('validate-from-snapshot-id', str(base))
    # Replaces the rows for which "false" holds, which are none, and is checked against all files added.
    writer.overwrite(F.lit(False))


def replace_silver(judgement: DataFrame, table: str, manifest: Manifest, touched: Iterable[int]) -> None:
    """Puts each preceding candidate in the place of the row it displaces, as one commit.

    Where one candidate displaces several rows (one identity in two partitions), it takes the place of the
    first, and the others are deleted. Raises Collision where a displaced row is gone from its place: the
    sweep or a rebuild took it, and its candidate is not in silver.
    """
    spark = judgement.sparkSession
    place = Window.partitionBy(*manifest.identity).orderBy(*POSITION)
    displaced = judgement.where("class LIKE 'displaced-%'").select(
        *(F.col(name).alias(f'_id_{name}') for name in manifest.identity),
        F.col('kafka_partition').alias('_at_partition'),
        F.col('kafka_offset').alias('_at_offset'),
        # A topic that was made anew counts from 0 again (renewal.py): the time tells such a row from another.
        F.col('kafka_timestamp').alias('_at_timestamp'),
        (F.row_number().over(place) > 1).alias('_superfluous'),
    )
    winners = silver_rows(judgement.where("class = 'precedes'"), manifest)
    matches = [F.col(f'_id_{name}') == F.col(name) for name in manifest.identity]
    changes = winners.join(displaced, matches).drop(*(f'_id_{name}' for name in manifest.identity))
    # Cut from its lineage, which reads the very table that the MERGE rewrites.
    changes = changes.localCheckpoint()
    view = f'millrace_{manifest.dataset}_changes'
    changes.createOrReplaceTempView(view)
    assignments = ', '.join(f't.`{name}` = s.`{name}`' for name in manifest.columns('silver'))
    try:
        spark.sql(
            f'MERGE INTO {table} t USING {view} s '
            f'ON t.kafka_partition = s._at_partition AND t.kafka_offset = s._at_offset '
            f'AND t.kafka_timestamp = s._at_timestamp AND {bounds_sql(manifest, touched, "t")} '
            f'WHEN MATCHED AND s._superfluous THEN DELETE '
            f'WHEN MATCHED THEN UPDATE SET {assignments}'
        )
    finally:
        spark.catalog.dropTempView(view)
    stored = spark.table(table).where(bounds_sql(manifest, touched))
    placed = changes.where('NOT _superfluous').select(*ARRIVAL)
    if not placed.join(stored, list(ARRIVAL), 'left_anti').isEmpty():
        raise Collision('a row that was to be replaced is gone')
