"""What the Athena API tells after a query, and what it gives again without one."""

from __future__ import annotations

from typing import Any

import pytest
from athena_tables import DATABASE, OUTPUT, ask, catalog_of, events, rows_of
from botocore.exceptions import ClientError
from servers import Mirror

REUSE = {'ResultReuseByAgeConfiguration': {'Enabled': True, 'MaxAgeInMinutes': 60}}


def was_reused(execution: dict[str, Any]) -> bool:
    return execution['Statistics']['ResultReuseInformation']['ReusedPreviousResult']


def test_runtime_statistics_tell_time_rows_and_bytes(athena: Any) -> None:
    # Prepare
    execution = ask(athena, 'SELECT event_id, event_duration FROM events WHERE kafka_offset < 10')
    # Act
    reply = athena.get_query_runtime_statistics(QueryExecutionId=execution['QueryExecutionId'])
    # Assess
    statistics = reply['QueryRuntimeStatistics']
    assert statistics['Timeline']['EngineExecutionTimeInMillis'] > 0
    assert statistics['Rows']['OutputRows'] == 10
    assert statistics['Rows']['InputBytes'] == execution['Statistics']['DataScannedInBytes'] > 0
    assert statistics['Rows']['OutputBytes'] > 100


def test_an_answer_is_given_again_without_a_query(mirror: Mirror, athena: Any) -> None:
    # Prepare
    table = catalog_of(mirror).create_table(
        f'{DATABASE}.reused', events(1).schema, location='s3://lake/silver/reused'
    )
    table.append(events(3))
    sql = 'SELECT count(*) FROM reused'
    first = ask(athena, sql, ResultReuseConfiguration=REUSE)
    table.append(events(4, 3))
    # Act
    second = ask(athena, sql, ResultReuseConfiguration=REUSE)
    rows = athena.get_query_results(QueryExecutionId=second['QueryExecutionId'])['ResultSet']['Rows']
    # Assess
    assert not was_reused(first)
    assert was_reused(second)
    assert second['Statistics']['DataScannedInBytes'] == 0
    assert second['ResultReuseConfiguration'] == REUSE
    assert second['ResultConfiguration'] == first['ResultConfiguration']
    assert rows[1]['Data'] == [{'VarCharValue': '3'}]
    assert rows_of(athena, sql)[1] == ['7']


def test_another_question_is_asked_anew(mirror: Mirror, athena: Any) -> None:
    # Prepare
    sql = 'SELECT count(*) FROM events WHERE kafka_offset < ?'
    athena.create_work_group(Name='other', Configuration={'ResultConfiguration': {'OutputLocation': OUTPUT}})
    ask(athena, sql, ExecutionParameters=['10'], ResultReuseConfiguration=REUSE)
    too_old = {'ResultReuseByAgeConfiguration': {'Enabled': True, 'MaxAgeInMinutes': 0}}
    # Act
    executions = [
        ask(athena, sql, ExecutionParameters=['10'], ResultReuseConfiguration=REUSE),
        ask(athena, sql, ExecutionParameters=['11'], ResultReuseConfiguration=REUSE),
        ask(athena, sql + ' ', ExecutionParameters=['10'], ResultReuseConfiguration=REUSE),
        ask(athena, sql, ExecutionParameters=['10'], ResultReuseConfiguration=REUSE, WorkGroup='other'),
        ask(athena, sql, ExecutionParameters=['10'], ResultReuseConfiguration=too_old),
        ask(athena, sql, ExecutionParameters=['10']),
    ]
    # Assess
    assert [was_reused(one) for one in executions] == [True, False, False, False, False, False]


@pytest.mark.parametrize('fate', ['deleted', 'changed'])
def test_an_answer_that_is_not_there_any_more_is_asked_anew(mirror: Mirror, athena: Any, fate: str) -> None:
    # Prepare
    sql = f"SELECT '{fate}', count(*) FROM events"
    location = ask(athena, sql)['ResultConfiguration']['OutputLocation']
    bucket, _, key = location.removeprefix('s3://').partition('/')
    if fate == 'deleted':
        mirror.client('s3').delete_object(Bucket=bucket, Key=key)
    else:
        mirror.client('s3').put_object(Bucket=bucket, Key=key, Body=b'"other"\n')
    # Act
    execution = ask(athena, sql, ResultReuseConfiguration=REUSE)
    # Assess
    assert not was_reused(execution)
    assert execution['Status']['State'] == 'SUCCEEDED'


def test_no_answer_is_given_beyond_the_scan_limit(mirror: Mirror, athena: Any) -> None:
    # Prepare
    # Less than the least that AWS takes, so that a small table is enough.
    unchecked = mirror.client('athena', parameter_validation=False)
    limited = {'BytesScannedCutoffPerQuery': 100, 'ResultConfiguration': {'OutputLocation': OUTPUT}}
    unchecked.create_work_group(Name='limited', Configuration=limited)
    # Act
    execution = ask(athena, 'SELECT * FROM events', WorkGroup='limited')
    # Assess
    assert execution['Status']['State'] == 'FAILED'
    bucket, _, key = execution['ResultConfiguration']['OutputLocation'].removeprefix('s3://').partition('/')
    with pytest.raises(ClientError):
        mirror.client('s3').head_object(Bucket=bucket, Key=key)


def test_the_catalog_is_listed(athena: Any) -> None:
    # Prepare
    place = {'CatalogName': 'AwsDataCatalog', 'DatabaseName': DATABASE}
    # Act
    tables = athena.list_table_metadata(**place, Expression='e.*')['TableMetadataList']
    table = athena.get_table_metadata(**place, TableName='raw')['TableMetadata']
    databases = athena.list_databases(CatalogName='AwsDataCatalog')['DatabaseList']
    # Assess
    assert [one['Name'] for one in tables] == ['empty_events', 'endless', 'events']
    assert [one['Name'] for one in table['PartitionKeys']] == ['date', 'hour']
    assert table['Columns'][0] == {'Name': 'kafka_offset', 'Type': 'bigint', 'Comment': ''}
    assert databases == [{'Name': DATABASE}]
    assert athena.list_data_catalogs()['DataCatalogsSummary'][0]['CatalogName'] == 'AwsDataCatalog'
    with pytest.raises(athena.exceptions.MetadataException):
        athena.get_table_metadata(**place, TableName='nowhere')
