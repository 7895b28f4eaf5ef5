"""A judged batch in numbers, by one aggregation: it also is the action that runs the judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import partition_value

VALID = 'valid'


@dataclass(frozen=True)
class Summary:
    """The dicts are by Kafka partition; `touched` are silver's partition numbers (None: null)."""

    verdicts: Counter[str]
    late: int
    until: dict[int, int]
    first: dict[int, int]
    newest_ms: dict[int, int]
    newest_kafka_ms: dict[int, int]
    touched: frozenset[int]

    @property
    def records(self) -> int:
        return self.verdicts.total()


def summarise(rows: DataFrame, manifest: Manifest) -> Summary:
    observed = F.unix_millis(F.col(manifest.raw['observedTime']))
    groups = (
        rows.groupBy('kafka_partition', 'verdict')
        .agg(
            F.count(F.lit(1)).alias('records'),
            F.min('kafka_offset').alias('first'),
            F.max('kafka_offset').alias('last'),
            F.max(observed).alias('newest'),
            F.max(F.unix_millis('kafka_timestamp')).alias('kafka'),
            F.count(F.when(F.col('late'), 1)).alias('late'),
            F.collect_set(F.when(F.col('verdict') == VALID, partition_value(manifest))).alias('touched'),
        )
        .collect()
    )
    verdicts: Counter[str] = Counter()
    until: dict[int, int] = {}
    first: dict[int, int] = {}
    newest: dict[int, int] = {}
    kafka: dict[int, int] = {}
    touched: set[int] = set()
    for group in groups:
        number = group.kafka_partition
        verdicts[group.verdict] += group.records
        until[number] = max(until.get(number, 0), group.last + 1)
        first[number] = min(first.get(number, group.first), group.first)
        kafka[number] = max(kafka.get(number, group.kafka), group.kafka)
        if group.newest is not None:
            newest[number] = max(newest.get(number, group.newest), group.newest)
        touched.update(group.touched)
    late = sum(group.late for group in groups)
    return Summary(verdicts, late, until, first, newest, kafka, frozenset(touched))
