"""Offsets that left Kafka before silver read them, and how bronze closes that.

The gap's rows alone are put into silver, as the stream would have put them; then the stream goes on behind
them. What bronze holds of other offsets does not matter to that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from pyspark import StorageLevel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from millrace_jobs.batch import highest
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.bronze_source import Bronze, Range, with_late
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.errors import JobError
from millrace_jobs.filling import Filling, as_judged
from millrace_jobs.progress import PartitionProgress, until_of, utc_now
from millrace_jobs.raw_records import KafkaRawRecords
from millrace_jobs.rejected_rows import faulty_rows
from millrace_jobs.topic_offsets import TopicNow, earliest_offsets, topic_now
from millrace_jobs.watermark import watermark_ms

HOLE = re.compile(r'(\d+):(\d+)-(\d+)')
#: By partition, ranges of offsets that hold no record, as an operator says.
Holes = Mapping[int, Sequence[Range]]


class Topic(Protocol):
    """What a rebuild asks Kafka."""

    def now(self, spark: SparkSession) -> TopicNow: ...

    def earliest(self, spark: SparkSession, partitions: Iterable[int]) -> dict[int, int]: ...

    def any_within(self, spark: SparkSession, ranges_: Mapping[int, Range]) -> bool: ...


class KafkaTopic:
    """A Topic; `options` are those of Spark's Kafka source."""

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        self._name = name
        self._options = options

    def now(self, spark: SparkSession) -> TopicNow:
        return topic_now(spark, self._name, self._options)

    def earliest(self, spark: SparkSession, partitions: Iterable[int]) -> dict[int, int]:
        """First offset that each partition still holds."""
        return earliest_offsets(spark, self._name, self._options, partitions)

    def any_within(self, spark: SparkSession, ranges_: Mapping[int, Range]) -> bool:
        """Whether a committed record lies in these ranges of offsets."""
        return KafkaRawRecords(self._name, self._options).any_within(spark, ranges_)


def any_held(spark: SparkSession, topic: Topic, ranges_: Mapping[int, Range]) -> bool:
    """Whether Kafka still holds a committed record of these ranges."""
    earliest = topic.earliest(spark, ranges_)
    held = {number: (max(first, earliest[number]), past) for number, (first, past) in ranges_.items()}
    held = {number: one for number, one in held.items() if one[0] < one[1]}
    return bool(held) and topic.any_within(spark, held)


