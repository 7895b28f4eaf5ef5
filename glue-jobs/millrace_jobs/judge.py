"""The judge: one Kafka record in, its verdict and typed columns out.

The landing function judges the same records with the same rules (lib/contract/judge.ts); differential fuzzing
keeps verdict, path and values equal, so a change here is a change there. Standard library only.

`python -m millrace_jobs.judge MANIFEST.json` reads lines `{"v": base64|null, "t": epochMs}` and prints lines
`{"verdict", "path", "detail", "values"}`; `values` maps column to value (timestamps as epoch ms), null unless
valid.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

MAX_DEPTH = 64
MAX_LONG = float(2**53 - 1)
UNIX_EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000

TIMESTAMP = re.compile(
    r'([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})Z', re.ASCII
)
SURROGATE = re.compile('[\ud800-\udfff]')

Value = str | float | int | bool | None
Check = Callable[[Any], Value]
Read = Callable[[dict[str, Any]], Value]


class Judgement(NamedTuple):
    """`values` stands in the order of the manifest's fields, timestamps as epoch ms; None unless valid."""

    verdict: str
    path: str | None
    detail: str | None
    values: list[Value] | None


Judge = Callable[[bytes | None, int], Judgement]


class _Breach(Exception):
    """A field breaks its rules; `args` = (path, detail)."""


class _NotJson(Exception):
    """A literal that Python's parser knows and RFC 8259 does not."""


def _refuse_constant(literal: str) -> None:
    raise _NotJson(literal)


# Every number becomes a double, as in JavaScript: 1, 1.0 and 1e0 are the same value.
_scan = json.JSONDecoder(parse_int=float, parse_constant=_refuse_constant).scan_once

EMPTY = Judgement('unparseable', '$', 'empty', None)
NOT_UTF8 = Judgement('unparseable', '$', 'not UTF-8', None)
NOT_JSON = Judgement('unparseable', '$', 'not JSON', None)
TOO_DEEP = Judgement('unparseable', '$', 'nested too deeply', None)
NOT_AN_OBJECT = Judgement('invalid', '$', 'not an object', None)


def compile_judge(manifest: Mapping[str, Any]) -> Judge:
    """The judge of a manifest: `judge(value bytes or None, Kafka timestamp in epoch ms) -> Judgement`.

    Raises ValueError on a rule or type it does not know: an unknown rule must not pass in silence.
    """
    fields = manifest['fields']
    reads = [_field_read(field) for field in fields]
    columns = [field['column'] for field in fields]
    observed = columns.index(manifest['observedTime'])
    observed_path = '.'.join(fields[observed]['path'])
    future_ms = manifest['time']['futureMs']
    too_old_ms = manifest['time']['tooOldMs']
    scan = _scan

    def judge(value: bytes | None, kafka_timestamp: int) -> Judgement:
        if not value:
            return EMPTY
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return NOT_UTF8
        # An upper bound first: brackets inside strings count too, so only a suspect is scanned exactly.
        if value.count(b'{') + value.count(b'[') > MAX_DEPTH and _depth(text) > MAX_DEPTH:
            return TOO_DEEP
        text = text.strip(' \t\n\r')
        try:
            event, end = scan(text, 0)
        except (StopIteration, ValueError, _NotJson):
            return NOT_JSON
        if end != len(text):
            return NOT_JSON
        if event.__class__ is not dict:
            return NOT_AN_OBJECT
        try:
            values = [read(event) for read in reads]
        except _Breach as breach:
            path, detail = breach.args
            return Judgement('invalid', path, detail, None)
        seen = values[observed]
        if seen is not None:
            if seen > kafka_timestamp + future_ms:
                return Judgement('future', observed_path, 'observed after its Kafka timestamp', None)
            if seen < kafka_timestamp - too_old_ms:
                return Judgement('too-old', observed_path, 'observed before the retention began', None)
        return Judgement('valid', None, None, values)

    return judge


