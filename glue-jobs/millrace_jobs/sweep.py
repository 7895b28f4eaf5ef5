"""The sweep: one identity in two partitions, which a silver batch that looks only at its own partitions
cannot see.

Keeps the row that goes before the others, puts those of other content to `rejected` as conflicts, and deletes
the losers from silver. It only ever deletes: rows are inserted by the silver query alone.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.arguments import COMMON, job_arguments
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.classify import POSITION, classified, contested_identities
from millrace_jobs.collisions import again_on_collision
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import IcebergTable, table_at, table_name
from millrace_jobs.kafka_source import source_options
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.partitions import bounds_sql, partition_value
from millrace_jobs.progress import progress_uri, utc_now
from millrace_jobs.raw_records import KafkaRawRecords, RawRecords
from millrace_jobs.rejected_rows import conflicting_rows
from millrace_jobs.retention import kept_from
from millrace_jobs.session import job_session
from millrace_jobs.stale_windows import StalePairs, joined_pairs
from millrace_jobs.windows_write import stale_pairs, update_windows

#: Sweeps of one run: the silver query goes on beside it.
ROUNDS = 8
#: Losers one DELETE names: literals prune files, and concurrent appends with other offsets do not collide.
POSITIONS_A_DELETE = 1000


def main(argv: Sequence[str]) -> None:
    """One sweep of the dataset's silver. Raises JobError and Spark's errors."""
    arguments = job_arguments(argv, COMMON, {'cluster-arn': ''})
    manifest = load_manifest(arguments['manifest'])
    spark = job_session(f'{manifest.dataset}-sweep')
    objects = Objects()
    uri = progress_uri(arguments['state'], manifest.dataset, 'sweep')
    stored = objects.read(uri)
    before = None if stored is None else json.loads(stored.body)
    silver = objects.read(progress_uri(arguments['state'], manifest.dataset, 'silver'))
    watermark = None if silver is None else json.loads(silver.body).get('watermarkMs')

    def record(progress: Mapping[str, Any]) -> None:
        objects.write(uri, json.dumps(progress).encode())

    run_sweep(
        spark,
        manifest,
        arguments['database'],
        before,
        _raw_records(manifest, arguments),
        watermark=watermark,
        first_day=kept_from(objects, arguments['state'], manifest.dataset),
        record=record,
    )


def _raw_records(manifest: Manifest, arguments: Mapping[str, str]) -> RawRecords | None:
    """None where the job is not given the cluster: rejected rows then come without bytes, which bronze holds
    too.
    """
    if not arguments['cluster-arn']:
        return None
    return KafkaRawRecords(manifest.topic, source_options(kafka_connection(arguments['cluster-arn'])))


def run_sweep(
    spark: SparkSession,
    manifest: Manifest,
    database: str,
    before: Mapping[str, Any] | None,
    raw_records: RawRecords | None,
    *,
    watermark: int | None = None,
    first_day: date | None = None,
    record: Callable[[Mapping[str, Any]], None] = lambda _progress: None,
) -> dict[str, Any]:
    """Sweeps silver if it changed since the progress `before`, corrects the windows that lost a row; the new
    progress.

    The progress: silverSnapshotId (text; the snapshot found without any identity in two rows), startedAt,
    finishedAt, `removed` rows of this sweep, staleWindows (not yet corrected: `record` gets them before a row
    is deleted). `watermark` is silver's (epoch ms).
    """
    phases = Phases()
    started = utc_now()
    name = table_name(database, manifest.table('silver'))
    snapshot = IcebergTable(spark, name).current_snapshot()
    swept = None if before is None else before.get('silverSnapshotId')
    stale: StalePairs = {} if before is None else before.get('staleWindows', {})
    removed = 0

    def remember(losers: DataFrame) -> None:
        nonlocal stale
        stale = joined_pairs(stale, stale_pairs(losers, manifest))
        record({**(before or {}), 'staleWindows': stale})

    if snapshot is not None and not manifest.raw['partitionFollowsIdentity'] and str(snapshot) != swept:
        with phases.phase('sweep'):
            snapshot, removed = _until_clean(
                lambda: _sweep_once(spark, manifest, database, raw_records, remember), name
            )
    if any(stale.values()):
        with phases.phase('windows'):
            update_windows(spark, manifest, database, None, stale, watermark, datetime.now(UTC), first_day)
    progress = {
        'silverSnapshotId': None if snapshot is None else str(snapshot),
        'startedAt': started,
        'finishedAt': utc_now(),
        'removed': removed,
        'staleWindows': {},
    }
    record(progress)
    log_line('sweep', dataset=manifest.dataset, **progress, seconds=phases.seconds)
    return progress


def _until_clean(sweep: Callable[[], tuple[int, int]], name: str) -> tuple[int, int]:
    """Sweeps until a snapshot shows nothing to remove; again, too, where the silver query committed in
    between.

    (that snapshot, rows removed over all). Raises MR807 if silver collides or brings new finds time after
    time.
    """
    removed = 0
    for _round in range(ROUNDS):
        snapshot, found = again_on_collision(sweep, name)
        if not found:
            return snapshot, removed
        removed += found
    raise JobError(
        'MR807', f'not clean after {ROUNDS} rounds', where=name, mend='run it again; it is safe to repeat'
    )


def _sweep_once(
    spark: SparkSession,
    manifest: Manifest,
    database: str,
    raw_records: RawRecords | None,
    remember: Callable[[DataFrame], None],
) -> tuple[int, int]:
    """(snapshot looked at, rows removed from it)."""
    name = table_name(database, manifest.table('silver'))
    snapshot = IcebergTable(spark, name).current_snapshot()
    silver = table_at(spark, name, snapshot)
    contested = contested_identities(silver, None, manifest).persist()
    try:
        if contested.isEmpty():
            return snapshot, 0
        columns = dict.fromkeys([*manifest.content, 'kafka_timestamp', *POSITION])
        # A column that came after the snapshot is null in all its rows.
        there = silver.select(*(one for one in columns if one in silver.columns))
        known = spark.table(name).select(*columns).limit(0).unionByName(there, allowMissingColumns=True)
        rows = known.join(F.broadcast(contested.select(*manifest.identity)), manifest.identity, 'left_semi')
        losers = classified(rows, None, manifest).where("class <> 'new'").persist()
        try:
            remember(losers)
            return snapshot, _remove(spark, losers, manifest, database, raw_records)
        finally:
            losers.unpersist()
    finally:
        contested.unpersist()


def _remove(
    spark: SparkSession, losers: DataFrame, manifest: Manifest, database: str, raw_records: RawRecords | None
) -> int:
    name = table_name(database, manifest.table('silver'))
    found = losers.select(
        'class',
        *POSITION,
        F.unix_micros('kafka_timestamp').alias('micros'),
        partition_value(manifest).alias('number'),
    ).collect()
    classes = Counter(row['class'] for row in found)
    if classes['conflict']:
        conflicts = losers.where("class = 'conflict'")
        raw = (
            spark.createDataFrame(
                [], 'kafka_partition INT, kafka_offset BIGINT, kafka_key BINARY, kafka_value BINARY'
            )
            if raw_records is None
            else raw_records(conflicts.select(*POSITION))
        )
        rejected = conflicting_rows(conflicts, raw, manifest, datetime.now(UTC))
        rejected.coalesce(1).writeTo(table_name(database, manifest.table('rejected'))).append()
    for begin in range(0, len(found), POSITIONS_A_DELETE):
        chunk = found[begin : begin + POSITIONS_A_DELETE]
        bounds = bounds_sql(manifest, {row.number for row in chunk})
        spark.sql(
            f'DELETE FROM {name} WHERE {bounds} AND ({_positions_sql(chunk)}) AND {_records_sql(chunk)}'
        )
    return len(found)


def _positions_sql(rows: Iterable[Row]) -> str:
    offsets: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        offsets[row.kafka_partition].append(row.kafka_offset)
    return ' OR '.join(
        f'(kafka_partition = {number} AND kafka_offset IN ({", ".join(map(str, sorted(found)))}))'
        for number, found in sorted(offsets.items())
    )


def _records_sql(rows: Iterable[Row]) -> str:
    """The rows themselves: a topic that was made anew counts from 0 again (renewal.py), and the time tells
    such a row from another at its position.
    """
    named = ', '.join(f"'{row.kafka_partition}/{row.kafka_offset}/{row.micros}'" for row in rows)
    return f"concat_ws('/', kafka_partition, kafka_offset, unix_micros(kafka_timestamp)) IN ({named})"
