from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace_jobs.judge import Judgement, compile_judge
from millrace_jobs.judge_columns import compile_judge_columns
from tests.example import BROKER_TIME, RAW, dated, encoded, event

NOW = int(BROKER_TIME.timestamp() * 1000)
judge = compile_judge(RAW)
#: By itself, so that each value is vouched for or not; with others that spoil it; as the jobs run it.
in_chunks = {size: compile_judge_columns(RAW, size) for size in (1, 3, 128)}


def exact(value: Any) -> tuple[type, Any, float]:
    """Tells 1 from 1.0 and True, and 0.0 from -0.0."""
    return type(value), value, math.copysign(1, value) if isinstance(value, float) else 0


def by_columns(values: list[bytes | None], size: int) -> list[Judgement]:
    columns, others = in_chunks[size](values, [NOW] * len(values))
    rows = [[column[index] for column in columns] for index in range(len(values))]
    for index in others:
        assert set(rows[index]) == {None}
    return [others.get(index, Judgement('valid', None, None, row)) for index, row in enumerate(rows)]


def assert_alike(values: list[bytes | None]) -> None:
    each = [judge(value, NOW) for value in values]
    for size in in_chunks:
        for one, other in zip(each, by_columns(values, size), strict=True):
            assert one[:3] == other[:3]
            assert list(map(exact, one.values or ())) == list(map(exact, other.values or ()))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
#: On, inside and just outside of what the rules of the example allow.
TELLING: dict[str, list[Any]] = {
    'reading_id': ['r-1', 'r-1\n', 'r-١', '', 'r-', 5.0],
    'kind': ['level', 'flow', 'other', '\ud800', None, ['level']],
    'seen_at': [
        *('2026-03-02T12:05:00.000Z', '2026-03-02T12:05:00.001Z', '2026-02-20T11:59:59.999Z'),
        *('2026-02-29T00:00:00.000Z', '2026-03-02T11:59:60.000Z', '2026-03-02T11:59:00.00Z'),
        *('2026-03-02T11:59:00.000Z ', '2026-03-02T11:59:00.٠00Z', '2026-03-02t11:59:00.000Z', 1.0),
    ],
    'amount': [-10, -10.0, -10.0000001, 1000, 1000.0000001, 0.0, -0.0, '12.5', True, None],
    'count': [0.0, -0.0, 5, 5.0, 1.5, 2**53 - 1, 2**53, -(2**53), '5', False, None],
    'checked': [True, False, 0, 1.0, 'true', None],
    'site': [
        *([], {}, None, 'north', {'name': 'north', 'plan': {'code': 'é'}}, {'name': 'x', 'plan': None}),
        *({'name': name} for name in ('', 'x' * 13, '😀' * 12, '😀' * 13, '\ud800', '\udc00\ud83d', 1.0)),
        *({'name': 'x', 'plan': plan} for plan in (2, [], {'code': '\udfff'}, {'code': 1.0})),
    ],
}
told_of = st.sampled_from(['DepTime', '', 'größer', '😀', '\ud800', 'x\udc00', 1.0, None, ['x']])
told = st.sampled_from([(name, value) for name, values in TELLING.items() for value in values])
changes = st.lists(told | st.tuples(st.sampled_from([*TELLING]), anything), max_size=2).map(dict)
#: JSON as Python writes it, NaN and Infinity included, which are none.
events = changes.map(lambda changed: json.dumps(event(1, **changed)).encode())
#: What a source says of a record that it rejected, and what only looks like it.
rejections = (
    st.fixed_dictionaries({}, optional={'path': told_of, 'detail': told_of, 'row': anything}) | anything
).map(lambda found: json.dumps(found).encode() + b', ')
numbers = st.sampled_from(
    [b'1e400', b'-1e400', b'9' * 400, b'1E2', b'-0', b'1e-999', b'NaN', b'-Infinity', b'01', b'1.']
)
texts = st.one_of(
    events,
    events.map(lambda text: b' \t\n\r' + text + b'\n'),
    events.map(lambda text: text + b' x'),
    events.map(lambda text: text.replace(b'{', b'{"kind": 5, ', 1)),
    events.flatmap(
        lambda text: rejections.map(lambda found: text.replace(b'{', b'{"$rejected": ' + found, 1))
    ),
    rejections.map(lambda found: b'{"$rejected": ' + found.removesuffix(b', ') + b'}'),
    events.map(lambda text: text.replace(b'{', b'{"seen_at": ' + b'[' * 70 + b']' * 70 + b', ', 1)),
    numbers.map(lambda number: encoded(event(1)).replace(b'12.5', number)),
    st.binary(max_size=40),
    st.sampled_from([None, b'', b'{}', b'[]', b'null', b'\xff{}', b'\xef\xbb\xbf{}', b'[' * 100_000]),
)


@settings(max_examples=500)
@given(st.lists(texts, max_size=8))
def test_columns_are_judged_as_each_record_is(values: list[bytes | None]) -> None:
    assert_alike(values)


@given(st.lists(changes, min_size=1, max_size=4))
def test_among_many_valid_ones_too(changed: list[dict[str, object]]) -> None:
    # Prepare
    valid = [encoded(event(number)) for number in range(130)]
    spoilt = [json.dumps(event(1, **one)).encode() for one in changed]
    # Act, Assess
    assert_alike([*valid[:70], *spoilt, *valid[70:]])


odd_dates = st.sampled_from(
    [
        '2026-03-01',
        '0001-01-01',
        '9999-12-31',
        '0000-01-01',
        '2026-02-29',
        '2026-3-01',
        '2026-03-01 ',
        '2026-03-٠1',
    ]
)


@given(st.lists(odd_dates | anything, min_size=1, max_size=5))
def test_dates_too(values: list[object]) -> None:
    # Prepare
    manifest = dated().raw
    records = [json.dumps(event(1, due=value)).encode() for value in values]
    each = [compile_judge(manifest)(record, NOW) for record in records]
    # Act
    for size in in_chunks:
        columns, others = compile_judge_columns(manifest, size)(records, [NOW] * len(records))
        # Assess
        assert [others.get(index, each[index]) for index in range(len(records))] == each
        assert columns[-1] == [None if one.values is None else one.values[-1] for one in each]


@pytest.mark.parametrize('size', in_chunks)
def test_nothing_is_judged_as_nothing(size: int) -> None:
    assert in_chunks[size]([], []) == ([[] for _ in RAW['fields']], {})


def test_unknown_rule_is_refused() -> None:
    # Prepare
    fields = [{**RAW['fields'][0], 'rules': [{'rule': 'moon'}]}, *RAW['fields'][1:]]
    # Act, Assess
    with pytest.raises(ValueError, match='moon'):
        compile_judge_columns({**RAW, 'fields': fields})
