"""The daily p95 in plain Python, written from its settled meaning and not from the SQL.

An event is (event_id, device_type, timestamp in epoch milliseconds UTC, event_duration in milliseconds).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

Event = tuple[str, str, int, float]


class Answer(NamedTuple):
    """One row of gold, its columns in order."""

    device_type: str
    date: date
    p95_duration: float
    total_events: int
    distinct_events: int
    outliers: int
    avg_duration: float
    mean_duration: float
    stddev_duration: float


def p95_daily(events: Iterable[Event]) -> list[Answer]:
    """All rows for these events, ordered by date and device type."""
    groups: dict[tuple[date, str], dict[str, float]] = defaultdict(dict)
    for event_id, device_type, timestamp, duration in events:
        day = datetime.fromtimestamp(timestamp // 1000, UTC).date()
        group = groups[(day, device_type)]
        group[event_id] = min(duration, group.get(event_id, duration))
    return [
        summary(device_type, day, sorted(group.values()))
        for (day, device_type), group in sorted(groups.items())
        if len(group) >= 500
    ]


def summary(device_type: str, day: date, durations: list[float]) -> Answer:
    """The row of one group of at least two ascending durations."""
    mean = math.fsum(durations) / len(durations)
    variance = math.fsum((duration - mean) ** 2 for duration in durations) / (len(durations) - 1)
    sigma = math.sqrt(variance)
    slack = 1e-9 * max(1.0, 3 * sigma)
    kept = [duration for duration in durations if sigma == 0 or abs(duration - mean) <= 3 * sigma + slack]
    rank = (95 * len(kept) + 99) // 100
    return Answer(
        device_type=device_type,
        date=day,
        p95_duration=kept[rank - 1],
        total_events=len(kept),
        distinct_events=len(durations),
        outliers=len(durations) - len(kept),
        avg_duration=math.fsum(kept) / len(kept),
        mean_duration=mean,
        stddev_duration=sigma,
    )
