"""A lake whose records also land in bronze, as the landing writes them: Parquet of every record."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from millrace_jobs.backfill import Backfill
from millrace_jobs.batch import SilverBatch
from millrace_jobs.bronze_overlaps import object_uri
from millrace_jobs.bronze_source import Bronze
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.days import Days
from millrace_jobs.judged import judged
from millrace_jobs.lease import Lease
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.origin import Origin
from millrace_jobs.progress import progress_uri
from millrace_jobs.rebuild import Rebuild
from tests.lake import Lake, Record

ROOT = 's3://state/bronze/gauges/'
STATE = 's3://state'


@dataclass
class BronzeLake(Lake):
    #: Where Spark reads the objects that are listed below ROOT.
    folder: Path = field(default_factory=Path)

    #: What the stream reads; None: it tells nobody.
    origin: Origin | None = None

    def query(self) -> SilverBatch:
        lease = Lease.take(self.objects, progress_uri(STATE, self.manifest.dataset, 'silver'), self.origin)
        return SilverBatch(self.manifest, self.database, lease, self._raw, lambda _spark, _batch: None)

    def stream(self, *batches: Sequence[Record]) -> SilverBatch:
        """Lands each batch and runs it through a silver query."""
        query = self.query()
        for records in batches:
            self.land(records)
            query(self.kafka_rows(records), (query.lease.batch or 0) + 1)
        return query

    def land(self, records: Iterable[Record]) -> None:
        """One object a partition and hour."""
        places: dict[tuple[int, str], list[Record]] = {}
        for one in sorted(records, key=lambda one: one.offset):
            hour = one.timestamp.astimezone(UTC).strftime('date=%Y-%m-%d/hour=%H')
            places.setdefault((one.partition, hour), []).append(one)
        for (partition, hour), found in places.items():
            self._write(f'{ROOT}{hour}/gauge-readings-{partition}', found)

    def put(self, uri: str, body: bytes) -> None:
        """An object of any kind; those of bronze where Spark reads them too."""
        self.objects.write(uri, body)
        if uri.startswith(ROOT):
            file = self.folder / uri.removeprefix(ROOT)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)

    def bronze(self) -> Bronze:
        return Bronze(self.spark, self.objects, self.manifest, ROOT, f'file://{self.folder}/')

    def place(self) -> DatasetPlace:
        return DatasetPlace(self.spark, self.objects, self.manifest, self.database, STATE)

    def rebuild(self, first: str = '', last: str = '', **changes: Any) -> Mapping[str, Any]:
        return self.rebuilding(first, last, **changes).run()

    def rebuilding(self, first: str = '', last: str = '', **changes: Any) -> Rebuild:
        days = Days.of({'from': first, 'to': last}, None)
        parts = (self.spark, self.objects, self.manifest, self.database, STATE, self.bronze(), days)
        return Rebuild(*parts, **changes)

    def backfill(self, first: str, last: str) -> Mapping[str, Any]:
        days = Days.of({'from': first, 'to': last}, None)
        parts = (self.spark, self.objects, self.manifest, self.database, STATE, self.bronze(), days)
        return Backfill(*parts).run()

    def _write(self, place: str, records: Sequence[Record]) -> None:
        rows = judged(self.kafka_rows(records), self.manifest, {}, datetime.now(UTC))
        renamed = rows.withColumnsRenamed({'path': 'verdict_path', 'detail': 'verdict_detail'})
        table = renamed.drop('late', 'processing_time', 'kafka_key').toArrow().sort_by('kafka_offset')
        table = table.append_column('kafka_key', pa.array([b'key'] * len(records), pa.binary()))
        table = table.append_column('kafka_value', pa.array([one.bytes for one in records], pa.binary()))
        body = io.BytesIO()
        pq.write_table(table, body, compression='zstd')
        self.put(object_uri(place, records[0].offset, records[-1].offset), body.getvalue())


@dataclass(frozen=True)
class PreparedLake:
    """A lake as it once was, streamed one time for many tests, none of which sees what another does."""

    tables: Mapping[str, str]
    topic: Mapping[tuple[int, int], Record]
    bodies: Mapping[str, bytes]

    @staticmethod
    def of(lake: BronzeLake) -> PreparedLake:
        stored = {one.uri: lake.objects.read(one.uri) for one in lake.objects.listed(f'{STATE}/')}
        bodies = {uri: found.body for uri, found in stored.items() if found is not None}
        return PreparedLake(lake.metadata_files(), dict(lake.topic), bodies)

    def copy(self, spark: SparkSession, objects: Objects, manifest: Manifest, folder: Path) -> BronzeLake:
        lake = BronzeLake(spark, objects, manifest, topic=dict(self.topic), folder=folder).take(self.tables)
        for uri, body in self.bodies.items():
            lake.put(uri, body)
        return lake
