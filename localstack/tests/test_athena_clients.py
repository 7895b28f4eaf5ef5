"""An ordinary client of Athena, as analysts use it. (Its ArrowCursor asks for S3 at AWS alone.)"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyathena
import pytest
from athena_tables import DATABASE, OUTPUT
from pyathena.cursor import DictCursor
from pyathena.error import OperationalError
from pyathena.pandas.cursor import PandasCursor
from servers import REGION, Mirror

SQL = """
    SELECT event_id, kafka_offset, event_duration, late, "timestamp", CAST("timestamp" AS date) AS day
    FROM events WHERE kafka_offset < 1100 ORDER BY kafka_offset
"""
FIRST = ('event-0', 0, 0.0, True, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1).date())


@pytest.fixture
def connection(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # As a user would: the client itself knows of Athena alone, where S3 is says the environment.
    monkeypatch.setenv('AWS_ENDPOINT_URL_ATHENA', mirror.servers['athena'].endpoint)
    monkeypatch.setenv('AWS_ENDPOINT_URL_S3', mirror.servers['s3'].endpoint)
    monkeypatch.setenv('AWS_ENDPOINT_URL_GLUE', mirror.servers['aws'].endpoint)
    for name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'):
        monkeypatch.setenv(name, mirror.environment[name])
    with pyathena.connect(
        s3_staging_dir=OUTPUT, region_name=REGION, schema_name=DATABASE, poll_interval=0.05
    ) as opened:
        yield opened


def test_a_cursor_gives_typed_rows(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor()
    # Act
    rows = cursor.execute(SQL).fetchall()
    # Assess
    assert len(rows) == 1100
    assert rows[0][:4] == FIRST[:4]
    assert rows[0][5] == FIRST[5]
    assert rows[0][4].replace(tzinfo=UTC) == FIRST[4]
    assert [column[1] for column in cursor.description][:4] == ['varchar', 'bigint', 'double', 'boolean']
    assert cursor.data_scanned_in_bytes > 0


def test_parameters_are_taken_in_both_styles(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor()
    # Act
    named = cursor.execute(
        'SELECT count(*) FROM events WHERE device_type = %(kind)s', {'kind': 'light'}
    ).fetchone()
    positional = cursor.execute(
        'SELECT count(*) FROM events WHERE kafka_offset < ?', ['7'], paramstyle='qmark'
    ).fetchone()
    # Assess
    assert (named, positional) == ((600,), (7,))


def test_a_dict_cursor_gives_rows_by_name(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor(DictCursor)
    # Act
    rows = cursor.execute('SELECT device_type, count(*) AS n FROM events GROUP BY 1 ORDER BY 1').fetchall()
    # Assess
    assert rows == [{'device_type': 'light', 'n': 600}, {'device_type': 'motion', 'n': 600}]


def test_a_pandas_cursor_reads_the_file_in_s3(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor(PandasCursor)
    # Act
    frame = cursor.execute(SQL).as_pandas()
    # Assess
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 1100
    assert frame['kafka_offset'].sum() == sum(range(1100))
    assert frame['event_duration'].iloc[-1] == 99.0


def test_a_result_is_reused(connection: Any) -> None:
    # Prepare
    sql = 'SELECT max(kafka_offset) FROM events'
    connection.cursor().execute(sql)
    cursor = connection.cursor(result_reuse_enable=True, result_reuse_minutes=60)
    # Act
    row = cursor.execute(sql).fetchone()
    # Assess
    assert row == (1199,)
    assert cursor.reused_previous_result
    assert cursor.data_scanned_in_bytes == 0


def test_the_catalog_is_listed(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor()
    # Act
    databases = [one.name for one in cursor.list_databases('AwsDataCatalog')]
    table = cursor.get_table_metadata('raw')
    # Assess
    assert databases == [DATABASE]
    assert [key.name for key in table.partition_keys] == ['date', 'hour']


def test_a_failure_is_an_error_with_its_reason(connection: Any) -> None:
    # Prepare
    cursor = connection.cursor()
    # Act
    with pytest.raises(OperationalError) as failed:
        cursor.execute('SELECT * FROM nowhere')
    # Assess
    assert 'TABLE_NOT_FOUND' in str(failed.value)
