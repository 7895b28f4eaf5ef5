"""The gold job: reference tables from their files; each model's SQL over the silver partitions that changed
since its last run, put in the place of the rows of those partitions (of all rows, where the model is not
partitioned or a reference table that it reads changed); then what is made of the windows that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.arguments import COMMON, job_arguments
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.collisions import again_on_collision
from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.exports import export_csv
from millrace_jobs.iceberg import table_name, touched_since
from millrace_jobs.manifest import PARTITION_MS, UNIX_EPOCH, Manifest, load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.partitions import bounds_sql, day_start
from millrace_jobs.progress import progress_uri, utc_now
from millrace_jobs.publish import publish
from millrace_jobs.references import reference_uris, run_reference
from millrace_jobs.retention import kept_from
from millrace_jobs.session import job_session
from millrace_jobs.window_products import run_approximation, run_export

DAYS = PARTITION_MS['day']
#: Partitions of a model that one task writes.
ONE_TASK = 31


def main(argv: Sequence[str]) -> None:
    """Brings every reference table, gold model, approximation and export of the dataset up to date; with
    `--from` and `--to` (UTC days, both included) it also computes these days again, changed or not.

    What a gate refuses does not keep the others back, but for a reference table that was never filled; the
    job fails after them. Raises JobError and Spark's errors.
    """
    arguments = job_arguments(argv, (*COMMON, 'exports'), {'from': '', 'to': '', 'references': ''})
    manifest = load_manifest(arguments['manifest'])
    spark = job_session(f'{manifest.dataset}-gold')
    objects = Objects()
    database, exports = arguments['database'], arguments['exports']
    refused: list[JobError] = []
    uris = reference_uris(arguments['references'])
    again = Days.of(arguments, kept_from(objects, arguments['state'], manifest.dataset))

    def keep(
        name: str, run: Callable[[Mapping[str, Any] | None], Mapping[str, Any]]
    ) -> Mapping[str, Any] | None:
        """The progress as it now is; None where there never was any."""
        uri = progress_uri(arguments['state'], manifest.dataset, name)
        stored = objects.read(uri)
        before = None if stored is None else json.loads(stored.body)
        try:
            progress = run(before)
        except JobError as error:
            refused.append(error)
            return before
        if progress != before:
            objects.write(uri, json.dumps(progress).encode())
        return progress

    contents: dict[str, str] = {}
    for reference in manifest.references:
        run = partial(run_reference, spark, reference, database, uris, objects=objects)
        filled = keep(f'reference-{reference["name"]}', run)
        if filled is None:
            # What is made without it would look as if it were right.
            raise refused[-1]
        contents[reference['name']] = filled['contentHash']
    for model in manifest.gold:
        keep(
            f'gold-{model["name"]}',
            partial(
                run_model,
                spark,
                manifest,
                model,
                database,
                objects=objects,
                exports=exports,
                first_day=lambda: kept_from(objects, arguments['state'], manifest.dataset),
                again=again.numbers(manifest),
                contents=contents,
            ),
        )
    for one in manifest.approximations:
        keep(f'gold-{one["name"]}', partial(run_approximation, spark, manifest, one, database))
    for window in (one for one in manifest.windows if one['export'] is not None):
        keep(
            f'export-{window["name"]}',
            partial(run_export, spark, manifest, window, database, objects=objects, folder=exports),
        )
    if refused:
        raise refused[0]


def run_model(
    spark: SparkSession,
    manifest: Manifest,
    model: Mapping[str, Any],
    database: str,
    before: Mapping[str, Any] | None,
    *,
    objects: Objects,
    exports: str,
    first_day: Callable[[], date | None] = lambda: None,
    again: Iterable[int] = (),
    contents: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Recomputes what changed since the progress `before`, everything where that is None, and the silver
    partitions `again`; the new progress.

    Days before `first_day`, which silver has forgotten, stay as they are. A model is computed of all that
    silver has where `contents` (hashes by reference table) changed of one that it reads, and one that is not
    partitioned as soon as anything changed.

    The progress: silverSnapshotId (text), finishedAt, `partitions` recomputed (null: all of them), and
    `references`, the contents it was computed with, of a model that reads any.
    """
    phases = Phases()
    whole = model['partitionColumn'] is None
    named = read_by(manifest, model)
    read = {name: digest for name, digest in (contents or {}).items() if name in named}
    unlike = before is not None and before.get('references', {}) != read
    with phases.phase('plan'):
        name = table_name(database, manifest.table('silver'))
        snapshot, touched = touched_since(spark, name, before, 'silverSnapshotId')
        # Asked after the snapshot was taken: whatever that has lost is then known to be lost.
        first = None if whole else first_day()
    values: list[date | datetime] | None
    if snapshot is None:
        values = []
    elif touched is None or unlike:
        values = None
    elif whole:
        values = None if touched.union(again) else []
    else:
        values = _since(first, gold_values(manifest, model, touched.union(again)))
    if snapshot is not None and (values is None or values):
        with phases.phase('compute'):
            _recompute(spark, manifest, model, database, snapshot, values, first)
        if model['export'] == 'csv':
            with phases.phase('export'):
                export_csv(spark, objects, model, database, exports)
    progress = {
        'silverSnapshotId': None if snapshot is None else str(snapshot),
        'finishedAt': utc_now(),
        'partitions': None if values is None else [str(value) for value in values],
        **({'references': read} if read else {}),
    }
    log_line('gold', dataset=manifest.dataset, model=model['name'], **progress, seconds=phases.seconds)
    return progress


def read_by(manifest: Manifest, model: Mapping[str, Any]) -> set[str]:
    """Names of the reference tables that the model's SQL names."""
    words = set(re.findall(r'\w+', model['sql'].lower()))
    return {one['name'] for one in manifest.references if one['table'].lower() in words}


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


def _since(first: date | None, values: Iterable[date | datetime]) -> list[date | datetime]:
    days = ((value, value.date() if isinstance(value, datetime) else value) for value in values)
    return [value for value, day in days if first is None or day >= first]


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
    first: date | None,
) -> None:
    """Replaces the rows of `values` (None: all rows from the day `first` on), also where the model no longer
    yields any.
    """
    bare = manifest.table('silver')
    # One snapshot for the whole query, the one that progress will name.
    source = spark.read.option('versionAsOf', snapshot).table(table_name(database, bare))
    replaced: Column = F.lit(True)
    if values is not None:
        source = source.where(bounds_sql(manifest, _source_numbers(manifest, values)))
        replaced = F.col(model['partitionColumn']).isin(list(values))
    elif first is not None:
        source = source.where(F.col(manifest.partition_column) >= day_start(manifest, first))
        replaced = F.col(model['partitionColumn']) >= F.lit(first)
    views = {bare: source}
    for reference in manifest.references:
        views[reference['table']] = spark.table(table_name(database, reference['table']))
    with _visible(spark, views):
        rows = spark.sql(model['sql']).select(*(column['name'] for column in model['columns']))
        name = table_name(database, model['name'])
        many = values is None or len(values) > ONE_TASK
        again_on_collision(lambda: publish(spark, rows, replaced, name, model, many=many), name)


@contextmanager
def _visible(spark: SparkSession, views: Mapping[str, DataFrame]) -> Iterator[None]:
    """Makes these rows what SQL finds under bare names."""
    for name, rows in views.items():
        rows.createOrReplaceTempView(name)
    try:
        yield
    finally:
        for name in views:
            spark.catalog.dropTempView(name)
