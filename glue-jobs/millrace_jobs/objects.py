"""Objects on S3 by URI, with the conditional writes of leases. Endpoints come from AWS_ENDPOINT_URL_*."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

CONFLICTS = ('PreconditionFailed', '412', 'ConditionalRequestConflict', '409')


class Stored(NamedTuple):
    body: bytes
    etag: str


class Listed(NamedTuple):
    uri: str
    modified: datetime
    bytes: int


class Objects:
    """`s3://bucket/key` in, bytes out. Other failures than those named surface as botocore's ClientError."""

    def __init__(self, client: Any | None = None) -> None:
        self._client = client or boto3.client('s3')

    def read(self, uri: str) -> Stored | None:
        """The object, or None if there is none."""
        bucket, key = bucket_and_key(uri)
        try:
            answer = self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response['Error']['Code'] in ('NoSuchKey', '404'):
                return None
            raise
        return Stored(answer['Body'].read(), answer['ETag'])

    def write(self, uri: str, body: bytes, kind: str = 'application/json') -> None:
        bucket, key = bucket_and_key(uri)
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)

    def write_over(self, uri: str, body: bytes, etag: str | None) -> str | None:
        """Writes only over the version `etag` (None: only where nothing is); the new ETag, or None if it
        lost.
        """
        bucket, key = bucket_and_key(uri)
        condition = {'IfNoneMatch': '*'} if etag is None else {'IfMatch': etag}
        try:
            answer = self._client.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType='application/json', **condition
            )
        except ClientError as error:
            if error.response['Error']['Code'] in (*CONFLICTS, 'NoSuchKey', '404'):
                return None
            raise
        return answer['ETag']

    def listed(self, uri: str, after: str = '') -> Iterator[Listed]:
        """The objects whose URI begins so, in the order of their keys; only keys after `uri` + `after`."""
        bucket, prefix = bucket_and_key(uri)
        pages = self._client.get_paginator('list_objects_v2').paginate(
            Bucket=bucket, Prefix=prefix, **({'StartAfter': prefix + after} if after else {})
        )
        for page in pages:
            for one in page.get('Contents', ()):
                yield Listed(f's3://{bucket}/{one["Key"]}', one['LastModified'], one['Size'])

    def delete(self, uri: str) -> None:
        bucket, key = bucket_and_key(uri)
        self._client.delete_object(Bucket=bucket, Key=key)


def bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip('/')
