"""Many records at once: the same verdicts and values as the judge's, found column by column.

Of nearly every record all is well, and that can be seen of a hundred values together for little more than
the price of one: by the set of their types, their extremes, their distinct texts. So a column of a chunk is
vouched for as a whole by the judge's own rules; where that fails, each of its values is read by itself, and a
record with a breach goes to the judge. Standard library only.

`python -m millrace_jobs.judge_columns MANIFEST.json CHUNK` speaks as `python -m millrace_jobs.judge` does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from millrace_jobs.judge import (
    REJECTED,
    Event,
    Judgement,
    answer_line,
    compile_event_judge,
    parsed,
    record_of,
    rejection_of,
)
from millrace_jobs.judge_field import (
    MAX_LONG,
    SURROGATE,
    Breach,
    Read,
    Test,
    Value,
    epoch_day,
    epoch_ms,
    field_read,
    rule_tests,
)

#: Records looked at together. One that breaks a rule costs its whole chunk the short way through one column.
CHUNK = 128

#: The typed values, or None: not vouched for, which says nothing about any one of them.
Vouch = Callable[[list[Any]], list[Value] | None]


class Judged(NamedTuple):
    """`columns` in the order of the manifest's fields, None throughout a row that is not valid; `others` are
    the judgements of those rows, by their index.
    """

    columns: list[list[Value]]
    others: dict[int, Judgement]


JudgeColumns = Callable[[Sequence[bytes | None], Sequence[int]], Judged]


def compile_judge_columns(manifest: Mapping[str, Any], chunk_size: int = CHUNK) -> JudgeColumns:
    """The judge of a manifest for many records: values and their Kafka timestamps (epoch ms) in, `Judged`
    out.

    Raises ValueError on a rule or type it does not know.
    """
    fields = manifest['fields']
    readers = [_column_reader(field) for field in fields]
    judge_event = compile_event_judge(manifest)
    observed = [field['column'] for field in fields].index(manifest['observedTime'])
    future_ms, too_old_ms = manifest['time']['futureMs'], manifest['time']['tooOldMs']

    def misdated(seen: Sequence[Any], timestamps: Sequence[int]) -> Iterator[int]:
        for index, (moment, timestamp) in enumerate(zip(seen, timestamps, strict=True)):
            if moment is not None and not timestamp - too_old_ms <= moment <= timestamp + future_ms:
                yield index

    def judge_chunk(values: Sequence[bytes | None], timestamps: Sequence[int]) -> Judged:
        events = [parsed(value) for value in values]
        others = dict(_no_events(events))
        if others:
            # Where there is no event stands one of the others, which says nothing new of any column.
            stand_in = next((event for index, event in enumerate(events) if index not in others), None)
            if stand_in is None:
                return Judged([[None] * len(events) for _ in fields], others)
            events = [stand_in if index in others else event for index, event in enumerate(events)]
        doubtful: set[int] = set()
        columns = [read(events, doubtful) for read in readers]
        doubtful.update(misdated(columns[observed], timestamps))
        for index in doubtful.difference(others):
            others[index] = judge_event(events[index], timestamps[index])
        for index in others:
            for column in columns:
                column[index] = None
        return Judged(columns, others)

    def judge(values: Sequence[bytes | None], timestamps: Sequence[int]) -> Judged:
        columns: list[list[Value]] = [[] for _ in fields]
        others: dict[int, Judgement] = {}
        for start in range(0, len(values), chunk_size):
            end = start + chunk_size
            chunk = judge_chunk(values[start:end], timestamps[start:end])
            for column, further in zip(columns, chunk.columns, strict=True):
                column += further
            others.update((start + index, judgement) for index, judgement in chunk.others.items())
        return Judged(columns, others)

    return judge


def _no_events(parts: list[Event | Judgement]) -> Iterator[tuple[int, Judgement]]:
    """What is none, or rejected by its source, by its index."""
    for index, part in enumerate(parts):
        if part.__class__ is not dict:
            yield index, part
        elif REJECTED in part:
            rejection = rejection_of(part)
            if rejection is not None:
                yield index, rejection


def _column_reader(field: Mapping[str, Any]) -> Callable[[list[Event], set[int]], list[Value]]:
    """Reads one field from many events; the index of each that breaks a rule is added to the set, and None
    stands in its place.
    """
    *parents, leaf = field['path']
    vouch = _vouch(field) if field['required'] else _optional(_vouch(field))
    read = field_read(field)

    def column(events: list[Event], doubtful: set[int]) -> list[Value]:
        nodes = events
        for parent in parents:
            nodes = [node.get(parent) for node in nodes]
            if set(map(type, nodes)) != {dict}:
                return _each(read, events, doubtful)
        values = vouch([node.get(leaf) for node in nodes])
        return _each(read, events, doubtful) if values is None else values

    return column


def _each(read: Read, events: list[Event], doubtful: set[int]) -> list[Value]:
    values: list[Value] = []
    for index, event in enumerate(events):
        try:
            values.append(read(event))
        except Breach:
            values.append(None)
            doubtful.add(index)
    return values


def _optional(vouch: Vouch) -> Vouch:
    """The same for a field that may be missing."""

    def vouch_present(values: list[Any]) -> list[Value] | None:
        if None not in values:
            return vouch(values)
        present = [value for value in values if value is not None]
        typed = vouch(present) if present else present
        if typed is None:
            return None
        following = iter(typed)
        return [None if value is None else next(following) for value in values]

    return vouch_present


def _vouch(field: Mapping[str, Any]) -> Vouch:
    """Vouches for at least one value, by the field's type and rules."""
    return VOUCHERS[field['type']](rule_tests(field))


