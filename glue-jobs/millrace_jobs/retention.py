"""The contract's retention: whole UTC days that are older leave silver and rejected, and stay in gold.

Which day silver begins with is written down before anything is deleted, and never goes back. What is made of
silver must leave the days before it as they are: it would compute them from nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_uri, utc_now

OBJECT = 'retention'


def kept_from(objects: Objects, state: str, dataset: str) -> date | None:
    """The first UTC day whose silver is whole; None: nothing was ever deleted.

    Read it after the snapshot of silver that it is to hold for: it is written before any deletion.
    """
    stored = objects.read(progress_uri(state, dataset, OBJECT))
    return None if stored is None else date.fromisoformat(json.loads(stored.body)['keptFrom'])


def advance(objects: Objects, state: str, manifest: Manifest, now: datetime) -> date:
    """The day from which rows are kept by the contract, written down."""
    first = (now - timedelta(days=manifest.raw['retentionDays'])).astimezone(UTC).date()
    before = kept_from(objects, state, manifest.dataset)
    if before is not None and before >= first:
        return before
    body = json.dumps({'keptFrom': first.isoformat(), 'writtenAt': utc_now()})
    objects.write(progress_uri(state, manifest.dataset, OBJECT), body.encode())
    return first


def delete_before(spark: SparkSession, name: str, column: str, first: date) -> int:
    """Deletes the rows whose time (a timestamp or date) lies before that day; how many.

    The bound is one of partitions (days or hours), so whole files go and none is rewritten.
    """
    begin = f'timestamp_seconds({int(start_of(first).timestamp())}L)'
    if isinstance(spark.table(name).schema[column].dataType, T.DateType):
        begin = f"DATE '{first.isoformat()}'"
    expired = f'`{column}` < {begin}'
    rows = spark.table(name).where(expired).count()
    if rows:
        spark.sql(f'DELETE FROM {name} WHERE {expired}')
    return rows


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
