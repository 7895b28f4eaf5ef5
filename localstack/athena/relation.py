"""Tables of the catalog as relations of DuckDB: plans in SQL text, nothing is read here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog import Column, Table
from column_types import hive_type, iceberg_type, literal, quoted
from failure import QueryFailure

Metadata = dict[str, Any]


def iceberg_relation(table: Table, metadata: Metadata, snapshot: int | None = None) -> str:
    """The rows of a snapshot: the given one or the current. Without snapshots there are columns, no rows."""
    if snapshot is not None:
        return (
            f'SELECT * FROM iceberg_scan({literal(table.metadata_location)}, snapshot_from_id = {snapshot})'
        )
    if metadata.get('current-snapshot-id', -1) in (None, -1):
        return _empty([(field['name'], iceberg_type(field['type'])) for field in _fields(metadata)])
    return f'SELECT * FROM iceberg_scan({literal(table.metadata_location)})'


def parquet_relation(table: Table, files: Sequence[str], template: str) -> str:
    """The rows of an external table, columns by name, partition keys from the folders.

    `template` is an empty Parquet file with the table's columns in such folders: it makes columns that no
    file has yet null instead of unknown.
    """
    columns = [(c.name, hive_type(c.type)) for c in (*table.columns, *table.partition_keys)]
    if not files:
        return _empty(columns)
    keys = ', '.join(f'{literal(key.name)}: {hive_type(key.type)}' for key in table.partition_keys)
    hive = f'hive_partitioning = true, hive_types = {{{keys}}}' if keys else 'hive_partitioning = false'
    paths = ', '.join(literal(file) for file in (template, *files))
    projection = ', '.join(f'CAST({quoted(name)} AS {kind}) AS {quoted(name)}' for name, kind in columns)
    return f'SELECT {projection} FROM read_parquet([{paths}], union_by_name = true, {hive})'


def template_of(table: Table, folder: Path) -> tuple[Path, str]:
    """Where the empty file of this table's columns belongs, and the statement that writes it."""
    declared = repr([(c.name, c.type) for c in (*table.columns, *table.partition_keys)])
    path = folder / hashlib.sha256(declared.encode()).hexdigest()[:16]
    for key in table.partition_keys:
        path /= f'{key.name}={_any_value(key)}'
    columns = [(c.name, hive_type(c.type)) for c in table.columns]
    file = path / 'columns.parquet'
    return file, f'COPY ({_empty(columns)}) TO {literal(str(file))} (FORMAT parquet)'


def snapshot_at(metadata: Metadata, moment: datetime) -> int:
    """The snapshot that was current at this moment. Raises QueryFailure if there was none."""
    micros = (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000
    past = [one for one in metadata.get('snapshot-log', []) if one['timestamp-ms'] <= micros]
    if not past:
        raise QueryFailure('INVALID_ARGUMENTS', f'No version history table at or before {moment.isoformat()}')
    return int(past[-1]['snapshot-id'])


def system_relation(kind: str, metadata: Metadata) -> str | None:
    """What `"table$kind"` shows, or None for a kind that is not served here."""
    rows = SYSTEM_TABLES.get(kind)
    if rows is None:
        return None
    columns, values = rows(metadata)
    if not values:
        return _empty(columns)
    casts = ', '.join(f'CAST({quoted(name)} AS {type_}) AS {quoted(name)}' for name, type_ in columns)
    names = ', '.join(quoted(name) for name, _ in columns)
    tuples = ', '.join(f'({", ".join(value)})' for value in values)
    return f'SELECT {casts} FROM (VALUES {tuples}) AS s({names})'


def files_relation(table: Table) -> str:
    """What `"table$files"` shows, as far as DuckDB tells of the files of the current snapshot."""
    files = f"iceberg_metadata({literal(table.metadata_location)}) WHERE status <> 'DELETED'"
    return f'SELECT file_path, file_format, record_count FROM {files}'


Rows = tuple[list[tuple[str, str]], list[list[str]]]


def _snapshots(metadata: Metadata) -> Rows:
    columns = [
        ('committed_at', 'TIMESTAMPTZ'),
        ('snapshot_id', 'BIGINT'),
        ('parent_id', 'BIGINT'),
        ('operation', 'VARCHAR'),
        ('manifest_list', 'VARCHAR'),
        ('summary', 'MAP(VARCHAR, VARCHAR)'),
    ]
    values = []
    for one in metadata.get('snapshots', []):
        summary = dict(one.get('summary') or {})
        operation = summary.pop('operation', '')
        pairs = ', '.join(f'{literal(k)}: {literal(str(v))}' for k, v in summary.items())
        values.append(
            [
                _moment(one['timestamp-ms']),
                str(one['snapshot-id']),
                str(one.get('parent-snapshot-id') or 'NULL'),
                literal(operation),
                literal(one.get('manifest-list', '')),
                f'MAP {{{pairs}}}',
            ]
        )
    return columns, values


def _history(metadata: Metadata) -> Rows:
    parents = {one['snapshot-id']: one.get('parent-snapshot-id') for one in metadata.get('snapshots', [])}
    ancestors, current = set(), metadata.get('current-snapshot-id')
    while current in parents and current not in ancestors:
        ancestors.add(current)
        current = parents[current]
    columns = [
        ('made_current_at', 'TIMESTAMPTZ'),
        ('snapshot_id', 'BIGINT'),
        ('parent_id', 'BIGINT'),
        ('is_current_ancestor', 'BOOLEAN'),
    ]
    values = [
        [
            _moment(one['timestamp-ms']),
            str(one['snapshot-id']),
            str(parents.get(one['snapshot-id']) or 'NULL'),
            str(one['snapshot-id'] in ancestors).lower(),
        ]
        for one in metadata.get('snapshot-log', [])
    ]
    return columns, values


def _references(metadata: Metadata) -> Rows:
    columns = [('name', 'VARCHAR'), ('type', 'VARCHAR'), ('snapshot_id', 'BIGINT')]
    found = metadata.get('refs', {}).items()
    return columns, [[literal(n), literal(r['type'].upper()), str(r['snapshot-id'])] for n, r in found]


def _properties(metadata: Metadata) -> Rows:
    found = metadata.get('properties', {}).items()
    return [('key', 'VARCHAR'), ('value', 'VARCHAR')], [[literal(k), literal(v)] for k, v in found]


SYSTEM_TABLES: dict[str, Callable[[Metadata], Rows]] = {
    'snapshots': _snapshots,
    'history': _history,
    'refs': _references,
    'properties': _properties,
}


def _fields(metadata: Metadata) -> list[dict[str, Any]]:
    wanted = metadata.get('current-schema-id', 0)
    schemas = metadata.get('schemas') or [metadata['schema']]
    return next(s['fields'] for s in schemas if s.get('schema-id', 0) == wanted)


def _empty(columns: Sequence[tuple[str, str]]) -> str:
    return 'SELECT ' + ', '.join(f'CAST(NULL AS {t}) AS {quoted(n)}' for n, t in columns) + ' WHERE false'


def _moment(milliseconds: int) -> str:
    return f'make_timestamptz({int(milliseconds) * 1000})'


def _any_value(key: Column) -> str:
    return {'VARCHAR': 'none', 'DATE': '1970-01-01'}.get(hive_type(key.type), '0')
