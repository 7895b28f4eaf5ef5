"""A stream that appends what a function makes of each micro-batch: what the silver job is measured against.

Arguments, source, trigger and log lines are those of the silver job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.batch_log import log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.iceberg import table_name
from millrace_jobs.kafka_source import kafka_stream, source_options
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.session import job_session
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def run(
    name: str,
    argv: Sequence[str],
    made: Callable[[DataFrame, Manifest], DataFrame],
    write_options: Mapping[str, str],
) -> None:
    """Reads the topic to its end. `made` turns Kafka's rows into silver's columns."""
    arguments = job_arguments(argv, (*COMMON, 'cluster-arn', 'checkpoint', 'max-offsets'))
    manifest = load_manifest(arguments['manifest'])
    spark = job_session(name)
    target = table_name(arguments['database'], manifest.table('silver'))

    def append(rows: DataFrame, number: int) -> None:
        begun = time.monotonic()
        made(rows, manifest).writeTo(target).options(**write_options).append()
        newest = spark.table(f'{target}.snapshots').orderBy(F.desc('committed_at')).first()
        counts = {'records': int(newest.summary['added-records'])}
        log_line('batch', batchId=number, counts=counts, totalSeconds=time.monotonic() - begun)

    options = source_options(kafka_connection(arguments['cluster-arn']))
    query = (
        kafka_stream(spark, manifest.topic, options, whole_number(arguments, 'max-offsets'))
        .writeStream.option('checkpointLocation', arguments['checkpoint'])
        .foreachBatch(append)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
