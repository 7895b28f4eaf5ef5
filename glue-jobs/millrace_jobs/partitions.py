"""Silver's partitions as whole numbers (days or hours since 1970 UTC), and the literal bounds that prune to
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest
from millrace_jobs.retention import start_of

MICROS = 1000


def partition_value(manifest: Manifest) -> Column:
    """The partition number of a row, as Iceberg's transforms count it (floor, before 1970 too)."""
    if manifest.partition_is_date:
        return F.unix_date(manifest.partition_column)
    size = manifest.partition_ms * MICROS
    micros = f'unix_micros(`{manifest.partition_column}`)'
    return F.expr(f'CAST(({micros} - pmod({micros}, {size})) DIV {size} AS INT)')


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Sorted, disjoint [first, past the last) runs: fewer literals for neighbouring partitions."""
    merged: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if merged and merged[-1][1] == number:
            merged[-1] = (merged[-1][0], number + 1)
        else:
            merged.append((number, number + 1))
    return merged


def bounds_sql(manifest: Manifest, numbers: Iterable[int], alias: str | None = None) -> str:
    """A condition that holds for the rows of these partitions alone, of literals only, so that files are
    pruned.
    """
    prefix = f'{alias}.' if alias else ''
    column = f'{prefix}`{manifest.partition_column}`'
    ranges = [
        f'({column} >= {_start_sql(manifest, first)} AND {column} < {_start_sql(manifest, past)})'
        for first, past in runs(numbers)
    ]
    return f'({" OR ".join(ranges)})' if ranges else 'false'


def _start_sql(manifest: Manifest, number: int) -> str:
    """Where a partition begins, as a literal of the partition column's type."""
    if manifest.partition_is_date:
        return f'date_from_unix_date({number})'
    return f'timestamp_micros({number * manifest.partition_ms * MICROS}L)'


def day_start(manifest: Manifest, day: date) -> Column:
    """Where a UTC day begins, as a literal of the partition column's type: of another type no file would be
    pruned by it, and no row replaced.
    """
    return F.expr(f"DATE '{day.isoformat()}'") if manifest.partition_is_date else F.lit(start_of(day))
