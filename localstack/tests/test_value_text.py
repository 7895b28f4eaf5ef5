"""Values as Athena prints them."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_text import column_texts, double_text, float_text


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (0.0, '0.0'),
        (-0.0, '-0.0'),
        (0.1, '0.1'),
        (100.0, '100.0'),
        (-1.5, '-1.5'),
        (0.001, '0.001'),
        (0.0001, '1.0E-4'),
        (-0.00012, '-1.2E-4'),
        (9999999.0, '9999999.0'),
        (10000000.0, '1.0E7'),
        (123456789.0, '1.23456789E8'),
        (1e22, '1.0E22'),
        (1.7976931348623157e308, '1.7976931348623157E308'),
        (math.nan, 'NaN'),
        (math.inf, 'Infinity'),
        (-math.inf, '-Infinity'),
    ],
)
def test_a_double_is_printed_as_by_java(value: float, text: str) -> None:
    # Prepare: the value
    # Act
    printed = double_text(value)
    # Assess
    assert printed == text


@given(st.floats(allow_nan=False))
def test_a_printed_double_is_the_same_double(value: float) -> None:
    # Prepare: the value
    # Act
    printed = double_text(value)
    # Assess
    assert math.copysign(1, float(printed)) == math.copysign(1, value)
    assert float(printed) == value


def test_a_float_has_no_more_digits_than_it_needs() -> None:
    # Prepare
    values = pa.array([0.1, 1.1, 16777216.0, 1e-5], pa.float32()).to_pylist()
    # Act
    printed = [float_text(value) for value in values]
    # Assess
    assert printed == ['0.1', '1.1', '1.6777216E7', '1.0E-5']


def test_columns_are_printed_by_type() -> None:
    # Prepare
    batch = {
        'tz': pa.array([0, None], pa.timestamp('us', 'UTC')),
        'micros': pa.array([1_767_225_600_123_456, -1], pa.timestamp('us')),
        'bytes': pa.array([b'\x00ab', None]),
        'list': pa.array([[1, None], []]),
        'row': pa.array([{'a': 1, 'b': True}, None]),
        'flag': pa.array([True, False]),
    }
    # Act
    printed = {name: column_texts(column) for name, column in batch.items()}
    # Assess
    assert printed == {
        'tz': ['1970-01-01 00:00:00.000 UTC', None],
        'micros': ['2026-01-01 00:00:00.123456', '1969-12-31 23:59:59.999999'],
        'bytes': ['00 61 62', None],
        'list': ['[1, null]', '[]'],
        'row': ['{a=1, b=true}', None],
        'flag': ['true', 'false'],
    }
