"""The silver query's progress, which is also its lease: one object, written only over the version last seen.

Two silver writers would insert twice without an error (an insert-only write commits as an append, which
Iceberg checks against nothing), so a writer takes the lease at its start, proves that it still holds it
before each commit, and ends when it does not. Snapshot ids are written as text: they exceed what a JSON
number holds exactly.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def progress_uri(state: str, dataset: str, name: str) -> str:
    return f'{progress_folder(state, dataset)}{name}.json'


def progress_folder(state: str, dataset: str) -> str:
    return f'{state.rstrip("/")}/progress/{dataset}/'


@dataclass(frozen=True)
class PartitionProgress:
    """Of the last batch: `start` (its first record), `until` (past its last), highest observed time before
    and after it, Kafka timestamp of the partition's last record.
    """

    start: int
    until: int
    newest_before_ms: int | None
    newest_ms: int | None
    newest_kafka_ms: int | None = None

    def to_json(self) -> dict[str, int | None]:
        return {
            'from': self.start,
            'until': self.until,
            'maxEventTimeMsBefore': self.newest_before_ms,
            'maxEventTimeMs': self.newest_ms,
            'maxKafkaTimeMs': self.newest_kafka_ms,
        }

    @staticmethod
    def of(raw: Mapping[str, Any]) -> PartitionProgress:
        return PartitionProgress(
            raw['from'],
            raw['until'],
            raw['maxEventTimeMsBefore'],
            raw['maxEventTimeMs'],
            raw.get('maxKafkaTimeMs'),
        )


@dataclass
class Lease:
    """The progress of one dataset's silver query, held by one writer."""

    objects: Objects
    uri: str
    writer: str
    epoch: int
    etag: str
    state: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def take(objects: Objects, uri: str) -> Lease:
        """Takes the lease from whoever held it, whose next write is refused. Raises MR803 on a race."""
        stored = objects.read(uri)
        state = {} if stored is None else json.loads(stored.body)
        lease = Lease(objects, uri, uuid.uuid4().hex, int(state.get('epoch', 0)) + 1, '', state)
        lease._write(None if stored is None else stored.etag, {'phase': 'started'})
        return lease

    @property
    def batch(self) -> int | None:
        return self.state.get('batchId')

    @property
    def partitions(self) -> dict[int, PartitionProgress]:
        recorded = self.state.get('partitions', {})
        return {int(number): PartitionProgress.of(raw) for number, raw in recorded.items()}

    @property
    def watermark(self) -> int | None:
        """Epoch ms; see watermark.py."""
        return self.state.get('watermarkMs')

    def newest_before(self, batch: int) -> dict[int, int]:
        """Highest observed time of each partition before `batch`; the same again where that is a replay."""
        replay = batch == self.batch
        before = {
            number: one.newest_before_ms if replay else one.newest_ms
            for number, one in self.partitions.items()
        }
        return {number: newest for number, newest in before.items() if newest is not None}

    @property
    def stale_windows(self) -> dict[str, list[list[Any]]]:
        """Windows that lost a row in a batch that did not end; see windows_write.py."""
        return self.state.get('staleWindows', {})

    def fence(self, stale_windows: Mapping[str, Any]) -> None:
        """Proves that this writer still holds the lease, and writes down what is about to become stale.

        Raises MR803 if another one took it.
        """
        self._write(self.etag, {'phase': 'committing', 'staleWindows': stale_windows})

    def record(
        self,
        batch: int,
        partitions: Mapping[int, PartitionProgress],
        snapshot: int | None,
        counts: Mapping[str, int],
        committed: bool,
        watermark: int | None,
    ) -> None:
        """Writes down a finished batch. Raises MR803 if another writer took the lease."""
        changes: dict[str, Any] = {
            'phase': 'idle',
            'batchId': batch,
            'partitions': {str(number): one.to_json() for number, one in sorted(partitions.items())},
            'silverSnapshotId': None if snapshot is None else str(snapshot),
            'counts': dict(counts),
            'watermarkMs': watermark,
            'staleWindows': {},
        }
        if committed:
            changes['committedAt'] = utc_now()
        self._write(self.etag, changes)

    def _write(self, etag: str | None, changes: Mapping[str, Any]) -> None:
        sequence = int(self.state.get('sequence', 0)) + 1
        state = {
            **self.state,
            **changes,
            'writer': self.writer,
            'epoch': self.epoch,
            'sequence': sequence,
            'updatedAt': utc_now(),
        }
        written = self.objects.write_over(self.uri, json.dumps(state).encode(), etag)
        if written is None:
            # The client retries a write whose answer was lost; then the refusal is of our own second try.
            stored = self.objects.read(self.uri)
            if stored is None or json.loads(stored.body) != state:
                raise JobError(
                    'MR803',
                    'another writer took the lease of this silver query',
                    where=self.uri,
                    mend='run one silver query a dataset; this one ends, the other goes on',
                )
            written = stored.etag
        self.state, self.etag = state, written
