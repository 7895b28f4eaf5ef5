"""The judge: one Kafka record in, its verdict and typed columns out.

The landing function judges the same records with the same rules (lib/contract/judge.ts); differential fuzzing
keeps verdict, path and values equal, so a change here is a change there. Standard library only.

`python -m millrace_jobs.judge MANIFEST.json` reads lines `{"v": base64|null, "t": epochMs}` and prints lines
`{"verdict", "path", "detail", "values"}`; `values` maps column to value (timestamps as epoch ms, dates as
days since 1970), null unless valid.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from millrace_jobs.judge_field import Breach, Value, field_read, text_of

MAX_DEPTH = 64
#: The key under which a source sends what it could not make an event of: path and detail, both texts.
REJECTED = '$rejected'


class Judgement(NamedTuple):
    """`values` stands in the order of the manifest's fields; None unless valid. Timestamps are epoch ms,
    dates days since 1970.
    """

    verdict: str
    path: str | None
    detail: str | None
    values: list[Value] | None


Judge = Callable[[bytes | None, int], Judgement]
Event = dict[str, Any]


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
    judge_event = compile_event_judge(manifest)

    def judge(value: bytes | None, kafka_timestamp: int) -> Judgement:
        event = parsed(value)
        return judge_event(event, kafka_timestamp) if event.__class__ is dict else event

    return judge


def compile_event_judge(manifest: Mapping[str, Any]) -> Callable[[Event, int], Judgement]:
    """The part of the judge that comes after parsing."""
    fields = manifest['fields']
    reads = [field_read(field) for field in fields]
    observed = [field['column'] for field in fields].index(manifest['observedTime'])
    observed_path = '.'.join(fields[observed]['path'])
    future_ms = manifest['time']['futureMs']
    too_old_ms = manifest['time']['tooOldMs']

    def judge_event(event: Event, kafka_timestamp: int) -> Judgement:
        rejection = rejection_of(event)
        if rejection is not None:
            return rejection
        try:
            values = [read(event) for read in reads]
        except Breach as breach:
            path, detail = breach.args
            return Judgement('invalid', path, detail, None)
        seen = values[observed]
        if seen is not None:
            if seen > kafka_timestamp + future_ms:
                return Judgement('future', observed_path, 'observed after its Kafka timestamp', None)
            if seen < kafka_timestamp - too_old_ms:
                return Judgement('too-old', observed_path, 'observed before the retention began', None)
        return Judgement('valid', None, None, values)

    return judge_event


def rejection_of(event: Event) -> Judgement | None:
    """The judgement of a record that its source rejected; None for any other."""
    rejected = event.get(REJECTED)
    if rejected.__class__ is not dict:
        return None
    path, detail = text_of(rejected.get('path')), text_of(rejected.get('detail'))
    return None if path is None or detail is None else Judgement('invalid', path, detail, None)


def parsed(value: bytes | None) -> Event | Judgement:
    """The event, or why there is none."""
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
        event, end = _scan(text, 0)
    except (StopIteration, ValueError, _NotJson):
        return NOT_JSON
    if end != len(text):
        return NOT_JSON
    return event if event.__class__ is dict else NOT_AN_OBJECT


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


def record_of(line: str) -> tuple[bytes | None, int]:
    """Value and Kafka timestamp from a line of the filter's input."""
    record = json.loads(line)
    return None if record['v'] is None else base64.b64decode(record['v']), record['t']


def answer_line(judgement: Judgement, manifest: Mapping[str, Any]) -> str:
    """A line of the filter's output."""
    verdict, path, detail, values = judgement
    columns = [field['column'] for field in manifest['fields']]
    named = None if values is None else dict(zip(columns, values, strict=True))
    answer = {'verdict': verdict, 'path': path, 'detail': detail, 'values': named}
    return json.dumps(answer, allow_nan=False) + '\n'


def main(arguments: Sequence[str]) -> None:
    """The filter that the differential fuzzing drives."""
    with open(arguments[0], encoding='utf-8') as file:
        manifest = json.load(file)
    judge = compile_judge(manifest)
    for line in sys.stdin:
        sys.stdout.write(answer_line(judge(*record_of(line)), manifest))
        sys.stdout.flush()


if __name__ == '__main__':
    main(sys.argv[1:])
