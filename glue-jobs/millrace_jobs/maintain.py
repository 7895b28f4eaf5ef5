"""The maintenance job: retention, compaction, expiry of every Iceberg table; overlaps of the landed objects.

Runs beside everything else: it inserts nothing, its rewrites change no row, and what another writer was first
at it leaves and says so. The report goes to the log, a line a table, and to `progress/DATASET/maintain.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import SparkSession

from millrace_jobs.arguments import COMMON, job_arguments
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.bronze_rewrite import rewrite_overlaps
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.maintain_expiry import expire_snapshots, named_snapshots, remove_orphans
from millrace_jobs.maintain_files import compact, rewrite_manifests, unless_colliding
from millrace_jobs.maintain_settings import DEFAULTS, Settings
from millrace_jobs.maintain_tables import MaintainedTable, maintained_tables
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_folder, progress_uri, utc_now
from millrace_jobs.retention import advance, delete_before
from millrace_jobs.session import job_session

#: Roots of the external tables, `s3://BUCKET/PREFIX/`.
LANDED = ('bronze', 'quarantine')


def main(argv: Sequence[str]) -> None:
    """One maintenance of the dataset's tables. Raises JobError and Spark's errors."""
    arguments = job_arguments(argv, (*COMMON, *LANDED), DEFAULTS)
    settings = Settings.of(arguments)
    manifest = load_manifest(arguments['manifest'])
    spark = job_session(f'{manifest.dataset}-maintain')
    run_maintenance(spark, Objects(), manifest, arguments, settings, datetime.now(UTC))


def run_maintenance(
    spark: SparkSession,
    objects: Objects,
    manifest: Manifest,
    arguments: Mapping[str, str],
    settings: Settings,
    now: datetime,
) -> dict[str, Any]:
    """Maintains everything as of `now`; the report, which is also written."""
    report: dict[str, Any] = {'startedAt': utc_now(), 'tables': {}}
    state, dataset = arguments['state'], manifest.dataset
    first = advance(objects, state, manifest, now)
    named = named_snapshots(objects, progress_folder(state, dataset), now - settings.progress_age)
    for table in maintained_tables(manifest):
        name = table_name(arguments['database'], table.name)
        facts = maintain_table(spark, table, name, first, named, settings, now)
        report['tables'][table.name] = facts
        log_line('maintain', dataset=dataset, table=table.name, **facts)
    for layer in LANDED:
        phases = Phases()
        facts = {
            **asdict(rewrite_overlaps(objects, arguments[layer], now, settings)),
            'seconds': phases.total,
        }
        report[layer] = facts
        log_line('maintain', dataset=dataset, layer=layer, **facts)
    report |= {'keptFrom': first.isoformat(), 'finishedAt': utc_now()}
    objects.write(progress_uri(state, dataset, 'maintain'), json.dumps(report).encode())
    return report


def maintain_table(
    spark: SparkSession,
    table: MaintainedTable,
    name: str,
    first: date,
    named: set[int],
    settings: Settings,
    now: datetime,
) -> dict[str, Any]:
    """Of one table: measures before and after, what was done, seconds of each part, what was left and why."""
    phases = Phases()
    before = IcebergTable(spark, name).measures()
    facts: dict[str, Any] = {'before': before, 'expiredRows': 0, 'skipped': []}
    skipped: list[str] = facts['skipped']

    def retain(column: str) -> None:
        facts['expiredRows'] = delete_before(spark, name, column, first)

    if before['snapshots'] == 0:
        skipped.append('everything: never written')
        return {**facts, 'after': before, 'seconds': phases.seconds}
    if table.expires_by is not None:
        column = table.expires_by
        with phases.phase('retention'):
            skipped += unless_colliding('retention', lambda: retain(column), name)
    with phases.phase('compaction'):
        counts, left = compact(spark, name, settings)
        skipped += left
    with phases.phase('manifests'):
        skipped += rewrite_manifests(spark, name, settings)
    with phases.phase('snapshots'):
        facts['expiredSnapshots'] = expire_snapshots(spark, name, named, now, settings)
    with phases.phase('orphans'):
        facts['orphans'] = remove_orphans(spark, name, now, settings)
    return {**facts, **counts, 'after': IcebergTable(spark, name).measures(), 'seconds': phases.seconds}
