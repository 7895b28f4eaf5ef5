"""A small lake for the tests of the local Athena: Iceberg by pyiceberg, Parquet by pyarrow, a view."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs
from pyiceberg.catalog import Catalog, load_catalog
from servers import REGION, Mirror

BUCKET = 'lake'
DATABASE = 'millrace_test'
OUTPUT = f's3://{BUCKET}/results/'
MICROS = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
EVENTS = pa.schema(
    [
        ('event_id', pa.string()),
        ('device_type', pa.string()),
        ('timestamp', pa.timestamp('us', 'UTC')),
        ('event_duration', pa.float64()),
        ('kafka_offset', pa.int64()),
        ('late', pa.bool_()),
    ]
)


def events(count: int, first: int = 0) -> pa.Table:
    """Numbered events, one a second from new year on."""
    numbers = range(first, first + count)
    return pa.table(
        [
            [f'event-{n}' for n in numbers],
            [('light', 'motion')[n % 2] for n in numbers],
            pa.array([MICROS + n * 1_000_000 for n in numbers], pa.timestamp('us', 'UTC')),
            [float(n % 500) for n in numbers],
            list(numbers),
            [n % 10 == 0 for n in numbers],
        ],
        schema=EVENTS,
    )


def catalog_of(mirror: Mirror) -> Catalog:
    """pyiceberg's catalog on the mirror."""
    return load_catalog('glue', **mirror.iceberg_properties())


def filesystem_of(mirror: Mirror) -> fs.S3FileSystem:
    """pyarrow's file system on the mirror."""
    return fs.S3FileSystem(
        access_key=mirror.environment['AWS_ACCESS_KEY_ID'],
        secret_key=mirror.environment['AWS_SECRET_ACCESS_KEY'],
        endpoint_override=mirror.servers['s3'].endpoint.removeprefix('http://'),
        scheme='http',
        region=REGION,
    )


def external_table(mirror: Mirror, name: str, columns: dict[str, str], keys: dict[str, str]) -> None:
    """A Parquet table as the templates declare bronze."""
    mirror.client('glue').create_table(
        DatabaseName=DATABASE,
        TableInput={
            'Name': name,
            'TableType': 'EXTERNAL_TABLE',
            'PartitionKeys': [{'Name': n, 'Type': t} for n, t in keys.items()],
            'Parameters': {'classification': 'parquet', 'projection.enabled': 'true'},
            'StorageDescriptor': {
                'Columns': [{'Name': n, 'Type': t} for n, t in columns.items()],
                'Location': f's3://{BUCKET}/{name}/',
                'InputFormat': 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
                'OutputFormat': 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
                'SerdeInfo': {
                    'SerializationLibrary': 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
                },
            },
        },
    )


def put_parquet(mirror: Mirror, key: str, table: pa.Table) -> None:
    """One object in the lake's bucket."""
    pq.write_table(table, f'{BUCKET}/{key}', filesystem=filesystem_of(mirror), compression='zstd')


def view(mirror: Mirror, name: str, sql: str) -> None:
    """A view as the templates declare it."""
    text = {'originalSql': sql, 'catalog': 'awsdatacatalog', 'schema': DATABASE, 'columns': []}
    encoded = base64.b64encode(json.dumps(text).encode()).decode()
    mirror.client('glue').create_table(
        DatabaseName=DATABASE,
        TableInput={
            'Name': name,
            'TableType': 'VIRTUAL_VIEW',
            'ViewOriginalText': f'/* Presto View: {encoded} */',
            'ViewExpandedText': '/* Presto View */',
            'Parameters': {'presto_view': 'true', 'comment': 'Presto View'},
            'StorageDescriptor': {'Columns': [{'Name': 'n', 'Type': 'bigint'}], 'SerdeInfo': {}},
        },
    )


def fill(mirror: Mirror) -> None:
    """The whole lake."""
    mirror.client('s3').create_bucket(Bucket=BUCKET)
    mirror.client('glue').create_database(DatabaseInput={'Name': DATABASE})
    catalog = catalog_of(mirror)
    silver = catalog.create_table(f'{DATABASE}.events', EVENTS, location=f's3://{BUCKET}/silver/events')
    silver.append(events(1200))
    catalog.create_table(f'{DATABASE}.empty_events', EVENTS, location=f's3://{BUCKET}/silver/empty_events')

    columns = {
        'kafka_offset': 'bigint',
        'kafka_timestamp': 'timestamp',
        'kafka_value': 'binary',
        'verdict': 'string',
        'added_later': 'double',
    }
    keys = {'date': 'string', 'hour': 'int'}
    external_table(mirror, 'raw', columns, keys)
    external_table(mirror, 'nothing_yet', columns, keys)
    for number, (day, hour) in enumerate([('2026-01-01', '00'), ('2026-01-01', '05'), ('2026-01-02', '13')]):
        moments = pa.array([MICROS + number * 1_000_000] * 2, pa.timestamp('us', 'UTC'))
        rows = pa.table(
            {
                'verdict': ['valid', 'invalid'],
                'kafka_offset': pa.array([2 * number, 2 * number + 1], pa.int64()),
                'kafka_timestamp': moments,
                'kafka_value': [b'{"a":1}', None],
                'dropped_before': ['x', 'y'],
            }
        )
        put_parquet(mirror, f'raw/date={day}/hour={hour}/raw-0-{2 * number}-{2 * number + 1}.parquet', rows)
    put_parquet(mirror, 'raw/_temporary/date=2026-01-01/hour=00/x.parquet', events(1))
    view(mirror, 'valid_events', 'SELECT count(*) AS n, verdict FROM raw GROUP BY verdict')
    view(mirror, 'view_of_view', f'SELECT n FROM "{DATABASE}"."valid_events" WHERE verdict = \'valid\'')
    view(mirror, 'endless', 'SELECT * FROM endless')


def ask(athena: Any, sql: str, **more: Any) -> dict[str, Any]:
    """Run a query to its end. Returns QueryExecution."""
    more.setdefault('QueryExecutionContext', {'Database': DATABASE})
    more.setdefault('ResultConfiguration', {'OutputLocation': OUTPUT})
    identity = athena.start_query_execution(QueryString=sql, **more)['QueryExecutionId']
    return ended(athena, identity)


def ended(athena: Any, identity: str) -> dict[str, Any]:
    """Wait for the end of an execution. Returns QueryExecution."""
    while True:
        execution = athena.get_query_execution(QueryExecutionId=identity)['QueryExecution']
        if execution['Status']['State'] not in ('QUEUED', 'RUNNING'):
            return execution
        time.sleep(0.02)


def rows_of(athena: Any, sql: str, **more: Any) -> list[list[str | None]]:
    """The first page of the answer, its header first."""
    execution = ask(athena, sql, **more)
    assert execution['Status']['State'] == 'SUCCEEDED', execution['Status']
    page = athena.get_query_results(QueryExecutionId=execution['QueryExecutionId'])
    return [[datum.get('VarCharValue') for datum in row['Data']] for row in page['ResultSet']['Rows']]


def failure(athena: Any, sql: str, **more: Any) -> str:
    """Why this query fails."""
    execution = ask(athena, sql, **more)
    assert execution['Status']['State'] == 'FAILED', execution['Status']
    return execution['Status']['StateChangeReason']
