"""The Glue catalog, asked anew for each query: a commit of a moment ago must be seen."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from botocore.exceptions import ClientError
from failure import QueryFailure

VIEW_TEXT: Final = re.compile(r'/\*\s*Presto View:\s*([A-Za-z0-9+/=\s]+?)\s*\*/')

Kind = Literal['iceberg', 'parquet', 'view', 'other']


@dataclass(frozen=True)
class Column:
    """A column and its type as Glue names it (`string`, `bigint`, `array<int>`)."""

    name: str
    type: str
    comment: str = ''


@dataclass(frozen=True)
class Table:
    """An entry of the catalog. Names are in lower case."""

    database: str
    name: str
    kind: Kind
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    metadata_location: str
    view: dict[str, Any]


class Catalog:
    """Reads databases and tables with a Glue client."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def table(self, database: str, name: str) -> Table | None:
        """The entry, or None if the database or the table does not exist."""
        try:
            entry = self._glue.get_table(DatabaseName=database, Name=name)['Table']
        except ClientError as error:
            if error.response['Error']['Code'] == 'EntityNotFoundException':
                return None
            raise
        return _table(entry)

    def tables(self, database: str) -> list[Table]:
        """All entries of a database by name. Raises QueryFailure if there is no such database."""
        try:
            pages = self._glue.get_paginator('get_tables').paginate(DatabaseName=database)
            found = [_table(entry) for page in pages for entry in page['TableList']]
        except ClientError as error:
            if error.response['Error']['Code'] == 'EntityNotFoundException':
                raise QueryFailure('SCHEMA_NOT_FOUND', f"Schema '{database}' does not exist") from error
            raise
        return sorted(found, key=lambda table: table.name)

    def databases(self) -> list[str]:
        """The names of all databases."""
        pages = self._glue.get_paginator('get_databases').paginate()
        return sorted(entry['Name'] for page in pages for entry in page['DatabaseList'])

    def has_database(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return name in self.databases()


def _table(entry: dict[str, Any]) -> Table:
    parameters = entry.get('Parameters') or {}
    descriptor = entry.get('StorageDescriptor') or {}
    columns = [c for c in descriptor.get('Columns') or [] if _current(c)]
    kind: Kind = 'parquet'
    if entry.get('TableType') == 'VIRTUAL_VIEW':
        kind = 'view'
    elif parameters.get('table_type', '').upper() == 'ICEBERG':
        kind = 'iceberg'
    elif 'parquet' not in _format(descriptor):
        kind = 'other'
    return Table(
        database=entry['DatabaseName'],
        name=entry['Name'],
        kind=kind,
        columns=tuple(_column(c) for c in columns),
        partition_keys=tuple(_column(c) for c in entry.get('PartitionKeys') or []),
        location=descriptor.get('Location', ''),
        metadata_location=parameters.get('metadata_location', ''),
        view=_view(entry.get('ViewOriginalText', '')) if kind == 'view' else {},
    )


def _current(column: dict[str, Any]) -> bool:
    # Iceberg's catalogs keep dropped columns in the entry and mark them.
    return (column.get('Parameters') or {}).get('iceberg.field.current', 'true') == 'true'


def _column(column: dict[str, Any]) -> Column:
    return Column(column['Name'].lower(), column.get('Type', 'string'), column.get('Comment') or '')


def _format(descriptor: dict[str, Any]) -> str:
    library = (descriptor.get('SerdeInfo') or {}).get('SerializationLibrary', '')
    return f'{library} {descriptor.get("InputFormat", "")}'.lower()


def _view(text: str) -> dict[str, Any]:
    match = VIEW_TEXT.search(text)
    if not match:
        raise QueryFailure('INVALID_VIEW', 'View text is not a Presto view')
    return json.loads(base64.b64decode(match.group(1)))
