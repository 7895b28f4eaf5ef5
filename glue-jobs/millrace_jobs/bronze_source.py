"""Bronze as a source of silver: the landing's own verdict and typed columns, each position once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window

from millrace_jobs.batch_summary import VALID
from millrace_jobs.bronze_overlaps import LandedObject, landed_objects, overlapping
from millrace_jobs.classify import ARRIVAL, POSITION
from millrace_jobs.judged import SPARK_TYPES
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects

PLACE = re.compile(r'.*/date=(?P<date>[\d-]{10})/hour=(?P<hour>\d\d)/.+-(?P<partition>\d+)')
FOREVER = datetime.max.replace(tzinfo=UTC)
#: Of a row, the name of the file that holds it.
FILE = '_file'

#: Of each Kafka partition an offset, or a time.
ByPartition = Mapping[int, int]
#: Of offsets: first and past the last.
Range = tuple[int, int]


@dataclass(frozen=True)
class BronzeObject:
    """`first`, `last`: offsets of those of its rows that are to be seen."""

    landed: LandedObject
    date: str
    hour: str
    partition: int
    first: int
    last: int

    @staticmethod
    def of(landed: LandedObject) -> BronzeObject | None:
        match = PLACE.fullmatch(landed.place)
        if match is None:
            return None
        offsets = (landed.first, landed.last)
        return BronzeObject(landed, match['date'], match['hour'], int(match['partition']), *offsets)


class Bronze:
    """The objects of the table below `root` (`s3://BUCKET/PREFIX/`), as they are when `look` is called.

    `files`: the same place as Spark's file system names it. `since`: rows that Kafka took before are not
    seen (None: all are). `latest`: of the records at one position the last by time stands, not the first.
    """

    def __init__(
        self,
        spark: SparkSession,
        objects: Objects,
        manifest: Manifest,
        root: str,
        files: str | None = None,
        since: datetime | None = None,
        latest: bool = False,
    ) -> None:
        self._spark = spark
        self._objects = objects
        self._manifest = manifest
        # Spark may know S3 by another scheme.
        self._root = re.sub(r'^s3a:', 's3:', root)
        self._files = files or root
        self._since = since
        self._latest = latest
        self._found: list[BronzeObject] = []
        #: Of objects of the very hour of `since`, offsets of the rows to be seen; None: there are none.
        self._narrowed: dict[LandedObject, Range | None] = {}
        self.look()

    def since(self, topic_since: str | None, latest: bool = False) -> Bronze:
        """Only what the stream's present topic brought, by the `topicSince` of silver's progress: another
        topic's records may stand at the same positions (renewal.py). None: itself, the stream never moved.
        """
        if topic_since is None and not latest:
            return self
        moment = None if topic_since is None else moment_of(topic_since)
        place = (self._root, self._files)
        return Bronze(self._spark, self._objects, self._manifest, *place, moment, latest)

    @property
    def key(self) -> tuple[str, ...]:
        """What names one record: the position, and where several topics brought records also its time."""
        return POSITION if self._since is None else ARRIVAL

    def look(self) -> None:
        self._found = self._seen('')

    def look_on(self) -> None:
        """Looks again at the last two dates and what comes after them alone: a list of seconds at most."""
        since = min(sorted({one.date for one in self._found})[-2:], default='')
        self._found = [one for one in self._found if one.date < since] + self._seen(since)

    def _seen(self, date: str) -> list[BronzeObject]:
        """From this date on."""
        if self._since is None:
            return list(self._listed(date))
        begun = self._since.astimezone(UTC)
        first = (begun.date().isoformat(), f'{begun:%H}')
        found = [one for one in self._listed(max(date, first[0])) if (one.date, one.hour) >= first]
        self._narrow([one.landed for one in found if (one.date, one.hour) == first])
        seen = []
        for one in found:
            offsets = self._narrowed.get(one.landed, (one.first, one.last))
            if offsets is not None:
                seen.append(replace(one, first=offsets[0], last=offsets[1]))
        return seen

    def _narrow(self, landed: Iterable[LandedObject]) -> None:
        """All of one folder, so that a file's name tells the object."""
        unknown = [one for one in landed if one not in self._narrowed]
        if not unknown:
            return
        rows = self._read(unknown, [*POSITION, 'kafka_timestamp', FILE])
        ends = rows.groupBy(FILE).agg(F.min('kafka_offset'), F.max('kafka_offset'))
        by_name = {name: (first, last) for name, first, last in ends.collect()}
        for one in unknown:
            self._narrowed[one] = by_name.get(one.uri.rsplit('/', 1)[1])

    def _listed(self, since: str) -> Iterator[BronzeObject]:
        # One after the other: of an archive of years only the objects stay in memory, not the listing.
        for one in self._objects.listed(self._root, f'date={since}' if since else ''):
            for landed in landed_objects([one]):
                found = BronzeObject.of(landed)
                if found is not None:
                    yield found

    def ends(self) -> dict[int, int]:
        """Past the last offset of each partition: the landing takes a partition's records in their order."""
        ends: dict[int, int] = {}
        for one in self._found:
            ends[one.partition] = max(ends.get(one.partition, 0), one.last + 1)
        return ends

    def one_at_each(self, rows: DataFrame) -> DataFrame:
        """Each position once: the same record landed again, or one of a topic that was made anew under its
        name. That one is the later, and the stream reads it from Kafka (renewal.py).
        """
        time = F.col('kafka_timestamp')
        arrived = Window.partitionBy(*POSITION).orderBy(time.desc() if self._latest else time)
        return rows.withColumn('_nth', F.row_number().over(arrived)).where('_nth = 1').drop('_nth')

    def reach(self, partition: int, start: int, besides: Iterable[Range] = ()) -> tuple[int, int | None]:
        """How far bronze, and the ranges `besides`, hold the partition without a hole, from `start` on; and
        where what comes after that hole begins (None: nothing does).
        """
        reach = start
        landed = [(one.first, one.last + 1) for one in self._found if one.partition == partition]
        for first, past in sorted([*landed, *besides]):
            if first > reach:
                return reach, first
            reach = max(reach, past)
        return reach, None

    def valid_rows(
        self,
        until: ByPartition,
        start: ByPartition | None = None,
        dates: tuple[str, str] | None = None,
    ) -> DataFrame:
        """Valid rows at offsets from `start` (0 of others) to before `until`, of objects of these dates.

        Columns: position, kafka_timestamp, the contract's. Partitions that `until` lacks are left out.
        """
        return self._rows(until, start or {}, _within(dates)).where(F.col('verdict') == VALID).drop('verdict')

    def faulty_rows(self, until: ByPartition, start: ByPartition) -> DataFrame:
        """Rows of every other verdict from `start` to before `until`, in the columns of judged rows."""
        columns = [*POSITION, 'kafka_timestamp', 'kafka_key', 'verdict', 'verdict_path', 'verdict_detail']
        rows = self._read([one.landed for one in self._between(until, start)], columns)
        return self.one_at_each(
            rows.where(reaching(until, start) & (F.col('verdict') != VALID))
        ).withColumnsRenamed({'verdict_path': 'path', 'verdict_detail': 'detail'})

    def positions(
        self, until: ByPartition, start: ByPartition, dates: tuple[str, str] | None = None
    ) -> DataFrame:
        """Every position from `start` to before `until` in objects of these dates, whatever its verdict;
        repeats left in.
        """
        within = _within(dates)
        found = [one.landed for one in self._between(until, start) if within(one)]
        return self._read(found, [*POSITION]).where(reaching(until, start))

    def records(self, positions: DataFrame) -> DataFrame:
        """kafka_key and kafka_value by position, as RawRecords (batch.py)."""
        wanted: dict[int, list[int]] = defaultdict(list)
        for row in positions.select(*POSITION).distinct().collect():
            wanted[row.kafka_partition].append(row.kafka_offset)
        for offsets in wanted.values():
            offsets.sort()
        holding = [one.landed for one in self._found if _any_within(wanted[one.partition], one.landed)]
        rows = self._read(holding, [*POSITION, 'kafka_timestamp', 'kafka_key', 'kafka_value'])
        asked = F.broadcast(positions.select(*POSITION).distinct())
        return self.one_at_each(rows.join(asked, list(POSITION), 'left_semi')).drop('kafka_timestamp')

    def highest_observed(
        self, until: ByPartition, start: ByPartition | None = None, before: str | None = None
    ) -> dict[int, int]:
        """Of each partition the highest observed time (epoch ms) of its valid rows from `start` to before
        `until`, of objects of dates before `before` alone.
        """
        start = start or {}
        earlier = [one for one in self._between(until, start) if before is None or one.date < before]
        observed = self._manifest.raw['observedTime']
        rows = self._read([one.landed for one in earlier], [*POSITION, 'verdict', observed])
        found = (
            rows.where(reaching(until, start) & (F.col('verdict') == VALID) & F.col(observed).isNotNull())
            .groupBy('kafka_partition')
            .agg(F.max(F.unix_millis(observed)))
        )
        return dict(found.collect())

    def last_kafka_ms(self, until: ByPartition, start: ByPartition) -> dict[int, int]:
        """Of each partition the highest Kafka timestamp (epoch ms) from `start` to before `until`, of the row
        that stands at its position.
        """
        found = [one.landed for one in self._between(until, start)]
        rows = self._read(found, [*POSITION, 'kafka_timestamp']).where(reaching(until, start))
        first = self.one_at_each(rows).groupBy('kafka_partition')
        return dict(first.agg(F.max(F.unix_millis('kafka_timestamp'))).collect())

    def _between(self, until: ByPartition, start: ByPartition) -> list[BronzeObject]:
        return [
            one
            for one in self._found
            if one.first < until.get(one.partition, 0) and one.last >= start.get(one.partition, 0)
        ]

    def _rows(
        self, until: ByPartition, start: ByPartition, wanted: Callable[[BronzeObject], bool]
    ) -> DataFrame:
        found = [one.landed for one in self._between(until, start) if wanted(one)]
        columns = [*POSITION, 'kafka_timestamp', 'verdict', *self._manifest.content]
        doubled = [one for group in overlapping(found, FOREVER) for one in group]
        single = set(found) - set(doubled)
        # Only objects that overlap can hold a position twice, so only their rows are compared.
        rows = self._read(single, columns).unionByName(self.one_at_each(self._read(doubled, columns)))
        return rows.where(reaching(until, start))

    def _read(self, landed: Iterable[LandedObject], columns: Iterable[str]) -> DataFrame:
        asked = list(columns)
        stored = dict.fromkeys(name for name in asked if name != FILE)
        uris = sorted(self._files + one.uri.removeprefix(self._root) for one in landed)
        if not uris:
            return self._spark.createDataFrame([], self._schema(stored))
        if self._since is None:
            return self._parquet(uris, stored)
        rows = self._parquet(uris, {**stored, 'kafka_timestamp': None})
        made = [F.col('_metadata.file_name').alias(FILE) if name == FILE else name for name in asked]
        return rows.where(F.col('kafka_timestamp') >= F.lit(self._since)).select(*made)

    def _parquet(self, uris: Sequence[str], columns: Iterable[str]) -> DataFrame:
        # The folders are no columns here.
        reader = self._spark.read.schema(self._schema(columns)).option('recursiveFileLookup', 'true')
        return reader.parquet(*uris)

    def _schema(self, columns: Iterable[str]) -> T.StructType:
        types = {
            'kafka_partition': T.IntegerType(),
            'kafka_offset': T.LongType(),
            'kafka_timestamp': T.TimestampType(),
            'kafka_key': T.BinaryType(),
            'kafka_value': T.BinaryType(),
            'verdict': T.StringType(),
            'verdict_path': T.StringType(),
            'verdict_detail': T.StringType(),
            **{field['column']: SPARK_TYPES[field['type']] for field in self._manifest.raw['fields']},
        }
        return reduce(lambda schema, name: schema.add(name, types[name]), columns, T.StructType())


