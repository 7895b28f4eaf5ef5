"""Where a dataset's tables and progress objects are, for the jobs that make again what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from millrace_jobs.errors import JobError
from millrace_jobs.hold import Hold
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_uri
from millrace_jobs.retention import kept_from

#: An owner of the hold that dies lets the stream go on after so long; one that lives renews it.
HOLD_SECONDS = 120


@dataclass
class DatasetPlace:
    """`state`: the URI below which the progress objects lie."""

    spark: SparkSession
    objects: Objects
    manifest: Manifest
    database: str
    state: str

    def name(self, role: str) -> str:
        return table_name(self.database, self.manifest.table(role))

    def table(self, role: str) -> DataFrame:
        return self.spark.table(self.name(role))

    def window(self, name: str) -> DataFrame:
        """The table of a window of the contract."""
        return self.spark.table(table_name(self.database, name))

    def silver(self) -> IcebergTable:
        return IcebergTable(self.spark, self.name('silver'))

    def read(self, progress: str) -> dict[str, Any]:
        """A progress object; empty where there is none."""
        stored = self.objects.read(self._uri(progress))
        return {} if stored is None else json.loads(stored.body)

    def record(self, progress: str, report: Mapping[str, Any]) -> None:
        self.objects.write(self._uri(progress), json.dumps(report).encode())

    def silver_progress(self) -> dict[str, Any]:
        """Raises MR819 where silver has not finished a batch yet."""
        progress = self.read('silver')
        if not progress.get('partitions'):
            raise JobError(
                'MR819',
                'silver has not written down how far it has read',
                where=self._uri('silver'),
                mend='let the silver job finish a batch first',
            )
        return progress

    def hold_silver(self, by: str) -> Hold:
        """Raises MR811."""
        return Hold.take(self.objects, self._uri('silver'), by, HOLD_SECONDS)

    def kept(self) -> date | None:
        """The first day whose silver is whole, at this moment (retention.py)."""
        return kept_from(self.objects, self.state, self.manifest.dataset)

    def _uri(self, progress: str) -> str:
        return progress_uri(self.state, self.manifest.dataset, progress)
