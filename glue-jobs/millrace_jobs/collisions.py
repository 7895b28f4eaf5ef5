"""What commits beside other writers of a table: tried again where Iceberg refuses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from millrace_jobs.errors import JobError

ATTEMPTS = 8
PAUSE_SECONDS = 0.5
SIGNS = ('ValidationException', 'CommitFailedException', 'ConcurrentModification', 'not an ancestor')

Result = TypeVar('Result')


class Collision(Exception):
    """What a commit rests on is no longer so, found before the commit or after it rather than by Iceberg."""


def collides(error: Exception) -> bool:
    """Whether another writer's commit came between, by the names of Iceberg's and Glue's exceptions."""
    return isinstance(error, Collision) or any(sign in str(error) for sign in SIGNS)


def again_on_collision(commit: Callable[[], Result], name: str) -> Result:
    """Runs a commit that is safe to repeat. Raises MR807 if it collides time after time, others at once."""
    cause: Exception | None = None
    for attempt in range(ATTEMPTS):
        try:
            return commit()
        except Exception as error:
            if not collides(error):
                raise
            cause = error
            time.sleep(PAUSE_SECONDS * (attempt + 1))
    raise JobError(
        'MR807', f'collided {ATTEMPTS} times', where=name, mend='run it again; it is safe to repeat'
    ) from cause
