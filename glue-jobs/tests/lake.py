"""A dataset's tables on local Spark, made as the template makes them, and a silver query without Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

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
#: Metadata files of empty tables, by what made them.
EMPTY: dict[str, Mapping[str, str]] = {}


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
    #: Whether its tables may come from another lake's, in one folder with them.
    shares: bool = True

    def create(self) -> Self:
        """The tables, all empty. Those that another lake made once are taken from it: that runs no query."""
        statements = dict(self._statements())
        definition = repr(statements)
        if self.shares and definition in EMPTY:
            return self.take(EMPTY[definition])
        self._create_namespace()
        for name, texts in statements.items():
            for text in texts:
                self.spark.sql(text.format(table=table_name(self.database, name)))
        if self.shares:
            EMPTY[definition] = self.metadata_files()
        return self

    def metadata_files(self) -> dict[str, str]:
        """Of each table the file that says what it is now."""
        load = self.spark._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable
        return {
            name: load(self.spark._jsparkSession, table_name(self.database, name))
            .operations()
            .current()
            .metadataFileLocation()
            for name, _texts in self._statements()
        }

    def take(self, files: Mapping[str, str]) -> Self:
        """Tables as these files say: each lake goes on from there alone, since no file is ever changed."""
        self._create_namespace()
        iceberg = self.spark._jvm.org.apache.iceberg
        catalog = iceberg.spark.Spark3Util.loadIcebergCatalog(self.spark._jsparkSession, CATALOG)
        parse = iceberg.catalog.TableIdentifier.parse
        for name, file in files.items():
            catalog.registerTable(parse(f'{self.database}.{name}'), file)
        return self

    def _create_namespace(self) -> None:
        self.spark.sql(f'CREATE NAMESPACE {CATALOG}.{self.database}')

    def _statements(self) -> Iterator[tuple[str, list[str]]]:
        """Of each table what makes it."""
        manifest = self.manifest
        day = f'days(`{manifest.partition_column}`)'
        if manifest.raw['partitionTime']['transform'] == 'hour':
            day = day.replace('days', 'hours')
        columns = manifest.raw['columns']
        order = ', '.join(dict.fromkeys([*manifest.sort_by, manifest.partition_column]))
        yield _table(manifest.table('silver'), columns['silver'], day, order)
        rejected = 'kafka_timestamp'
        yield _table(manifest.table('rejected'), columns['rejected'], f'days({rejected})', rejected)
        for window in manifest.windows:
            yield _table(window['name'], window['columns'], 'days(window_start)')
        for one in manifest.approximations:
            yield _table(one['name'], one['columns'], '`date`')
        for model in manifest.gold:
            partition = model['partitionColumn']
            yield _table(model['name'], model['columns'], None if partition is None else f'`{partition}`')
        for reference in manifest.references:
            yield _table(reference['table'], reference['columns'], None)

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
        contents: Mapping[str, str] | None = None,
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
            contents=contents,
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


def _table(
    name: str, columns: Sequence[dict[str, str]], partition: str | None, order: str | None = None
) -> tuple[str, list[str]]:
    listed = ', '.join(f'`{one["name"]}` {SQL_TYPES.get(one["type"], one["type"])}' for one in columns)
    create = (
        f'CREATE TABLE {{table}} ({listed}) USING iceberg '
        f'{"" if partition is None else f"PARTITIONED BY ({partition}) "}'
        "TBLPROPERTIES ('format-version'='2', 'write.distribution-mode'='none', "
        "'write.delete.mode'='copy-on-write', 'write.merge.mode'='copy-on-write')"
    )
    ordered = [] if order is None else [f'ALTER TABLE {{table}} WRITE LOCALLY ORDERED BY {order}']
    return name, [create, *ordered]
