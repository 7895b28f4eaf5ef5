"""The stream begins with another topic: a new cluster, a topic of another name or made anew under its own.

Silver keeps what it holds. What the landing took from the topic before and silver had not read comes from
bronze; then the progress belongs to the new topic, whose offsets begin at what that still holds, with a
checkpoint of their own. Records of the new topic that bronze has brought already find themselves; those
that Kafka has forgotten already come from bronze too: what that holds below the first offset of the new
topic, and Kafka took after all that silver knew of the topic before.

Rows of both topics now stand at the same positions. `topicSince` in the progress says from which Kafka time
on a position is surely the new topic's: a millisecond after the newest record that silver or the gap has of
the topic before. It is made of the brokers' times, so the job's clock has no part in it. Where bronze already
reaches past the offsets of the topic before, nothing tells whose those records are: it begins after them.

Where nothing but the form differs (origin.FORMAT), the stream goes on where it stands, with a new checkpoint.

Broken off at any moment it leaves the stream refused as before (origin.py), or renewed; it is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import functions as F

from millrace_jobs.batch import highest
from millrace_jobs.batch_log import Phases
from millrace_jobs.bronze_source import Bronze
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.kafka_gap import Gap, partitions_of
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
        told = {'from': before['origin'], 'to': self.origin.to_json()}
        if self.origin.same_topic(before):
            with self.phases.phase('paused'):
                self._go_on()
            return {'renewed': told, 'closedGap': {}}
        # Of the topics before that one as little is to be seen as of the one to come.
        self.bronze = self.bronze.since(before.get('topicSince'))
        stored = self.place.table('silver').agg(F.max(F.unix_millis('kafka_timestamp'))).first()[0]
        gap = self._unread(until_of(before.get('partitions', {})))
        with self.phases.phase('gap'):
            gap.fill(self.place, self.bronze, self.phases)
            landed = self.bronze.last_kafka_ms(gap.until, gap.start) if gap.ranges else {}
            self._fill_forgotten(before, stored)
        with self.phases.phase('paused'):
            self._begin(highest(stored, *landed.values()))
        return {'renewed': told, 'closedGap': gap.told()}

    def _fill_forgotten(self, before: Mapping[str, Any], stored_ms: int | None) -> None:
        """`stored_ms`: newest Kafka time of silver before it was filled."""
        known = _since(before, None) or _since(before, stored_ms)
        bronze = self.bronze.since(known.get('topicSince'), latest=True)
        ends = bronze.ends()
        forgotten = {
            number: (0, min(first, ends[number]))
            for number, first in self.topic.earliest.items()
            if first and number in ends
        }
        Gap(forgotten).fill(self.place, bronze, self.phases)

    def _unread(self, until: dict[int, int]) -> Gap:
        ends = self.bronze.ends()
        return Gap(
            {
                number: (until.get(number, 0), end)
                for number, end in ends.items()
                if end > until.get(number, 0)
            }
        )

    def _begin(self, landed_ms: int | None) -> None:
        """A stream that still reads the topic before ends when it finds itself moved (MR814).

        `landed_ms`: newest Kafka time of what silver holds or saw in bronze.
        """
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
                **_since(hold.state, landed_ms),
            }
        finally:
            hold.release(changes)

    def _go_on(self) -> None:
        """Where silver stands, in the form of now."""
        hold = self.place.hold_silver('rebuild')
        changes: dict[str, Any] = {}
        try:
            until = until_of(hold.state.get('partitions', {}))
            changes = {
                'origin': self.origin.to_json(),
                'generation': hold.state.get('generation', 0) + 1,
                'startOffsets': {str(number): past for number, past in sorted(until.items())},
                'committedAt': utc_now(),
            }
        finally:
            hold.release(changes)


def _since(before: Mapping[str, Any], landed_ms: int | None) -> dict[str, str]:
    """`topicSince`, later than every known record of the topics before; nothing where there is none."""
    known = [one.newest_kafka_ms for one in partitions_of(before).values()]
    newest = highest(landed_ms, *known)
    if newest is None:
        return {}
    begin = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=newest + 1)
    text = begin.isoformat(timespec='milliseconds').replace('+00:00', 'Z')
    # Of a stream that is moved again before it has read anything, or to a broker whose clock is behind.
    return {'topicSince': max(text, before.get('topicSince', ''))}
