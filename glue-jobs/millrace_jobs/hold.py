"""The hold: a rebuild or a backfill makes silver stand still between two of its batches, for seconds.

It stands in silver's own progress object, whose version every batch of silver proves before it writes
anything. So a batch either finished before the hold, or waits for its end (progress.py). A hold whose owner
died ends by itself at `until`; an owner that went on beyond it finds that out before it changes the progress.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from millrace_jobs.errors import JobError
from millrace_jobs.lease import BEAT_SECONDS
from millrace_jobs.objects import Objects, Stored
from millrace_jobs.progress import live_hold, utc_now, write_state

POLL_SECONDS = 0.5
#: A writer that has been silent for so long in the middle of a commit is taken for dead. If it is alive, it
#: may still write its rows, but not record its batch: it starts again and finds them.
SILENT_SECONDS = 4 * BEAT_SECONDS
#: As long as a large batch may take.
PATIENCE_SECONDS = 900
#: Writes that lose against another's: silver that starts meanwhile.
ATTEMPTS = 8


@dataclass
class Hold:
    """Silver's progress, held still by one owner. Give it back with `release`, also after a failure."""

    objects: Objects
    uri: str
    by: str
    seconds: int
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    #: The progress as of the hold (partitions, silverSnapshotId, watermarkMs, epoch, ...); empty where silver
    #: never ran.
    state: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def take(
        objects: Objects,
        uri: str,
        by: str,
        seconds: int = 600,
        patience_seconds: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Hold:
        """Waits until silver is between two batches, or silent for SILENT_SECONDS, and holds it there for at
        most `seconds`.

        `uri` is silver's progress object (progress_uri), `by` names the owner to whoever waits for it. Raises
        MR811 where silver goes on committing, or another's hold lasts, for longer than `patience_seconds`.
        """
        hold = Hold(objects, uri, by, seconds)
        waited = 0.0
        while True:
            stored = objects.read(uri)
            state = _state(stored)
            obstacle = _obstacle(state)
            if obstacle is None and hold._write(stored, {**state, 'hold': hold._claim()}):
                state.pop('hold', None)
                hold.state = state
                return hold
            if waited >= patience_seconds:
                raise JobError(
                    'MR811',
                    f'silver cannot be held: {obstacle or "its progress keeps changing"}',
                    where=uri,
                    mend=f'run it again later; it waited {patience_seconds} s',
                )
            sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    def renew(self) -> None:
        """Holds on for `seconds` from now.

        Raises MR812 where the hold ended and silver or another went on.
        """
        self._change(lambda state: {**state, 'hold': self._claim()})

    def release(self, changes: Mapping[str, Any] | None = None) -> None:
        """Lets silver go on, with these changes to its progress (e.g. partitions, staleWindows, generation).

        A new `generation` forgets the last batch's id: ids count from 0 again. Raises MR812, without any
        change, where the hold ended and silver or another went on.
        """
        changes = dict(changes or {})
        if 'generation' in changes:
            changes['batchId'] = None

        def released(state: Mapping[str, Any]) -> dict[str, Any]:
            return {**{name: value for name, value in state.items() if name != 'hold'}, **changes}

        self._change(released)

    def _claim(self) -> dict[str, str]:
        return {'by': self.by, 'token': self.token, 'until': utc_now(self.seconds)}

    def _change(self, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        """Over whatever silver wrote meanwhile: it may have started again, which does not end the hold."""
        for _attempt in range(ATTEMPTS):
            stored = self.objects.read(self.uri)
            state = _state(stored)
            if state.get('hold', {}).get('token') != self.token:
                break
            if self._write(stored, change(state)):
                return
        raise JobError(
            'MR812',
            f'the hold of {self.by} is over: silver or another went on',
            where=self.uri,
            mend='run it again; it is safe to repeat',
        )

    def _write(self, stored: Stored | None, state: dict[str, Any]) -> bool:
        # Always another text than any before: the ETag of an equal one would hide the hold from silver.
        state = {**state, 'sequence': int(state.get('sequence', 0)) + 1}
        return write_state(self.objects, self.uri, state, None if stored is None else stored.etag) is not None


def _state(stored: Stored | None) -> dict[str, Any]:
    return {} if stored is None else json.loads(stored.body)


def _obstacle(state: Mapping[str, Any]) -> str | None:
    """What keeps silver from being held just now, in words."""
    other = live_hold(state)
    if other is not None:
        return f'{other["by"]} holds it until {other["until"]}'
    if state.get('phase') == 'committing' and state['updatedAt'] > utc_now(-SILENT_SECONDS):
        return f'it is writing a batch, and told so last at {state["updatedAt"]}'
    return None
