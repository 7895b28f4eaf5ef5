"""The AWS APIs of the mirror: what moto lacks, on a real object store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException
from servers import Mirror

BUCKET = 'lake'
DATABASE = 'millrace_test'


@pytest.fixture(scope='module')
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    running = Mirror(tmp_path_factory.mktemp('aws'))
    try:
        running.start_minio()
        running.start_aws('--bootstrap-brokers', '127.0.0.1:9092')
        running.client('s3').create_bucket(Bucket=BUCKET)
        running.client('glue').create_database(DatabaseInput={'Name': DATABASE})
        yield running
    finally:
        running.stop()


def catalog_of(mirror: Mirror) -> Catalog:
    return load_catalog('glue', **mirror.iceberg_properties())


def field(number: int, name: str, kind: Any, required: bool = False) -> dict[str, Any]:
    return {'Id': number, 'Name': name, 'Type': kind, 'Required': required}


EVENT_FIELDS = [
    field(1, 'event_id', 'string'),
    field(2, 'timestamp', 'timestamptz'),
    field(3, 'value', 'int'),
]


def declare(mirror: Mirror, name: str, fields: list[dict[str, Any]] = EVENT_FIELDS, **more: Any) -> None:
    """CreateTable as the mirror's provider of a template's table sends it."""
    mirror.client('glue').create_table(
        DatabaseName=DATABASE,
        TableInput={'Name': name, 'TableType': 'EXTERNAL_TABLE', 'Parameters': {'owner': 'template'}},
        OpenTableFormatInput={
            'IcebergInput': {
                'MetadataOperation': 'CREATE',
                'Version': '2',
                'CreateIcebergTableInput': {
                    'Location': f's3://{BUCKET}/silver/{name}',
                    'Schema': {'Type': 'struct', 'Fields': fields},
                    'PartitionSpec': {
                        'Fields': [{'SourceId': 2, 'Transform': 'day', 'Name': 'timestamp_day'}]
                    },
                    'WriteOrder': {
                        'OrderId': 1,
                        'Fields': [
                            {
                                'SourceId': 1,
                                'Transform': 'identity',
                                'Direction': 'asc',
                                'NullOrder': 'nulls-first',
                            }
                        ],
                    },
                    'Properties': {'write.parquet.compression-codec': 'zstd'},
                    **more,
                },
            }
        },
    )


def change(mirror: Mirror, name: str, fields: list[dict[str, Any]], **more: Any) -> None:
    """UpdateTable as a changed template leads to it."""
    mirror.client('glue').update_table(
        DatabaseName=DATABASE,
        Name=name,
        UpdateOpenTableFormatInput={
            'UpdateIcebergInput': {
                'UpdateIcebergTableInput': {
                    'Updates': [
                        {
                            'Schema': {'Type': 'struct', 'Fields': fields},
                            'Location': f's3://{BUCKET}/silver/{name}',
                            **more,
                        }
                    ]
                }
            }
        },
    )


def row(number: int) -> pa.Table:
    return pa.table({'writer': [number], 'number': [number]})


def test_a_stale_version_is_refused(mirror: Mirror) -> None:
    # Prepare
    glue = mirror.client('glue')
    glue.create_table(DatabaseName=DATABASE, TableInput={'Name': 'stale'})
    read = glue.get_table(DatabaseName=DATABASE, Name='stale')['Table']['VersionId']
    glue.update_table(DatabaseName=DATABASE, TableInput={'Name': 'stale', 'Description': 'a'}, VersionId=read)
    # Act
    with pytest.raises(ClientError) as refused:
        glue.update_table(
            DatabaseName=DATABASE, TableInput={'Name': 'stale', 'Description': 'b'}, VersionId=read
        )
    # Assess
    assert refused.value.response['Error']['Code'] == 'ConcurrentModificationException'
    assert refused.value.response['ResponseMetadata']['HTTPStatusCode'] == 400
    assert glue.get_table(DatabaseName=DATABASE, Name='stale')['Table']['Description'] == 'a'


def test_only_archived_versions_are_kept(mirror: Mirror) -> None:
    # Prepare
    glue = mirror.client('glue')
    glue.create_table(DatabaseName=DATABASE, TableInput={'Name': 'versions'})
    # Act
    for skip in (False, True, True):
        glue.update_table(DatabaseName=DATABASE, TableInput={'Name': 'versions'}, SkipArchive=skip)
    # Assess
    kept = glue.get_table_versions(DatabaseName=DATABASE, TableName='versions')['TableVersions']
    assert sorted(version['VersionId'] for version in kept) == ['1', '4']


def test_two_writers_lose_nothing(mirror: Mirror) -> None:
    # Prepare
    table = catalog_of(mirror).create_table(
        f'{DATABASE}.race', row(0).schema, location=f's3://{BUCKET}/silver/race'
    )
    conflicts: list[str] = []

    def write(writer: int) -> None:
        own = catalog_of(mirror).load_table(f'{DATABASE}.race')
        for number in range(15):
            while True:
                try:
                    own.append(row(100 * writer + number))
                    break
                except CommitFailedException as conflict:
                    conflicts.append(str(conflict))
                    own.refresh()

    # Act
    writers = [threading.Thread(target=write, args=(writer,)) for writer in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    # Assess
    numbers = table.refresh().scan().to_arrow()['number'].to_pylist()
    assert sorted(numbers) == [100 * writer + number for writer in (1, 2) for number in range(15)]
    assert conflicts


def test_a_declared_table_can_be_written(mirror: Mirror) -> None:
    # Prepare
    # pyiceberg writes time transforms only with an extra package; an identity needs none.
    by_value = {'Fields': [{'SourceId': 3, 'Transform': 'identity', 'Name': 'value'}]}
    declare(mirror, 'declared', PartitionSpec=by_value)
    # Act
    table = catalog_of(mirror).load_table(f'{DATABASE}.declared')
    table.append(
        pa.table(
            {
                'event_id': ['a'],
                'timestamp': pa.array([0], pa.timestamp('us', 'UTC')),
                'value': pa.array([1], pa.int32()),
            }
        )
    )
    # Assess
    entry = mirror.client('glue').get_table(DatabaseName=DATABASE, Name='declared')['Table']
    assert entry['Parameters']['table_type'] == 'ICEBERG'
    assert entry['Parameters']['owner'] == 'template'
    assert [column['Name'] for column in entry['StorageDescriptor']['Columns']] == [
        'event_id',
        'timestamp',
        'value',
    ]
    assert [column['Type'] for column in entry['StorageDescriptor']['Columns']] == [
        'string',
        'timestamp',
        'int',
    ]
    assert [str(f.transform) for f in table.spec().fields] == ['identity']
    assert table.sort_order().fields[0].source_id == 1
    assert table.metadata.format_version == 2
    assert table.properties['write.parquet.compression-codec'] == 'zstd'
    assert table.scan().to_arrow().num_rows == 1


def test_a_declared_table_evolves(mirror: Mirror) -> None:
    # Prepare
    declare(mirror, 'evolving')
    before = catalog_of(mirror).load_table(f'{DATABASE}.evolving')
    assert [str(f.transform) for f in before.spec().fields] == ['day']
    # Act
    change(
        mirror,
        'evolving',
        [*EVENT_FIELDS[:2], field(3, 'value', 'long'), field(4, 'status', 'string')],
        Properties={'write.parquet.compression-codec': 'zstd', 'write.target-file-size-bytes': '1048576'},
        PartitionSpec={'Fields': [{'SourceId': 2, 'Transform': 'hour', 'Name': 'timestamp_hour'}]},
    )
    # Assess
    table = catalog_of(mirror).load_table(f'{DATABASE}.evolving')
    entry = mirror.client('glue').get_table(DatabaseName=DATABASE, Name='evolving')['Table']
    assert [str(f.field_type) for f in table.schema().fields] == ['string', 'timestamptz', 'long', 'string']
    assert [column['Name'] for column in entry['StorageDescriptor']['Columns']][-1] == 'status'
    assert table.properties['write.target-file-size-bytes'] == '1048576'
    assert table.metadata.table_uuid == before.metadata.table_uuid
    assert [str(f.transform) for f in table.spec().fields] == ['hour']
    assert table.spec().fields[0].field_id == 1001
    assert entry['Parameters']['previous_metadata_location'] == before.metadata_location
    assert table.metadata_location.rsplit('/', 1)[1].startswith('00001-')


def test_rows_of_before_and_after_a_new_column_are_read_together(mirror: Mirror) -> None:
    # Prepare
    observed = pa.array([0], pa.timestamp('us', 'UTC'))
    old = pa.table({'event_id': ['a'], 'timestamp': observed, 'value': pa.array([1], pa.int32())})
    new = old.set_column(0, 'event_id', pa.array(['b'])).append_column('colour', pa.array(['red']))
    # pyiceberg writes time transforms only with an extra package; an identity needs none.
    by_value = {'Fields': [{'SourceId': 3, 'Transform': 'identity', 'Name': 'value'}]}
    declare(mirror, 'growing', PartitionSpec=by_value)
    catalog_of(mirror).load_table(f'{DATABASE}.growing').append(old)
    # Act
    change(mirror, 'growing', [*EVENT_FIELDS, field(4, 'colour', 'string')])
    table = catalog_of(mirror).load_table(f'{DATABASE}.growing')
    table.append(new)
    # Assess
    rows = sorted(table.scan().to_arrow().to_pylist(), key=lambda one: one['event_id'])
    assert [(one['event_id'], one['colour']) for one in rows] == [('a', None), ('b', 'red')]


def test_the_same_declaration_changes_no_schema(mirror: Mirror) -> None:
    # Prepare
    declare(mirror, 'same')
    # Act
    change(mirror, 'same', EVENT_FIELDS)
    # Assess
    table = catalog_of(mirror).load_table(f'{DATABASE}.same')
    assert len(table.metadata.schemas) == len(table.metadata.partition_specs) == 1


@pytest.mark.parametrize(
    ('fields', 'reason'),
    [
        ([*EVENT_FIELDS, field(4, 'more', 'string', True)], 'cannot be required'),
        ([*EVENT_FIELDS[:2], field(3, 'value', 'string')], 'cannot change from int to string'),
        ([field(1, 'event_id', 'string', True), *EVENT_FIELDS[1:]], 'cannot become required'),
        ([EVENT_FIELDS[0], EVENT_FIELDS[2]], 'partitions the table'),
        ([*EVENT_FIELDS[:2], field(4, 'value', 'int')], 'has id 3 in the table and 4'),
        ([*EVENT_FIELDS, field(5, 'broken', 'no-such-type')], 'no-such-type'),
    ],
)
def test_what_iceberg_cannot_is_refused(mirror: Mirror, fields: list[dict[str, Any]], reason: str) -> None:
    # Prepare
    if 'strict' not in {t[1] for t in catalog_of(mirror).list_tables(DATABASE)}:
        declare(mirror, 'strict')
    before = catalog_of(mirror).load_table(f'{DATABASE}.strict').metadata_location
    # Act
    with pytest.raises(ClientError) as refused:
        change(mirror, 'strict', fields)
    # Assess
    assert refused.value.response['Error']['Code'] == 'InvalidInputException'
    assert reason in refused.value.response['Error']['Message']
    assert catalog_of(mirror).load_table(f'{DATABASE}.strict').metadata_location == before


def test_the_brokers_are_named(mirror: Mirror) -> None:
    # Prepare
    arn = (
        'arn:aws:kafka:eu-central-1:123456789012:cluster/millrace-dev/0f5e1c1e-9c3b-4f39-8a1e-1b2c3d4e5f60-1'
    )
    kafka = mirror.client('kafka')
    # Act
    brokers = kafka.get_bootstrap_brokers(ClusterArn=arn)
    cluster = kafka.describe_cluster_v2(ClusterArn=arn)['ClusterInfo']
    # Assess
    assert brokers['BootstrapBrokerString'] == '127.0.0.1:9092'
    assert (cluster['ClusterName'], cluster['State'], cluster['ClusterArn']) == (
        'millrace-dev',
        'ACTIVE',
        arn,
    )


def test_a_restart_keeps_the_tables(mirror: Mirror) -> None:
    # Prepare
    glue = mirror.client('glue')
    declare(mirror, 'lasting')
    glue.create_table(DatabaseName=DATABASE, TableInput={'Name': 'dropped'})
    glue.delete_table(DatabaseName=DATABASE, Name='dropped')
    names = {table['Name']: table for table in glue.get_tables(DatabaseName=DATABASE)['TableList']}
    # Act
    code = mirror.servers['aws'].stop()
    mirror.start_aws('--bootstrap-brokers', '127.0.0.1:9092')
    # Assess
    after = {t['Name']: t for t in mirror.client('glue').get_tables(DatabaseName=DATABASE)['TableList']}
    assert code == 0
    assert after == names
    assert 'lasting' in after
    assert 'dropped' not in after
    assert mirror.client('sts').get_caller_identity()['Account'] == '123456789012'


def test_a_log_line_is_written_for_each_call(mirror: Mirror) -> None:
    # Prepare
    log = Path(mirror.servers['aws'].log)
    # Act
    mirror.client('glue').get_databases()
    # Assess
    assert 'AWSGlue.GetDatabases 200' in log.read_text().splitlines()[-1]
