"""The result of one query on the local disk: a CSV for S3 and a file of rows for GetQueryResults.

Rows are written as they come and read by page, so that a large result needs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

EVERY: Final = 1000
"""An offset into the file of rows is kept for each so many."""

Row = Sequence[str | None]


@dataclass(frozen=True)
class ResultColumn:
    """A column as ResultSetMetadata names it; `type` is Athena's."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    def info(self) -> dict[str, Any]:
        """ColumnInfo of the API."""
        return {
            'CatalogName': 'hive',
            'SchemaName': '',
            'TableName': '',
            'Name': self.name,
            'Label': self.name,
            'Type': self.type,
            'Precision': self.precision or PRECISION.get(self.type, 0),
            'Scale': self.scale,
            'Nullable': 'UNKNOWN',
            'CaseSensitive': self.type == 'varchar',
        }


PRECISION: Final = {
    'varchar': 2147483647,
    'tinyint': 3,
    'smallint': 5,
    'integer': 10,
    'bigint': 19,
    'float': 17,
    'double': 17,
    'timestamp': 3,
    'timestamp with time zone': 3,
    'varbinary': 1073741824,
}


class ResultFile:
    """Written once, then read by any number of calls."""

    def __init__(self, folder: Path, identity: str, columns: Sequence[ResultColumn], header: bool) -> None:
        self.columns = columns
        self.file = folder / f'{identity}.{"csv" if header else "txt"}'
        self._rows = folder / f'{identity}.rows'
        self._header = header
        self._offsets: list[int] = []
        self.count = 0
        """Rows, the header among them where there is one."""

    def write(self, rows: Iterable[Row]) -> None:
        """All rows. A header comes first where the kind of statement has one."""
        with self._rows.open('wb') as stored, self.file.open('w', encoding='utf-8', newline='') as text:
            for row in self._with_header(rows):
                if self.count % EVERY == 0:
                    self._offsets.append(stored.tell())
                stored.write(json.dumps(row, ensure_ascii=False).encode() + b'\n')
                text.write(csv_line(row) if self._header else '\t'.join(v or '' for v in row) + '\n')
                self.count += 1

    def page(self, first: int, size: int) -> list[list[str | None]]:
        """At most `size` rows from number `first` on."""
        if first >= self.count:
            return []
        with self._rows.open('rb') as stored:
            stored.seek(self._offsets[first // EVERY])
            for _ in range(first % EVERY):
                stored.readline()
            return [json.loads(stored.readline()) for _ in range(min(size, self.count - first))]

    @property
    def answers(self) -> int:
        """Rows without the header."""
        return max(0, self.count - int(self._header))

    @property
    def size(self) -> int:
        """Bytes of the file for S3."""
        return self.file.stat().st_size

    def remove(self) -> None:
        """Delete what is on the local disk; S3 keeps its copy."""
        self._rows.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)

    def _with_header(self, rows: Iterable[Row]) -> Iterator[Row]:
        if self._header:
            yield [column.name for column in self.columns]
        yield from rows


def csv_line(row: Row) -> str:
    """A line as Athena writes it: every value in quotes, null as nothing."""
    return ','.join('' if value is None else '"' + value.replace('"', '""') + '"' for value in row) + '\n'
