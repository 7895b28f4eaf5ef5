"""Time windows as pure DataFrame logic: which windows rows lie in, and what a window says of its rows.

A window is computed from all its silver rows, never from its own earlier value, so that order, batching,
lateness and replays cannot show. Sums of floating-point numbers depend on the order of the rows: rows are
taken in the order of their identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest
from millrace_jobs.silver_rows import derived_columns

Window = Mapping[str, Any]
MICROS = 1000
#: Ranges of time a condition names at most; beyond, the nearest ones are joined.
MOST_RANGES = 64

AGGREGATES = {
    'avg': F.avg,
    'min': F.min,
    'max': F.max,
    'sum': F.sum,
}


def pair_columns(window: Window) -> list[str]:
    """What makes a row of a window table: its start and its key."""
    return ['window_start', *window['key']]


def in_windows(rows: DataFrame, window: Window) -> DataFrame:
    """Each row once for each window that holds it, with `window_start`."""
    slide, size = window['slideMs'] * MICROS, window['sizeMs'] * MICROS
    micros = f'unix_micros(`{window["time"]}`)'
    last = f'{micros} - pmod({micros}, {slide})'
    if slide == size:
        return rows.withColumn('window_start', F.expr(f'timestamp_micros({last})'))
    starts = f'transform(sequence(0, {size // slide - 1}), i -> timestamp_micros({last} - i * {slide}L))'
    return rows.withColumn('window_start', F.explode(F.expr(starts)))


def touched_pairs(rows: DataFrame, window: Window, manifest: Manifest) -> DataFrame:
    """The distinct (window, key) pairs of judged or stored rows: they have the contract's columns."""
    made = derived_columns(manifest)
    keys = [made.get(name, F.col(name)).alias(name) for name in window['key']]
    return in_windows(rows.select(window['time'], *keys), window).select(*pair_columns(window)).distinct()


def computed(silver: DataFrame, wanted: DataFrame | str, window: Window, manifest: Manifest) -> DataFrame:
    """The wanted windows from silver, without `final` and `processing_time`; none for a window without rows.

    `wanted` are pairs of start and key, few enough to be held in memory, or a condition on window_start.
    """
    keys = pair_columns(window)
    of = [one['of'] for one in window['aggregates'] if 'of' in one]
    columns = dict.fromkeys([window['time'], *window['key'], *of, *manifest.identity, 'late'])
    rows = in_windows(silver.select(*columns), window)
    if isinstance(wanted, str):
        rows = rows.where(wanted)
    else:
        pairs = F.broadcast(wanted.select(*(F.col(name).alias(f'_{name}') for name in keys)))
        rows = rows.join(pairs, [F.col(name).eqNullSafe(F.col(f'_{name}')) for name in keys], 'left_semi')
    ordered = rows.repartition(*keys).sortWithinPartitions(*keys, *manifest.identity)
    return ordered.groupBy(*keys).agg(
        *(_aggregate(one).alias(one['column']) for one in window['aggregates']),
        F.count(F.when(F.col('late'), 1)).alias('late_rows'),
    )


def _aggregate(one: Mapping[str, Any]) -> Column:
    if one['kind'] == 'count':
        return F.count(F.lit(1))
    if one['kind'] == 'sketch':
        return F.kll_sketch_agg_double(F.col(one['of']).cast('double'), F.lit(one['items']))
    return AGGREGATES[one['kind']](one['of'])


def spans(starts_ms: Iterable[int], size_ms: int, most: int = MOST_RANGES) -> list[tuple[int, int]]:
    """[first, past the last) spans of time in epoch ms that hold all windows: at most `most`, no longer than
    need be.
    """
    merged: list[tuple[int, int]] = []
    for start in sorted(set(starts_ms)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], start + size_ms))
        else:
            merged.append((start, start + size_ms))
    if len(merged) <= most:
        return merged
    gaps = sorted(merged[at + 1][0] - merged[at][1] for at in range(len(merged) - 1))
    # The widest gaps stay gaps.
    least = gaps[-(most - 1)] if most > 1 else gaps[-1] + 1
    joined = merged[:1]
    left = most - 1
    for first, past in merged[1:]:
        if left and first - joined[-1][1] >= least:
            joined.append((first, past))
            left -= 1
        else:
            joined[-1] = (joined[-1][0], past)
    return joined


def spans_sql(column: str, ranges: Iterable[tuple[int, int]]) -> str:
    """A condition of literals on a timestamp column, so that files are pruned."""
    parts = [
        f'({column} >= timestamp_micros({first * MICROS}L) AND {column} < timestamp_micros({past * MICROS}L))'
        for first, past in ranges
    ]
    return f'({" OR ".join(parts)})' if parts else 'false'
