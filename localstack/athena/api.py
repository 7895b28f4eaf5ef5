"""The operations of the Athena API, one function each, in a table by their name."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from catalog import Catalog
from execution import Execution
from executor import Executor
from failure import RequestRefused
from metadata import ENTRIES, LISTS
from resolution import CATALOG
from reuse import reuse_seconds
from work_groups import Register

PAGE: Final = 1000
"""Rows of a page of results; Athena's own most."""

LONGEST_QUERY: Final = 262_144
"""Bytes of UTF-8."""

TOKENS_KEPT: Final = 1000

Request = dict[str, Any]
Reply = dict[str, Any]


@dataclass
class Api:
    """What the operations work on."""

    register: Register
    executor: Executor
    catalog: Catalog
    tokens: OrderedDict[str, tuple[str, str]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, operation: str, request: Request) -> Reply:
        """The answer to one call. Raises RequestRefused."""
        if operation not in OPERATIONS:
            raise RequestRefused(f'Operation {operation} is not served here', 'UnknownOperationException')
        try:
            return OPERATIONS[operation](self, request)
        except KeyError as error:
            raise RequestRefused(f'{error.args[0]} is missing') from error


def _start(api: Api, request: Request) -> Reply:
    sql: str = request['QueryString']
    if not sql.strip() or len(sql.encode()) > LONGEST_QUERY:
        raise RequestRefused(f'QueryString must have 1 to {LONGEST_QUERY} bytes', code='MALFORMED_QUERY')
    group_name = request.get('WorkGroup') or 'primary'
    group = api.register.work_group(group_name)
    if group['State'] != 'ENABLED':
        raise RequestRefused(f'WorkGroup {group_name} is disabled.')
    execution = Execution(
        sql=sql,
        parameters=request.get('ExecutionParameters') or [],
        database=((request.get('QueryExecutionContext') or {}).get('Database') or '').lower(),
        work_group=group_name,
        output=_output(group['Configuration'], request),
        bytes_cutoff=group['Configuration'].get('BytesScannedCutoffPerQuery'),
        catalog=((request.get('QueryExecutionContext') or {}).get('Catalog') or CATALOG).lower(),
        reuse_seconds=reuse_seconds(request),
    )
    token = request.get('ClientRequestToken')
    with api.lock:
        if token in api.tokens:
            identity, asked = api.tokens[token]
            if asked != sql:
                raise RequestRefused('Idempotent parameters do not match')
            return {'QueryExecutionId': identity}
        if token:
            api.tokens[token] = (execution.identity, sql)
            while len(api.tokens) > TOKENS_KEPT:
                api.tokens.popitem(last=False)
        api.executor.submit(execution)
    return {'QueryExecutionId': execution.identity}


def _output(configuration: Request, request: Request) -> str:
    of_group = (configuration.get('ResultConfiguration') or {}).get('OutputLocation')
    asked = (request.get('ResultConfiguration') or {}).get('OutputLocation')
    enforced = str(configuration.get('EnforceWorkGroupConfiguration', True)).lower() == 'true'
    location = (of_group or asked) if enforced else (asked or of_group)
    if not location:
        raise RequestRefused(
            'No output location provided. An output location is required either through the Workgroup result '
            'configuration setting or as an API input.'
        )
    if not location.startswith('s3://'):
        raise RequestRefused(f'outputLocation is not a valid S3 path: {location}')
    return location


def _results(api: Api, request: Request) -> Reply:
    execution = _execution(api, request['QueryExecutionId'])
    if execution.state == 'FAILED':
        raise RequestRefused(
            f'Query did not finish successfully. Final query state: {execution.state}',
            code='INVALID_QUERY_EXECUTION_STATE',
        )
    if execution.state != 'SUCCEEDED' or execution.result is None:
        raise RequestRefused(
            f'Query has not yet finished. Current state: {execution.state}',
            code='INVALID_QUERY_EXECUTION_STATE',
        )
    size = int(request.get('MaxResults') or PAGE)
    if not 1 <= size <= PAGE:
        raise RequestRefused(f'MaxResults is more than maximum allowed length {PAGE}.')
    first = _number(request.get('NextToken'))
    rows = execution.result.page(first, size)
    reply: Reply = {
        'UpdateCount': 0,
        'ResultSet': {
            'Rows': [{'Data': [{} if v is None else {'VarCharValue': v} for v in row]} for row in rows],
            'ResultSetMetadata': {'ColumnInfo': [column.info() for column in execution.result.columns]},
        },
    }
    if first + len(rows) < execution.result.count:
        reply['NextToken'] = str(first + len(rows))
    return reply


def _get(api: Api, request: Request) -> Reply:
    return {'QueryExecution': _without_nulls(_execution(api, request['QueryExecutionId']).described())}


