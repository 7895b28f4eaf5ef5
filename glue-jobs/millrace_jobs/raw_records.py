"""Keys and values of single positions, read from Kafka again: conflicts are rare, so no batch carries its
bytes along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import zip_longest

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.classify import POSITION
from millrace_jobs.single_records import single_records
from millrace_jobs.topic_offsets import earliest_offsets

#: Up to so many records are read one at a time.
SINGLE = 500
#: Offsets further apart than this are read as two ranges.
GAP = 20_000
SCHEMA = 'kafka_partition INT, kafka_offset BIGINT, kafka_key BINARY, kafka_value BINARY'

Range = tuple[int, int]
#: Positions in, kafka_key and kafka_value by position out.
RawRecords = Callable[[DataFrame], DataFrame]


class KafkaRawRecords:
    """Positions in, kafka_key and kafka_value by position out; positions that the topic no longer holds are
    left out.
    """

    def __init__(self, topic: str, options: Mapping[str, str]) -> None:
        self._topic = topic
        self._options = dict(options)

    def __call__(self, positions: DataFrame) -> DataFrame:
        spark = positions.sparkSession
        wanted = [tuple(row) for row in positions.select(*POSITION).distinct().collect()]
        if len(wanted) <= SINGLE:
            return spark.createDataFrame(single_records(spark, self._topic, self._options, wanted), SCHEMA)
        return self._by_ranges(positions, wanted)

    def any_within(self, spark: SparkSession, ranges_: Mapping[int, Range]) -> bool:
        """Whether a committed record lies in these ranges of offsets, one a partition."""
        return not self._read(spark, ranges_).isEmpty()

    def _by_ranges(self, positions: DataFrame, wanted: Sequence[tuple[int, int]]) -> DataFrame:
        spark = positions.sparkSession
        offsets: dict[int, list[int]] = defaultdict(list)
        for partition, offset in wanted:
            offsets[partition].append(offset)
        # Reading below the first offset would rightly fail as data loss.
        earliest = earliest_offsets(spark, self._topic, self._options, offsets)
        held = {
            number: ranges([offset for offset in found if offset >= earliest[number]])
            for number, found in offsets.items()
        }
        reads = [
            self._read(spark, {number: one for number, one in zip(held, round_of_ranges, strict=True) if one})
            for round_of_ranges in zip_longest(*held.values())
        ]
        if not reads:
            return spark.createDataFrame([], SCHEMA)
        everything = reduce(DataFrame.unionByName, reads)
        return everything.join(F.broadcast(positions.select(*POSITION)), list(POSITION), 'left_semi')

    def _read(self, spark: SparkSession, wanted: Mapping[int, Range]) -> DataFrame:
        def by_partition(side: int) -> str:
            bounds = ', '.join(f'"{number}": {one[side]}' for number, one in wanted.items())
            return f'{{"{self._topic}": {{{bounds}}}}}'

        numbers = ', '.join(str(number) for number in wanted)
        return (
            spark.read.format('kafka')
            .options(**self._options)
            .option('assign', f'{{"{self._topic}": [{numbers}]}}')
            .option('startingOffsets', by_partition(0))
            .option('endingOffsets', by_partition(1))
            .load()
            .select(
                F.col('partition').alias('kafka_partition'),
                F.col('offset').alias('kafka_offset'),
                F.col('key').alias('kafka_key'),
                F.col('value').alias('kafka_value'),
            )
        )


def ranges(offsets: Iterable[int]) -> list[Range]:
    """[first, past the last) ranges that hold all offsets, split where the next one is more than GAP away."""
    found: list[Range] = []
    for offset in sorted(offsets):
        if found and offset - found[-1][1] < GAP:
            found[-1] = (found[-1][0], offset + 1)
        else:
            found.append((offset, offset + 1))
    return found
