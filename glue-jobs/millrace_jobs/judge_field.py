"""The judge's view of one field: where it stands in the event, what type it must have, which rules hold.

Compiled from the manifest into closures, because each runs once for every record. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

MAX_LONG = float(2**53 - 1)
UNIX_EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000

TIMESTAMP = re.compile(
    r'([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])\.([0-9]{3})Z', re.ASCII
)
DATE = re.compile(r'[0-9]{4}-[0-9]{2}-[0-9]{2}', re.ASCII)
SURROGATE = re.compile('[\ud800-\udfff]')

Value = str | float | int | bool | None
Check = Callable[[Any], Value]
Read = Callable[[dict[str, Any]], Value]
#: Answers the breach's text, or None where the value holds.
Test = Callable[[Any], str | None]


class Breach(Exception):
    """A field breaks its rules; `args` = (path, detail)."""


def field_read(field: Mapping[str, Any]) -> Read:
    """Reads the field from an event: its typed value (timestamps as epoch ms, dates as days since 1970), None
    where it may be missing.

    The function raises Breach; making it raises ValueError for a type or rule it does not know.
    """
    path: Sequence[str] = field['path']
    place = '.'.join(path)
    required = field['required']
    check = _field_check(field, place)
    parents, leaf = path[:-1], path[-1]

    def read(event: dict[str, Any]) -> Value:
        value = event.get(leaf)
        if value is None:
            if required:
                raise Breach(place, 'missing')
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
                raise Breach(place, 'not an object')
        return read(node)

    return read_nested if parents else read


def _field_check(field: Mapping[str, Any], place: str) -> Check:
    kind = field['type']
    if kind not in CONVERSIONS:
        raise ValueError(f'field {place}: unknown type {kind!r}')
    convert, wrong_type = CONVERSIONS[kind]
    tests = rule_tests(field)

    def check(value: Any) -> Value:
        typed = convert(value)
        if typed is None:
            raise Breach(place, wrong_type)
        for test in tests:
            detail = test(typed)
            if detail is not None:
                raise Breach(place, detail)
        return typed

    if len(tests) != 1:
        return check
    # The common case without the loop.
    only_test = tests[0]

    def check_once(value: Any) -> Value:
        typed = convert(value)
        if typed is None:
            raise Breach(place, wrong_type)
        detail = only_test(typed)
        if detail is not None:
            raise Breach(place, detail)
        return typed

    return check_once


def text_of(value: Any) -> str | None:
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


def epoch_ms(value: Any) -> int | None:
    """Epoch ms of `YYYY-MM-DDTHH:MM:SS.mmmZ`; None for anything else."""
    if value.__class__ is not str:
        return None
    match = TIMESTAMP.fullmatch(value)
    if match is None:
        return None
    day, hours, minutes, seconds, milliseconds = match.groups()
    number = _day_number(day)
    if number is None:
        return None
    return number * DAY_MS + ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(milliseconds)


def epoch_day(value: Any) -> int | None:
    """Days since 1970-01-01 of `YYYY-MM-DD`; None for anything else."""
    return _day_number(value) if value.__class__ is str and DATE.fullmatch(value) else None


@lru_cache(maxsize=4096)
def _day_number(day: str) -> int | None:
    """Days since 1970-01-01 of `YYYY-MM-DD`; None if the calendar (years 1 to 9999) has no such day."""
    try:
        return date(int(day[:4]), int(day[5:7]), int(day[8:])).toordinal() - UNIX_EPOCH_DAY
    except ValueError:
        return None


#: Of each type: JSON value to typed value (None: it is none of this type), and the text for that.
CONVERSIONS: Mapping[str, tuple[Check, str]] = {
    'string': (text_of, 'not a string'),
    'double': (_double, 'not a double'),
    'long': (_long, 'not a long'),
    'boolean': (_boolean, 'not a boolean'),
    'timestamp': (epoch_ms, 'not a timestamp'),
    'date': (epoch_day, 'not a date'),
}


def rule_tests(field: Mapping[str, Any]) -> list[Test]:
    """The field's rules, over typed values. Raises ValueError for a rule that is unknown for its type."""
    place = '.'.join(field['path'])
    return [_rule_test(rule, field['type'], place) for rule in field['rules']]


def _rule_test(rule: Mapping[str, Any], kind: str, place: str) -> Test:
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
) -> Test:
    least = float('-inf') if low is None else low
    most = float('inf') if high is None else high
    too_small, too_large = f'{under} {low}', f'{over} {high}'

    def test(value: Any) -> str | None:
        measured = size(value)
        if measured < least:
            return too_small
        return too_large if measured > most else None

    return test
