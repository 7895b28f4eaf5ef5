"""What exactly-once is measured against: the silver job's own judge and rows, appended without looking back.

Each micro-batch is judged, its valid rows are sorted and appended as silver's are. Nothing is compared with
silver or within the batch, no lease is proved, no progress written; what is not valid is dropped. Arguments
are those of the silver job.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.batch_log import log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.iceberg import table_name
from millrace_jobs.judged import judged
from millrace_jobs.kafka_source import kafka_stream, source_options
from millrace_jobs.manifest import load_manifest
from millrace_jobs.partitions import partition_value
from millrace_jobs.session import job_session
from millrace_jobs.silver_rows import silver_rows
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def main(argv: list[str]) -> None:
    arguments = job_arguments(argv, (*COMMON, 'cluster-arn', 'checkpoint', 'max-offsets'))
    manifest = load_manifest(arguments['manifest'])
    spark = job_session('judged-append')
    target = table_name(arguments['database'], manifest.table('silver'))

    def append(rows: DataFrame, number: int) -> None:
        begun = time.monotonic()
        valid = judged(rows, manifest, {}, datetime.now(UTC)).where(F.col('verdict') == 'valid')
        ordered = silver_rows(valid, manifest).sortWithinPartitions(
            partition_value(manifest), *manifest.sort_by, manifest.partition_column
        )
        ordered.writeTo(target).option('use-table-distribution-and-ordering', 'false').append()
        records = int(
            spark.table(f'{target}.snapshots')
            .orderBy(F.desc('committed_at'))
            .first()
            .summary['added-records']
        )
        log_line('batch', batchId=number, counts={'records': records}, totalSeconds=time.monotonic() - begun)

    options = source_options(kafka_connection(arguments['cluster-arn']))
    query = (
        kafka_stream(spark, manifest.topic, options, whole_number(arguments, 'max-offsets'))
        .writeStream.option('checkpointLocation', arguments['checkpoint'])
        .foreachBatch(append)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()


if __name__ == '__main__':
    main(sys.argv[1:])
