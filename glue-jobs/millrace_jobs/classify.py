"""What becomes of each valid record of a batch, seen against the batch itself and against silver.

Pure DataFrame logic. The common record shares its identity with no other and never takes part in a join: one
narrow aggregation finds the contested identities, and only their rows are looked at in full.

Classes of a candidate (a valid record of the batch):
  new         first of its identity, becomes a row
  precedes    comes before the stored row or rows, takes their place
  itself      is the stored row, read again (replay)
  identical   same content as the row kept
  superseded  an older version than the row kept (`newest` only)
  conflict    other content than the row kept
Classes of a stored row: kept; displaced-identical, displaced-conflict, displaced-superseded where a candidate
precedes.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest

POSITION = ('kafka_partition', 'kafka_offset')
ARRIVAL = ('kafka_timestamp', *POSITION)


def contested_identities(candidates: DataFrame, stored: DataFrame | None, manifest: Manifest) -> DataFrame:
    """Identities that more than one row claims, with repeats; `_stored` is 1 where the row found is stored.

    Both inputs need the identity columns only. The candidates, few and bounded, go to the stored rows, which
    thereby need no shuffle. Counts alone, because they aggregate by hash; a minimum over a struct would sort.
    """
    identity = manifest.identity
    repeated = (
        candidates.groupBy(*identity).count().where('count > 1').select(*identity, F.lit(0).alias('_stored'))
    )
    if stored is None:
        return repeated
    known = stored.select(*identity, F.lit(1).alias('_stored'))
    return repeated.unionByName(known.join(F.broadcast(candidates.select(*identity)), identity, 'left_semi'))


def classified(candidates: DataFrame, stored: DataFrame | None, manifest: Manifest) -> DataFrame:
    """Both inputs (rows of contested identities alone) with `class`, `is_stored` and the winner's position.

    `stored` carries the content columns, the position and its Kafka timestamp; columns it lacks come out
    null.
    """
    rows = candidates.select('*', F.lit(False).alias('is_stored'))
    if stored is not None:
        rows = rows.unionByName(stored.select('*', F.lit(True).alias('is_stored')), allowMissingColumns=True)
    same = Window.partitionBy(*manifest.identity)
    # A stored row goes before the same position read again, so that a replay finds itself.
    order = same.orderBy(_age(manifest), *ARRIVAL, F.col('is_stored').desc())
    every = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    # A position alone may be that of another topic's record (renewal.py).
    place = F.struct(*ARRIVAL)
    ranked = rows.select(
        '*',
        F.row_number().over(order).alias('_rank'),
        F.first(_comparison(manifest)).over(every).alias('_first'),
        F.max('is_stored').over(every).alias('_any_stored'),
        F.collect_list(F.when(F.col('is_stored'), place)).over(every).alias('_stored_at'),
    )
    older = _age(manifest) > F.col('_first._age')
    same_content = reduce(
        and_, (F.col(f'_first.{name}').eqNullSafe(F.col(name)) for name in manifest.content)
    )
    loser = F.when(older, 'superseded').when(same_content, 'identical').otherwise('conflict')
    fate = (
        F.when(
            F.col('is_stored'),
            F.when(F.col('_first.is_stored'), 'kept').otherwise(F.concat(F.lit('displaced-'), loser)),
        )
        .when((F.col('_rank') == 1) & ~F.col('_any_stored'), 'new')
        .when(F.col('_rank') == 1, 'precedes')
        .when(F.array_contains(F.col('_stored_at'), place), 'itself')
        .otherwise(loser)
    )
    return ranked.select(
        *rows.columns,
        fate.alias('class'),
        F.col('_first.kafka_partition').alias('winner_partition'),
        F.col('_first.kafka_offset').alias('winner_offset'),
    )


def _age(manifest: Manifest) -> Column:
    """0 for all where the first record stays; else smaller for a newer version, a null version the oldest."""
    column = manifest.newest_by
    if column is None:
        return F.lit(0)
    kind = manifest.field(column)['type']
    number = F.unix_micros(F.col(column)) if kind == 'timestamp' else F.col(column)
    return F.coalesce(-number.cast('double' if kind == 'double' else 'long'), F.lit(2**63 - 1))


def _comparison(manifest: Manifest) -> Column:
    names = dict.fromkeys([*POSITION, 'is_stored', *manifest.content])
    return F.struct(_age(manifest).alias('_age'), *names)
