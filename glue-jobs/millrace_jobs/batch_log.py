"""Structured log lines: one JSON object a line on stdout, where Glue and the local run collect it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from millrace_jobs.progress import utc_now


def log_line(event: str, **facts: Any) -> None:
    print(json.dumps({'time': utc_now(), 'event': event, **facts}), flush=True)


class Phases:
    """Seconds spent in each named phase, and over all."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - begun, 3)

    @property
    def total(self) -> float:
        return round(time.monotonic() - self._begun, 3)
