"""What silver says, as a number a day: equal numbers, equal rows, whatever their order and their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest

#: Of how a row came in, not of what it says.
INGEST = ('kafka_partition', 'kafka_offset', 'kafka_timestamp', 'late', 'processing_time')


class DayContent(NamedTuple):
    """`total`: sum of the rows' 64-bit hashes over the contract's columns; `with_late`: and over `late`."""

    rows: int
    total: int
    with_late: int


ContentByDay = Mapping[str, DayContent]


def content_by_day(silver: DataFrame, manifest: Manifest) -> dict[str, DayContent]:
    """By UTC day of the partition time, YYYY-MM-DD."""
    columns = [name for name in manifest.columns('silver') if name not in INGEST]
    day = F.to_date(manifest.partition_column).cast('string')
    found = silver.groupBy(day.alias('day')).agg(F.count(F.lit(1)), _sum(*columns), _sum(*columns, 'late'))
    return {str(row[0]): DayContent(row[1], int(row[2]), int(row[3])) for row in found.collect()}


def text(content: ContentByDay) -> str:
    """Over all days: rows, and the sum in hexadecimal."""
    rows, total = (sum(day[at] for day in content.values()) for at in (0, 1))
    return f'{rows}-{total % 2**64:016x}'


def different_days(one: ContentByDay, other: ContentByDay) -> tuple[list[str], list[str]]:
    """Days on which the contract's columns differ, and those on which these or `late` do."""
    days = sorted({*one, *other})
    none = DayContent(0, 0, 0)
    pairs = {day: (one.get(day, none), other.get(day, none)) for day in days}
    content = [day for day, (left, right) in pairs.items() if left[:2] != right[:2]]
    return content, [day for day, (left, right) in pairs.items() if left != right]


def _sum(*columns: str) -> Column:
    # A null leaves the hash as it is: that there is one is hashed too.
    parts = [part for name in columns for part in (F.col(name), F.col(name).isNull())]
    return F.sum(F.xxhash64(*parts).cast('decimal(20,0)'))
