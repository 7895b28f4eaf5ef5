"""The operations of the Athena API that tell what the Glue catalog holds: clients list tables by them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from catalog import Catalog, Column, Table
from failure import QueryFailure, RequestRefused
from resolution import CATALOG

Entry = dict[str, Any]


def _databases(catalog: Catalog, request: Entry) -> list[Entry]:
    _demand_catalog(request)
    return [{'Name': name} for name in catalog.databases()]


def _database(catalog: Catalog, request: Entry) -> Entry:
    _demand_catalog(request)
    name = request['DatabaseName'].lower()
    if not catalog.has_database(name):
        raise RequestRefused(f'Database {name} not found.', 'MetadataException')
    return {'Name': name}


def _tables(catalog: Catalog, request: Entry) -> list[Entry]:
    _demand_catalog(request)
    pattern = re.compile(request.get('Expression') or '.*', re.IGNORECASE)
    try:
        tables = catalog.tables(request['DatabaseName'].lower())
    except QueryFailure as error:
        raise RequestRefused(str(error), 'MetadataException') from error
    return [_described(table) for table in tables if pattern.fullmatch(table.name)]


def _table(catalog: Catalog, request: Entry) -> Entry:
    _demand_catalog(request)
    database, name = request['DatabaseName'].lower(), request['TableName'].lower()
    table = catalog.table(database, name)
    if table is None:
        raise RequestRefused(f'Table {database}.{name} not found.', 'MetadataException')
    return _described(table)


def _demand_catalog(request: Entry) -> None:
    name = request['CatalogName']
    if name.lower() != CATALOG:
        raise RequestRefused(f'Catalog {name} not found.', 'MetadataException')


def _described(table: Table) -> Entry:
    kind = 'VIRTUAL_VIEW' if table.kind == 'view' else 'EXTERNAL_TABLE'
    return {
        'Name': table.name,
        'TableType': kind,
        'Columns': [_column(one) for one in table.columns],
        'PartitionKeys': [_column(one) for one in table.partition_keys],
        'Parameters': {'location': table.location} if table.location else {},
    }


def _column(column: Column) -> Entry:
    return {'Name': column.name, 'Type': column.type, 'Comment': column.comment}


def _catalogs(_catalog: Catalog, _request: Entry) -> list[Entry]:
    return [{'CatalogName': 'AwsDataCatalog', 'Type': 'GLUE'}]


LISTS: Final[dict[str, tuple[str, Callable[[Catalog, Entry], list[Entry]]]]] = {
    'ListDataCatalogs': ('DataCatalogsSummary', _catalogs),
    'ListDatabases': ('DatabaseList', _databases),
    'ListTableMetadata': ('TableMetadataList', _tables),
}
"""Operation, member of its reply, the entries of all pages."""

ENTRIES: Final[dict[str, tuple[str, Callable[[Catalog, Entry], Entry]]]] = {
    'GetDatabase': ('Database', _database),
    'GetTableMetadata': ('TableMetadata', _table),
}