@dataclass(frozen=True)
class Gap:
    """By Kafka partition: where silver stands, and up to where bronze takes Kafka's place."""

    ranges: Mapping[int, Range] = field(default_factory=dict)

    @property
    def start(self) -> dict[int, int]:
        return {number: first for number, (first, _past) in self.ranges.items()}

    @property
    def until(self) -> dict[int, int]:
        return {number: past for number, (_first, past) in self.ranges.items()}

    def close(self, place: DatasetPlace, bronze: Bronze, phases: Phases) -> None:
        """Safe to repeat: rows that are in silver find themselves, and the start moves last. Its progress
        object is `gap` (filling.py). Raises JobError: those of the hold, MR807.
        """
        filling = Filling(place, bronze, 'gap', phases)
        filling.correct_windows_of_broken_run()
        if not self.ranges:
            return
        started = utc_now()
        observed = bronze.highest_observed(self.until, self.start)
        kafka = bronze.last_kafka_ms(self.until, self.start)
        counts = self._put(filling, started)
        hold = place.hold_silver('gap')
        changes: dict[str, Any] = {}
        try:
            changes = self._changes(place, hold.state, observed, kafka)
        finally:
            hold.release(changes)
        self._told(place, counts, started)

    def fill(self, place: DatasetPlace, bronze: Bronze, phases: Phases) -> None:
        """As close, but silver's progress stays as it is."""
        filling = Filling(place, bronze, 'gap', phases)
        filling.correct_windows_of_broken_run()
        if self.ranges:
            started = utc_now()
            self._told(place, self._put(filling, started), started)

    def told(self) -> dict[str, list[int]]:
        """By partition: first and past the last."""
        return {str(number): list(range_) for number, range_ in sorted(self.ranges.items())}

    def _told(self, place: DatasetPlace, counts: Mapping[str, int], started: str) -> None:
        report = {
            'ranges': self.told(),
            'counts': dict(counts),
            'startedAt': started,
            'finishedAt': utc_now(),
        }
        place.record('gap', report)
        log_line('gap', dataset=place.manifest.dataset, **report)

    def _put(self, filling: Filling, started: str) -> Mapping[str, int]:
        """Its rows, into silver or `rejected`; how many of each class."""
        place, bronze, written = filling.place, filling.bronze, datetime.now(UTC)
        self._reject(place, bronze, written)
        known = partitions_of(place.read('silver'))
        newest = {
            number: known[number].newest_ms
            for number in self.ranges
            if number in known and known[number].newest_ms is not None
        }
        landed = bronze.one_at_each(bronze.valid_rows(self.until, self.start))
        valid = with_late(landed, place.manifest, newest)
        rows = as_judged(place, valid, written).localCheckpoint(storageLevel=StorageLevel.DISK_ONLY)
        return filling.put(rows, written, started)

    def _reject(self, place: DatasetPlace, bronze: Bronze, written: datetime) -> None:
        """What silver would have rejected on its way. Appended again by a repeated run: its identity is its
        position.
        """
        faulty = bronze.faulty_rows(self.until, self.start)
        rows = faulty_rows(faulty.withColumn('processing_time', F.lit(written)), place.manifest)
        if not rows.isEmpty():
            rows.coalesce(1).sortWithinPartitions('kafka_timestamp').writeTo(place.name('rejected')).append()

    def _changes(
        self,
        place: DatasetPlace,
        state: Mapping[str, Any],
        observed: Mapping[int, int],
        kafka: Mapping[int, int],
    ) -> dict[str, Any]:
        """To silver's progress: it goes on behind the gap, with a checkpoint of its own."""
        partitions = partitions_of(state)
        for number, past in self.until.items():
            known = partitions.get(number, PartitionProgress(0, 0, None, None))
            newest = highest(known.newest_ms, observed.get(number))
            last = highest(known.newest_kafka_ms, kafka.get(number))
            end = max(past, known.until)
            partitions[number] = PartitionProgress(end, end, newest, newest, last)
        snapshot = place.silver().current_snapshot()
        return {
            'partitions': {str(number): one.to_json() for number, one in sorted(partitions.items())},
            'generation': state.get('generation', 0) + 1,
            'startOffsets': {str(number): one.until for number, one in sorted(partitions.items())},
            'watermarkMs': watermark_ms(partitions, place.manifest.lateness_ms, state.get('watermarkMs')),
            'silverSnapshotId': None if snapshot is None else str(snapshot),
            'committedAt': utc_now(),
        }


def gap_of(topic: Topic | None, place: DatasetPlace, bronze: Bronze, holes: Holes) -> Gap:
    """Where the first offset that Kafka holds lies beyond silver's.

    Raises MR817 where bronze lacks what Kafka lacks, and `holes` do not name it.
    """
    if topic is None:
        return Gap()
    until = until_of(place.silver_progress()['partitions'])
    numbers = sorted({*until, *bronze.ends()})
    earliest = topic.earliest(place.spark, numbers)
    ranges = {}
    for number in numbers:
        first = until.get(number, 0)
        if first >= earliest[number]:
            continue
        past, after = bronze.reach(number, first, holes.get(number, ()))
        if past < earliest[number]:
            end = min(earliest[number], after or earliest[number])
            raise JobError(
                'MR817',
                f'neither Kafka, which begins at {earliest[number]}, nor bronze holds the offsets {past} to '
                f'{end - 1}',
                where=f'partition {number}',
                mend='redrive what the landing failed to take. A transaction ends with an offset that is no '
                'record; where nothing but that is missing, or what is missing is lost, accept it: millrace '
                f'run rebuild --dataset {place.manifest.dataset} --arg holes={number}:{past}-{end - 1}',
            )
        ranges[number] = (first, past)
    return Gap(ranges)


def holes_of(text: str) -> dict[int, list[Range]]:
    """From `PARTITION:FIRST-LAST,...`; none from ''. Raises MR800."""
    holes: dict[int, list[Range]] = defaultdict(list)
    for one in text.split(',') if text else ():
        match = HOLE.fullmatch(one.strip())
        if match is None:
            raise JobError(
                'MR800',
                f'no range of offsets: {one!r}',
                where='--holes',
                mend='give PARTITION:FIRST-LAST, several with commas',
            )
        number, first, last = map(int, match.groups())
        holes[number].append((first, last + 1))
    return dict(holes)


def partitions_of(progress: Mapping[str, Any]) -> dict[int, PartitionProgress]:
    """Of silver's progress; none where silver has not finished a batch."""
    known = progress.get('partitions', {})
    return {int(number): PartitionProgress.of(raw) for number, raw in known.items()}
