"""A dataset's tables on local Spark, made as the template makes them, and a silver query without Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from millrace_jobs.batch import SilverBatch
from millrace_jobs.classify import POSITION
from millrace_jobs.gold import run_model
from millrace_jobs.iceberg import CATALOG, IcebergTable, table_name
from millrace_jobs.lease import Lease
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_uri
from tests.example import BROKER_TIME, encoded, manifest

SQL_TYPES = {'long': 'BIGINT'}
EXPORTS = 's3://state/exports/gauges/'
KAFKA_SCHEMA = 'key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP'


@dataclass(frozen=True)
class Record:
    """A Kafka record; `value` is encoded unless it is bytes. `second`: broker time after BROKER_TIME."""

    partition: int
    offset: int
    value: Any
    second: float = 0.0

    @property
    def timestamp(self) -> datetime:
        return BROKER_TIME + timedelta(seconds=self.second)

    @property
    def bytes(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else encoded(self.value)


@dataclass
class Lake:
    spark: SparkSession
    objects: Objects
    manifest: Manifest = field(default_factory=manifest)
    database: str = field(default_factory=lambda: f'lake_{uuid.uuid4().hex[:8]}')
    topic: dict[tuple[int, int], Record] = field(default_factory=dict)

    def create(self) -> Lake:
        self.spark.sql(f'CREATE NAMESPACE {CATALOG}.{self.database}')
        day = f'days(`{self.manifest.partition_column}`)'
        if self.manifest.raw['partitionTime']['transform'] == 'hour':
            day = day.replace('days', 'hours')
        self._create('silver', self.manifest.table('silver'), self.manifest.raw['columns']['silver'], day)
        self._create(
            'rejected',
            self.manifest.table('rejected'),
            self.manifest.raw['columns']['rejected'],
            'days(kafka_timestamp)',
        )
        for window in self.manifest.windows:
            self._create('gold', window['name'], window['columns'], 'days(window_start)')
        for one in self.manifest.approximations:
            self._create('gold', one['name'], one['columns'], '`date`')
        for model in self.manifest.gold:
            self._create('gold', model['name'], model['columns'], f'`{model["partitionColumn"]}`')
        return self

    def _create(self, role: str, name: str, columns: Sequence[dict[str, str]], partition: str) -> None:
        listed = ', '.join(f'`{one["name"]}` {SQL_TYPES.get(one["type"], one["type"])}' for one in columns)
        self.spark.sql(
            f'CREATE TABLE {table_name(self.database, name)} ({listed}) USING iceberg '
            f'PARTITIONED BY ({partition}) '
            "TBLPROPERTIES ('format-version'='2', 'write.distribution-mode'='none', "
            "'write.delete.mode'='copy-on-write', 'write.merge.mode'='copy-on-write')"
        )
        silver = dict.fromkeys([*self.manifest.sort_by, self.manifest.partition_column])
        order = {'silver': ', '.join(silver), 'rejected': 'kafka_timestamp'}.get(role)
        if order is not None:
            self.spark.sql(f'ALTER TABLE {table_name(self.database, name)} WRITE LOCALLY ORDERED BY {order}')

    def query(self) -> SilverBatch:
        """A silver query as it starts: with the lease."""
        lease = Lease.take(self.objects, progress_uri('s3://state', self.manifest.dataset, self.database))
        return SilverBatch(self.manifest, self.database, lease, self._raw, lambda _spark, _batch: None)

    def kafka_rows(self, records: Sequence[Record]) -> DataFrame:
        for record in records:
            self.topic[record.partition, record.offset] = record
        rows = [
            (b'key', one.bytes, 'gauge-readings', one.partition, one.offset, one.timestamp)
            for one in sorted(records, key=lambda one: (one.partition, one.offset))
        ]
        return self.spark.createDataFrame(rows, KAFKA_SCHEMA).coalesce(1)

    def _raw(self, positions: DataFrame) -> DataFrame:
        found = [
            (
                row.kafka_partition,
                row.kafka_offset,
                b'key',
                self.topic[row.kafka_partition, row.kafka_offset].bytes,
            )
            for row in positions.select(*POSITION).collect()
        ]
        schema = 'kafka_partition INT, kafka_offset BIGINT, kafka_key BINARY, kafka_value BINARY'
        return self.spark.createDataFrame(found, schema)

    def run_gold(
        self,
        model: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        first_day: Callable[[], date | None] = lambda: None,
        again: Iterable[int] = (),
    ) -> dict[str, Any]:
        return run_model(
            self.spark,
            self.manifest,
            model,
            self.database,
            before,
            objects=self.objects,
            exports=EXPORTS,
            first_day=first_day,
            again=again,
        )

    def snapshot(self, role: str = 'silver') -> int | None:
        return IcebergTable(self.spark, self.name(role)).current_snapshot()

    def name(self, role: str) -> str:
        return table_name(self.database, self.manifest.table(role))

    def rows(self, role: str) -> list[Row]:
        return self.spark.table(self.name(role)).orderBy('kafka_partition', 'kafka_offset').collect()

    def silver(self) -> list[tuple[str, int, int]]:
        """(identity, partition, offset), by position."""
        return [(row.reading_id, row.kafka_partition, row.kafka_offset) for row in self.rows('silver')]

    def rejected(self) -> list[tuple[int, int, str]]:
        """(partition, offset, reason), by position, repeats left in."""
        return [(row.kafka_partition, row.kafka_offset, row.reason) for row in self.rows('rejected')]
