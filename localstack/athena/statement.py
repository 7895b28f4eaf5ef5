"""What kind of statement a text is, and the statements that the catalog answers by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from catalog import Catalog
from failure import QueryFailure
from result_file import ResultColumn
from sqlglot import exp

StatementType = Literal['DML', 'DDL', 'UTILITY']

COMMENT: Final = re.compile(r'\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+', re.DOTALL)
SHOW_TABLES: Final = re.compile(
    r"SHOW\s+(?:TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+(\S+))?(?:\s+(?:LIKE\s+)?'([^']*)')?", re.I
)
SHOW_DATABASES: Final = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+(?:LIKE\s+)?'([^']*)')?", re.I)
SHOW_COLUMNS: Final = re.compile(r'SHOW\s+COLUMNS\s+(?:IN|FROM)\s+(\S+)', re.I)
DESCRIBE: Final = re.compile(r'(?:DESCRIBE|DESC)\s+(?:FORMATTED\s+|EXTENDED\s+)?(\S+)', re.I)
EXPLAIN: Final = re.compile(r'EXPLAIN\s+(ANALYZE\s+)?(?:\([^)]*\)\s*)?', re.I)

Answer = tuple[list[ResultColumn], list[list[str | None]]]


@dataclass(frozen=True)
class Explain:
    """EXPLAIN, and the query it is asked for."""

    query: str
    analyze: bool


def bare(sql: str) -> str:
    """The text without leading comments and the final semicolon."""
    return COMMENT.sub('', sql).rstrip().rstrip(';').rstrip()


def statement_type(sql: str) -> StatementType:
    """Athena's StatementType."""
    word = (re.match(r'[A-Za-z]*', bare(sql)) or [''])[0].upper()
    if word in ('SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN'):
        return 'UTILITY'
    return 'DDL' if word in ('CREATE', 'ALTER', 'DROP', 'MSCK') else 'DML'


def explained(sql: str) -> Explain | None:
    """The query after EXPLAIN, if it is one."""
    text = bare(sql)
    match = EXPLAIN.match(text)
    return Explain(text[match.end() :], bool(match.group(1))) if match else None


def refuse_unless_query(statement: exp.Expr) -> None:
    """Raise QueryFailure for whatever is not answered here: the templates own tables, jobs own data."""
    if not isinstance(statement, exp.Query | exp.Values):
        kind = statement.name if isinstance(statement, exp.Command) else statement.key
        raise QueryFailure(
            'NOT_SUPPORTED',
            f'{kind.upper()} is not supported here: SELECT, WITH, SHOW, DESCRIBE and EXPLAIN are',
        )


def catalog_answer(sql: str, catalog: Catalog, database: str) -> Answer | None:
    """The answer to SHOW or DESCRIBE, or None for other statements."""
    text = bare(sql)
    if match := SHOW_TABLES.fullmatch(text):
        views_only = text.split()[1].upper() == 'VIEWS'
        tables = catalog.tables(_plain(match.group(1)) if match.group(1) else _required(database))
        names = [table.name for table in tables if table.kind == 'view' or not views_only]
        return [ResultColumn('tab_name', 'string')], [[n] for n in names if _like(match.group(2), n)]
    if match := SHOW_DATABASES.fullmatch(text):
        names = [name for name in catalog.databases() if _like(match.group(1), name)]
        return [ResultColumn('database_name', 'string')], [[name] for name in names]
    if match := SHOW_COLUMNS.fullmatch(text):
        columns, keys = _columns(match.group(1), catalog, database)
        return [ResultColumn('field', 'string')], [[c[0]] for c in columns + keys]
    if match := DESCRIBE.fullmatch(text):
        return _description(match.group(1), catalog, database)
    if re.match(r'SHOW\b', text, re.I):
        raise QueryFailure('NOT_SUPPORTED', f'{text} is not supported here')
    return None


def _description(name: str, catalog: Catalog, database: str) -> Answer:
    """As Athena gives it: one text a row, its three parts padded and parted by tabs."""
    columns, keys = _columns(name, catalog, database)
    lines = [_line(*column) for column in columns + keys]
    if keys:
        lines += [
            '\t \t ',
            _line('# Partition Information', ' ', ' '),
            _line('# col_name', 'data_type', 'comment'),
        ]
        lines += ['\t \t ', *(_line(*key) for key in keys)]
    names = [ResultColumn(label, 'string') for label in ('col_name', 'data_type', 'comment')]
    return names, [[line] for line in lines]


def _columns(
    name: str, catalog: Catalog, database: str
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    parts = _plain(name).split('.')
    schema = parts[-2] if len(parts) > 1 else _required(database)
    table = catalog.table(schema, parts[-1])
    if table is None:
        raise QueryFailure('TABLE_NOT_FOUND', f"Table 'awsdatacatalog.{schema}.{parts[-1]}' does not exist")
    return (
        [(c.name, c.type, c.comment) for c in table.columns],
        [(c.name, c.type, c.comment) for c in table.partition_keys],
    )


def _line(name: str, kind: str, comment: str) -> str:
    return f'{name:<20}\t{kind:<20}\t{comment:<20}'


def _plain(name: str) -> str:
    return name.replace('`', '').replace('"', '').lower()


def _required(database: str) -> str:
    if not database:
        raise QueryFailure('MISSING_SCHEMA_NAME', 'Schema must be specified when session schema is not set')
    return database.lower()


def _like(pattern: str | None, name: str) -> bool:
    # Athena takes a regular expression in which * stands for any text.
    return (
        pattern is None
        or re.fullmatch(pattern.lower().replace('*', '.*').replace('%', '.*'), name) is not None
    )
