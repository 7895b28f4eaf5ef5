"""The window tables brought up to silver: exactly the touched (window, key) pairs, as one commit a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.collisions import again_on_collision
from millrace_jobs.iceberg import OWN_ORDER, IcebergTable, table_at, table_name
from millrace_jobs.manifest import Manifest
from millrace_jobs.retention import start_of
from millrace_jobs.stale_windows import StalePairs
from millrace_jobs.windows import (
    MICROS,
    Window,
    computed,
    in_windows,
    pair_columns,
    spans,
    spans_sql,
    touched_pairs,
)

SQL_TYPES = {'long': 'BIGINT'}
#: Beyond, whole partitions are computed: that needs no list of windows in memory.
MANY_WINDOWS = 100_000
#: Rows times windows that hold each: beyond, not even their pairs are listed.
WIDE = 1_000_000


@dataclass(frozen=True)
class Herald:
    """Tells of computed windows once they stand in their table."""

    tell: Callable[[Window, DataFrame], None]
    #: Epoch ms: of what the watermark had not passed by then, a batch may have ended before it told.
    since: int | None


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
    herald: Herald | None = None,
) -> dict[str, int]:
    """Recomputes, in each window table, what `rows` touch, what is stale, what the watermark (epoch ms) has
    passed since, and everything that begins within `span` (first and past the last instant, epoch ms).

    `rows` have the contract's columns: the valid rows of a batch, new or seen before. Windows that begin
    before `first_day`, of which silver has forgotten rows, stay as they are. Where the watermark `trails`,
    the stream may be ahead of it: windows that are final stay so. The `herald` tells of what is computed of
    published tables. Number of windows computed, by table.
    """
    result = {}
    for window in manifest.windows:
        touched = _stale_frame(spark, stale.get(window['name'], ()), window)
        wide = rows is not None and _memberships(rows, window) > WIDE
        if rows is not None:
            # A list of so many pairs costs more than the windows beside them that are computed for nothing.
            pairs = in_windows(rows, window) if wide else touched_pairs(rows, window, manifest)
            touched = touched.select('window_start') if wide else touched
            touched = touched.unionByName(pairs.select(*touched.columns))
        told = herald if window['publish'] is not None else None
        result[window['name']], fresh = again_on_collision(
            lambda window=window, touched=touched, told=told, wide=wide: _update(
                spark,
                manifest,
                window,
                database,
                touched,
                watermark,
                now,
                first_day,
                span,
                trails,
                told,
                wide,
            ),
            table_name(database, window['name']),
        )
        if told is not None and fresh is not None:
            told.tell(window, fresh)
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
    herald: Herald | None,
    wide: bool,
) -> tuple[int, DataFrame | None]:
    """Number of windows computed; these windows as stored, None where there is none.

    `touched` are pairs, or, where it is `wide`, no more than starts.
    """
    name = table_name(database, window['name'])
    base = IcebergTable(spark, name).current_snapshot()
    stored = table_at(spark, name, base)
    if span is not None:
        within = _pairs_within(spark, manifest, window, database, stored, span)
        touched = touched.unionByName(within.select(*touched.columns))
    pairs = touched.distinct()
    if first_day is not None:
        pairs = pairs.where(F.col('window_start') >= F.lit(start_of(first_day)))
    # Cut from the table: a cached frame that reads it is planned again with each commit to it.
    pairs = pairs.localCheckpoint(eager=False)
    counts = _starts(pairs)
    overdue = _overdue(stored, window, watermark, herald, first_day)
    passed = {} if overdue is None else _starts(overdue)
    if not counts and not passed:
        return 0, None
    size = manifest.partition_ms
    made_anew = spans({start - start % size for start in counts}, size)
    reach = spans_sql('window_start', spans({start - start % size for start in (*counts, *passed)}, size))
    if trails and stored is not None:
        watermark = _not_behind(watermark, stored.where(reach))
    stamp = _stamp(spark, watermark, now)
    many = wide or sum(counts.values()) > MANY_WINDOWS
    silver = spark.table(table_name(database, manifest.table('silver'))).where(
        spans_sql(
            f'`{window["time"]}`',
            [(first, past + window['sizeMs']) for first, past in made_anew]
            if many
            else spans(counts, window['sizeMs']),
        )
    )
    whole = spans_sql('window_start', made_anew)
    fresh = _stamped(computed(silver, whole if many else pairs, window, manifest), stamp, window)
    if herald is not None or many:
        # Computed once, for the table, for whom it is told and to be counted.
        fresh = fresh.localCheckpoint(eager=False)
    rows = told = fresh
    if stored is not None:
        kept = stored.where(reach)
        if many:
            kept = kept.where(f'NOT {whole}')
        elif counts:
            kept = kept.join(F.broadcast(pairs), _matches(stored, pairs, window), 'left_anti')
        kept = _made_final(kept, stamp)
        # A column that came after the snapshot is null in what is kept.
        there = [one for one in fresh.columns if one in stored.columns]
        rows = fresh.unionByName(kept.select(*there), allowMissingColumns=True)
        if passed and herald is not None:
            news = kept.where(_passed(watermark)).where(
                _untold(herald) | (F.col('processing_time') == F.lit(now))
            )
            told = fresh.unionByName(news.select(*there), allowMissingColumns=True)
    _replace(rows, reach, name, base, window, size)
    return (fresh.count() if many else sum(counts.values())) + sum(passed.values()), told


def _memberships(rows: DataFrame, window: Window) -> int:
    """In how many windows the rows stand, added up; not counted where each stands in one alone."""
    times = window['sizeMs'] // window['slideMs']
    return rows.count() * times if times > 1 else 0


def _starts(pairs: DataFrame) -> dict[int, int]:
    """How many windows begin at each start (epoch ms)."""
    return dict(pairs.groupBy(F.unix_millis('window_start')).count().collect())


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


def _overdue(
    stored: DataFrame | None,
    window: Window,
    watermark: int | None,
    herald: Herald | None,
    first_day: date | None,
) -> DataFrame | None:
    """The stored windows that the watermark has passed since they were computed, or told of; None for none.

    Their rows in silver are as they were, or they would have been touched: they need no more than to be
    marked.
    """
    if watermark is None or stored is None:
        return None
    undone = ~F.col('final')
    overdue = stored.where(_passed(watermark)).where(undone if herald is None else undone | _untold(herald))
    if first_day is not None:
        overdue = overdue.where(F.col('window_start') >= F.lit(start_of(first_day)))
    return overdue.select(*pair_columns(window))


def _passed(watermark: int | None) -> Column:
    if watermark is None:
        return F.lit(False)
    return F.expr(f'window_end <= timestamp_micros({watermark * MICROS}L)')


def _untold(herald: Herald) -> Column:
    if herald.since is None:
        return F.lit(True)
    return F.expr(f'window_end > timestamp_micros({herald.since * MICROS}L)')


def _not_behind(watermark: int | None, stored: DataFrame) -> int | None:
    """The watermark, or the later one that made a stored window final."""
    passed = stored.where('final').agg(F.max(F.unix_millis('window_end'))).first()[0]
    return passed if watermark is None else max(watermark, passed or watermark)


def _matches(left: DataFrame, right: DataFrame, window: Window) -> list[Column]:
    return [left[one].eqNullSafe(right[one]) for one in pair_columns(window)]


def _stamp(spark: SparkSession, watermark: int | None, now: datetime) -> DataFrame:
    """One row, to be joined: as literals of the plan its values would be compiled anew with each batch."""
    return F.broadcast(
        spark.createDataFrame(
            [(None if watermark is None else datetime.fromtimestamp(watermark / 1000, UTC), now)],
            '_watermark TIMESTAMP, _now TIMESTAMP',
        )
    )


def _stamped(fresh: DataFrame, stamp: DataFrame, window: Window) -> DataFrame:
    """The computed windows as their table has them."""
    end = F.expr(f'timestamp_micros(unix_micros(window_start) + {window["sizeMs"] * MICROS}L)')
    made = {
        'window_end': end,
        'final': F.coalesce(end <= F.col('_watermark'), F.lit(False)),
        'processing_time': F.col('_now'),
    }
    names = [column['name'] for column in window['columns']]
    return fresh.crossJoin(stamp).select(*(made.get(one, F.col(one)).alias(one) for one in names))


def _made_final(kept: DataFrame, stamp: DataFrame) -> DataFrame:
    """Stored windows, those that the watermark has passed since marked so."""
    now_final = ~F.col('final') & F.coalesce(F.col('window_end') <= F.col('_watermark'), F.lit(False))
    made = {
        'final': F.col('final') | now_final,
        'processing_time': F.when(now_final, F.col('_now')).otherwise(F.col('processing_time')),
    }
    return kept.crossJoin(stamp).select(*(made.get(one, F.col(one)).alias(one) for one in kept.columns))


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
        .options(**OWN_ORDER)
        .option('isolation-level', 'serializable')
    )
    if base is not None:
        writer = writer.option('validate-from-snapshot-id', str(base))
    writer.overwrite(F.expr(reach))
