"""The backfill: valid records of some days that bronze holds and silver lacks, put into silver as the stream
would have put them. Found without stopping anything; the stream is held only while they are written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.bronze_judgement import compared, judgement_of, reject_conflicts, without_losers
from millrace_jobs.bronze_source import Bronze, moment_of, with_late
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.filling import Filling, as_judged
from millrace_jobs.progress import until_of, utc_now


@dataclass
class Backfill(DatasetPlace):
    """`days`: of the Kafka timestamp, in UTC."""

    bronze: Bronze
    days: Days

    def run(self) -> dict[str, Any]:
        """The report, which is also the progress object `backfill`:

        from, to; positions (that silver and `rejected` lacked; identical duplicates are among them); added;
        rejected (conflicts); counts (by classify.py's classes, of the rows that were put into silver);
        seconds, pausedSeconds; startedAt, finishedAt; of an unfinished run see filling.py.

        Raises JobError: MR819, MR824, those of the hold, MR807.
        """
        phases = Phases()
        started, written = utc_now(), datetime.now(UTC)
        self._keep_to_present_topic()
        filling = Filling(self, self.bronze, 'backfill', phases)
        filling.correct_windows_of_broken_run()
        # Cut from silver, which changes under it.
        lacking = self._lacking(written).localCheckpoint(storageLevel=StorageLevel.DISK_ONLY)
        with phases.phase('compare'):
            judgement = judgement_of(lacking, compared(self.table('silver'), self.manifest), self.manifest)
            rejected = reject_conflicts(
                self.spark, judgement, self.bronze, self.manifest, self.name('rejected'), written
            )
            wanted = without_losers(lacking, judgement).localCheckpoint(storageLevel=StorageLevel.DISK_ONLY)
            positions = lacking.count()
        counts: Counter[str] = filling.put(wanted, written, started)
        report = {
            **self.days.to_json(),
            'positions': positions,
            'added': counts['new'] + counts['precedes'],
            'rejected': rejected,
            'counts': dict(counts),
            'seconds': phases.total,
            'pausedSeconds': phases.seconds.get('paused', 0.0),
            'startedAt': started,
            'finishedAt': utc_now(),
        }
        self.record('backfill', report)
        log_line('backfill', dataset=self.manifest.dataset, **report)
        return report

    def _keep_to_present_topic(self) -> None:
        """Raises MR824 for days before the stream was moved to its topic."""
        since = self.read('silver').get('topicSince')
        self.bronze = self.bronze.since(since)
        if since is None or self.days.first is None:
            return
        day = moment_of(since).date()
        if self.days.first < day:
            raise JobError(
                'MR824',
                f'{self.days.first} is before {since}, from when on the stream reads its present topic: '
                'records of another topic stand at the same positions before that',
                where='--from',
                mend=f'begin with {day}: what silver holds of the topic before stays as it is',
            )

    def _lacking(self, written: datetime) -> DataFrame:
        """In the columns of judged rows (judged.py), as far as silver has read."""
        until = until_of(self.silver_progress()['partitions'])
        iso = self.days.to_json()
        dates = (iso['from'] or '', iso['to'] or '')
        highest = self.bronze.highest_observed(until, before=dates[0])
        valid = with_late(self.bronze.valid_rows(until, dates=dates), self.manifest, highest)
        for role in ('silver', 'rejected'):
            known = self.table(role).select(*self.bronze.key)
            valid = valid.join(known, list(self.bronze.key), 'left_anti')
        return as_judged(self, valid, written)