def _strings(tests: Sequence[Test]) -> Vouch:
    def vouch(values: list[Any]) -> list[Value] | None:
        if set(map(type, values)) != {str}:
            return None
        text = ''.join(values)
        if not text.isascii() and SURROGATE.search(text) is not None:
            return None
        distinct = set(values)
        return None if any(any(map(test, distinct)) for test in tests) else values

    return vouch


def _between_extremes(values: list[float], most: float, tests: Sequence[Test]) -> bool:
    # What holds for both extremes holds for all between them; no JSON text makes a NaN.
    extremes = min(values), max(values)
    within = -most <= extremes[0] and extremes[1] <= most
    return within and not any(test(one) for test in tests for one in extremes)


def _doubles(tests: Sequence[Test]) -> Vouch:
    def vouch(values: list[Any]) -> list[Value] | None:
        if set(map(type, values)) != {float} or not _between_extremes(values, sys.float_info.max, tests):
            return None
        return values

    return vouch


def _longs(tests: Sequence[Test]) -> Vouch:
    def vouch(values: list[Any]) -> list[Value] | None:
        if set(map(type, values)) != {float} or not _between_extremes(values, MAX_LONG, tests):
            return None
        return list(map(int, values)) if all(map(float.is_integer, values)) else None

    return vouch


def _booleans(_tests: Sequence[Test]) -> Vouch:
    return lambda values: values if set(map(type, values)) == {bool} else None


class _Numbers(dict[str, int]):
    """What a text says as a number, by that text; ValueError for one that says none."""

    MOST = 100_000

    def __init__(self, read: Callable[[str], int | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> int:
        number = self._read(text)
        if number is None:
            raise ValueError(text)
        if len(self) >= self.MOST:
            self.clear()
        self[text] = number
        return number


#: Length of `YYYY-MM-DDTHH:MM:`; what follows, `SS.mmmZ`, is of no more than 60,000 kinds.
MINUTE = 17


def _timestamps(_tests: Sequence[Test]) -> Vouch:
    # Of both ends of the text, so that few are ever read.
    minutes = _Numbers(lambda end: epoch_ms(f'{end}00.000Z'))
    rests = _Numbers(lambda end: epoch_ms(f'1970-01-01T00:00:{end}'))

    def vouch(values: list[Any]) -> list[Value] | None:
        if set(map(type, values)) != {str}:
            return None
        try:
            return [minutes[text[:MINUTE]] + rests[text[MINUTE:]] for text in values]
        except ValueError:
            return None

    return vouch


def _dates(_tests: Sequence[Test]) -> Vouch:
    days = _Numbers(epoch_day)

    def vouch(values: list[Any]) -> list[Value] | None:
        if set(map(type, values)) != {str}:
            return None
        try:
            return [days[text] for text in values]
        except ValueError:
            return None

    return vouch


VOUCHERS: Mapping[str, Callable[[Sequence[Test]], Vouch]] = {
    'string': _strings,
    'double': _doubles,
    'long': _longs,
    'boolean': _booleans,
    'timestamp': _timestamps,
    'date': _dates,
}


def main(arguments: Sequence[str]) -> None:
    """The filter that the differential fuzzing drives."""
    with open(arguments[0], encoding='utf-8') as file:
        manifest = json.load(file)
    judge = compile_judge_columns(manifest, int(arguments[1]))
    values, timestamps = zip(*map(record_of, sys.stdin), strict=True)
    columns, others = judge(values, timestamps)
    for index, row in enumerate(zip(*columns, strict=True)):
        judgement = others.get(index, Judgement('valid', None, None, list(row)))
        sys.stdout.write(answer_line(judgement, manifest))


if __name__ == '__main__':
    main(sys.argv[1:])
