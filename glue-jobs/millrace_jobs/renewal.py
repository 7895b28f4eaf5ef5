"""The stream begins with another topic: a new cluster, a topic of another name or made anew under its own.

Silver keeps what it holds. What the landing took from the topic before and silver had not read comes from
bronze; then the progress belongs to the new topic, whose offsets begin at what that still holds, with a
checkpoint of their own. Records of the new topic that bronze has brought already find themselves.

Broken off at any moment it leaves the stream refused as before (origin.py), or renewed; it is safe to repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from millrace_jobs.batch_log import Phases
from millrace_jobs.bronze_source import Bronze
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.kafka_gap import Gap
from millrace_jobs.origin import Origin
from millrace_jobs.progress import PartitionProgress, until_of, utc_now
from millrace_jobs.topic_offsets import TopicNow


@dataclass
class Renewal:
    """`origin`, `topic`: what the stream is to read, and what that holds."""

    place: DatasetPlace
    bronze: Bronze
    phases: Phases
    origin: Origin
    topic: TopicNow

    def run(self) -> dict[str, Any]:
        """renewed ({from, to}: origins); closedGap (positions by partition that came from bronze).

        Raises JobError: those of the hold, MR807.
        """
        before = self.place.read('silver')
        gap = self._unread(until_of(before.get('partitions', {})))
        with self.phases.phase('gap'):
            gap.fill(self.place, self.bronze, self.phases)
        with self.phases.phase('paused'):
            self._begin()
        return {
            'renewed': {'from': before['origin'], 'to': self.origin.to_json()},
            'closedGap': gap.told(),
        }

    def _unread(self, until: dict[int, int]) -> Gap:
        ends = self.bronze.ends()
        return Gap(
            {
                number: (until.get(number, 0), end)
                for number, end in ends.items()
                if end > until.get(number, 0)
            }
        )

    def _begin(self) -> None:
        """A stream that still reads the topic before ends when it finds itself moved (MR814)."""
        hold = self.place.hold_silver('rebuild')
        changes: dict[str, Any] = {}
        try:
            snapshot = self.place.silver().current_snapshot()
            starts = self.topic.earliest
            changes = {
                'origin': self.origin.to_json(),
                'generation': hold.state.get('generation', 0) + 1,
                'startOffsets': {str(number): first for number, first in sorted(starts.items())},
                'partitions': {
                    str(number): PartitionProgress(first, first, None, None).to_json()
                    for number, first in sorted(starts.items())
                },
                'silverSnapshotId': None if snapshot is None else str(snapshot),
                'committedAt': utc_now(),
            }
        finally:
            hold.release(changes)