def moment_of(topic_since: str) -> datetime:
    """Of the `topicSince` of silver's progress (renewal.py)."""
    return datetime.fromisoformat(topic_since.replace('Z', '+00:00'))


def with_late(rows: DataFrame, manifest: Manifest, highest: ByPartition) -> DataFrame:
    """Adds `late` as the stream computes it (judged.py) to all valid rows of a run of offsets.

    `highest`: of each partition the highest observed time (epoch ms) of the lower offsets.
    """
    observed = F.unix_millis(manifest.raw['observedTime'])
    below = (
        Window.partitionBy('kafka_partition')
        .orderBy('kafka_offset')
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    known = F.coalesce(
        *(
            F.when(F.col('kafka_partition') == number, F.lit(newest))
            for number, newest in sorted(highest.items())
        ),
        F.lit(None).cast('long'),
    )
    # greatest and max leave nulls aside.
    newest = F.greatest(F.max(observed).over(below), known)
    return rows.withColumn('late', F.coalesce(observed < newest - manifest.lateness_ms, F.lit(False)))


def dates_of(manifest: Manifest, first: date, last: date) -> tuple[str, str] | None:
    """The dates (first, last; both in) of the objects that can hold rows of these days of the partition time.

    By the rules of the observed time, at most futureMs after the Kafka timestamp and tooOldMs before it; None
    where silver's partitions follow another time, of which no rule tells.
    """
    if manifest.partition_column != manifest.raw['observedTime']:
        return None
    time = manifest.raw['time']
    day = 86_400_000
    return (
        date.fromordinal(first.toordinal() - -(-time['futureMs'] // day)).isoformat(),
        date.fromordinal(last.toordinal() - (-time['tooOldMs'] // day)).isoformat(),
    )


def _any_within(offsets: Sequence[int], landed: LandedObject) -> bool:
    """`offsets`: sorted."""
    at = bisect_left(offsets, landed.first)
    return at < len(offsets) and offsets[at] <= landed.last


def _within(dates: tuple[str, str] | None) -> Callable[[BronzeObject], bool]:
    return lambda one: dates is None or dates[0] <= one.date <= dates[1]


def reaching(until: ByPartition, start: ByPartition) -> Column:
    """Whether a position lies from `start` (0 of others) to before `until`."""
    parts = [
        f'(kafka_partition = {number} AND kafka_offset >= {start.get(number, 0)}L AND kafka_offset < {end}L)'
        for number, end in sorted(until.items())
    ]
    return F.expr(' OR '.join(parts) or 'false')
