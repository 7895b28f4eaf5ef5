"""The silver query's progress: one object, written only over the version last seen.

The query writes it as its lease (lease.py); whoever must have silver stand still writes a hold into it
(hold.py). Snapshot ids are written as text: they exceed what a JSON number holds exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from millrace_jobs.objects import Objects


def utc_now(ahead_seconds: float = 0) -> str:
    """Now, or so much later, as sortable text."""
    moment = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
    return moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def progress_uri(state: str, dataset: str, name: str) -> str:
    return f'{progress_folder(state, dataset)}{name}.json'


def progress_folder(state: str, dataset: str) -> str:
    return f'{state.rstrip("/")}/progress/{dataset}/'


def live_hold(state: Mapping[str, Any]) -> Mapping[str, str] | None:
    """The hold in a progress (by, token, until) that has not run out; see hold.py."""
    hold = state.get('hold')
    return hold if hold is not None and hold['until'] > utc_now() else None


def write_state(objects: Objects, uri: str, state: Mapping[str, Any], etag: str | None) -> str | None:
    """Writes only over the version `etag` (None: only where nothing is); the new ETag, or None if it lost."""
    written = objects.write_over(uri, json.dumps(state).encode(), etag)
    if written is None:
        # The client retries a write whose answer was lost; then the refusal is of our own second try.
        stored = objects.read(uri)
        if stored is not None and json.loads(stored.body) == state:
            return stored.etag
    return written


def until_of(partitions: Mapping[str, Mapping[str, int]]) -> dict[int, int]:
    """Past the last offset that silver has read of each Kafka partition, of a progress' `partitions`."""
    return {int(number): one['until'] for number, one in partitions.items()}


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
