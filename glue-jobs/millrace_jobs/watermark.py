"""The watermark of a dataset: how far back rows are still on time.

A row is late where it was observed more than `latenessMs` before the newest row of the lower offsets of its
partition; so what is older than a partition's newest row minus the lateness can only come late. Of the topic
that holds below the lowest of its partitions. A partition that brings nothing any more would hold it up for
ever: one whose last record the broker took more than `latenessMs` before the topic's last is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from millrace_jobs.progress import PartitionProgress


def watermark_ms(
    partitions: Mapping[int, PartitionProgress], lateness_ms: int, before: int | None
) -> int | None:
    """Epoch ms, never lower than `before`; None where no valid record was ever seen."""
    seen = [one for one in partitions.values() if one.newest_ms is not None]
    last = max((one.newest_kafka_ms for one in seen if one.newest_kafka_ms is not None), default=None)
    active = [
        one.newest_ms
        for one in seen
        if last is None or one.newest_kafka_ms is None or one.newest_kafka_ms >= last - lateness_ms
    ]
    if not active:
        return before
    lowest = min(active) - lateness_ms
    return lowest if before is None else max(lowest, before)
