"""DuckDB in this process: one database for all queries, one connection for each."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb
import pyarrow as pa
from column_types import athena_type, literal
from dialect import MACROS, UNNAMED
from result_file import ResultColumn
from value_text import column_texts

EXTENSIONS: Final = ('httpfs', 'avro', 'iceberg')
"""In this order: iceberg asks for avro."""

BATCH_ROWS: Final = 10_000
MEMORY_LIMIT: Final = '1200MB'
THREADS: Final = 2

STREAMED_ERRORS: Final[dict[str, type[duckdb.Error]]] = {
    'Conversion Error': duckdb.ConversionException,
    'HTTP Error': duckdb.HTTPException,
    'INTERRUPT Error': duckdb.InterruptException,
    'IO Error': duckdb.IOException,
    'Invalid Input Error': duckdb.InvalidInputException,
    'Out of Memory Error': duckdb.OutOfMemoryException,
    'Out of Range Error': duckdb.OutOfRangeException,
}


@dataclass(frozen=True)
class S3Access:
    """Where the object store is and who asks."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str


class Engine:
    """Runs statements in DuckDB's dialect. Safe to use from several threads."""

    def __init__(self, access: S3Access, temporary: Path) -> None:
        self._root = duckdb.connect(
            config={
                'threads': THREADS,
                'memory_limit': MEMORY_LIMIT,
                'temp_directory': str(temporary),
                'autoinstall_known_extensions': False,
                'autoload_known_extensions': False,
                'python_enable_replacements': False,
            }
        )
        for name in EXTENSIONS:
            self._root.execute(f'LOAD {literal(str(extension_file(name)))}')
        self._root.execute("SET GLOBAL TimeZone = 'UTC'")
        # Objects may be written anew under the same name: nothing of them outlives a query.
        self._root.execute('SET GLOBAL enable_external_file_cache = false')
        scheme, _, host = access.endpoint.partition('://')
        self._root.execute(
            f'CREATE SECRET (TYPE s3, KEY_ID {literal(access.access_key_id)},'
            f' SECRET {literal(access.secret_access_key)}, REGION {literal(access.region)},'
            f' ENDPOINT {literal(host.rstrip("/"))}, URL_STYLE {literal("path")},'
            f' USE_SSL {scheme == "https"})'
        )
        for macro in MACROS:
            self._root.execute(f'CREATE MACRO {macro}')

    def session(self) -> Session:
        """A connection for one query, to be closed after it."""
        return Session(self._root.cursor())

    def write_template(self, file: Path, statement: str) -> str:
        """Run this COPY unless its file is there already. Returns the path."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            # Two queries may write one template at once: each has its own file, the last one in place stays.
            unfinished = file.with_suffix(f'.{uuid4().hex}')
            with self._root.cursor() as connection:
                connection.execute(statement.replace(str(file), str(unfinished)))
            unfinished.replace(file)
        return str(file)


class Session:
    """One query at a time; `interrupt` may come from another thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute('SET integer_division = true')
        connection.execute("SET enable_profiling = 'no_output'")
        connection.execute("""SET custom_profiling_settings = '{"TOTAL_BYTES_READ": "true"}'""")

    def run(self, statement: str) -> tuple[list[ResultColumn], Iterator[list[list[str | None]]]]:
        """The columns of the result, and its rows as texts by batch. Raises duckdb.Error, also while read."""
        result = self._connection.execute(statement)
        columns = [_column(n, d[0], d[1]) for n, d in enumerate(result.description or [])]
        return columns, self._batches(result)

    def _batches(self, result: duckdb.DuckDBPyConnection) -> Iterator[list[list[str | None]]]:
        try:
            for batch in result.to_arrow_reader(BATCH_ROWS):
                yield [list(row) for row in zip(*(column_texts(c) for c in batch.columns), strict=True)]
        except (OSError, pa.ArrowException) as error:
            raise _as_duckdb_error(str(error)) from error

    def bytes_read(self) -> int:
        """Bytes that the last statement read, 0 if DuckDB does not tell."""
        try:
            return int(json.loads(self._connection.get_profiling_information())['total_bytes_read'])
        except (duckdb.Error, KeyError, TypeError, ValueError):
            return 0

    def interrupt(self) -> None:
        """End what runs with duckdb.InterruptException."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def extension_file(name: str) -> Path:
    """Where the wheel of this extension keeps it. Raises RuntimeError if there is none for this version."""
    found = importlib.util.find_spec(f'duckdb_extension_{name}')
    places = found.submodule_search_locations if found else None
    for place in places or []:
        file = Path(place) / 'extensions' / f'v{duckdb.__version__}' / f'{name}.duckdb_extension'
        if file.exists():
            return file
    raise RuntimeError(f'The Python package duckdb-extension-{name}=={duckdb.__version__} is not installed.')


def _as_duckdb_error(message: str) -> duckdb.Error:
    # What goes wrong while a result is read comes through Arrow, with DuckDB's kind only in the text.
    kind = next(
        (error for start, error in STREAMED_ERRORS.items() if message.startswith(start)), duckdb.Error
    )
    return kind(message)


def _column(position: int, name: str, kind: Any) -> ResultColumn:
    label = f'_col{position}' if name.startswith(UNNAMED) else name
    identity = kind.id
    if identity == 'decimal':
        precision, scale = (int(n) for n in re.findall(r'\d+', str(kind))[:2])
        return ResultColumn(label, 'decimal', precision, scale)
    return ResultColumn(label, athena_type(identity))
