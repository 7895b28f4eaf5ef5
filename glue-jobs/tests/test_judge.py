from __future__ import annotations

import base64
import json
import math
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace_jobs.judge import compile_judge
from tests.example import BROKER_TIME, RAW, dated, encoded, event

NOW = int(BROKER_TIME.timestamp() * 1000)
judge = compile_judge(RAW)


def judged(value: object) -> tuple[str, str | None, str | None]:
    return judge(value if isinstance(value, bytes) else encoded(value), NOW)[:3]


def test_valid_values_stand_in_field_order() -> None:
    # Prepare
    value = encoded(event(1, count=7, checked=True, site={'name': 'north', 'plan': {'code': 'é'}}))
    # Act
    verdict, path, detail, values = judge(value, NOW)
    # Assess
    assert (verdict, path, detail) == ('valid', None, None)
    seen = int(datetime(2026, 3, 2, 11, 59, tzinfo=UTC).timestamp() * 1000)
    assert values == ['r-1', 'level', seen, 12.5, 7, True, 'north', 'é']


@pytest.mark.parametrize(
    ('value', 'detail'),
    [
        (b'', 'empty'),
        (b'\xff{}', 'not UTF-8'),
        (b'"\xed\xa0\x80"', 'not UTF-8'),
        (b'\xef\xbb\xbf{}', 'not JSON'),
        (b'   ', 'not JSON'),
        (b'{"a": NaN}', 'not JSON'),
        (b'{"a": -Infinity}', 'not JSON'),
        (b'{} x', 'not JSON'),
        (b'{}\x00', 'not JSON'),
        (b'{}\xc2\xa0', 'not JSON'),
        (b'{"a": "\n"}', 'not JSON'),
        (b'{"a": 01}', 'not JSON'),
        (b"{'a': 1}", 'not JSON'),
        (b'{"a": "\\x"}', 'not JSON'),
        (b'[' * 65 + b']' * 65, 'nested too deeply'),
        (b'[' * 100_000, 'nested too deeply'),
    ],
)
def test_unparseable(value: bytes, detail: str) -> None:
    assert judged(value) == ('unparseable', '$', detail)


def test_no_value_is_unparseable() -> None:
    assert judge(None, NOW)[:3] == ('unparseable', '$', 'empty')


def test_brackets_in_strings_are_not_nesting() -> None:
    # Prepare
    deep = encoded(event(1, note='[' * 500 + '\\"{' * 10))
    deepest = b'{"x": ' + b'[' * 63 + b']' * 63 + b'}'
    # Act, Assess
    assert judged(deep)[0] == 'valid'
    assert judged(deepest) == ('invalid', 'reading_id', 'missing')


