"""A few Kafka records by their positions, by a consumer in the driver: a Spark read of the ranges around a
dozen of them would read most of a batch again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from millrace_jobs.errors import JobError

#: One record at a time, and little around it.
CONSUMER = {
    'key.deserializer': 'org.apache.kafka.common.serialization.ByteArrayDeserializer',
    'value.deserializer': 'org.apache.kafka.common.serialization.ByteArrayDeserializer',
    'enable.auto.commit': 'false',
    # Below the first offset that Kafka still holds it goes on from there; the record is then left out.
    'auto.offset.reset': 'earliest',
    'max.poll.records': '1',
    'max.partition.fetch.bytes': '65536',
}
POLL_MS = 500
PATIENCE_SECONDS = 60


class SingleRecord(NamedTuple):
    kafka_partition: int
    kafka_offset: int
    kafka_key: bytes | None
    kafka_value: bytes | None


def single_records(
    spark: SparkSession, topic: str, options: Mapping[str, str], positions: Iterable[tuple[int, int]]
) -> list[SingleRecord]:
    """The records at these (partition, offset) that the topic still holds. Raises MR802 if no broker answers.

    `options` are those of Spark's Kafka source.
    """
    jvm = spark._jvm
    properties = jvm.java.util.HashMap()
    connection = {
        name.removeprefix('kafka.'): value for name, value in options.items() if name.startswith('kafka.')
    }
    for name, value in {**connection, **CONSUMER}.items():
        properties.put(name, value)
    consumer = jvm.org.apache.kafka.clients.consumer.KafkaConsumer(properties)
    try:
        return list(_read(jvm, consumer, topic, positions))
    finally:
        consumer.close()


def _read(
    jvm: Any, consumer: Any, topic: str, positions: Iterable[tuple[int, int]]
) -> Iterator[SingleRecord]:
    for partition, offset in sorted(positions):
        place = jvm.org.apache.kafka.common.TopicPartition(topic, partition)
        consumer.assign(jvm.java.util.List.of(place))
        consumer.seek(place, offset)
        record = _next(jvm, consumer, f'{topic}-{partition}, offset {offset}')
        if record.offset() == offset:
            yield SingleRecord(partition, offset, record.key(), record.value())


def _next(jvm: Any, consumer: Any, where: str) -> Any:
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        records = consumer.poll(jvm.java.time.Duration.ofMillis(POLL_MS)).iterator()
        if records.hasNext():
            return records.next()
    raise JobError(
        'MR802',
        'no broker answers',
        where=where,
        mend='wait until the brokers are back; the batch is repeated',
    )
