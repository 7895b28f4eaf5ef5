"""What silver is measured against: the same topic into a table of the same form, with no more than it takes.

Each micro-batch is parsed by Spark's own JSON reader, cast, and appended. No record is judged, compared with
others or kept back; what does not parse becomes nulls.
"""

from __future__ import annotations

import sys
from functools import reduce

from append_stream import run
from millrace_jobs.manifest import Manifest
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


def plain_rows(rows: DataFrame, manifest: Manifest) -> DataFrame:
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
            for name in manifest.columns('silver')
        )
    )


if __name__ == '__main__':
    unordered = {'use-table-distribution-and-ordering': 'false', 'fanout-enabled': 'true'}
    run('plain-append', sys.argv[1:], plain_rows, unordered)
