"""DuckDB's errors in Athena's words."""

from __future__ import annotations

import re
from typing import Final

import duckdb
from dialect import position_of
from failure import QueryFailure
from sqlglot import exp

UNRESOLVED: Final = (
    "Column '{}' cannot be resolved or requester is not authorized to access requested resources"
)

RULES: Final[tuple[tuple[str, str, str], ...]] = (
    (r'Referenced column "([^"]+)" not found', 'COLUMN_NOT_FOUND', UNRESOLVED),
    (r'does not have a column named "([^"]+)"', 'COLUMN_NOT_FOUND', UNRESOLVED),
    (r'Referenced table "([^"]+)" not found', 'COLUMN_NOT_FOUND', UNRESOLVED),
    (r'Function with name "?([^" ]+)"? does not exist', 'FUNCTION_NOT_FOUND', "Function '{}' not registered"),
    (r'Ambiguous reference to column name "([^"]+)"', 'AMBIGUOUS_NAME', "Column '{}' is ambiguous"),
    (
        r'column "([^"]+)" must appear in the GROUP BY',
        'EXPRESSION_NOT_AGGREGATE',
        "'{}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r'More than one row returned by a subquery',
        'SUBQUERY_MULTIPLE_ROWS',
        'Scalar sub-query has returned multiple rows',
    ),
)
"""Pattern in DuckDB's message, Athena's name, Athena's message with the pattern's first group."""

KINDS: Final[tuple[tuple[type[Exception], str, int], ...]] = (
    (duckdb.OutOfMemoryException, 'EXCEEDED_LOCAL_MEMORY_LIMIT', 2),
    (duckdb.ConversionException, 'INVALID_CAST_ARGUMENT', 2),
    (duckdb.OutOfRangeException, 'NUMERIC_VALUE_OUT_OF_RANGE', 2),
    (duckdb.BinderException, 'TYPE_MISMATCH', 2),
    (duckdb.ParserException, 'SYNTAX_ERROR', 2),
    (duckdb.InvalidInputException, 'INVALID_FUNCTION_ARGUMENT', 2),
    (duckdb.NotImplementedException, 'NOT_SUPPORTED', 2),
    (duckdb.HTTPException, 'HIVE_CANNOT_OPEN_SPLIT', 1),
    (duckdb.IOException, 'HIVE_CANNOT_OPEN_SPLIT', 1),
)
"""More special kinds first."""


def failure_of(error: duckdb.Error, asked: exp.Expr) -> QueryFailure:
    """The failure that this error is; `asked` is the query as the user wrote it, for the place."""
    message = str(error)
    for pattern, name, text in RULES:
        match = re.search(pattern, message)
        if match:
            subject = match.group(1) if match.groups() else ''
            return QueryFailure(name, f'{_place(asked, subject)}: {text.format(subject.lower())}')
    first = re.sub(r'^[A-Z][A-Za-z ]*Error: ', '', message.split('\n')[0])
    for kind, name, category in KINDS:
        if isinstance(error, kind):
            return QueryFailure(name, first, category)
    return QueryFailure('GENERIC_INTERNAL_ERROR', first, 1)


def _place(asked: exp.Expr, subject: str) -> str:
    named = (
        node
        for node in asked.walk()
        if isinstance(node, exp.Column | exp.Func) and _name(node) == subject.lower()
    )
    return position_of(next(named, asked))


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Column):
        return node.name.lower()
    return (node.name if isinstance(node, exp.Anonymous) else node.key).lower()
