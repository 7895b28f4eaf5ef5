from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from millrace_jobs.batch import SilverBatch
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import table_name
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.published import Publication, kafka_send, messages
from tests.example import event, manifest, windowed
from tests.lake import Lake, Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROWS = {'topic': 'gauge-rows', 'key': 'kind', 'partitions': 1, 'retentionHours': 1, 'maxMessageBytes': 9000}
MINUTES = {**ROWS, 'topic': 'gauge-minutes'}

# --- rows as messages

COLUMNS = {
    'text': 'string',
    'number': 'double',
    'whole': 'long',
    'small': 'int',
    'truth': 'boolean',
    'instant': 'timestamp',
    'day': 'date',
    'bytes': 'binary',
}
FIRST_MS = -62_135_596_800_000
LAST_MS = 253_402_300_799_999
VALUES = st.tuples(
    st.text(alphabet=st.characters(exclude_categories=['Cs']), max_size=20),
    *(
        st.none() | one
        for one in (
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**63), 2**63 - 1),
            st.integers(-(2**31), 2**31 - 1),
            st.booleans(),
            st.integers(FIRST_MS, LAST_MS),
            st.integers(FIRST_MS // 86_400_000, LAST_MS // 86_400_000),
            st.binary(max_size=5),
        )
    ),
)


