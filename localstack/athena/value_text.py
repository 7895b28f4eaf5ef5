"""Values as Athena prints them. `None` stands for null, which has no text.

Trino keeps a precision with each timestamp and Athena prints as many digits; DuckDB keeps none, so
milliseconds are printed, or microseconds where there are any.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

Text = Callable[[Any], str | None]

EPOCH: Final = datetime(1970, 1, 1)


def column_texts(column: pa.Array) -> list[str | None]:
    """The texts of one column of a batch."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        # As integers: a zone name would ask for a database of zones.
        micros = column.cast(pa.timestamp('us', kind.tz)).cast(pa.int64()).to_pylist()
        suffix = ' UTC' if kind.tz else ''
        return [None if value is None else timestamp_text(value) + suffix for value in micros]
    text = scalar_text(kind)
    return [None if value is None else text(value) for value in column.to_pylist()]


def scalar_text(kind: pa.DataType) -> Text:
    """How values of this type are printed."""
    if pa.types.is_floating(kind):
        return float_text if pa.types.is_float32(kind) else double_text
    if pa.types.is_boolean(kind):
        return boolean_text
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return binary_text
    if pa.types.is_decimal(kind):
        return decimal_text
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return lambda values: f'[{", ".join(_inner(value) for value in values)}]'
    if pa.types.is_struct(kind):
        return lambda fields: _braces(fields.items())
    if pa.types.is_map(kind):
        return _braces
    return _plain


def timestamp_text(micros: int) -> str:
    """Microseconds since 1970 as `2026-01-01 00:00:00.000`."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.isoformat(' ', 'microseconds' if micros % 1000 else 'milliseconds')


def double_text(value: float) -> str:
    """As Java prints a double: 0.1, 100.0, 1.0E7, 1.0E-4, NaN, Infinity."""
    if 1e-3 <= value < 1e7:
        return repr(value)
    return _java(value, repr(value))


def float_text(value: float) -> str:
    """As Java prints a float: the fewest digits that give the same 32 bits."""
    if math.isfinite(value):
        bits = struct.pack('f', value)
        shortest = next(t for n in range(1, 18) if struct.pack('f', float(t := f'{value:.{n}g}')) == bits)
        return _java(value, repr(float(shortest)))
    return _java(value, '')


def boolean_text(value: bool) -> str:
    """`true` or `false`."""
    return 'true' if value else 'false'


def binary_text(value: bytes) -> str:
    """Bytes in hexadecimal, with spaces between."""
    return value.hex(' ')


def decimal_text(value: Decimal) -> str:
    """Digits without an exponent; a sum of integers arrives as a decimal without places."""
    return f'{value:f}'


def _java(value: float, digits: str) -> str:
    if math.isnan(value):
        return 'NaN'
    if math.isinf(value):
        return 'Infinity' if value > 0 else '-Infinity'
    sign, figures, exponent = Decimal(digits).as_tuple()
    prefix = '-' if sign else ''
    if value == 0:
        return f'{prefix}0.0'
    text = ''.join(map(str, figures)).rstrip('0') or '0'
    # 0.TEXT times ten to the power of point
    point = len(figures) + int(exponent)
    if -3 < point <= 7:
        if point <= 0:
            return f'{prefix}0.{"0" * -point}{text}'
        return f'{prefix}{text[:point].ljust(point, "0")}.{text[point:] or "0"}'
    return f'{prefix}{text[0]}.{text[1:] or "0"}E{point - 1}'


def _braces(pairs: Any) -> str:
    return '{' + ', '.join(f'{_inner(key)}={_inner(value)}' for key, value in pairs) + '}'


def _inner(value: Any) -> str:
    """A value inside an array, a map or a row, by its Python type."""
    match value:
        case None:
            return 'null'
        case bool():
            return boolean_text(value)
        case float():
            return double_text(value)
        case bytes():
            return binary_text(value)
        case Decimal():
            return decimal_text(value)
        case dict():
            return _braces(value.items())
        case list() if value and all(isinstance(one, tuple) for one in value):
            return _braces(value)
        case list():
            return f'[{", ".join(_inner(one) for one in value)}]'
        case _:
            return _plain(value)


def _plain(value: Any) -> str:
    match value:
        case datetime():
            micros = (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value) - EPOCH
            return timestamp_text(micros // timedelta(microseconds=1)) + (' UTC' if value.tzinfo else '')
        case date():
            return value.isoformat()
        case time():
            return value.isoformat('microseconds' if value.microsecond % 1000 else 'milliseconds')
        case timedelta():
            return _duration(value // timedelta(milliseconds=1))
        case tuple():
            months, days, nanoseconds = value
            return (
                f'{months // 12}-{months % 12}'
                if months
                else _duration(days * 86_400_000 + nanoseconds // 10**6)
            )
        case _:
            return str(value)


def _duration(milliseconds: int) -> str:
    sign, rest = ('-', -milliseconds) if milliseconds < 0 else ('', milliseconds)
    days, rest = divmod(rest, 86_400_000)
    return f'{sign}{days} {timestamp_text(rest * 1000)[11:]}'
