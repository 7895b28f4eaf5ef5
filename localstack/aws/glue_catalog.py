"""What moto's Glue catalog lacks: optimistic locking, a memory, and tables of an open format.

Every change goes through one lock, so that a version is compared and replaced in one step. Iceberg's
GlueCatalog sends the version it has read with UpdateTable and tries again on ConcurrentModificationException.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import snapshot
from iceberg_metadata import IcebergMetadata, UpdateRefused
from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import GlueClientError
from moto.glue.models import FakeTable, GlueBackend
from moto.glue.responses import GlueResponse

ARCHIVED_VERSIONS: Final = 100
"""How many versions a table keeps where SkipArchive is false; Glue itself keeps far more."""

_lock = threading.RLock()

CHANGES: Final = (
    'create_database',
    'update_database',
    'delete_database',
    'create_table',
    'update_table',
    'delete_table',
    'batch_delete_table',
    'delete_table_version',
)


class ConcurrentModification(GlueClientError):
    """The table was changed since the version that the caller has read."""

    def __init__(self) -> None:
        super().__init__(
            'ConcurrentModificationException', 'Update table failed due to concurrent modifications.'
        )


class InvalidInput(GlueClientError):
    """The request asks for what the service or the table format cannot do."""

    def __init__(self, message: str) -> None:
        super().__init__('InvalidInputException', message)


def install(file: Path, metadata: IcebergMetadata) -> int:
    """Put our operations in place of moto's and read the catalog back. Returns the number of tables read."""

    def create_table(self: GlueResponse) -> ActionResult:
        return _create_table(self, metadata)

    def update_table(self: GlueResponse) -> ActionResult:
        return _update_table(self, metadata)

    operations: dict[str, Callable[[GlueResponse], ActionResult]] = {
        name: getattr(GlueResponse, name) for name in CHANGES
    }
    operations |= {'create_table': create_table, 'update_table': update_table}
    for name, operation in operations.items():
        setattr(GlueResponse, name, _saved(operation, file))
    for name in ('get_table', 'get_tables', 'get_table_versions'):
        setattr(GlueResponse, name, _locked(getattr(GlueResponse, name)))
    return snapshot.restore(file)


def _locked(operation: Callable[[GlueResponse], ActionResult]) -> Callable[[GlueResponse], ActionResult]:
    @wraps(operation)
    def alone(self: GlueResponse) -> ActionResult:
        with _lock:
            return operation(self)

    return alone


def _saved(
    operation: Callable[[GlueResponse], ActionResult], file: Path
) -> Callable[[GlueResponse], ActionResult]:
    """The operation under the lock, its outcome on disk before the answer is given."""

    @wraps(operation)
    def change(self: GlueResponse) -> ActionResult:
        with _lock:
            answer = operation(self)
            snapshot.save(file)
            return answer

    return change


def _create_table(call: GlueResponse, metadata: IcebergMetadata) -> ActionResult:
    request = call.parameters
    table_input = request.get('TableInput') or {}
    name = table_input.get('Name') or request.get('Name')
    if not name:
        raise InvalidInput('The name of the table is missing.')
    backend: GlueBackend = call.glue_backend
    database = backend.get_database(request['DatabaseName'])
    iceberg = (request.get('OpenTableFormatInput') or {}).get('IcebergInput')
    if iceberg and name not in database.tables:
        try:
            table_input = metadata.create({**table_input, 'Name': name}, iceberg)
        except UpdateRefused as error:
            raise InvalidInput(str(error)) from error
    backend.create_table(request['DatabaseName'], name, {**table_input, 'Name': name})
    return EmptyResult()


def _update_table(call: GlueResponse, metadata: IcebergMetadata) -> ActionResult:
    request = call.parameters
    table_input = request.get('TableInput') or {}
    name = request.get('Name') or table_input.get('Name')
    table = call.glue_backend.get_table(request['DatabaseName'], name)
    expected = request.get('VersionId')
    if expected is not None and str(expected) != str(table._current_version):
        raise ConcurrentModification
    iceberg = (request.get('UpdateOpenTableFormatInput') or {}).get('UpdateIcebergInput')
    if iceberg:
        current = table.get_version(str(table._current_version))
        try:
            table_input = metadata.update({**current, **table_input}, iceberg)
        except UpdateRefused as error:
            raise InvalidInput(str(error)) from error
    _replace(table, {**table_input, 'Name': name}, bool(request.get('SkipArchive')))
    return EmptyResult()


def _replace(table: FakeTable, table_input: dict[str, Any], skip_archive: bool) -> None:
    before = str(table._current_version)
    table.update(table_input)
    if skip_archive:
        table.versions.pop(before, None)
    for oldest in list(table.versions)[:-ARCHIVED_VERSIONS]:
        del table.versions[oldest]
