"""Answers the audit's SQL on tables given as JSON, by the local Athena's own translation to DuckDB.

A line on stdin: {"tables": {name: {"columns": {name: duckdb type}, "rows": [[value]]}}, "query": sql};
without tables, those of the line before stay.
A line on stdout: the rows as objects.
"""

import json
import sys

import duckdb
from dialect import transpile


def connect(tables: dict) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute('SET integer_division = true')
    for name, table in tables.items():
        columns = ', '.join(f'"{column}" {kind}' for column, kind in table['columns'].items())
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        if table['rows']:
            places = ', '.join('?' for _ in table['columns'])
            connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', table['rows'])
    return connection


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    result = connection.execute(transpile(query))
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(plain, row), strict=True)) for row in result.fetchall()]


def plain(value: object) -> object:
    return value if value is None or isinstance(value, str | bool | float) else int(value)


connection = connect({})
for line in sys.stdin:
    asked = json.loads(line)
    if 'tables' in asked:
        connection = connect(asked['tables'])
    print(json.dumps(answer(connection, asked['query'])), flush=True)
