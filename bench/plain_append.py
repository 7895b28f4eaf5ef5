"""What silver is measured against: the same topic into a table of the same form, with no more than it takes.

Each micro-batch is parsed by Spark's own JSON reader, cast, and appended. No record is judged, compared with
others or kept back; what does not parse becomes nulls. Arguments are those of the silver job.
"""

from __future__ import annotations

import sys
import time
from functools import reduce

from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.batch_log import log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.iceberg import table_name
from millrace_jobs.kafka_source import kafka_stream, source_options
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.session import job_session
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

SPARK_TYPES = {
    'string': 'string',
    'double': 'double',
    'long': 'bigint',
    'boolean': 'boolean',
    'timestamp': 'string',
}


def event_schema(manifest: Manifest) -> T.StructType:
    """The contract's fields, nested by their paths; timestamps as they are written."""
    tree: dict = {}
    for field in manifest.raw['fields']:
        *parents, leaf = field['path']
        reduce(lambda node, name: node.setdefault(name, {}), parents, tree)[leaf] = SPARK_TYPES[field['type']]

    def struct(node: dict) -> T.StructType:
        return reduce(
            lambda made, item: made.add(item[0], item[1] if isinstance(item[1], str) else struct(item[1])),
            node.items(),
            T.StructType(),
        )

    return struct(tree)


def plain_rows(rows: DataFrame, manifest: Manifest, columns: list[str]) -> DataFrame:
    """Silver's columns; what is not in the record or its position stays null."""
    event = F.from_json(F.col('value').cast('string'), event_schema(manifest))
    made: dict[str, Column] = {
        'kafka_partition': F.col('partition'),
        'kafka_offset': F.col('offset'),
        'kafka_timestamp': F.col('timestamp'),
    }
    for field in manifest.raw['fields']:
        value = F.col('.'.join(['event', *field['path']]))
        made[field['column']] = value.try_cast('timestamp') if field['type'] == 'timestamp' else value
    types = {one['name']: one['type'] for one in manifest.raw['columns']['silver']}
    parsed = rows.select('partition', 'offset', 'timestamp', event.alias('event'))
    return parsed.select(
        *(
            made.get(name, F.lit(None).cast(types[name].replace('long', 'bigint'))).alias(name)
            for name in columns
        )
    )


def main(argv: list[str]) -> None:
    arguments = job_arguments(argv, (*COMMON, 'cluster-arn', 'checkpoint', 'max-offsets'))
    manifest = load_manifest(arguments['manifest'])
    spark = job_session('plain-append')
    target = table_name(arguments['database'], manifest.table('silver'))
    columns = manifest.columns('silver')

    def append(rows: DataFrame, number: int) -> None:
        begun = time.monotonic()
        made = plain_rows(rows, manifest, columns)
        writer = made.writeTo(target).option('use-table-distribution-and-ordering', 'false')
        writer.option('fanout-enabled', 'true').append()
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
