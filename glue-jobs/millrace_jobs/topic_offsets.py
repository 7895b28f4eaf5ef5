"""What a topic still holds, asked of the brokers from the driver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import SparkSession


def earliest_offsets(
    spark: SparkSession, topic: str, options: Mapping[str, str], partitions: Iterable[int] | None = None
) -> dict[int, int]:
    """First offset that each partition (None: each of the topic's) still holds.

    `options` are those of Spark's Kafka source. Errors of the brokers surface as py4j's.
    """
    jvm = spark._jvm
    properties = jvm.java.util.HashMap()
    for name, value in options.items():
        if name.startswith('kafka.') and name != 'kafka.isolation.level':
            properties.put(name.removeprefix('kafka.'), value)
    admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
    try:
        if partitions is None:
            topics = admin.describeTopics(jvm.java.util.List.of(topic)).allTopicNames().get()
            partitions = [one.partition() for one in topics.get(topic).partitions()]
        places = {number: jvm.org.apache.kafka.common.TopicPartition(topic, number) for number in partitions}
        question = jvm.java.util.HashMap()
        for place in places.values():
            question.put(place, jvm.org.apache.kafka.clients.admin.OffsetSpec.earliest())
        answer = admin.listOffsets(question)
        return {number: answer.partitionResult(place).get().offset() for number, place in places.items()}
    finally:
        admin.close()
