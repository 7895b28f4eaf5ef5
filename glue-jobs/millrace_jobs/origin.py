"""What silver's offsets count: the records of one topic of one cluster, kept in a form of our own.

Written into the progress by the first query that starts, and compared by every later one. It stands in the
progress itself, not in an object of its own, so that no moment has offsets beside the origin of others; the
checkpoint follows from the progress (kafka_source.generation_checkpoint). The same offsets of another topic,
or of one that was made again under its name, are other records: a stream that went on with them would leave
records out and say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millrace_jobs.errors import JobError

#: Of the progress and of what a checkpoint says. Another number refuses what was written under this one.
FORMAT = 1


@dataclass(frozen=True)
class Origin:
    """`cluster`: its ARN. `topic_id`: Kafka's own, '' where the brokers name none."""

    dataset: str
    topic: str
    cluster: str
    topic_id: str = ''
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        return {
            'topic': self.topic,
            'topicId': self.topic_id,
            'cluster': self.cluster,
            'format': self.format,
        }

    def strange(self, progress: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """What a progress belongs to and this is not: by fact, what is written there and what it is here.

        Nothing of a progress without an origin: none was written before the first start.
        """
        written = progress.get('origin')
        if written is None:
            return {}
        here = self.to_json()
        pairs = {fact: (written.get(fact), value) for fact, value in here.items()}
        if not (written.get('topicId') and self.topic_id):
            del pairs['topicId']
        return {fact: pair for fact, pair in pairs.items() if pair[0] != pair[1]}

    def same_topic(self, progress: Mapping[str, Any]) -> bool:
        """Whether the progress counts the same records, if in another form."""
        return self.strange(progress).keys() <= {'format'}

    def demand(self, progress: Mapping[str, Any], uri: str) -> None:
        """Raises MR821 where the progress, which lies at `uri`, belongs to another origin."""
        strange = self.strange(progress)
        if not strange:
            return
        facts = '; '.join(f'{fact} {there}, here {here}' for fact, (there, here) in strange.items())
        raise JobError(
            'MR821',
            f'the checkpoint belongs to another topic or form than this stream reads: {facts}',
            where=uri,
            mend='nothing was read or written. Where the change is meant: let the landing take what is left '
            f'of the topic before, then `millrace rebuild {self.dataset}`, which takes that from bronze and '
            'lets the stream begin with this one',
        )
