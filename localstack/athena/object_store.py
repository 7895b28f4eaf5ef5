"""What is read from S3 beside the data: listings of external tables, metadata of Iceberg tables."""

from __future__ import annotations

import gzip
import json
import threading
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from catalog import Table

METADATA_KEPT: Final = 64
"""Parsed metadata files kept. They never change, so this is no cache that could be stale."""


def bucket_and_key(location: str) -> tuple[str, str]:
    """`s3://bucket/a/b` in two; s3a and s3n are taken for s3."""
    place = urlsplit(location)
    return place.netloc, place.path.lstrip('/')


class ObjectStore:
    """Reads with an S3 client."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self._metadata: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def metadata(self, location: str) -> dict[str, Any]:
        """An Iceberg metadata file."""
        with self._lock:
            if location in self._metadata:
                self._metadata.move_to_end(location)
                return self._metadata[location]
        bucket, key = bucket_and_key(location)
        body = self._s3.get_object(Bucket=bucket, Key=key)['Body'].read()
        read = json.loads(gzip.decompress(body) if body[:2] == b'\x1f\x8b' else body)
        with self._lock:
            self._metadata[location] = read
            while len(self._metadata) > METADATA_KEPT:
                self._metadata.popitem(last=False)
        return read

    def data_files(self, table: Table) -> tuple[list[str], int]:
        """The objects of an external table and their bytes: those in all its Hive partitions, none hidden."""
        bucket, prefix = bucket_and_key(table.location)
        prefix = prefix.rstrip('/') + '/' if prefix else ''
        keys = [f'{key.name}=' for key in table.partition_keys]
        files, total = [], 0
        for page in self._s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get('Contents', []):
                folders = entry['Key'][len(prefix) :].split('/')
                name = folders.pop()
                partitioned = len(folders) >= len(keys) and all(
                    folder.lower().startswith(key) for folder, key in zip(folders, keys, strict=False)
                )
                if partitioned and entry['Size'] and not name.startswith(('_', '.')):
                    files.append(f's3://{bucket}/{entry["Key"]}')
                    total += entry['Size']
        return files, total

    def upload(self, file: str, location: str, content_type: str) -> str | None:
        """Put a local file to a location. Returns its tag."""
        bucket, key = bucket_and_key(location)
        self._s3.upload_file(file, bucket, key, ExtraArgs={'ContentType': content_type})
        return self.tag(location)

    def tag(self, location: str) -> str | None:
        """What tells the content of an object from another, None if there is no such object."""
        bucket, key = bucket_and_key(location)
        try:
            return self._s3.head_object(Bucket=bucket, Key=key)['ETag']
        except ClientError as error:
            if error.response['ResponseMetadata']['HTTPStatusCode'] == 404:
                return None
            raise
