"""Iceberg metadata files as the Glue service writes them for a table that a template declares.

The files go to S3; the catalog entry names the newest in `metadata_location`.
"""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from iceberg_evolution import UpdateRefused, evolved_schema, schema_of, sort_order_of, spec_of
from pydantic import ValidationError
from pyiceberg.catalog.glue import _construct_table_input
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSortOrderUpdate,
    RemovePropertiesUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSortOrderUpdate,
    SetDefaultSpecUpdate,
    SetLocationUpdate,
    SetPropertiesUpdate,
    TableUpdate,
    update_table_metadata,
)

__all__ = ['IcebergMetadata', 'ObjectStore', 'UpdateRefused']

Document = dict[str, Any]


class ObjectStore(Protocol):
    """The two calls of an S3 client that are needed."""

    def get_object(self, *, Bucket: str, Key: str) -> Document: ...
    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Document: ...


class IcebergMetadata:
    """Creates and evolves tables in one object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def create(self, table_input: Document, iceberg: Document) -> Document:
        """The catalog entry of a new table, its first metadata file written.

        `iceberg` is Glue's IcebergInput. Raises UpdateRefused if it does not describe a table.
        """
        declared = iceberg.get('CreateIcebergTableInput')
        if not declared:
            raise UpdateRefused('CreateIcebergTableInput is missing: the columns are declared there.')
        schema = schema_of(declared['Schema'])
        properties = {**(declared.get('Properties') or {})}
        properties['format-version'] = str(iceberg.get('Version') or properties.get('format-version') or '2')
        try:
            metadata = new_table_metadata(
                schema=schema,
                partition_spec=spec_of(declared.get('PartitionSpec'), schema),
                sort_order=sort_order_of(declared.get('WriteOrder'), schema) or UNSORTED_SORT_ORDER,
                location=declared['Location'].rstrip('/'),
                properties=properties,
            )
        except (ValueError, ValidationError) as error:
            raise UpdateRefused(str(error)) from error
        return self._write(table_input, metadata, 0)

    def update(self, entry: Document, iceberg: Document) -> Document:
        """The catalog entry after these changes, the next metadata file written.

        `iceberg` is Glue's UpdateIcebergInput. Raises UpdateRefused for what the format cannot do.
        """
        location = (entry.get('Parameters') or {}).get('metadata_location')
        if not location:
            raise UpdateRefused(f'Table {entry["Name"]} is not an Iceberg table.')
        metadata = self._read(location)
        for change in iceberg['UpdateIcebergTableInput']['Updates']:
            updates = _updates(metadata, change)
            try:
                metadata = update_table_metadata(metadata, tuple(updates)) if updates else metadata
            except (ValueError, CommitFailedException) as error:
                raise UpdateRefused(str(error)) from error
        return self._write(entry, metadata, _number(location) + 1, location)

    def _read(self, location: str) -> TableMetadata:
        body = self._store.get_object(**_object(location))['Body'].read()
        text = gzip.decompress(body) if body[:2] == b'\x1f\x8b' else body
        return TableMetadataUtil.parse_raw(text.decode('utf-8'))

    def _write(
        self, entry: Document, metadata: TableMetadata, number: int, before: str | None = None
    ) -> Document:
        folder = metadata.properties.get('write.metadata.path', f'{metadata.location}/metadata').rstrip('/')
        location = f'{folder}/{number:05d}-{uuid.uuid4()}.metadata.json'
        body = metadata.model_dump_json(exclude_none=True).encode()
        self._store.put_object(**_object(location), Body=body)
        made = _construct_table_input(entry['Name'], location, {}, metadata, None, before)
        return {
            **entry,
            **made,
            'Parameters': {**(entry.get('Parameters') or {}), **made['Parameters']},
            'StorageDescriptor': {**(entry.get('StorageDescriptor') or {}), **made['StorageDescriptor']},
        }


def _updates(metadata: TableMetadata, change: Document) -> Sequence[TableUpdate]:
    """One entry of Updates as Iceberg's own changes. The schema is whole; the rest only if declared."""
    if change.get('Action') == 'remove-properties':
        return [RemovePropertiesUpdate(removals=list(change.get('Properties') or {}))]
    updates: list[TableUpdate] = []
    schema = evolved_schema(metadata, schema_of(change['Schema']))
    if schema is None:
        schema = metadata.schema()
    else:
        updates += [AddSchemaUpdate(schema=schema), SetCurrentSchemaUpdate(schema_id=-1)]
    if change.get('PartitionSpec') is not None:
        spec = spec_of(change['PartitionSpec'], schema, metadata)
        if not spec.compatible_with(metadata.spec()):
            updates += [AddPartitionSpecUpdate(spec=spec), SetDefaultSpecUpdate(spec_id=-1)]
    order = sort_order_of(change.get('SortOrder'), schema, max(o.order_id for o in metadata.sort_orders) + 1)
    if order is not None and order.fields != _current_order(metadata):
        updates += [AddSortOrderUpdate(sort_order=order), SetDefaultSortOrderUpdate(sort_order_id=-1)]
    location = (change.get('Location') or metadata.location).rstrip('/')
    if location != metadata.location:
        updates.append(SetLocationUpdate(location=location))
    new = {k: v for k, v in (change.get('Properties') or {}).items() if metadata.properties.get(k) != v}
    version = new.pop('format-version', None)
    if version is not None and int(version) != metadata.format_version:
        raise UpdateRefused(f'The format version stays {metadata.format_version}; {version} is asked for.')
    if new:
        updates.append(SetPropertiesUpdate(updates=new))
    return updates


def _current_order(metadata: TableMetadata) -> Sequence[object]:
    return next(o.fields for o in metadata.sort_orders if o.order_id == metadata.default_sort_order_id)


def _number(location: str) -> int:
    digits = location.rsplit('/', 1)[-1].split('-', 1)[0].removeprefix('v')
    return int(digits) if digits.isdigit() else 0


def _object(location: str) -> dict[str, str]:
    place = urlsplit(location)
    return {'Bucket': place.netloc, 'Key': place.path.lstrip('/')}