def _depth(text: str) -> int:
    """Deepest nesting of objects and arrays, brackets in strings left out."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == '\\':
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in '{[':
            depth += 1
            deepest = max(deepest, depth)
        elif character in '}]':
            depth -= 1
    return deepest


def _field_read(field: Mapping[str, Any]) -> Read:
    path: Sequence[str] = field['path']
    place = '.'.join(path)
    required = field['required']
    check = _field_check(field, place)
    parents, leaf = path[:-1], path[-1]

    def read(event: dict[str, Any]) -> Value:
        value = event.get(leaf)
        if value is None:
            if required:
                raise _Breach(place, 'missing')
            return None
        return check(value)

    def read_nested(event: dict[str, Any]) -> Value:
        node: Any = event
        for element in parents:
            node = node.get(element)
            if node is None:
                node = {}
                break
            if node.__class__ is not dict:
                raise _Breach(place, 'not an object')
        return read(node)

    return read_nested if parents else read


def _field_check(field: Mapping[str, Any], place: str) -> Check:
    kind = field['type']
    if kind not in CONVERSIONS:
        raise ValueError(f'field {place}: unknown type {kind!r}')
    convert, wrong_type = CONVERSIONS[kind]
    tests = [_rule_test(rule, kind, place) for rule in field['rules']]

    def check(value: Any) -> Value:
        typed = convert(value)
        if typed is None:
            raise _Breach(place, wrong_type)
        for test in tests:
            detail = test(typed)
            if detail is not None:
                raise _Breach(place, detail)
        return typed

    if len(tests) != 1:
        return check
    # The common case without the loop.
    only_test = tests[0]

    def check_once(value: Any) -> Value:
        typed = convert(value)
        if typed is None:
            raise _Breach(place, wrong_type)
        detail = only_test(typed)
        if detail is not None:
            raise _Breach(place, detail)
        return typed

    return check_once


def _text(value: Any) -> str | None:
    """The string itself if it is well-formed; a lone surrogate cannot be written as UTF-8."""
    if value.__class__ is str and (value.isascii() or SURROGATE.search(value) is None):
        return value
    return None


def _double(value: Any) -> float | None:
    # value - value is 0 for every finite number and NaN for the infinities that 1e400 becomes.
    return value if value.__class__ is float and value - value == 0.0 else None


def _long(value: Any) -> int | None:
    if value.__class__ is float and -MAX_LONG <= value <= MAX_LONG and value.is_integer():
        return int(value)
    return None


def _boolean(value: Any) -> bool | None:
    return value if value.__class__ is bool else None


def _epoch_ms(value: Any) -> int | None:
    if value.__class__ is not str:
        return None
    match = TIMESTAMP.fullmatch(value)
    if match is None:
        return None
    day, hours, minutes, seconds, milliseconds = match.groups()
    start = _day_start(day)
    if start is None:
        return None
    return start + ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(milliseconds)


@lru_cache(maxsize=4096)
def _day_start(day: str) -> int | None:
    """Epoch ms of `YYYY-MM-DD`; None if the calendar (years 1 to 9999) has no such day."""
    try:
        return (date(int(day[:4]), int(day[5:7]), int(day[8:])).toordinal() - UNIX_EPOCH_DAY) * DAY_MS
    except ValueError:
        return None


#: Of each type: JSON value to typed value (None: it is none of this type), and the text for that.
CONVERSIONS: Mapping[str, tuple[Check, str]] = {
    'string': (_text, 'not a string'),
    'double': (_double, 'not a double'),
    'long': (_long, 'not a long'),
    'boolean': (_boolean, 'not a boolean'),
    'timestamp': (_epoch_ms, 'not a timestamp'),
}


def _rule_test(rule: Mapping[str, Any], kind: str, place: str) -> Callable[[Any], str | None]:
    """A test that answers the breach's text, or None where the value holds."""
    name = rule['rule']
    if name == 'enum' and kind == 'string':
        allowed = frozenset(rule['values'])
        return lambda value: None if value in allowed else 'not one of the allowed values'
    if name == 'pattern' and kind == 'string':
        # fullmatch, because Python's `$` also matches before a trailing newline.
        matches = re.compile(rule['pattern'].removeprefix('^').removesuffix('$'), re.ASCII).fullmatch
        return lambda value: None if matches(value) else 'does not match the pattern'
    if name == 'range' and kind in ('double', 'long'):
        return _between(rule.get('min'), rule.get('max'), lambda value: value, 'below', 'above')
    if name == 'length' and kind == 'string':
        return _between(rule.get('min'), rule.get('max'), len, 'shorter than', 'longer than')
    raise ValueError(f'field {place}: rule {name!r} is unknown for type {kind!r}')


def _between(
    low: float | None, high: float | None, size: Callable[[Any], float], under: str, over: str
) -> Callable[[Any], str | None]:
    least = float('-inf') if low is None else low
    most = float('inf') if high is None else high
    too_small, too_large = f'{under} {low}', f'{over} {high}'

    def test(value: Any) -> str | None:
        measured = size(value)
        if measured < least:
            return too_small
        return too_large if measured > most else None

    return test


def main(arguments: Sequence[str]) -> None:
    """The filter that the differential fuzzing drives."""
    with open(arguments[0], encoding='utf-8') as file:
        manifest = json.load(file)
    judge = compile_judge(manifest)
    columns = [field['column'] for field in manifest['fields']]
    for line in sys.stdin:
        record = json.loads(line)
        value = None if record['v'] is None else base64.b64decode(record['v'])
        verdict, path, detail, values = judge(value, record['t'])
        named = None if values is None else dict(zip(columns, values, strict=True))
        answer = {'verdict': verdict, 'path': path, 'detail': detail, 'values': named}
        sys.stdout.write(json.dumps(answer, allow_nan=False) + '\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main(sys.argv[1:])
