"""What is made of window tables, by the days that changed: approximate quantiles, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pyspark.sql import SparkSession

from millrace_jobs.approximate import update_approximation
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.exports import export_parquet
from millrace_jobs.iceberg import IcebergTable, table_name, touched_since
from millrace_jobs.manifest import PARTITION_MS, UNIX_EPOCH, Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import utc_now

DAYS = PARTITION_MS['day']


def run_approximation(
    spark: SparkSession,
    manifest: Manifest,
    approximation: Mapping[str, Any],
    database: str,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Computes the days whose windows changed since the progress `before`; the new progress.

    The progress: windowSnapshotId (text), finishedAt, `partitions` (days).
    """
    return _over_windows(
        spark,
        manifest,
        approximation['window'],
        database,
        before,
        'approximation',
        approximation['name'],
        lambda snapshot, days: update_approximation(spark, manifest, approximation, database, snapshot, days),
    )


def run_export(
    spark: SparkSession,
    manifest: Manifest,
    window: Mapping[str, Any],
    database: str,
    before: Mapping[str, Any] | None,
    *,
    objects: Objects,
    folder: str,
) -> dict[str, Any]:
    """As `run_approximation`, into files."""
    return _over_windows(
        spark,
        manifest,
        window['name'],
        database,
        before,
        'export',
        window['name'],
        lambda snapshot, days: export_parquet(spark, objects, window, database, snapshot, days, folder),
    )


def _over_windows(
    spark: SparkSession,
    manifest: Manifest,
    window: str,
    database: str,
    before: Mapping[str, Any] | None,
    event: str,
    name: str,
    run: Callable[[int, Sequence[date]], object],
) -> dict[str, Any]:
    """Runs on the days of the window table that changed since the progress `before`."""
    phases = Phases()
    with phases.phase('plan'):
        snapshot, touched = touched_since(spark, table_name(database, window), before, 'windowSnapshotId')
        if touched is None:
            touched = IcebergTable(spark, table_name(database, window)).partitions()
    starts = {number * manifest.partition_ms // DAYS for number in touched if number is not None}
    days = [UNIX_EPOCH + timedelta(days=day) for day in sorted(starts)]
    if snapshot is not None and days:
        with phases.phase('compute'):
            run(snapshot, days)
    progress = {
        'windowSnapshotId': None if snapshot is None else str(snapshot),
        'finishedAt': utc_now(),
        'partitions': [str(day) for day in days],
    }
    log_line(event, dataset=manifest.dataset, name=name, **progress, seconds=phases.seconds)
    return progress
