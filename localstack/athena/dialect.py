"""Athena's SQL (Trino) to DuckDB's, by sqlglot and a few rules of our own.

Integer division needs none: the session has `integer_division` on, which gives 7 / 2 = 3 and 7e0 / 2 = 3.5.
What stays different: a division of integers by zero is NULL here and an error there; a date plus an interval
is a timestamp here; approx_percentile and the text forms of CAST(double or timestamp AS varchar) differ; a
division of decimals gives a double here.
"""

from __future__ import annotations

from typing import Final

from failure import QueryFailure
from sqlglot import ErrorLevel, TokenType, exp, parse, tokenize
from sqlglot.errors import SqlglotError

UNNAMED: Final = '__millrace_unnamed_'
"""Prefix of the aliases of projections without a name; the results call them _colN, N being the position."""

MACROS: Final = (
    "to_iso8601(x) AS CASE typeof(x) WHEN 'DATE' THEN strftime(x, '%Y-%m-%d')"
    " WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(x::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ')"
    " ELSE strftime(x, '%Y-%m-%dT%H:%M:%S.%g') END",
    'codepoint(x) AS unicode(x)',
    "nan() AS 'NaN'::DOUBLE",
    "infinity() AS 'Infinity'::DOUBLE",
    'map_agg(k, v) AS map(list(k), list(v))',
    'to_milliseconds(x) AS epoch_ms(x)',
    'from_unixtime_nanos(x) AS make_timestamptz(x // 1000)',
    'at_timezone(x, zone) AS x',
    "trino_length(x) AS CASE typeof(x) WHEN 'BLOB' THEN octet_length(x::BLOB) ELSE length(x::VARCHAR) END",
)
"""Functions of Trino that neither DuckDB nor the transpiler knows, in DuckDB's own words."""


def parse_statement(sql: str) -> exp.Expr:
    """The one statement in this text. A final semicolon is allowed, as in Athena."""
    try:
        statements = [
            one for one in parse(sql, read='athena', error_level=ErrorLevel.RAISE) if one is not None
        ]
    except SqlglotError as error:
        raise QueryFailure('SYNTAX_ERROR', _place(error)) from error
    if len(statements) != 1:
        raise QueryFailure('SYNTAX_ERROR', f'Only one sql statement is allowed. Got: {len(statements)}')
    return statements[0]


def generate(statement: exp.Expr) -> str:
    """The same statement for DuckDB. Changes its argument."""
    for difference in list(statement.find_all(exp.DateDiff)):
        unit = exp.Literal.string(difference.text('unit').lower() or 'day')
        asked = [unit, difference.expression, difference.this]
        whole_units = exp.Anonymous(this='date_sub', expressions=asked)
        difference.replace(whole_units)
    for length in list(statement.find_all(exp.Length)):
        length.replace(exp.Anonymous(this='trino_length', expressions=[length.this]))
    try:
        return statement.sql(dialect='duckdb', comments=False, unsupported_level=ErrorLevel.IGNORE)
    except SqlglotError as error:
        raise QueryFailure('NOT_SUPPORTED', str(error)) from error


def transpile(sql: str) -> str:
    """DuckDB's text for a statement whose table names DuckDB can resolve by itself."""
    return generate(parse_statement(sql))


def name_projections(statement: exp.Expr) -> None:
    """Give each projection without a name the alias that the results turn into _colN, as Trino calls it."""
    select = statement
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for position, projection in enumerate(select.expressions):
        if not projection.output_name and not projection.is_star:
            projection.replace(exp.alias_(projection.copy(), f'{UNNAMED}{position}'))


def bind(sql: str, parameters: list[str]) -> str:
    """The text with its question marks replaced, in order of appearance.

    A parameter is a literal in SQL (`5`, `'a'`, `DATE '2026-01-01'`); a bare word counts as a string.
    """
    places = [token for token in tokenize(sql, read='athena') if token.token_type == TokenType.PLACEHOLDER]
    if len(places) != len(parameters):
        raise QueryFailure(
            'INVALID_PARAMETER_USAGE',
            f'Incorrect number of parameters: expected {len(places)} but found {len(parameters)}',
        )
    for place, parameter in reversed(list(zip(places, parameters, strict=True))):
        value = parse_statement(f'SELECT {parameter}').expressions[0]
        literal = exp.Literal.string(parameter) if isinstance(value, exp.Column) else value
        sql = sql[: place.start] + literal.sql(dialect='athena') + sql[place.end + 1 :]
    return sql


def position_of(node: exp.Expr) -> str:
    """`line L:C` of this node in the query's text, or `line 1:1` where the parser kept none."""
    parts = [
        part for part in (node, *node.args.values()) if isinstance(part, exp.Expr) and 'line' in part.meta
    ]
    if not parts:
        return 'line 1:1'
    first = min(parts, key=lambda part: part.meta['start']).meta
    return f'line {first["line"]}:{max(1, first["col"] - (first["end"] - first["start"]))}'


def _place(error: SqlglotError) -> str:
    details = getattr(error, 'errors', None)
    if not details:
        return str(error).split('\n')[0]
    first = details[0]
    found = first.get('highlight') or '<EOF>'
    return (
        f"line {first.get('line')}:{first.get('col')}: mismatched input '{found}'. {first.get('description')}"
    )
