"""Rows as messages of a topic: JSON with a key, sent at least once.

A batch sends after it has committed and before its progress is recorded. Where it ends in between, it is run
again and sends again what it had committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.errors import JobError

#: Of lib/contract/manifest.ts.
Publication = Mapping[str, Any]
#: Sends messages (key, value) to the topic of the publication; returns when all brokers have them.
Send = Callable[[DataFrame, Publication], None]

JSON_OPTIONS = {
    'ignoreNullFields': 'false',
    'timestampFormat': "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    'dateFormat': 'yyyy-MM-dd',
    'timeZone': 'UTC',
}
PRODUCER = {
    'kafka.acks': 'all',
    'kafka.enable.idempotence': 'true',
    'kafka.compression.type': 'zstd',
    'kafka.linger.ms': '10',
}
#: What names the client's errors, and nothing of Spark's.
KAFKA_ERROR = 'org.apache.kafka.'


def messages(rows: DataFrame, columns: Iterable[Mapping[str, str]], publication: Publication) -> DataFrame:
    """(key, value) of each row of a table with these columns: the binary ones are left out."""
    sent = [_sent(column) for column in columns if column['type'] != 'binary']
    return rows.select(
        F.col(publication['key']).alias('key'), F.to_json(F.struct(*sent), JSON_OPTIONS).alias('value')
    )


def _sent(column: Mapping[str, str]) -> Column:
    value = F.col(column['name'])
    if column['type'] == 'double':
        # JSON has no number for what is none, or infinite; a sum may come to that.
        value = F.when(F.abs(value) < F.lit(float('inf')), value)
    return value.alias(column['name'])


def kafka_send(connection: Mapping[str, str]) -> Send:
    """Sends by these options of brokers.py. Raises MR820 where the cluster does not take the messages."""

    def send(found: DataFrame, publication: Publication) -> None:
        topic = publication['topic']
        writer = (
            found.write.format('kafka')
            .options(**connection, **PRODUCER)
            .option('kafka.max.request.size', str(publication['maxMessageBytes']))
            .option('topic', topic)
        )
        try:
            writer.save()
        except Exception as error:
            if KAFKA_ERROR not in str(error):
                raise
            raise _refused(topic, str(error)) from error

    return send


def _refused(topic: str, text: str) -> JobError:
    return JobError(
        'MR820',
        text[text.index(KAFKA_ERROR) :].splitlines()[0],
        where=f'topic {topic}',
        mend='deploy the topic, or see to the brokers; started again, the query repeats the batch',
    )
