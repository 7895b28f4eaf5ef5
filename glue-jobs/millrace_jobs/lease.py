"""The lease of the silver query: its progress object, which it alone writes.

A writer takes the lease at its start, proves that it still holds it before each batch is written, and ends
when it does not; a writer that was stopped between this proof and its commit is refused by Iceberg
(silver_write.py). While a batch is written, beats tell that its writer lives: a silent one is held all the
same (hold.py). Like all else the lease writes, a beat replaces only what the writer saw last, so it neither
ends a hold nor takes a lease back.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace_jobs.batch_log import log_line
from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects
from millrace_jobs.origin import Origin
from millrace_jobs.progress import PartitionProgress, live_hold, utc_now, write_state
from millrace_jobs.stale_windows import StalePairs, joined_pairs

#: Between two looks at a hold.
POLL_SECONDS = 1
#: Between two beats.
BEAT_SECONDS = 15


@dataclass
class Lease:
    """The progress of one dataset's silver query, held by one writer."""

    objects: Objects
    uri: str
    writer: str
    epoch: int
    etag: str
    state: dict[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    #: Of `state` and `etag`, which the beats write too.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @staticmethod
    def take(objects: Objects, uri: str, origin: Origin | None = None) -> Lease:
        """Takes the lease from whoever had it, whose next write is refused. A hold stays.

        Raises MR803 on a race; MR821, with nothing written, where the progress belongs to another `origin`.
        """
        stored = objects.read(uri)
        state = {} if stored is None else json.loads(stored.body)
        if origin is not None:
            origin.demand(state, uri)
            state['origin'] = origin.to_json()
        etag = '' if stored is None else stored.etag
        lease = Lease(objects, uri, uuid.uuid4().hex, int(state.get('epoch', 0)) + 1, etag, state)
        if not lease._write({'phase': 'started'}):
            raise lease._lost()
        return lease

    @property
    def batch(self) -> int | None:
        return self.state.get('batchId')

    @property
    def generation(self) -> int:
        """How often a rebuild moved the offset that the stream goes on from; each has its own checkpoint."""
        return self.state.get('generation', 0)

    @property
    def start_offsets(self) -> dict[int, int]:
        """By Kafka partition, where the stream of this generation begins; the earliest of others."""
        return {int(number): offset for number, offset in self.state.get('startOffsets', {}).items()}

    @property
    def partitions(self) -> dict[int, PartitionProgress]:
        recorded = self.state.get('partitions', {})
        return {int(number): PartitionProgress.of(raw) for number, raw in recorded.items()}

    @property
    def watermark(self) -> int | None:
        """Epoch ms; see watermark.py."""
        return self.state.get('watermarkMs')

    def newest_before(self, batch: int) -> dict[int, int]:
        """Highest observed time of each partition before `batch`; the same again where that is a replay."""
        replay = batch == self.batch
        before = {
            number: one.newest_before_ms if replay else one.newest_ms
            for number, one in self.partitions.items()
        }
        return {number: newest for number, newest in before.items() if newest is not None}

    @property
    def stale_windows(self) -> StalePairs:
        """Windows that lost a row in a batch that did not end; see windows_write.py."""
        return self.state.get('staleWindows', {})

    def fence(self, stale_windows: StalePairs) -> bool:
        """Proves that this writer still has the lease, and writes down what is about to become stale too.

        Waits for the end of a hold; True where there was one: silver may be another than before. Raises MR803
        if another writer took the lease, MR814 if the hold's owner moved the stream's start.
        """
        held = False
        while True:
            while live_hold(self.state) is not None:
                held = True
                self.sleep(POLL_SECONDS)
                self._look()
            stale = joined_pairs(self.stale_windows, stale_windows)
            if self._write({'phase': 'committing', 'staleWindows': stale}):
                return held
            held = True
            self._look()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beats every BEAT_SECONDS, from a thread of its own."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                try:
                    self.beat()
                except (BotoCoreError, ClientError) as error:
                    log_line('beat', error=str(error))

        thread = threading.Thread(target=beat, name='lease', daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def beat(self) -> None:
        """Tells that a batch is still being written; nothing where none is, or the object is another's."""
        with self._lock:
            if self.state.get('phase') == 'committing' and live_hold(self.state) is None:
                self._write({})

    def record(
        self,
        batch: int,
        partitions: Mapping[int, PartitionProgress],
        snapshot: int | None,
        counts: Mapping[str, int],
        committed: bool,
        watermark: int | None,
    ) -> None:
        """Writes down a finished batch.

        Raises MR803 if another writer took the lease, MR815 if silver was held although the batch was being
        written: its rows may be among those that the hold's owner replaced.
        """
        changes: dict[str, Any] = {
            'phase': 'idle',
            'batchId': batch,
            'partitions': {str(number): one.to_json() for number, one in sorted(partitions.items())},
            'silverSnapshotId': None if snapshot is None else str(snapshot),
            'counts': dict(counts),
            'watermarkMs': watermark,
            'staleWindows': {},
        }
        if committed:
            changes['committedAt'] = utc_now()
        if not self._write(changes):
            self._look()
            raise JobError(
                'MR815',
                'silver was held before this batch was recorded: it had been silent for too long',
                where=self.uri,
                mend='started again, the query repeats the batch',
            )

    def _write(self, changes: Mapping[str, Any]) -> bool:
        """False where the object is not as last seen."""
        with self._lock:
            state = {
                **self.state,
                **changes,
                'writer': self.writer,
                'epoch': self.epoch,
                'sequence': int(self.state.get('sequence', 0)) + 1,
                'updatedAt': utc_now(),
            }
            if live_hold(state) is None:
                state.pop('hold', None)
            written = write_state(self.objects, self.uri, state, self.etag or None)
            if written is None:
                return False
            self.state, self.etag = state, written
            return True

    def _look(self) -> None:
        """Takes over what the owner of a hold wrote. Raises MR803, MR814."""
        stored = self.objects.read(self.uri)
        state = {} if stored is None else json.loads(stored.body)
        if stored is None or (state.get('writer'), state.get('epoch')) != (self.writer, self.epoch):
            raise self._lost()
        if state.get('generation', 0) != self.generation:
            raise JobError(
                'MR814',
                'silver was rebuilt up to other offsets than this query stands at',
                where=self.uri,
                mend='started again, the query goes on from the new offsets',
            )
        with self._lock:
            self.state, self.etag = state, stored.etag

    def _lost(self) -> JobError:
        return JobError(
            'MR803',
            'another writer took the lease of this silver query',
            where=self.uri,
            mend='run one silver query a dataset; this one ends, the other goes on',
        )