def _batch_get(api: Api, request: Request) -> Reply:
    found, missing = [], []
    for identity in request['QueryExecutionIds']:
        execution = api.executor.find(identity)
        if execution:
            found.append(_without_nulls(execution.described()))
        else:
            error = {'ErrorCode': 'INVALID_INPUT', 'ErrorMessage': f'QueryExecution {identity} was not found'}
            missing.append({'QueryExecutionId': identity, **error})
    return {'QueryExecutions': found, 'UnprocessedQueryExecutionIds': missing}


def _list(api: Api, request: Request) -> Reply:
    group = request.get('WorkGroup') or 'primary'
    api.register.work_group(group)
    ids = [one.identity for one in api.executor.all() if one.work_group == group]
    return _page(ids, request, 'QueryExecutionIds')


def _stop(api: Api, request: Request) -> Reply:
    api.executor.cancel(_execution(api, request['QueryExecutionId']))
    return {}


def _runtime_statistics(api: Api, request: Request) -> Reply:
    return {'QueryRuntimeStatistics': _execution(api, request['QueryExecutionId']).runtime_statistics()}


def _batch_get_named(api: Api, request: Request) -> Reply:
    found, missing = [], []
    for key in request['NamedQueryIds']:
        try:
            found.append(api.register.named_query(key))
        except RequestRefused as error:
            missing.append({'NamedQueryId': key, 'ErrorCode': 'INVALID_INPUT', 'ErrorMessage': str(error)})
    return {'NamedQueries': found, 'UnprocessedNamedQueryIds': missing}


def _list_named(api: Api, request: Request) -> Reply:
    return _page(
        api.register.named_query_ids(request.get('WorkGroup') or 'primary'), request, 'NamedQueryIds'
    )


def _list_groups(api: Api, request: Request) -> Reply:
    names = ('Name', 'State', 'Description', 'CreationTime')
    groups = [{name: group[name] for name in names} for group in api.register.work_groups()]
    return _page(groups, request, 'WorkGroups')


def _nothing(change: Callable[[Api, Request], object]) -> Callable[[Api, Request], Reply]:
    def operation(api: Api, request: Request) -> Reply:
        change(api, request)
        return {}

    return operation


def _listed(member: str, entries: Callable[[Catalog, Request], list[Any]]) -> Callable[[Api, Request], Reply]:
    return lambda api, request: _page(entries(api.catalog, request), request, member)


def _told(member: str, entry: Callable[[Catalog, Request], Any]) -> Callable[[Api, Request], Reply]:
    return lambda api, request: {member: entry(api.catalog, request)}


OPERATIONS: Final[dict[str, Callable[[Api, Request], Reply]]] = {
    'CreateWorkGroup': _nothing(lambda api, request: api.register.create_work_group(request)),
    'UpdateWorkGroup': _nothing(lambda api, request: api.register.update_work_group(request)),
    'DeleteWorkGroup': _nothing(lambda api, request: api.register.delete_work_group(request)),
    'GetWorkGroup': lambda api, request: {'WorkGroup': api.register.work_group(request['WorkGroup'])},
    'ListWorkGroups': _list_groups,
    'CreateNamedQuery': lambda api, request: {'NamedQueryId': api.register.create_named_query(request)},
    'UpdateNamedQuery': _nothing(lambda api, request: api.register.update_named_query(request)),
    'DeleteNamedQuery': _nothing(
        lambda api, request: api.register.delete_named_query(request['NamedQueryId'])
    ),
    'GetNamedQuery': lambda api, request: {'NamedQuery': api.register.named_query(request['NamedQueryId'])},
    'BatchGetNamedQuery': _batch_get_named,
    'ListNamedQueries': _list_named,
    'StartQueryExecution': _start,
    'StopQueryExecution': _stop,
    'GetQueryExecution': _get,
    'BatchGetQueryExecution': _batch_get,
    'ListQueryExecutions': _list,
    'GetQueryResults': _results,
    'GetQueryRuntimeStatistics': _runtime_statistics,
    **{operation: _listed(*how) for operation, how in LISTS.items()},
    **{operation: _told(*how) for operation, how in ENTRIES.items()},
}


def _execution(api: Api, identity: str) -> Execution:
    execution = api.executor.find(identity)
    if execution is None:
        raise RequestRefused(f'QueryExecution {identity} was not found')
    return execution


def _page(entries: list[Any], request: Request, name: str) -> Reply:
    first, size = _number(request.get('NextToken')), int(request.get('MaxResults') or 50)
    reply: Reply = {name: entries[first : first + size]}
    if first + size < len(entries):
        reply['NextToken'] = str(first + size)
    return reply


def _number(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise RequestRefused('Malformed NextToken')
    return int(token)


def _without_nulls(entry: Reply) -> Reply:
    return {name: value for name, value in entry.items() if value is not None}
