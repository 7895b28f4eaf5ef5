"""Silver's partitions as whole numbers (days or hours since 1970 UTC), and the literal bounds that prune to
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest

MICROS = 1000


def partition_value(manifest: Manifest) -> Column:
    """The partition number of a row, as Iceberg's transforms count it (floor, before 1970 too)."""
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
    size = manifest.partition_ms * MICROS
    ranges = [
        f'({column} >= timestamp_micros({first * size}L) AND {column} < timestamp_micros({past * size}L))'
        for first, past in runs(numbers)
    ]
    return f'({" OR ".join(ranges)})' if ranges else 'false'
