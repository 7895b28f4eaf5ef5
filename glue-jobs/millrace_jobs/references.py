"""Reference tables: small CSV files of the contract as Iceberg tables, written when their content changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.collisions import again_on_collision
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.objects import Objects
from millrace_jobs.progress import utc_now
from millrace_jobs.publish import publish

Reference = Mapping[str, Any]
#: Of numbers, as lib/contract/reference.ts has them: Python's own readers also take `nan`, `1_000` and ` 5`.
NUMBERS = {
    'long': re.compile(r'[+-]?[0-9]+(?:\.0*)?'),
    'double': re.compile(r'[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?'),
}
#: Beyond it, neighbouring whole numbers are one number to TypeScript.
MOST_LONG = 2**53 - 1
SQL_TYPES = {'string': 'STRING', 'double': 'DOUBLE', 'long': 'BIGINT'}


def reference_uris(text: str) -> dict[str, str]:
    """`NAME=s3://…,NAME=s3://…`: the URIs by name. Raises MR800 for anything else."""
    uris: dict[str, str] = {}
    for part in filter(None, text.split(',')):
        name, equals, uri = part.partition('=')
        if not (name and equals and uri):
            raise _bad_argument(f'{part!r} is not NAME=URI')
        uris[name] = uri
    return uris


def run_reference(
    spark: SparkSession,
    reference: Reference,
    database: str,
    uris: Mapping[str, str],
    before: Mapping[str, Any] | None,
    *,
    objects: Objects,
) -> dict[str, Any]:
    """Brings the table up to its file; the new progress, `before` where nothing changed.

    The progress: contentHash (of the file and the declared columns), rows, finishedAt.
    Raises MR800 (no URI), MR864 (no such object, or no such rows), MR810 (the gate refuses them).
    """
    phases = Phases()
    name = table_name(database, reference['table'])
    with phases.phase('plan'):
        body = _body(reference, uris, objects)
        digest = _digest(reference, body)
        # A table that was made anew has lost what was written.
        known = before is not None and before['contentHash'] == digest
        if before is not None and known and IcebergTable(spark, name).current_snapshot() is not None:
            return dict(before)
    with phases.phase('write'):
        rows = reference_rows(reference, body)
        schema = ', '.join(f'`{one["name"]}` {SQL_TYPES[one["type"]]}' for one in reference['columns'])
        frame = spark.createDataFrame(rows, schema)
        gate = {'name': reference['table'], 'grain': [reference['key']], 'quality': []}
        again_on_collision(lambda: publish(spark, frame, F.lit(True), name, gate), name)
    progress = {'contentHash': digest, 'rows': len(rows), 'finishedAt': utc_now()}
    log_line('reference', name=reference['name'], **progress, seconds=phases.seconds)
    return progress


def reference_rows(reference: Reference, body: bytes) -> list[tuple[Any, ...]]:
    """The rows of a CSV file with a header, typed, an empty cell as null; columns not declared are left out.

    Raises MR864, which names the line.
    """
    reader = csv.DictReader(io.StringIO(body.decode('utf-8-sig'), newline=''), strict=True)
    columns = reference['columns']
    missing = [one['name'] for one in columns if one['name'] not in (reader.fieldnames or ())]
    if missing:
        raise _bad_file(reference, f'the header lacks {", ".join(missing)}')
    rows: list[tuple[Any, ...]] = []
    try:
        for row in reader:
            # The csv module names cells beyond the header None, and gives None for those that lack.
            if None in row or None in row.values():
                raise ValueError('not as many cells as the header has')
            rows.append(tuple(_cell(row[one['name']], one) for one in columns))
    except (ValueError, csv.Error) as error:
        raise _bad_file(reference, f'line {reader.line_num}: {error}') from error
    return rows


def _cell(text: str, column: Mapping[str, Any]) -> str | float | int | None:
    """Raises ValueError: it is none of the column's type."""
    kind = column['type']
    if not text:
        return None
    if kind == 'string':
        return text
    if NUMBERS[kind].fullmatch(text):
        if kind == 'long' and abs(whole := int(text.partition('.')[0])) <= MOST_LONG:
            return whole
        # Zero has no sign.
        if kind == 'double' and math.isfinite(number := float(text) + 0.0):
            return number
    raise ValueError(f'{text!r} is no {kind} ({column["name"]})')


def _body(reference: Reference, uris: Mapping[str, str], objects: Objects) -> bytes:
    uri = uris.get(reference['name'])
    if uri is None:
        raise _bad_argument(f'nothing says where the file of {reference["name"]} is')
    stored = objects.read(uri)
    if stored is None:
        raise _bad_file(reference, f'there is no object {uri}')
    return stored.body


def _digest(reference: Reference, body: bytes) -> str:
    columns = [[one['name'], one['type']] for one in reference['columns']]
    declared = json.dumps([reference['key'], columns]).encode()
    return hashlib.sha256(declared + b'\0' + body).hexdigest()


def _bad_argument(what: str) -> JobError:
    return JobError('MR800', what, where='--references', mend="see the job's DefaultArguments")


def _bad_file(reference: Reference, what: str) -> JobError:
    return JobError(
        'MR864',
        what,
        where=f'lib/datasets/reference/{reference["file"]}',
        mend='mend the file or its columns in the contract, and deploy again',
    )
