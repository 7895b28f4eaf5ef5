"""The gold job: each model's SQL over the silver partitions that changed since its last run, put in the place
of the rows of those partitions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.arguments import COMMON, job_arguments
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.manifest import PARTITION_MS, Manifest, load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.partitions import bounds_sql
from millrace_jobs.progress import progress_uri, utc_now
from millrace_jobs.session import job_session

DAYS = PARTITION_MS['day']
UNIX_EPOCH = date(1970, 1, 1)


def main(argv: Sequence[str]) -> None:
    """Brings every gold model of the dataset up to silver's current snapshot. Raises JobError and Spark's
    errors.
    """
    arguments = job_arguments(argv, COMMON)
    manifest = load_manifest(arguments['manifest'])
    spark = job_session(f'{manifest.dataset}-gold')
    objects = Objects()
    for model in manifest.gold:
        uri = progress_uri(arguments['state'], manifest.dataset, f'gold-{model["name"]}')
        stored = objects.read(uri)
        before = None if stored is None else json.loads(stored.body)
        progress = run_model(spark, manifest, model, arguments['database'], before)
        objects.write(uri, json.dumps(progress).encode())


def run_model(
    spark: SparkSession,
    manifest: Manifest,
    model: Mapping[str, Any],
    database: str,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Recomputes what changed since the progress `before`, everything where that is None; the new progress.

    The progress: silverSnapshotId (text), finishedAt, `partitions` recomputed (null: all of them).
    """
    phases = Phases()
    name = table_name(database, manifest.table('silver'))
    with phases.phase('plan'):
        silver = IcebergTable(spark, name)
        snapshot = silver.current_snapshot()
        touched = _touched(silver, snapshot, before)
    values = None if touched is None else gold_values(manifest, model, touched)
    if snapshot is not None and (values is None or values):
        with phases.phase('compute'):
            _recompute(spark, manifest, model, database, snapshot, values)
    progress = {
        'silverSnapshotId': None if snapshot is None else str(snapshot),
        'finishedAt': utc_now(),
        'partitions': None if values is None else [str(value) for value in values],
    }
    log_line('gold', dataset=manifest.dataset, model=model['name'], **progress, seconds=phases.seconds)
    return progress


def _touched(
    silver: IcebergTable, snapshot: int | None, before: Mapping[str, Any] | None
) -> set[int | None] | None:
    """Partition numbers changed since `before`; None: all."""
    if snapshot is None:
        return set()
    if before is None or before.get('silverSnapshotId') is None:
        return None
    return silver.changed_since(int(before['silverSnapshotId']))


def gold_values(
    manifest: Manifest, model: Mapping[str, Any], touched: Iterable[int | None]
) -> list[date | datetime]:
    """Values of the model's partition column that the touched silver partitions feed.

    A model by day over a silver by hour takes each whole day of which an hour was touched.
    """
    kind = next(column['type'] for column in model['columns'] if column['name'] == model['partitionColumn'])
    starts_ms = {number * manifest.partition_ms for number in touched if number is not None}
    if kind == 'date':
        return [UNIX_EPOCH + timedelta(days=day) for day in sorted({start // DAYS for start in starts_ms})]
    return [datetime.fromtimestamp(start / 1000, UTC) for start in sorted(starts_ms)]


def _source_numbers(manifest: Manifest, values: Iterable[date | datetime]) -> list[int]:
    """Silver's partition numbers that feed these gold values."""
    numbers: list[int] = []
    for value in values:
        if isinstance(value, datetime):
            numbers.append(int(value.timestamp() * 1000) // manifest.partition_ms)
        else:
            first = (value - UNIX_EPOCH).days * DAYS // manifest.partition_ms
            numbers.extend(range(first, first + DAYS // manifest.partition_ms))
    return numbers


def _recompute(
    spark: SparkSession,
    manifest: Manifest,
    model: Mapping[str, Any],
    database: str,
    snapshot: int,
    values: Sequence[date | datetime] | None,
) -> None:
    """Replaces the rows of `values` (None: all rows) as one commit, also where the model no longer yields
    any.
    """
    bare = manifest.table('silver')
    # One snapshot for the whole query, the one that progress will name.
    source = spark.read.option('versionAsOf', snapshot).table(table_name(database, bare))
    replaced: Column = F.lit(True)
    if values is not None:
        source = source.where(bounds_sql(manifest, _source_numbers(manifest, values)))
        replaced = F.col(model['partitionColumn']).isin(list(values))
    source.createOrReplaceTempView(bare)
    try:
        columns = [column['name'] for column in model['columns']]
        result = spark.sql(model['sql']).select(*columns)
        (
            # Few rows: one task, sorted by partition, needs no shuffle of its own.
            result.coalesce(1)
            .sortWithinPartitions(model['partitionColumn'], *model['grain'])
            .writeTo(table_name(database, model['name']))
            .option('use-table-distribution-and-ordering', 'false')
            .overwrite(replaced)
        )
    finally:
        spark.catalog.dropTempView(bare)
