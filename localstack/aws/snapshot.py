"""The Glue catalog on disk: databases and tables, written whole and atomically after each change."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.models import FakeDatabase, FakeTable, glue_backends


def save(file: Path) -> None:
    """Write every database and table of every region. A reader sees the old file or the new one."""
    regions = {
        region: {name: _database(database) for name, database in backend.databases.items()}
        for region, backend in glue_backends[DEFAULT_ACCOUNT_ID].items()
    }
    new = file.with_suffix('.new')
    with new.open('w', encoding='utf-8') as stream:
        json.dump({'version': 1, 'regions': regions}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def restore(file: Path) -> int:
    """Fill the catalog from the file, if there is one. Returns the number of tables."""
    if not file.exists():
        return 0
    count = 0
    for region, databases in json.loads(file.read_text('utf-8'))['regions'].items():
        backend = glue_backends[DEFAULT_ACCOUNT_ID][region]
        for name, stored in databases.items():
            database = FakeDatabase(name, stored['input'], catalog_id=DEFAULT_ACCOUNT_ID)
            database.created_time = _moment(stored['created']) or database.created_time
            for table_name, kept in stored['tables'].items():
                database.tables[table_name] = _table(name, table_name, kept)
                count += 1
            backend.databases[name] = database
    return count


def _database(database: FakeDatabase) -> dict[str, Any]:
    tables = {
        name: {
            'version': table._current_version,
            'versions': dict(table.versions),
            'created': _text(table.created_time),
            'updated': _text(table.updated_time),
        }
        for name, table in database.tables.items()
    }
    return {'input': database.input, 'created': _text(database.created_time), 'tables': tables}


def _table(database: str, name: str, stored: dict[str, Any]) -> FakeTable:
    table = FakeTable(database, name, {}, catalog_id=DEFAULT_ACCOUNT_ID)
    table.versions = OrderedDict(stored['versions'])
    table._current_version = stored['version']
    table.created_time = _moment(stored['created']) or table.created_time
    table.updated_time = _moment(stored['updated'])
    return table


def _text(moment: datetime | None) -> str | None:
    # moto's times are UTC without a zone.
    return moment.replace(tzinfo=UTC).isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
