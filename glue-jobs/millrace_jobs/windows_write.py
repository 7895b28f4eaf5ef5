"""The window tables brought up to silver: exactly the touched (window, key) pairs, as one commit a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.collisions import again_on_collision
from millrace_jobs.iceberg import IcebergTable, table_at, table_name
from millrace_jobs.manifest import Manifest
from millrace_jobs.retention import start_of
from millrace_jobs.stale_windows import StalePairs
from millrace_jobs.windows import MICROS, Window, computed, pair_columns, spans, spans_sql, touched_pairs

SQL_TYPES = {'long': 'BIGINT'}


def stale_pairs(rows: DataFrame, manifest: Manifest) -> dict[str, list[list[Any]]]:
    """The windows of rows that are about to leave silver, as plain data: they are written down before, since
    afterwards nothing tells of them.
    """
    return {
        window['name']: [
            list(row)
            for row in touched_pairs(rows, window, manifest)
            .withColumn('window_start', F.unix_millis('window_start'))
            .collect()
        ]
        for window in manifest.windows
    }


def update_windows(
    spark: SparkSession,
    manifest: Manifest,
    database: str,
    rows: DataFrame | None,
    stale: StalePairs,
    watermark: int | None,
    now: datetime,
    first_day: date | None = None,
    span: tuple[int, int] | None = None,
    trails: bool = False,
) -> dict[str, int]:
    """Recomputes, in each window table, what `rows` touch, what is stale, what the watermark (epoch ms) has
    passed since, and everything that begins within `span` (first and past the last instant, epoch ms).

    `rows` have the contract's columns: the valid rows of a batch, new or seen before. Windows that begin
    before `first_day`, of which silver has forgotten rows, stay as they are. Where the watermark `trails`,
    the stream may be ahead of it: windows that are final stay so. Number of windows computed, by table.
    """
    result = {}
    for window in manifest.windows:
        touched = _stale_frame(spark, stale.get(window['name'], ()), window)
        if rows is not None:
            touched = touched.unionByName(touched_pairs(rows, window, manifest))
        result[window['name']] = again_on_collision(
            lambda window=window, touched=touched: _update(
                spark, manifest, window, database, touched, watermark, now, first_day, span, trails
            ),
            table_name(database, window['name']),
        )
    return result


def _stale_frame(spark: SparkSession, pairs: Sequence[Sequence[Any]], window: Window) -> DataFrame:
    types = {column['name']: SQL_TYPES.get(column['type'], column['type']) for column in window['columns']}
    keys = ''.join(f', `{one}` {types[one]}' for one in window['key'])
    frame = spark.createDataFrame([tuple(pair) for pair in pairs], f'window_start BIGINT{keys}')
    return frame.withColumn('window_start', F.timestamp_millis('window_start'))


def _update(
    spark: SparkSession,
    manifest: Manifest,
    window: Window,
    database: str,
    touched: DataFrame,
    watermark: int | None,
    now: datetime,
    first_day: date | None,
    span: tuple[int, int] | None,
    trails: bool,
) -> int:
    name = table_name(database, window['name'])
    base = IcebergTable(spark, name).current_snapshot()
    stored = table_at(spark, name, base)
    if span is not None:
        touched = touched.unionByName(_pairs_within(spark, manifest, window, database, stored, span))
    pairs = _with_overdue(touched, stored, window, watermark)
    if first_day is not None:
        pairs = pairs.where(F.col('window_start') >= F.lit(start_of(first_day)))
    # Cut from the table: a cached frame that reads it is planned again with each commit to it.
    pairs = pairs.localCheckpoint(eager=False)
    counts = dict(pairs.groupBy(F.unix_millis('window_start')).count().collect())
    if not counts:
        return 0
    silver = spark.table(table_name(database, manifest.table('silver'))).where(
        spans_sql(f'`{window["time"]}`', spans(counts, window['sizeMs']))
    )
    size = manifest.partition_ms
    reach = spans_sql('window_start', spans({start - start % size for start in counts}, size))
    if trails and stored is not None:
        watermark = _not_behind(watermark, stored.where(reach))
    fresh = _stamped(spark, computed(silver, pairs, window, manifest), window, watermark, now)
    if stored is not None:
        kept = stored.where(reach).join(F.broadcast(pairs), _matches(stored, pairs, window), 'left_anti')
        # A column that came after the snapshot is null in what is kept.
        there = [one for one in fresh.columns if one in stored.columns]
        fresh = fresh.unionByName(kept.select(*there), allowMissingColumns=True)
    _replace(fresh, reach, name, base, window, size)
    return sum(counts.values())


def _pairs_within(
    spark: SparkSession,
    manifest: Manifest,
    window: Window,
    database: str,
    stored: DataFrame | None,
    span: tuple[int, int],
) -> DataFrame:
    """Windows that begin within the span: those that silver's rows make, and those that are stored."""
    first, past = span
    reach = spans_sql(f'`{window["time"]}`', [(first, past + window['sizeMs'])])
    rows = spark.table(table_name(database, manifest.table('silver'))).where(reach)
    pairs = touched_pairs(rows, window, manifest)
    if stored is not None:
        pairs = pairs.unionByName(stored.select(*pair_columns(window)))
    return pairs.where(spans_sql('window_start', [span]))


