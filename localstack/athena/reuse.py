"""Result reuse: an earlier answer to the same question, young enough and still where it was put."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from execution import Execution
from failure import RequestRefused
from object_store import ObjectStore
from statement import statement_type

MOST_MINUTES: Final = 10_080
USUAL_MINUTES: Final = 60


def reuse_seconds(request: dict[str, Any]) -> float | None:
    """The most age of an answer that may be given again, None where none may. Raises RequestRefused."""
    asked = (request.get('ResultReuseConfiguration') or {}).get('ResultReuseByAgeConfiguration') or {}
    if not asked.get('Enabled'):
        return None
    minutes = asked.get('MaxAgeInMinutes', USUAL_MINUTES)
    if not 0 <= minutes <= MOST_MINUTES:
        raise RequestRefused(f'MaxAgeInMinutes must be between 0 and {MOST_MINUTES}')
    return 60.0 * minutes


def reusable(execution: Execution, earlier: Iterable[Execution], store: ObjectStore) -> Execution | None:
    """The newest of the earlier executions (newest first) that answers this one, if there is any."""
    if execution.reuse_seconds is None or statement_type(execution.sql) != 'DML':
        return None
    since = time.time() - execution.reuse_seconds
    for one in earlier:
        if _answers(one, execution) and one.completed >= since and _is_unchanged(one, store):
            return one
    return None


def _answers(one: Execution, asked: Execution) -> bool:
    # Only what ran itself: an answer does not grow younger by being given again.
    return one.state == 'SUCCEEDED' and one.reused is None and one.question == asked.question


def _is_unchanged(one: Execution, store: ObjectStore) -> bool:
    return one.answer_tag is not None and store.tag(one.output_location) == one.answer_tag
