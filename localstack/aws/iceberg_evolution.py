"""Glue's description of an Iceberg table read into pyiceberg's, and what may become of a schema.

Field ids are the identity of columns: a column may be added, renamed, widened, made optional or dropped; an
id never moves to another column.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import SortOrder
from pyiceberg.types import (
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
)

FIRST_PARTITION_FIELD: Final = 1000


class UpdateRefused(Exception):
    """The description is no Iceberg table, or the change is one that Iceberg cannot make."""


def schema_of(declared: dict[str, Any]) -> Schema:
    """Glue's IcebergSchema. Field types are names (`timestamptz`) or Iceberg's JSON for nested ones."""
    fields = [
        {
            'id': int(field['Id']),
            'name': field['Name'],
            'type': field['Type'],
            'required': _truth(field['Required']),
            'doc': field.get('Doc'),
        }
        for field in declared['Fields']
    ]
    try:
        return Schema.model_validate(
            {
                'type': 'struct',
                'schema-id': int(declared.get('SchemaId') or 0),
                'identifier-field-ids': [int(one) for one in declared.get('IdentifierFieldIds') or []],
                'fields': fields,
            }
        )
    except (ValidationError, ValueError) as error:
        raise UpdateRefused(str(error)) from error


def spec_of(
    declared: dict[str, Any] | None, schema: Schema, metadata: TableMetadata | None = None
) -> PartitionSpec:
    """Glue's IcebergPartitionSpec; fields that have no id get the next ones, or those they have already."""
    specs = metadata.specs() if metadata else {}
    known = {(f.source_id, str(f.transform)): f.field_id for spec in specs.values() for f in spec.fields}
    following = max([FIRST_PARTITION_FIELD - 1, *known.values()]) + 1
    fields = []
    for field in (declared or {}).get('Fields') or []:
        source, transform = int(field['SourceId']), field['Transform'].lower()
        if schema.find_column_name(source) is None:
            raise UpdateRefused(f'Partition field {field["Name"]} has no column of id {source}.')
        given = field.get('FieldId') or known.get((source, transform))
        fields.append(
            {
                'source-id': source,
                'field-id': int(given or following),
                'transform': transform,
                'name': field['Name'],
            }
        )
        following += 0 if given else 1
    number = max(specs) + 1 if specs else int((declared or {}).get('SpecId') or 0)
    try:
        return PartitionSpec.model_validate({'spec-id': number, 'fields': fields})
    except (ValidationError, ValueError) as error:
        raise UpdateRefused(str(error)) from error


def sort_order_of(declared: dict[str, Any] | None, schema: Schema, order_id: int = 1) -> SortOrder | None:
    """Glue's IcebergSortOrder, or None if there is none. Order 0 is reserved for unsorted tables."""
    if not declared or not declared.get('Fields'):
        return None
    for field in declared['Fields']:
        if schema.find_column_name(int(field['SourceId'])) is None:
            raise UpdateRefused(f'The write order has no column of id {field["SourceId"]}.')
    fields = [
        {
            'source-id': int(field['SourceId']),
            'transform': field['Transform'].lower(),
            'direction': field['Direction'].lower(),
            'null-order': field['NullOrder'].lower(),
        }
        for field in declared['Fields']
    ]
    try:
        return SortOrder.model_validate({'order-id': order_id, 'fields': fields})
    except (ValidationError, ValueError) as error:
        raise UpdateRefused(str(error)) from error


def evolved_schema(metadata: TableMetadata, wanted: Schema) -> Schema | None:
    """The next schema of the table, or None if it has these columns already. Raises UpdateRefused."""
    current = metadata.schema()
    if current.fields == wanted.fields and current.identifier_field_ids == wanted.identifier_field_ids:
        return None
    before = {field.field_id: field for field in current.fields}
    names = {field.name: field.field_id for field in current.fields}
    for field in wanted.fields:
        old = before.get(field.field_id)
        if old is None:
            _check_added(field, names, metadata.last_column_id)
        else:
            _check_changed(old, field)
    _check_dropped(metadata, set(before) - {field.field_id for field in wanted.fields})
    number = max(schema.schema_id for schema in metadata.schemas) + 1
    return Schema(*wanted.fields, schema_id=number, identifier_field_ids=wanted.identifier_field_ids)


def _check_added(field: NestedField, names: dict[str, int], last: int) -> None:
    if field.name in names:
        raise UpdateRefused(
            f'Column {field.name} has id {names[field.name]} in the table and {field.field_id} in the update.'
        )
    if field.required:
        raise UpdateRefused(f'Column {field.name} is new and cannot be required.')
    if field.field_id <= last:
        raise UpdateRefused(
            f'Column {field.name} is new and its id {field.field_id} has been used; last is {last}.'
        )


def _check_changed(old: NestedField, new: NestedField) -> None:
    if new.required and not old.required:
        raise UpdateRefused(f'Column {new.name} is optional and cannot become required.')
    if old.field_type == new.field_type:
        return
    if not _widens(old.field_type, new.field_type):
        raise UpdateRefused(f'Column {new.name} cannot change from {old.field_type} to {new.field_type}.')


def _widens(old: IcebergType, new: IcebergType) -> bool:
    if isinstance(old, DecimalType) and isinstance(new, DecimalType):
        return old.scale == new.scale and old.precision <= new.precision
    return (type(old), type(new)) in ((IntegerType, LongType), (FloatType, DoubleType))


def _check_dropped(metadata: TableMetadata, dropped: set[int]) -> None:
    used = {field.source_id for field in metadata.spec().fields}
    for field_id in dropped & used:
        raise UpdateRefused(
            f'Column {metadata.schema().find_column_name(field_id)} partitions the table: kept.'
        )


def _truth(value: object) -> bool:
    # CloudFormation hands booleans on as text where a template has them as text.
    return value is True or str(value).lower() == 'true'