def table_rows(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    schema = (
        'text STRING, number DOUBLE, whole BIGINT, small INT, truth BOOLEAN, instant BIGINT, day INT, '
        'bytes BINARY'
    )
    return (
        spark.createDataFrame(rows, schema)
        .withColumn('instant', F.timestamp_millis('instant'))
        .withColumn('day', F.date_from_unix_date('day'))
    )


def sent_by(frame: DataFrame) -> list[Row]:
    columns = [{'name': name, 'type': kind} for name, kind in COLUMNS.items()]
    return messages(frame, columns, {**ROWS, 'key': 'text'}).collect()


def read_back(message: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values as table_rows takes them."""
    instant, day = message['instant'], message['day']
    if instant is not None:
        assert len(instant) == 24
        assert instant[10] + instant[19] + instant[23] == 'T.Z'
        instant = (datetime.fromisoformat(instant) - EPOCH) // timedelta(milliseconds=1)
    if day is not None:
        day = (date.fromisoformat(day) - EPOCH.date()).days
    return (*(message[name] for name in ('text', 'number', 'whole', 'small', 'truth')), instant, day)


@settings(max_examples=15)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_a_message_says_what_the_row_says(spark: SparkSession, rows: list[tuple[Any, ...]]) -> None:
    # Act
    found = sent_by(table_rows(spark, rows))
    # Assess
    assert [row.key for row in found] == [row[0] for row in rows]
    parsed = [json.loads(row.value) for row in found]
    assert [list(one) for one in parsed] == [[name for name in COLUMNS if name != 'bytes']] * len(rows)
    assert [read_back(one) for one in parsed] == [row[:7] for row in rows]


def test_what_is_no_number_in_json_is_null(spark: SparkSession) -> None:
    # Prepare
    rows = [('a', one, *[None] * 6) for one in (math.inf, -math.inf, math.nan, -0.0)]
    # Act
    numbers = [json.loads(row.value)['number'] for row in sent_by(table_rows(spark, rows))]
    # Assess
    assert numbers == [None, None, None, 0]
    assert math.copysign(1, numbers[3]) == -1


# --- what a batch sends


@dataclass
class Broker:
    """What was sent, in order: (topic, key, value)."""

    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    #: Topics that take nothing.
    down: set[str] = field(default_factory=set)

    def __call__(self, found: DataFrame, publication: Publication) -> None:
        if publication['topic'] in self.down:
            raise RuntimeError('refused')
        self.sent += [
            (publication['topic'], row.key, json.loads(row.value)) for row in found.orderBy('value').collect()
        ]

    def rows(self) -> list[tuple[int, int]]:
        """Positions of the silver rows sent."""
        return [
            (one['kafka_partition'], one['kafka_offset'])
            for topic, _, one in self.sent
            if topic == 'gauge-rows'
        ]

    def last(self) -> dict[tuple[str, str, bool], dict[str, Any]]:
        """By window, the last message."""
        return {
            (one['window_start'], one['kind'], one['is_flow']): one
            for topic, _, one in self.sent
            if topic == 'gauge-minutes'
        }


def published() -> Manifest:
    """The example with silver and its minutes published, the sliding windows not."""
    result = windowed(publish=ROWS)
    result.raw['windows'][0]['publish'] = MINUTES
    return result


def start(lake: Lake, broker: Broker) -> SilverBatch:
    query = lake.query()
    query.send = broker
    return query


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime('%Y-%m-%dT%H:%M:%S.000Z')


def minutes_table(lake: Lake) -> dict[tuple[str, str, bool], dict[str, Any]]:
    """The window table as its messages say it."""
    window = lake.manifest.windows[0]
    rows = lake.spark.table(table_name(lake.database, window['name']))
    values = [json.loads(row.value) for row in messages(rows, window['columns'], MINUTES).collect()]
    return {(one['window_start'], one['kind'], one['is_flow']): one for one in values}


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    return Lake(spark, objects, published()).create()


def test_silver_rows_are_sent_and_what_is_not_silver_is_not(lake: Lake, broker: Broker) -> None:
    # Prepare
    records = [
        Record(0, 0, event(1, kind='flow', amount=12.5), 1),
        Record(0, 1, event(1, kind='flow', amount=12.5), 2),
        Record(0, 2, event(1, kind='flow', amount=13), 3),
        Record(0, 3, b'not json', 4),
        Record(1, 0, event(2), 5),
    ]
    # Act
    start(lake, broker)(lake.kafka_rows(records), 0)
    # Assess
    assert broker.rows() == [(0, 0), (1, 0)]
    topic, key, value = broker.sent[0]
    stored = lake.rows('silver')[0]
    assert (topic, key) == ('gauge-rows', 'flow')
    assert list(value) == lake.manifest.columns('silver')
    assert {**value, 'processing_time': None} == {
        **stored.asDict(),
        'seen_at': '2026-03-02T11:59:00.000Z',
        'kafka_timestamp': '2026-03-02T12:00:01.000Z',
        'processing_time': None,
    }
    processed = datetime.fromisoformat(value['processing_time']).replace(tzinfo=None)
    assert timedelta() <= stored.processing_time - processed < timedelta(milliseconds=1)


def test_a_row_that_takes_the_place_of_another_is_sent(lake: Lake, broker: Broker) -> None:
    # Prepare
    query = start(lake, broker)
    query(lake.kafka_rows([Record(0, 0, event(1), 10)]), 0)
    # Act
    query(lake.kafka_rows([Record(1, 0, event(1), 5), Record(1, 1, event(1), 20)]), 1)
    # Assess
    assert lake.silver() == [('r-1', 1, 0)]
    assert broker.rows() == [(0, 0), (1, 0)]


@pytest.mark.parametrize('topic', ['gauge-rows', 'gauge-minutes'])
def test_a_batch_that_ended_before_it_had_sent_sends_when_it_is_run_again(
    lake: Lake, broker: Broker, topic: str
) -> None:
    # Prepare
    first = [Record(0, 0, event(1, seen_at=at(0)), 10), Record(0, 1, event(2, seen_at=at(0)), 11)]
    # One that goes before a row of silver, one that is new, and one that makes the minute final.
    second = [
        Record(1, 0, event(1, seen_at=at(0)), 5),
        Record(1, 1, event(3, seen_at=at(1)), 12),
        Record(1, 2, event(4, seen_at=at(60)), 13),
    ]
    start(lake, broker)(lake.kafka_rows(first), 0)
    broker.down = {topic}
    with pytest.raises(RuntimeError, match='refused'):
        start(lake, broker)(lake.kafka_rows(second), 1)
    # Act
    broker.down = set()
    start(lake, broker)(lake.kafka_rows(second), 1)
    # Assess
    assert {(row.kafka_partition, row.kafka_offset) for row in lake.rows('silver')} <= set(broker.rows())
    assert {(1, 0), (1, 1), (1, 2)} <= set(broker.rows())
    assert broker.last() == minutes_table(lake)


def test_windows_that_a_broken_batch_made_final_are_told(lake: Lake, broker: Broker) -> None:
    # Prepare: the second batch touches no window of the first
    start(lake, broker)(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0)))]), 0)
    later = [Record(0, 1, event(2, seen_at=at(60)))]
    broker.down = {'gauge-minutes'}
    with pytest.raises(RuntimeError):
        start(lake, broker)(lake.kafka_rows(later), 1)
    assert [one['final'] for one in broker.last().values()] == [False]
    # Act
    broker.down = set()
    start(lake, broker)(lake.kafka_rows(later), 1)
    # Assess
    assert sorted(one['final'] for one in broker.last().values()) == [False, True]
    assert broker.last() == minutes_table(lake)


def test_only_what_a_batch_computes_is_told(lake: Lake, broker: Broker) -> None:
    # Prepare
    query = start(lake, broker)
    query(lake.kafka_rows([Record(0, 0, event(1, seen_at=at(0))), Record(0, 1, event(2, seen_at=at(1)))]), 0)
    broker.sent.clear()
    # Act
    query(lake.kafka_rows([Record(0, 2, event(3, seen_at=at(1)))]), 1)
    # Assess: the other minute of the day is rewritten with its partition, and not sent
    [(_, key, value)] = [one for one in broker.sent if one[0] == 'gauge-minutes']
    assert (key, value['window_start'], value['readings']) == ('level', at(1), 2)
    assert 'amount_sketch' not in value


def test_whatever_breaks_topics_tell_all_that_tables_say(lake: Lake, broker: Broker) -> None:
    # Prepare
    chance = random.Random(3)
    # Act
    for number, broken in enumerate(['gauge-rows', None, 'gauge-minutes', 'gauge-rows']):
        records = []
        for offset in range(6 * number, 6 * number + 6):
            minute = chance.randrange(20) + 20 * number
            changes = {'seen_at': at(minute), 'kind': chance.choice(['level', 'flow']), 'amount': minute}
            # Later records may have the earlier broker time.
            records.append(Record(0, offset, event(chance.randrange(9), **changes), chance.randrange(60)))
        if broken is not None:
            broker.down = {broken}
            with pytest.raises(RuntimeError):
                start(lake, broker)(lake.kafka_rows(records), number)
            broker.down = set()
        start(lake, broker)(lake.kafka_rows(records), number)
    # Assess
    assert {(row.kafka_partition, row.kafka_offset) for row in lake.rows('silver')} <= set(broker.rows())
    table, last = minutes_table(lake), broker.last()
    assert {window: last[window] for window in table} == table


def test_nothing_is_sent_of_a_dataset_that_publishes_nothing(
    spark: SparkSession, objects: Objects, broker: Broker
) -> None:
    # Prepare
    lake = Lake(spark, objects, windowed()).create()
    # Act
    start(lake, broker)(lake.kafka_rows([Record(0, 0, event(1))]), 0)
    # Assess
    assert broker.sent == []
    assert manifest().publish is None


# --- the sink


class Writer:
    """As DataFrameWriter takes calls, ending in the error."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.taken: dict[str, str] = {}
        self.write = self

    def format(self, name: str) -> Writer:
        self.taken['format'] = name
        return self

    def options(self, **options: str) -> Writer:
        self.taken.update(options)
        return self

    def option(self, name: str, value: str) -> Writer:
        self.taken[name] = value
        return self

    def save(self) -> None:
        if self.text:
            raise RuntimeError(self.text)


def test_messages_go_to_their_topic_and_wait_for_all_replicas() -> None:
    # Prepare
    writer = Writer('')
    # Act
    kafka_send({'kafka.bootstrap.servers': 'b:1'})(writer, ROWS)
    # Assess
    assert writer.taken == {
        'format': 'kafka',
        'topic': 'gauge-rows',
        'kafka.bootstrap.servers': 'b:1',
        'kafka.acks': 'all',
        'kafka.enable.idempotence': 'true',
        'kafka.compression.type': 'zstd',
        'kafka.linger.ms': '10',
        'kafka.max.request.size': '9000',
    }


def test_a_refusal_by_kafka_is_named_and_other_failures_are_not() -> None:
    # Prepare
    refused = 'Job aborted: org.apache.kafka.common.errors.TimeoutException: Topic not present\n at x'
    # Act, Assess
    with pytest.raises(JobError, match=r'MR820: org\.apache\.kafka.*not present\n') as caught:
        kafka_send({})(Writer(refused), ROWS)
    assert caught.value.where == 'topic gauge-rows'
    with pytest.raises(RuntimeError, match='disk full'):
        kafka_send({})(Writer('at org.apache.spark.sql.kafka010: disk full'), ROWS)
