"""Windows that lose a row, as plain data: they are written down before the row goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: By window table: (window_start in epoch ms, then the key) of windows that lost a row.
StalePairs = Mapping[str, Sequence[Sequence[Any]]]


def joined_pairs(first: StalePairs, second: StalePairs) -> dict[str, list[list[Any]]]:
    """Both, each pair once."""
    return {
        name: [
            list(pair) for pair in dict.fromkeys(map(tuple, [*first.get(name, ()), *second.get(name, ())]))
        ]
        for name in {**first, **second}
    }
