"""The days a rebuild, a backfill or a rerun is asked for: UTC, both included, or all that silver holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from millrace_jobs.errors import JobError
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import day_start
from millrace_jobs.retention import start_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """`first` and `last` are both None: every day from `kept` (None: from the first) on."""

    first: date | None
    last: date | None
    #: The first day whose silver is whole (retention.py).
    kept: date | None = None

    @staticmethod
    def of(arguments: Mapping[str, str], kept: date | None) -> Days:
        """From `--from` and `--to` (YYYY-MM-DD), both or none.

        Raises MR800 for anything else, MR816 for days before `kept`, whose rows are gone.
        """
        texts = (arguments['from'], arguments['to'])
        if texts == ('', ''):
            return Days(None, None, kept)
        first, last = (_day(text) for text in texts)
        if first is None or last is None or first > last:
            raise JobError(
                'MR800',
                f'no range of days: {texts[0] or "nothing"} to {texts[1] or "nothing"}',
                where='--from, --to',
                mend='give both as YYYY-MM-DD, the first day first, or none',
            )
        if kept is not None and first < kept:
            raise JobError(
                'MR816',
                f'{first} is before {kept}, the first day that retention keeps',
                where='--from',
                mend=f'begin with {kept}: older rows are gone, and what was made of them stays as it is',
            )
        return Days(first, last, kept)

    @staticmethod
    def of_json(raw: Mapping[str, str | None], kept: date | None) -> Days:
        """From a report (`to_json`)."""
        first, last = (
            None if raw[name] is None else date.fromisoformat(raw[name]) for name in ('from', 'to')
        )
        return Days(first, last, kept)

    @property
    def whole(self) -> bool:
        return self.first is None

    @property
    def past(self) -> date | None:
        return None if self.last is None else self.last + DAY

    def holds(self, manifest: Manifest) -> Column:
        """Whether a row of silver lies in these days; of literals only, so that files are pruned."""
        if self.first is None and self.kept is not None:
            return F.col(manifest.partition_column) >= day_start(manifest, self.kept)
        return self.replaced(manifest)

    def replaced(self, manifest: Manifest) -> Column:
        """Which rows of silver give way: of the whole table also those that retention is about to delete."""
        if self.first is None or self.past is None:
            return F.lit(True)
        column = F.col(manifest.partition_column)
        return (column >= day_start(manifest, self.first)) & (column < day_start(manifest, self.past))

    def iso(self, manifest: Manifest) -> tuple[str, str] | None:
        """Of silver's partition time the first value and past the last, ISO 8601; None: all."""
        if self.first is None or self.past is None:
            return None
        if manifest.partition_is_date:
            return self.first.isoformat(), self.past.isoformat()
        return start_of(self.first).isoformat(), start_of(self.past).isoformat()

    def span_ms(self) -> tuple[int, int]:
        """First instant and past the last, epoch ms, of days that are named."""
        assert self.first is not None
        assert self.past is not None
        first, past = (int(start_of(day).timestamp() * 1000) for day in (self.first, self.past))
        return first, past

    def numbers(self, manifest: Manifest) -> range:
        """Of silver's partitions of these days (partitions.py); none where no days are named."""
        if self.whole:
            return range(0)
        first, past = self.span_ms()
        return range(first // manifest.partition_ms, past // manifest.partition_ms)

    def to_json(self) -> dict[str, str | None]:
        return {
            'from': None if self.first is None else self.first.isoformat(),
            'to': None if self.last is None else self.last.isoformat(),
        }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
