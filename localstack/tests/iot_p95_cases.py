"""Events that are hard on the daily p95, by name, and the comparison that every engine must pass."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

from iot_p95_reference import Answer, Event

QUERY = Path(__file__).resolve().parents[2] / 'sql' / 'iot' / 'iot_p95_daily.sql'
DAY_MS = 86_400_000
NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00:00Z
COLUMNS = list(Answer._fields)


def day_of(durations: Sequence[float], device_type: str = 'light', start: int = NEW_YEAR) -> list[Event]:
    """One event for each duration, a second apart, from `start` on."""
    prefix = f'{device_type}-{start}'
    return [(f'{prefix}-{i}', device_type, start + 1000 * i, float(d)) for i, d in enumerate(durations)]


def log_normal(count: int, seed: int) -> list[float]:
    """Durations as the simulator draws them."""
    source = random.Random(seed)
    return [min(500.0, max(50.0, source.lognormvariate(4.5, 0.5))) for _ in range(count)]


def boundary() -> list[float]:
    """519 durations whose sample sigma is 10 exactly, two of them 3 sigma from the mean."""
    return [190.0] * 250 + [210.0] * 250 + [170.0, 230.0] + [200.0] * 17


def beyond_boundary() -> list[float]:
    """As `boundary`, and two that are just outside."""
    return [*boundary(), 168.0, 232.0]


def across_days() -> list[Event]:
    """The same 600 identities on two days, other durations on the second."""
    first = day_of(log_normal(600, 4))
    return first + [(i, kind, at + 3 * DAY_MS, duration * 1.5) for i, kind, at, duration in first]


def across_midnight() -> list[Event]:
    """500 events up to the last millisecond of a day, 499 from the first of the next one."""
    before = [(f'b{i}', 'motion', NEW_YEAR + DAY_MS - 1 - i, 100.0 + i) for i in range(500)]
    after = [(f'a{i}', 'motion', NEW_YEAR + DAY_MS + i, 300.0 + i) for i in range(499)]
    return before + after


def repeated() -> list[Event]:
    """499 identities of which 100 are stored twice: no group; and 500 with repeats: one."""
    small = day_of(log_normal(499, 5), 'humidity')
    large = day_of(log_normal(500, 6), 'pressure')
    return small + small[:100] + large + large[:250] + [(large[0][0], 'pressure', large[0][2] + 5, 499.0)]


CASES: dict[str, list[Event]] = {
    'no events': [],
    '499 events': day_of(log_normal(499, 1)),
    '500 events': day_of(log_normal(500, 2)),
    'an event a duration': day_of([float(d) for d in range(1, 601)]),
    'ties at the rank': day_of([10.0] * 470 + [20.0] * 20 + [30.0] * 10),
    'rank is a whole number': day_of([float(d % 100) for d in range(2000)]),
    'sigma is 0': day_of([120.0] * 777),
    'constant 0.1': day_of([0.1] * 1001),
    'on the boundary': day_of(boundary()),
    'beyond the boundary': day_of(beyond_boundary()),
    'one huge outlier': day_of([*log_normal(999, 3), 1e12]),
    'zeros': day_of([0.0] * 600 + [1000.0] * 3),
    'the same identities days apart': across_days(),
    'across midnight': across_midnight(),
    'repeated events': repeated(),
    'before 1970': day_of(log_normal(501, 8), 'light', -DAY_MS),
    'several groups': [
        event
        for n, kind in enumerate(['temperature', 'pressure', 'humidity', 'motion', 'light'])
        for day in range(3)
        for event in day_of(log_normal(450 + 40 * n + day * 7, 10 * n + day), kind, NEW_YEAR + day * DAY_MS)
    ],
}


def assert_same(actual: Sequence[Sequence[object]], expected: Sequence[Answer]) -> None:
    """p95 and counts to the last bit, averages to 1e-9 relative, rows in order."""
    rows = [Answer(*row) for row in actual]
    assert [(r.device_type, r.date) for r in rows] == [(e.device_type, e.date) for e in expected]
    for row, want in zip(rows, expected, strict=True):
        assert row.p95_duration == want.p95_duration
        assert row[3:6] == want[3:6]
        for name in ('avg_duration', 'mean_duration', 'stddev_duration'):
            value, reference = getattr(row, name), getattr(want, name)
            # A constant has a sigma of 0 or of a few units in the last place of the mean.
            noise = 1e-12 * abs(want.mean_duration) if name == 'stddev_duration' else 0.0
            assert math.isclose(value, reference, rel_tol=1e-9, abs_tol=noise), (name, value, reference)
