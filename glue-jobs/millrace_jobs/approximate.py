"""Approximate quantiles of each day so far, merged from the sketches of its windows: silver is not read.

The sketches are KLL sketches (Karnin, Lang, Liberty 2016; Apache DataSketches). Of k items, the rank of an
answer is off by at most 2.296 / k^0.9723 of all values, at 99 % confidence (one-sided, as DataSketches
states it); as long as a sketch has seen no more than k values, it holds them all and is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.iceberg import OWN_ORDER, table_name
from millrace_jobs.manifest import Manifest

#: kll_merge_agg_double came with Spark 4.1.2; Glue 6.0 runs 4.1.1.
MERGED = 'reduce(slice(_sketches, 2, size(_sketches)), _sketches[0], (a, b) -> kll_sketch_merge_double(a, b))'


def rank_error(items: int) -> float:
    """Bound of the error of a rank, as a fraction of all values."""
    return 2.296 / items**0.9723


def update_approximation(
    spark: SparkSession,
    manifest: Manifest,
    approximation: Mapping[str, Any],
    database: str,
    snapshot: int,
    days: Sequence[date],
) -> None:
    """Computes these days again from the window table as of `snapshot`, as one commit."""
    window = next(one for one in manifest.windows if one['name'] == approximation['window'])
    windows = spark.read.option('versionAsOf', snapshot).table(table_name(database, window['name']))
    windows = windows.where(F.to_date('window_start').isin(list(days)))
    (
        approximated(windows, approximation, window, datetime.now(UTC))
        .coalesce(1)
        .sortWithinPartitions('date', *window['key'])
        .writeTo(table_name(database, approximation['name']))
        .options(**OWN_ORDER)
        .overwrite(F.col('date').isin(list(days)))
    )


def approximated(
    windows: DataFrame, approximation: Mapping[str, Any], window: Mapping[str, Any], now: datetime
) -> DataFrame:
    """A row a day and key, of the columns of the approximation's table."""
    sketch = approximation['sketch']
    items = next(one['items'] for one in window['aggregates'] if one['column'] == sketch)
    return (
        windows.where(F.col(sketch).isNotNull())
        .groupBy(F.to_date('window_start').alias('date'), *window['key'])
        .agg(F.collect_list(sketch).alias('_sketches'), F.max('window_end').alias('through'))
        .withColumn('_sketch', F.expr(MERGED))
        .withColumn('events', F.expr('kll_sketch_get_n_double(_sketch)'))
        .withColumn(
            'approximate_quantile',
            F.expr(f'kll_sketch_get_quantile_double(_sketch, {approximation["quantile"]}D)'),
        )
        .withColumn('rank_error', F.when(F.col('events') <= items, 0.0).otherwise(rank_error(items)))
        .withColumn('processing_time', F.lit(now))
        .select(*(column['name'] for column in approximation['columns']))
    )
