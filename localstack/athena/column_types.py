"""The names of column types: Hive's (as Glue keeps them) and Iceberg's to DuckDB's, DuckDB's to Athena's."""

from __future__ import annotations

from typing import Any, Final

from failure import QueryFailure

HIVE_TO_DUCKDB: Final = {
    'string': 'VARCHAR',
    'boolean': 'BOOLEAN',
    'tinyint': 'TINYINT',
    'smallint': 'SMALLINT',
    'int': 'INTEGER',
    'integer': 'INTEGER',
    'bigint': 'BIGINT',
    'long': 'BIGINT',
    'float': 'FLOAT',
    'double': 'DOUBLE',
    'date': 'DATE',
    'timestamp': 'TIMESTAMP',
    'binary': 'BLOB',
}

ICEBERG_TO_DUCKDB: Final = {
    'string': 'VARCHAR',
    'boolean': 'BOOLEAN',
    'int': 'INTEGER',
    'long': 'BIGINT',
    'float': 'FLOAT',
    'double': 'DOUBLE',
    'date': 'DATE',
    'time': 'TIME',
    'timestamp': 'TIMESTAMP',
    'timestamptz': 'TIMESTAMP WITH TIME ZONE',
    'binary': 'BLOB',
    'uuid': 'UUID',
}

DUCKDB_TO_ATHENA: Final = {
    'hugeint': 'bigint',
    'utinyint': 'smallint',
    'usmallint': 'integer',
    'uinteger': 'bigint',
    'ubigint': 'bigint',
    'float': 'float',
    'blob': 'varbinary',
    'list': 'array',
    'struct': 'row',
    'sqlnull': 'unknown',
    'null': 'unknown',
    'timestamp_s': 'timestamp',
    'timestamp_ms': 'timestamp',
    'timestamp_ns': 'timestamp',
    'interval': 'interval day to second',
    'enum': 'varchar',
}
"""Only where they differ. A sum of bigint is a bigint in Athena and a hugeint in DuckDB."""


def quoted(name: str) -> str:
    """An identifier of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def hive_type(name: str) -> str:
    """DuckDB's type for one of Glue's, nested ones included (`array<struct<a:int>>`)."""
    text = name.strip().lower()
    kind, _, inner = text.partition('<')
    inner = inner.removesuffix('>')
    if kind == 'array':
        return f'{hive_type(inner)}[]'
    if kind == 'map':
        key, value = _split(inner)
        return f'MAP({hive_type(key)}, {hive_type(value)})'
    if kind == 'struct':
        fields = (field.partition(':') for field in _split(inner))
        return 'STRUCT(' + ', '.join(f'{quoted(n)} {hive_type(t)}' for n, _, t in fields) + ')'
    if text.startswith(('decimal', 'varchar', 'char')):
        return text.upper() if text.startswith('decimal') else 'VARCHAR'
    if text not in HIVE_TO_DUCKDB:
        raise QueryFailure('NOT_SUPPORTED', f'Unsupported Hive type: {name}')
    return HIVE_TO_DUCKDB[text]


def iceberg_type(declared: Any) -> str:
    """DuckDB's type for the JSON of an Iceberg one."""
    if isinstance(declared, str):
        if declared.startswith('decimal'):
            return declared.upper()
        return 'BLOB' if declared.startswith('fixed') else ICEBERG_TO_DUCKDB[declared]
    match declared['type']:
        case 'list':
            return f'{iceberg_type(declared["element"])}[]'
        case 'map':
            return f'MAP({iceberg_type(declared["key"])}, {iceberg_type(declared["value"])})'
        case _:
            fields = (f'{quoted(f["name"])} {iceberg_type(f["type"])}' for f in declared['fields'])
            return f'STRUCT({", ".join(fields)})'


def athena_type(duckdb_id: str) -> str:
    """Athena's name for a type of a result column, by DuckDB's type id."""
    return DUCKDB_TO_ATHENA.get(duckdb_id.lower(), duckdb_id.lower())


def _split(text: str) -> list[str]:
    """The parts between the commas that are not inside brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in '<(') - (character in '>)')
        if character == ',' and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
