"""The rebuild: silver made anew from bronze, and put in the place of the old in one commit.

The long part, everything up to where silver stands at the beginning, is staged while the stream goes on. Then
the stream is held for the seconds in which bronze and the staging catch up, and the staging takes silver's
place. Broken off at any moment it leaves silver as it was, or rebuilt; the next run goes on from either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import functions as F

from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.bronze_source import Bronze, moment_of
from millrace_jobs.collisions import again_on_collision
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.hold import Hold
from millrace_jobs.kafka_gap import Gap, Holes, Topic, any_held, gap_of
from millrace_jobs.origin import Origin
from millrace_jobs.progress import until_of, utc_now
from millrace_jobs.renewal import Renewal
from millrace_jobs.silver_changes import SilverChanges, correct_windows_of_broken_run
from millrace_jobs.staging import Staging

POLL_SECONDS = 1
#: How long the stream waits at most for a landing that is behind it.
PATIENCE_SECONDS = 120
#: Before the stream is held, what came meanwhile is staged: until that is short, or so many rounds.
SHORT_SECONDS = 15
ROUNDS = 4


@dataclass
class Stand:
    """How far the staging reaches: its offsets, the highest observed times before them, and a snapshot of
    silver that holds nothing from them on (None: none is known).
    """

    offsets: Mapping[int, int]
    highest: Mapping[int, int]
    snapshot: int | None


@dataclass
class Rebuild(DatasetPlace):
    """`topic` is None where nobody can be asked about Kafka: then no gap is seen or closed. `cluster`: the
    ARN that the stream is given.
    """

    bronze: Bronze
    days: Days
    topic: Topic | None = None
    holes: Holes = field(default_factory=dict)
    cluster: str = ''
    patience_seconds: float = PATIENCE_SECONDS
    #: Called before the hold is taken; a test's chance.
    staged: Callable[[], None] = lambda: None
    phases: Phases = field(default_factory=Phases)
    #: Of silver's progress, where the stream was moved to another topic (renewal.py).
    topic_since: str | None = None

    def run(self) -> dict[str, Any]:
        """The report, which is also the progress object `rebuild`:

        from, to; rows (of these days, after); days (how many); seconds, pausedSeconds; beforeSnapshotId,
        afterSnapshotId (text); contentHashBefore, contentHashAfter; identical; differentDays; closedGap
        (positions by partition, of all days); startedAt, finishedAt. While `finishedAt` is null the windows
        may be behind.

        Where the stream stands at another topic than it is to read (origin.py), that is mended instead, and
        `renewed` tells from what to what (renewal.py).

        Raises JobError: MR817-MR819, MR824, those of the hold, MR807.
        """
        phases = self.phases
        started = utc_now()
        correct_windows_of_broken_run(self, self.read('rebuild'))
        if self.topic is not None:
            now = self.topic.now(self.spark)
            origin = Origin(self.manifest.dataset, self.manifest.topic, self.cluster, now.id)
            if origin.strange(self.read('silver')):
                return self._renewed(Renewal(self, self.bronze, phases, origin, now), started)
        self._keep_to_present_topic()
        gap = gap_of(self.topic, self, self.bronze, self.holes)
        older = self._older_days()
        if not older or gap.ranges:
            # A stream that waits for this goes on, whatever becomes of the days.
            with phases.phase('gap'):
                gap.close(self, self.bronze, phases)
        if older:
            raise self._refusal(older, gap)
        staging = Staging(
            self.spark, self.manifest, self.bronze, self.days, self.name('silver'), self.name('rejected')
        )
        with phases.phase('stage'):
            stand = self._caught_up(staging)
        self.staged()
        report: dict[str, Any] = {**self.days.to_json(), 'startedAt': started, 'finishedAt': None}
        before, after = self._held(staging, stand, report)
        changes = SilverChanges(self, before, after, self.days)
        with phases.phase('compare'):
            report |= changes.report()
        with phases.phase('windows'):
            changes.correct_windows()
        report |= {'closedGap': gap.told()}
        return self._told(report, before, after)

    def _keep_to_present_topic(self) -> None:
        self.topic_since = self.read('silver').get('topicSince')
        self.bronze = self.bronze.since(self.topic_since)

    def _older_days(self) -> list[str]:
        """Of the days asked for, first and last of those of which silver holds rows that Kafka took before
        `topicSince`; none where it holds no such row.
        """
        if self.topic_since is None:
            return []
        older = F.col('kafka_timestamp') < F.lit(moment_of(self.topic_since))
        day = F.to_date(self.manifest.partition_column).cast('string')
        rows = self.table('silver').where(self.days.holds(self.manifest) & older)
        return [one for one in rows.agg(F.min(day), F.max(day)).first() if one is not None]

    def _refusal(self, older: list[str], gap: Gap) -> JobError:
        closed = (
            f' but that the offsets which Kafka lacks came from bronze ({gap.told()})' if gap.ranges else ''
        )
        return JobError(
            'MR824',
            f'silver holds rows of {" to ".join(dict.fromkeys(older))} that Kafka took before '
            f'{self.topic_since}, from when on the stream reads its present topic: records of another topic '
            f'stand at the same positions, so these days cannot be made again; silver is as it was{closed}',
            where=self.name('silver'),
            mend='rebuild days after the move with --from and --to, each without such rows; older ones '
            'stay as they are',
        )

    def _renewed(self, renewal: Renewal, started: str) -> dict[str, Any]:
        before = self.silver().current_snapshot()
        renewed = renewal.run()
        after = self.silver().current_snapshot()
        report: dict[str, Any] = {**self.days.to_json(), 'startedAt': started, **renewed}
        with self.phases.phase('compare'):
            report |= SilverChanges(self, before, after, self.days).report()
        return self._told(report, before, after)

    def _told(self, report: dict[str, Any], before: int | None, after: int | None) -> dict[str, Any]:
        told = {
            **report,
            'beforeSnapshotId': _id(before),
            'afterSnapshotId': _id(after),
            'seconds': self.phases.total,
            'pausedSeconds': self.phases.seconds.get('paused', 0.0),
            'finishedAt': utc_now(),
        }
        self.record('rebuild', told)
        log_line('rebuild', dataset=self.manifest.dataset, **told, phases=self.phases.seconds)
        return told

    def _caught_up(self, staging: Staging) -> Stand:
        """Everything staged, but what came within the last seconds."""
        start, snapshot = self._reached()
        staging.begin(start)
        stand = Stand(start, self.bronze.highest_observed(start), snapshot)
        for _round in range(ROUNDS):
            begun = time.monotonic()
            self.bronze.look()
            until, snapshot = self._reached()
            staging.go_on(stand.offsets, until, stand.highest, stand.snapshot)
            since = self.bronze.highest_observed(until, stand.offsets)
            highest = {
                number: max(newest, stand.highest.get(number, newest)) for number, newest in since.items()
            }
            stand = Stand(until, {**stand.highest, **highest}, snapshot)
            if time.monotonic() - begun < SHORT_SECONDS:
                break
        return stand

    def _held(self, staging: Staging, stand: Stand, report: dict[str, Any]) -> tuple[int | None, int]:
        """The part for which the stream stands still; silver's snapshots before and after the swap."""
        hold = self.hold_silver('rebuild')
        changes: dict[str, Any] = {}
        with self.phases.phase('paused'):
            try:
                if hold.state.get('topicSince') != self.topic_since:
                    raise JobError(
                        'MR812',
                        'the stream was moved to another topic meanwhile',
                        where=self.name('silver'),
                        mend='run it again; silver is as it was',
                    )
                until = until_of(hold.state['partitions'])
                self._wait_for_bronze(until, hold)
                staging.go_on(stand.offsets, until, stand.highest, stand.snapshot, hold.renew)
                hold.renew()
                before = self.silver().current_snapshot()
                self.record('rebuild', {**report, 'beforeSnapshotId': _id(before)})
                after = again_on_collision(lambda: self._swap(staging, hold, before), self.name('silver'))
                changes = {'silverSnapshotId': str(after), 'committedAt': utc_now()}
                staging.drop()
            finally:
                hold.release(changes)
        return before, after

    def _swap(self, staging: Staging, hold: Hold, first: int | None) -> int:
        """The snapshot of the swap; `first`: that before the first attempt."""
        silver = self.silver()
        done = silver.marked_since(first, hold.token)
        if done is not None:
            # An earlier attempt was made, and its answer lost.
            return done
        before = silver.current_snapshot()
        # The stream writes nothing without ending a hold that ran out, which refuses this. So `before` holds
        # nothing that the staging lacks, and whatever comes after it refuses the commit.
        hold.renew()
        return staging.swap(before, hold.token)

    def _reached(self) -> tuple[dict[int, int], int | None]:
        """Offsets up to which silver has read and bronze holds everything, and silver's snapshot of then."""
        progress = self.silver_progress()
        ends, until = self.bronze.ends(), until_of(progress['partitions'])
        offsets = {number: min(end, ends.get(number, 0)) for number, end in until.items()}
        # Where bronze is behind, that snapshot holds rows that the offsets leave out.
        snapshot = progress.get('silverSnapshotId') if offsets == until else None
        return offsets, None if snapshot is None else int(snapshot)

    def _wait_for_bronze(self, until: Mapping[int, int], hold: Hold) -> None:
        """Until the landing has brought everything that silver has read. Raises MR818 if it does not."""
        begun = time.monotonic()
        while True:
            ends = self.bronze.ends()
            behind = {
                number: (ends.get(number, 0), end)
                for number, end in until.items()
                if ends.get(number, 0) < end
            }
            if not behind:
                return
            waited = time.monotonic() - begun
            # Past the last record of a partition there may be transaction markers, which are no records.
            settled = waited > 5 * POLL_SECONDS or waited >= self.patience_seconds
            if settled and self.topic is not None and not any_held(self.spark, self.topic, behind):
                return
            if waited >= self.patience_seconds:
                raise JobError(
                    'MR818',
                    'bronze is behind silver: '
                    + ', '.join(f'partition {number} by {end - at}' for number, (at, end) in behind.items()),
                    where=self.name('bronze'),
                    mend='see to the landing (`millrace status`), then run the rebuild again',
                )
            time.sleep(POLL_SECONDS)
            hold.renew()
            self.bronze.look_on()


def _id(snapshot: int | None) -> str | None:
    return None if snapshot is None else str(snapshot)
