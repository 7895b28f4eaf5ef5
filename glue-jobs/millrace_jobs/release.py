"""How a stream makes room for a newer release of itself: keep-alive asks, and the stream looks.

keep-alive (lambdas/keep-alive) writes which release is to run, before it starts one too; a stream of another
drains: the batch under way ends, then the stream does, and keep-alive starts it anew. What waits in Kafka
waits those seconds more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from millrace_jobs.batch_log import log_line
from millrace_jobs.objects import Objects
from millrace_jobs.progress import progress_uri

#: Between two looks.
LOOK_SECONDS = 15


def release_uri(state: str, dataset: str) -> str:
    return progress_uri(state, dataset, 'silver-release')


@dataclass
class Successor:
    """Looks whether another release than `own` is wanted. `own` is '' of a run that nobody gave one: it goes
    on, since nothing tells it from the release that is wanted.
    """

    objects: Objects
    uri: str
    own: str
    clock: Callable[[], float] = time.monotonic
    _next: float = field(default=0.0, init=False)

    def __call__(self) -> str | None:
        """The release that is to run instead; asks S3 every LOOK_SECONDS, in between it answers None.

        A look that fails is logged: the next one comes soon, and a stream does not end for it.
        """
        if not self.own or self.clock() < self._next:
            return None
        self._next = self.clock() + LOOK_SECONDS
        try:
            stored = self.objects.read(self.uri)
            wanted = self.own if stored is None else json.loads(stored.body)['release']
        except (BotoCoreError, ClientError, ValueError, KeyError, TypeError) as error:
            log_line('release', error=str(error))
            return None
        return None if wanted == self.own else wanted
