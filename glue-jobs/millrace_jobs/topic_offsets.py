"""What a topic still holds, asked of the brokers from the driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

#: Kafka's id of a topic on brokers that know none.
NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'


class TopicNow(NamedTuple):
    """`id`: Kafka's own, another for each topic that is made under the name; '' where the brokers know none.
    `earliest`: by partition, the first offset that it still holds.
    """

    id: str
    earliest: dict[int, int]


def topic_now(spark: SparkSession, topic: str, options: Mapping[str, str]) -> TopicNow:
    """`options` are those of Spark's Kafka source. Errors of the brokers surface as py4j's."""
    with _admin(spark, options) as admin:
        names = spark._jvm.java.util.List.of(topic)
        described = admin.describeTopics(names).allTopicNames().get().get(topic)
        identity = described.topicId().toString()
        numbers = [one.partition() for one in described.partitions()]
        return TopicNow('' if identity == NO_ID else identity, _earliest(spark, admin, topic, numbers))


def earliest_offsets(
    spark: SparkSession, topic: str, options: Mapping[str, str], partitions: Iterable[int]
) -> dict[int, int]:
    """First offset that each of these partitions still holds; `options` and errors as of topic_now."""
    with _admin(spark, options) as admin:
        return _earliest(spark, admin, topic, partitions)


@contextmanager
def _admin(spark: SparkSession, options: Mapping[str, str]) -> Iterator[Any]:
    jvm = spark._jvm
    properties = jvm.java.util.HashMap()
    for name, value in options.items():
        if name.startswith('kafka.') and name != 'kafka.isolation.level':
            properties.put(name.removeprefix('kafka.'), value)
    admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
    try:
        yield admin
    finally:
        admin.close()


def _earliest(spark: SparkSession, admin: Any, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    jvm = spark._jvm
    places = {number: jvm.org.apache.kafka.common.TopicPartition(topic, number) for number in partitions}
    question = jvm.java.util.HashMap()
    for place in places.values():
        question.put(place, jvm.org.apache.kafka.clients.admin.OffsetSpec.earliest())
    answer = admin.listOffsets(question)
    return {number: answer.partitionResult(place).get().offset() for number, place in places.items()}
