"""The lake's tables as plain JSON lines on stdout, read by pyiceberg and pyarrow: by no engine under test.

Arguments: the S3 and the Glue endpoint, then a JSON object {"iceberg": {NAME: {"table", "columns"}},
"parquet": {NAME: {"place": "BUCKET/PREFIX", "columns"}}}. Each line is {"t": NAME, "r": [values]}: timestamps
as epoch milliseconds, dates as YYYY-MM-DD, bytes as hexadecimal of their SHA-1.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs
from pyiceberg.catalog import load_catalog


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (
            round(value.timestamp() * 1000)
            if value.tzinfo
            else round((value - datetime(1970, 1, 1)).total_seconds() * 1000)
        )
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return hashlib.sha1(value).hexdigest()
    return value


def rows(table: pa.Table, columns: list[str]) -> Iterator[list[Any]]:
    lists = [table.column(name).to_pylist() for name in columns]
    for row in zip(*lists, strict=True):
        yield [plain(value) for value in row]


def main(s3: str, glue: str, wanted: Mapping[str, Any]) -> None:
    key, secret = os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY']
    region = os.environ['AWS_REGION']
    catalog = load_catalog(
        'lake',
        **{
            'type': 'glue',
            'glue.endpoint': glue,
            'glue.region': region,
            'glue.access-key-id': key,
            'glue.secret-access-key': secret,
            's3.endpoint': s3,
            's3.access-key-id': key,
            's3.secret-access-key': secret,
            's3.region': region,
        },
    )
    files = fs.S3FileSystem(
        access_key=key,
        secret_key=secret,
        region=region,
        endpoint_override=s3.removeprefix('http://'),
        scheme='http',
    )

    def tell(name: str, table: pa.Table, columns: list[str]) -> None:
        for row in rows(table, columns):
            sys.stdout.write(json.dumps({'t': name, 'r': row}) + '\n')

    for name, one in wanted['iceberg'].items():
        table = catalog.load_table(one['table'])
        tell(name, table.scan(selected_fields=tuple(one['columns'])).to_arrow(), one['columns'])
    for name, one in wanted['parquet'].items():
        found = files.get_file_info(fs.FileSelector(one['place'], recursive=True, allow_not_found=True))
        paths = [each.path for each in found if each.path.endswith('.parquet')]
        if paths:
            tell(name, ds.dataset(paths, filesystem=files).to_table(columns=one['columns']), one['columns'])


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
