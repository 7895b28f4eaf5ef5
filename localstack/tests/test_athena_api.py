"""The Athena API itself: executions, pages, work groups, named queries, results in S3."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest
from athena_tables import DATABASE, OUTPUT, ask, ended, rows_of
from botocore.exceptions import ClientError
from servers import Mirror

ENDLESS = (
    'SELECT count(*) FROM events a CROSS JOIN events b CROSS JOIN events c CROSS JOIN events d'
    ' WHERE a.event_duration + b.event_duration + c.event_duration > d.event_duration'
)


def object_text(mirror: Mirror, location: str) -> str:
    bucket, _, key = location.removeprefix('s3://').partition('/')
    return mirror.client('s3').get_object(Bucket=bucket, Key=key)['Body'].read().decode()


def start(athena: Any, sql: str, **more: Any) -> str:
    more.setdefault('QueryExecutionContext', {'Database': DATABASE})
    more.setdefault('ResultConfiguration', {'OutputLocation': OUTPUT})
    return athena.start_query_execution(QueryString=sql, **more)['QueryExecutionId']


def refusal(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**request)
    assert refused.value.response['Error']['Code'] == 'InvalidRequestException'
    return refused.value.response['Error']['Message']


def test_results_come_by_page_and_as_csv(mirror: Mirror, athena: Any) -> None:
    # Prepare
    execution = ask(athena, 'SELECT event_id, event_duration, kafka_offset FROM events ORDER BY kafka_offset')
    # Act
    pages = list(
        athena.get_paginator('get_query_results').paginate(
            QueryExecutionId=execution['QueryExecutionId'], PaginationConfig={'PageSize': 500}
        )
    )
    # Assess
    rows = [[d['VarCharValue'] for d in row['Data']] for page in pages for row in page['ResultSet']['Rows']]
    assert [len(page['ResultSet']['Rows']) for page in pages] == [500, 500, 201]
    assert rows[0] == ['event_id', 'event_duration', 'kafka_offset']
    assert rows[-1] == ['event-1199', '199.0', '1199']
    info = pages[0]['ResultSet']['ResultSetMetadata']['ColumnInfo']
    assert [column['Type'] for column in info] == ['varchar', 'double', 'bigint']
    location = execution['ResultConfiguration']['OutputLocation']
    assert location == f'{OUTPUT}{execution["QueryExecutionId"]}.csv'
    assert list(csv.reader(io.StringIO(object_text(mirror, location)))) == rows


def test_csv_is_quoted_as_athena_does(mirror: Mirror, athena: Any) -> None:
    # Prepare
    sql = "SELECT 'a \"b\", c' AS text, NULL AS nothing, '' AS empty, 1 AS one"
    # Act
    execution = ask(athena, sql)
    # Assess
    text = object_text(mirror, execution['ResultConfiguration']['OutputLocation'])
    assert text == '"text","nothing","empty","one"\n"a ""b"", c",,"","1"\n'
    page = athena.get_query_results(QueryExecutionId=execution['QueryExecutionId'])
    assert page['ResultSet']['Rows'][1]['Data'] == [
        {'VarCharValue': 'a "b", c'},
        {},
        {'VarCharValue': ''},
        {'VarCharValue': '1'},
    ]


def test_a_token_starts_one_query(athena: Any) -> None:
    # Prepare
    token = 'a' * 40
    # Act
    first, second = (start(athena, 'SELECT 1', ClientRequestToken=token) for _ in range(2))
    # Assess
    assert first == second
    assert 'Idempotent' in refusal(
        athena.start_query_execution,
        QueryString='SELECT 2',
        ClientRequestToken=token,
        ResultConfiguration={'OutputLocation': OUTPUT},
    )


def test_a_query_is_cancelled_and_holds_nothing_up(athena: Any) -> None:
    # Prepare
    endless = [start(athena, ENDLESS) for _ in range(4)]
    while (
        athena.get_query_execution(QueryExecutionId=endless[0])['QueryExecution']['Status']['State']
        == 'QUEUED'
    ):
        time.sleep(0.02)
    unfinished = refusal(athena.get_query_results, QueryExecutionId=endless[0])
    # Act
    for identity in endless:
        athena.stop_query_execution(QueryExecutionId=identity)
    started = time.monotonic()
    rows = rows_of(athena, 'SELECT count(*) FROM events')
    # Assess
    states = athena.batch_get_query_execution(QueryExecutionIds=[*endless, 'none'])
    assert 'not yet finished' in unfinished
    assert [one['Status']['State'] for one in states['QueryExecutions']] == ['CANCELLED'] * 4
    assert [one['QueryExecutionId'] for one in states['UnprocessedQueryExecutionIds']] == ['none']
    assert rows[1:] == [['1200']]
    assert time.monotonic() - started < 5


def test_queries_run_side_by_side(athena: Any) -> None:
    # Prepare
    endless = start(athena, ENDLESS)
    # Act
    counts = [rows_of(athena, f'SELECT count(*) + {n} FROM events')[1][0] for n in range(5)]
    running = athena.get_query_execution(QueryExecutionId=endless)['QueryExecution']['Status']['State']
    athena.stop_query_execution(QueryExecutionId=endless)
    # Assess
    assert counts == ['1200', '1201', '1202', '1203', '1204']
    assert running == 'RUNNING'
    assert ended(athena, endless)['Status']['State'] == 'CANCELLED'


def test_a_work_group_decides_on_the_output(athena: Any) -> None:
    # Prepare
    enforced = {
        'EnforceWorkGroupConfiguration': True,
        'ResultConfiguration': {'OutputLocation': 's3://lake/group/'},
        'BytesScannedCutoffPerQuery': 10_000_000,
        'EngineVersion': {'SelectedEngineVersion': 'Athena engine version 3'},
    }
    athena.create_work_group(Name='millrace-test', Configuration=enforced, Description='for tests')
    # Act
    forced = ask(athena, 'SELECT 1', WorkGroup='millrace-test')
    athena.update_work_group(
        WorkGroup='millrace-test', ConfigurationUpdates={'EnforceWorkGroupConfiguration': False}
    )
    chosen = ask(athena, 'SELECT 1', WorkGroup='millrace-test')
    # Assess
    assert forced['ResultConfiguration']['OutputLocation'].startswith('s3://lake/group/')
    assert chosen['ResultConfiguration']['OutputLocation'].startswith(OUTPUT)
    group = athena.get_work_group(WorkGroup='millrace-test')['WorkGroup']
    assert group['Configuration']['BytesScannedCutoffPerQuery'] == 10_000_000
    assert group['State'] == 'ENABLED'
    assert [one['Name'] for one in athena.list_work_groups()['WorkGroups']] == ['millrace-test', 'primary']
    listed = athena.list_query_executions(WorkGroup='millrace-test')['QueryExecutionIds']
    assert listed == [chosen['QueryExecutionId'], forced['QueryExecutionId']]


def test_too_many_bytes_fail_a_query(mirror: Mirror, athena: Any) -> None:
    # Prepare
    # Less than the least that AWS takes, so that a small table is enough.
    unchecked = mirror.client('athena', parameter_validation=False)
    cutoff = {'BytesScannedCutoffPerQuery': 100, 'ResultConfiguration': {'OutputLocation': OUTPUT}}
    unchecked.create_work_group(Name='small', Configuration=cutoff)
    # Act
    execution = ask(athena, 'SELECT * FROM events', WorkGroup='small')
    # Assess
    assert execution['Status']['State'] == 'FAILED'
    assert 'Bytes scanned limit was exceeded' in execution['Status']['StateChangeReason']


def test_named_queries_are_kept(mirror: Mirror, athena: Any) -> None:
    # Prepare
    athena.create_work_group(Name='named', Configuration={'ResultConfiguration': {'OutputLocation': OUTPUT}})
    query = {
        'Name': 'count',
        'Database': DATABASE,
        'QueryString': 'SELECT count(*) FROM events',
        'WorkGroup': 'named',
    }
    key = athena.create_named_query(**query, ClientRequestToken='b' * 40)['NamedQueryId']
    again = athena.create_named_query(**query, ClientRequestToken='b' * 40)['NamedQueryId']
    # Act
    code = mirror.servers['athena'].stop()
    mirror.start_athena()
    restarted = mirror.client('athena')
    # Assess
    assert code == 0
    assert again == key
    assert restarted.list_named_queries(WorkGroup='named')['NamedQueryIds'] == [key]
    assert restarted.get_named_query(NamedQueryId=key)['NamedQuery'] == {**query, 'NamedQueryId': key}
    found = restarted.batch_get_named_query(NamedQueryIds=[key, 'none'])
    assert [one['Name'] for one in found['NamedQueries']] == ['count']
    assert [one['NamedQueryId'] for one in found['UnprocessedNamedQueryIds']] == ['none']
    assert restarted.get_work_group(WorkGroup='named')['WorkGroup']['Name'] == 'named'


def test_a_wrong_call_is_refused(mirror: Mirror) -> None:
    # Prepare
    athena = mirror.client('athena')
    failed = ask(athena, 'SELECT * FROM nowhere')
    # Act
    messages = [
        refusal(athena.start_query_execution, QueryString='SELECT 1'),
        refusal(athena.start_query_execution, QueryString='SELECT 1', WorkGroup='no-such'),
        refusal(athena.get_query_execution, QueryExecutionId='none'),
        refusal(athena.get_query_results, QueryExecutionId=failed['QueryExecutionId']),
        refusal(athena.get_named_query, NamedQueryId='none'),
        refusal(athena.get_query_results, QueryExecutionId=failed['QueryExecutionId'], MaxResults=5),
    ]
    # Assess
    assert messages[0].startswith('No output location provided.')
    assert messages[1] == 'WorkGroup no-such is not found.'
    assert messages[2] == 'QueryExecution none was not found'
    assert messages[3].endswith('Final query state: FAILED')
    assert failed['Status']['AthenaError']['ErrorCategory'] == 2
    assert failed['Status']['AthenaError']['ErrorMessage'] == failed['Status']['StateChangeReason']
