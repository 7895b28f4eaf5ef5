"""Answers the audit's SQL on tables given as JSON, by the local Athena's own translation to DuckDB.

A line on stdin: {"tables": {name: {"columns": {name: duckdb type}, "rows": [[value]]}}, "queries": [sql]}.
A line on stdout: for each query its rows as objects.
"""

import json
import sys

import duckdb
from dialect import transpile


def answer(case: dict) -> list[list[dict]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute('SET integer_division = true')
    for name, table in case['tables'].items():
        columns = ', '.join(f'"{column}" {kind}' for column, kind in table['columns'].items())
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        if table['rows']:
            places = ', '.join('?' for _ in table['columns'])
            connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', table['rows'])
    answers = []
    for query in case['queries']:
        result = connection.execute(transpile(query))
        names = [column[0] for column in result.description]
        answers.append([dict(zip(names, map(plain, row), strict=True)) for row in result.fetchall()])
    return answers


def plain(value: object) -> object:
    return value if value is None or isinstance(value, str | bool | float) else int(value)


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