@pytest.mark.parametrize(
    ('change', 'path', 'detail'),
    [
        ({'reading_id': None}, 'reading_id', 'missing'),
        ({'reading_id': 5}, 'reading_id', 'not a string'),
        ({'reading_id': 'r-1\n'}, 'reading_id', 'does not match the pattern'),
        ({'reading_id': 'r-١'}, 'reading_id', 'does not match the pattern'),
        ({'kind': 'other'}, 'kind', 'not one of the allowed values'),
        ({'kind': ['level']}, 'kind', 'not a string'),
        ({'seen_at': '2026-02-29T00:00:00.000Z'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': '2026-03-02T24:00:00.000Z'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': '2026-03-02T11:59:60.000Z'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': '2026-03-02T11:59:00Z'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': '2026-03-02T11:59:00.000+00:00'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': '0000-03-02T11:59:00.000Z'}, 'seen_at', 'not a timestamp'),
        ({'seen_at': 1}, 'seen_at', 'not a timestamp'),
        ({'amount': '12.5'}, 'amount', 'not a double'),
        ({'amount': True}, 'amount', 'not a double'),
        ({'amount': -10.5}, 'amount', 'below -10'),
        ({'amount': 1001}, 'amount', 'above 1000'),
        ({'count': 1.5}, 'count', 'not a long'),
        ({'count': 2**53}, 'count', 'not a long'),
        ({'checked': 'true'}, 'checked', 'not a boolean'),
        ({'checked': 0}, 'checked', 'not a boolean'),
        ({'site': None}, 'site.name', 'missing'),
        ({'site': 'north'}, 'site.name', 'not an object'),
        ({'site': []}, 'site.name', 'not an object'),
        ({'site': {'name': ''}}, 'site.name', 'shorter than 1'),
        ({'site': {'name': '😀' * 13}}, 'site.name', 'longer than 12'),
        ({'site': {'name': '\ud800'}}, 'site.name', 'not a string'),
        ({'site': {'name': 'x', 'plan': 3}}, 'site.plan.code', 'not an object'),
    ],
)
def test_invalid(change: dict[str, object], path: str, detail: str) -> None:
    assert judged(event(1, **change)) == ('invalid', path, detail)


REJECTION = {'path': 'DepTime', 'detail': '2575 is no time', 'row': {'DepTime': '2575'}}


@pytest.mark.parametrize('value', [{'$rejected': REJECTION}, {**event(1, kind=5), '$rejected': REJECTION}])
def test_a_source_rejects_a_record(value: dict[str, object]) -> None:
    assert judged(value) == ('invalid', 'DepTime', '2575 is no time')


@pytest.mark.parametrize(
    'value',
    [
        *(None, 'no', ['path', 'detail'], {}, {'path': 'a'}, {'path': 'a', 'detail': 1}),
        *({'path': '\ud800', 'detail': 'b'}, {'path': 'a', 'detail': 'b\udc00'}),
    ],
)
def test_what_is_no_rejection_is_ignored(value: object) -> None:
    assert judged(event(1, **{'$rejected': value}))[0] == 'valid'


@given(st.dates())
def test_every_date_is_read(day: date) -> None:
    # Prepare
    judge_dated = compile_judge(dated().raw)
    # Act
    judgement = judge_dated(encoded(event(1, due=f'{day.year:04}-{day:%m-%d}')), NOW)
    # Assess
    assert judgement.values is not None
    assert judgement.values[-1] == (day - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    'text',
    ['0000-01-01', '2026-02-29', '2026-1-02', '2026-01-02\n', '20260102', '２０２６-01-02', '', 20_513, True],
)
def test_what_is_no_date(text: object) -> None:
    judgement = compile_judge(dated().raw)(encoded(event(1, due=text)), NOW)
    assert judgement[:3] == ('invalid', 'due', 'not a date')


@pytest.mark.parametrize('value', [[], 'text', 5, None, True])
def test_top_level_must_be_an_object(value: object) -> None:
    assert judged(value) == ('invalid', '$', 'not an object')


@pytest.mark.parametrize(
    ('text', 'verdict'), [('1e400', 'invalid'), ('9' * 400, 'invalid'), ('1E2', 'valid'), ('-0', 'valid')]
)
def test_numbers_are_doubles(text: str, verdict: str) -> None:
    # Prepare
    value = encoded(event(1)).replace(b'12.5', text.encode())
    # Act
    judgement = judge(value, NOW)
    # Assess
    assert judgement.verdict == verdict
    if text == '-0' and judgement.values:
        assert math.copysign(1, judgement.values[3]) == -1


def test_whole_number_written_as_fraction_is_a_long() -> None:
    # Prepare
    value = encoded(event(1, count=0)).replace(b'"count": 0', b'"count": 5.0e1')
    # Act, Assess
    assert judge(value, NOW).values[4] == 50


def test_last_of_duplicate_keys_wins() -> None:
    # Prepare
    value = encoded(event(1)).replace(b'"kind"', b'"kind": 5, "kind"')
    # Act, Assess
    assert judged(value)[0] == 'valid'


@pytest.mark.parametrize(
    ('seen_at', 'verdict'),
    [
        ('2026-03-02T12:05:00.000Z', 'valid'),
        ('2026-03-02T12:05:00.001Z', 'future'),
        ('2026-02-20T12:00:00.000Z', 'valid'),
        ('2026-02-20T11:59:59.999Z', 'too-old'),
        ('0001-01-01T00:00:00.000Z', 'too-old'),
        ('9999-12-31T23:59:59.999Z', 'future'),
    ],
)
def test_time_rules(seen_at: str, verdict: str) -> None:
    # Act
    found, path, _ = judged(event(1, seen_at=seen_at))
    # Assess
    assert (found, path) == (verdict, None if verdict == 'valid' else 'seen_at')


def test_optional_values_may_be_null_or_missing() -> None:
    assert judge(encoded(event(1, count=None, site={'name': 'x', 'plan': None})), NOW).values[4:] == [
        None,
        None,
        'x',
        None,
    ]


def test_unknown_rule_is_refused() -> None:
    # Prepare
    fields = [{**RAW['fields'][0], 'rules': [{'rule': 'moon'}]}, *RAW['fields'][1:]]
    # Act, Assess
    with pytest.raises(ValueError, match='moon'):
        compile_judge({**RAW, 'fields': fields})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_throw(value: bytes) -> None:
    assert judge(value, NOW).verdict in ('unparseable', 'invalid')


@given(st.dictionaries(st.sampled_from([*event(1), 'count', 'checked']), json_values))
def test_no_json_makes_it_throw(changes: dict[str, object]) -> None:
    # Act
    judgement = judge(encoded(event(1, **changes)), NOW)
    # Assess
    assert (judgement.values is None) == (judgement.verdict != 'valid')


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23)))
def test_every_calendar_time_is_read(moment: datetime) -> None:
    # Prepare
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    text = f'{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z'
    exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000
    # Act
    judgement = judge(encoded(event(1, seen_at=text)), round(exact))
    # Assess
    assert judgement.values is not None
    assert judgement.values[2] == round(exact)


def test_command_prints_a_judgement_a_line(tmp_path: Path) -> None:
    # Prepare
    file = tmp_path / 'manifest.json'
    file.write_text(json.dumps(RAW))
    lines = [
        {'v': base64.b64encode(encoded(event(1))).decode(), 't': NOW},
        {'v': None, 't': NOW},
    ]
    # Act
    done = subprocess.run(
        [sys.executable, '-m', 'millrace_jobs.judge', str(file)],
        input=''.join(json.dumps(line) + '\n' for line in lines),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    # Assess
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first['verdict'] == 'valid'
    assert first['values']['seen_at'] == NOW - 60_000
    assert second == {'verdict': 'unparseable', 'path': '$', 'detail': 'empty', 'values': None}
