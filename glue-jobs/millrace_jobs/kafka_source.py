"""The stream of Kafka rows, and how far each of its micro-batches reaches."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession

#: Of Spark's made-up consumer groups; the job's IAM policy allows these alone, so batch reads take the same
#: one.
GROUP_PREFIX = 'spark-kafka-source'
#: How Spark names the earliest offset among numbers.
EARLIEST = -2


def source_options(connection: Mapping[str, str]) -> dict[str, str]:
    """Options every read of the topic shares."""
    return {
        **connection,
        'groupIdPrefix': GROUP_PREFIX,
        'kafka.isolation.level': 'read_committed',
        'failOnDataLoss': 'true',
    }


def generation_checkpoint(checkpoint: str, generation: int) -> str:
    """Where the stream of this generation keeps its checkpoint; `checkpoint` is that of generation 0.

    A checkpoint tells where a stream goes on, and nothing can change that from outside: so a rebuild that
    moves the stream to other offsets gives it a new one.
    """
    return checkpoint if generation == 0 else f'{checkpoint.rstrip("/")}/generation-{generation}/'


def starting_offsets(topic: str, start: Mapping[int, int], earliest: Mapping[int, int]) -> str:
    """Spark's `startingOffsets`: where a stream without a checkpoint begins, the earliest of those that
    `start` lacks. Spark wants each of the topic's partitions named, of which `earliest` has all.

    Kafka forgets `start` in time. A stream that reads again may then begin later: what silver has not read
    is still there (silver.nothing_gone).
    """
    if not start:
        return 'earliest'
    begin = {
        str(number): max(start[number], first) if number in start else EARLIEST
        for number, first in sorted(earliest.items())
    }
    return json.dumps({topic: begin})


def kafka_stream(
    spark: SparkSession,
    topic: str,
    options: Mapping[str, str],
    max_offsets: int,
    starting: str = 'earliest',
) -> DataFrame:
    """Spark's Kafka source; one task a topic partition, which keeps offsets in order."""
    return (
        spark.readStream.format('kafka')
        .options(**options)
        .option('subscribe', topic)
        .option('startingOffsets', starting)
        .option('maxOffsetsPerTrigger', max_offsets)
        # Fewer, larger fetches than the defaults (500 records a poll), which are made for services.
        .option('kafka.max.poll.records', '20000')
        .option('kafka.max.partition.fetch.bytes', str(8 * 1024 * 1024))
        .load()
    )


class CheckpointOffsets:
    """End offsets of a micro-batch as the query wrote them down before it ran the batch.

    They count transaction markers at the end of a partition, which no row of the batch shows.
    """

    def __init__(self, checkpoint: str, topic: str) -> None:
        self._checkpoint = checkpoint.rstrip('/')
        self._topic = topic

    def __call__(self, spark: SparkSession, batch: int) -> dict[int, int] | None:
        return end_offsets(self._text(spark, f'{self._checkpoint}/offsets/{batch}'), self._topic)

    def _text(self, spark: SparkSession, location: str) -> str:
        jvm = spark._jvm
        path = jvm.org.apache.hadoop.fs.Path(location)
        stream = path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()).open(path)
        try:
            return jvm.org.apache.commons.io.IOUtils.toString(stream, 'UTF-8')
        finally:
            stream.close()


def end_offsets(offset_log: str, topic: str) -> dict[int, int] | None:
    """From a file of the offset log (a version line, then one JSON object a line); None if it names no such
    topic.
    """
    for line in reversed(offset_log.splitlines()):
        if line.startswith('{'):
            offsets = json.loads(line).get(topic)
            if isinstance(offsets, dict):
                return {int(number): offset for number, offset in offsets.items()}
    return None
