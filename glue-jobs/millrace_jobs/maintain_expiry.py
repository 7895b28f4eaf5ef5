"""What no reader needs any more: old snapshots with the files only they name, and files that none names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from millrace_jobs.iceberg import CATALOG, IcebergTable
from millrace_jobs.maintain_settings import Settings
from millrace_jobs.objects import Objects

#: What a run tells of the change it made: of use to the next one only where it broke off.
CHANGE = ('beforeSnapshotId', 'afterSnapshotId')


def named_snapshots(objects: Objects, folder: str, since: datetime) -> set[int]:
    """Snapshots that the progress objects below `folder`, written since then, go on from: of any table, since
    no two have the same id.
    """
    recent = [listed.uri for listed in objects.listed(folder) if listed.modified >= since]
    bodies = [json.loads(stored.body) for stored in map(objects.read, recent) if stored is not None]
    return {int(value) for body in bodies for key, value in body.items() if value and _goes_on(body, key)}


def _goes_on(progress: Mapping[str, Any], key: str) -> bool:
    """Whether the next run goes on from the snapshot that the progress has under the key."""
    if key in CHANGE:
        return progress.get('finishedAt') is None
    return key.endswith('SnapshotId')


def expire_snapshots(
    spark: SparkSession, name: str, named: set[int], now: datetime, settings: Settings
) -> int:
    """Expires what is older than the declared age and than the oldest snapshot of `named`; how many.

    Who goes on from a snapshot reads what was committed after it, so all of that stays too.
    """
    table = IcebergTable(spark, name)
    times_ms = [int((now - settings.snapshot_age).timestamp() * 1000)]
    times_ms += [time for time in map(table.snapshot_ms, named) if time is not None]
    before = table.measures()['snapshots']
    spark.sql(
        f"CALL {CATALOG}.system.expire_snapshots(table => '{name}', "
        f'older_than => timestamp_millis({min(times_ms)}L))'
    ).collect()
    return before - IcebergTable(spark, name).measures()['snapshots']


def remove_orphans(spark: SparkSession, name: str, now: datetime, settings: Settings) -> int:
    """Deletes the files in the table's folder that no snapshot names and that are old enough; how many."""
    older_ms = int((now - settings.orphan_age).timestamp() * 1000)
    return len(
        spark.sql(
            f"CALL {CATALOG}.system.remove_orphan_files(table => '{name}', prefix_listing => true, "
            f'older_than => timestamp_millis({older_ms}L))'
        ).collect()
    )