def _with_overdue(
    touched: DataFrame, stored: DataFrame | None, window: Window, watermark: int | None
) -> DataFrame:
    """The touched pairs, and those that the watermark has passed since they were computed."""
    if watermark is None or stored is None:
        return touched.distinct()
    passed = f'window_end <= timestamp_micros({watermark * MICROS}L)'
    overdue = stored.where(f'NOT final AND {passed}').select(*pair_columns(window))
    return touched.unionByName(overdue).distinct()


def _not_behind(watermark: int | None, stored: DataFrame) -> int | None:
    """The watermark, or the later one that made a stored window final."""
    passed = stored.where('final').agg(F.max(F.unix_millis('window_end'))).first()[0]
    return passed if watermark is None else max(watermark, passed or watermark)


def _matches(left: DataFrame, right: DataFrame, window: Window) -> list[Column]:
    return [left[one].eqNullSafe(right[one]) for one in pair_columns(window)]


def _stamped(
    spark: SparkSession, fresh: DataFrame, window: Window, watermark: int | None, now: datetime
) -> DataFrame:
    """The computed windows as their table has them."""
    # As data, not as literals of the plan: those are compiled anew with each batch.
    instants = spark.createDataFrame(
        [(None if watermark is None else datetime.fromtimestamp(watermark / 1000, UTC), now)],
        '_watermark TIMESTAMP, processing_time TIMESTAMP',
    )
    end = F.expr(f'timestamp_micros(unix_micros(window_start) + {window["sizeMs"] * MICROS}L)')
    made = {'window_end': end, 'final': F.coalesce(end <= F.col('_watermark'), F.lit(False))}
    names = [column['name'] for column in window['columns']]
    return fresh.crossJoin(F.broadcast(instants)).select(
        *(made.get(one, F.col(one)).alias(one) for one in names)
    )


def _replace(
    rows: DataFrame, reach: str, name: str, base: int | None, window: Window, partition_ms: int
) -> None:
    """Puts the rows in the place of whole partitions, as one commit that fails if another came since `base`.

    So each partition is one file, and no MERGE has to look for rows: that takes Spark three times as long.
    """
    micros = partition_ms * MICROS
    writer = (
        rows.repartition(F.expr(f'unix_micros(window_start) DIV {micros}'))
        .sortWithinPartitions(*pair_columns(window))
        .writeTo(name)
        .option('use-table-distribution-and-ordering', 'false')
        .option('isolation-level', 'serializable')
    )
    if base is not None:
        writer = writer.option('validate-from-snapshot-id', str(base))
    writer.overwrite(F.expr(reach))
