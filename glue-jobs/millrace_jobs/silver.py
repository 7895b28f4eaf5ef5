"""The silver query: Kafka to silver, and what does not belong there to `rejected`.

Ends with exit code 0 on SIGTERM, where another release is to run in its place (release.py) and, in mode
available-now, when it has read all there was; any failure is raised, so that Glue and the local run start it
again.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql.streaming import StreamingQuery

from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.batch import SilverBatch
from millrace_jobs.batch_log import log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.kafka_source import (
    CheckpointOffsets,
    generation_checkpoint,
    kafka_stream,
    source_options,
    starting_offsets,
)
from millrace_jobs.lease import Lease
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.origin import Origin
from millrace_jobs.progress import PartitionProgress, progress_uri
from millrace_jobs.published import kafka_send
from millrace_jobs.raw_records import KafkaRawRecords
from millrace_jobs.release import Successor, release_uri
from millrace_jobs.retention import kept_from
from millrace_jobs.session import job_session
from millrace_jobs.topic_offsets import topic_now

REQUIRED = (*COMMON, 'cluster-arn', 'checkpoint', 'trigger-seconds', 'max-offsets', 'run-mode')
MODES = ('continuous', 'available-now')
POLL_SECONDS = 1
#: Of Spark's account of a loss, the line that names topic, partition and offsets.
MISSING = 'Could not read records'
DATA_LOSS = ('OffsetOutOfRange', 'data loss', 'KAFKA_DATA_LOSS', 'are out of range', 'failOnDataLoss')


class StopRequested(Exception):
    """Raised in a batch that would begin, or go on after a hold, after SIGTERM; the batch stays unwritten and
    is run at the next start.
    """


class Stop:
    """A request to stop, and whether a batch is being written meanwhile."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.failure: JobError | None = None
        #: The release that asked for it, if one did.
        self.successor: str | None = None
        self._between_batches = threading.Lock()

    def request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested.set()

    def make_room(self, successor: str) -> None:
        self.successor = successor
        self.requested.set()

    def run(self, batch: SilverBatch, rows: DataFrame, number: int) -> None:
        with self._between_batches:
            if self.requested.is_set():
                raise StopRequested
            try:
                batch(rows, number)
            except JobError as error:
                # Spark hands on the text of a batch's failure alone.
                self.failure = error
                raise

    def sleep(self, seconds: float) -> None:
        """For waits within a batch: raises StopRequested rather than to let a stop wait too."""
        if self.requested.wait(seconds):
            raise StopRequested

    def wait_for_batch(self) -> None:
        with self._between_batches:
            pass


def main(argv: Sequence[str]) -> None:
    """Runs until stopped (continuous) or until all is read (available-now). Raises JobError and Spark's
    errors.
    """
    arguments = job_arguments(argv, REQUIRED, {'release': ''})
    mode = arguments['run-mode']
    if mode not in MODES:
        raise JobError('MR800', f'unknown mode {mode!r}', where='--run-mode', mend=f'one of {MODES}')
    trigger_seconds = whole_number(arguments, 'trigger-seconds')
    max_offsets = whole_number(arguments, 'max-offsets')
    manifest = load_manifest(arguments['manifest'])
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.request)

    spark = job_session(f'{manifest.dataset}-silver')
    for role in ('silver', 'rejected'):
        IcebergTable(spark, table_name(arguments['database'], manifest.table(role)))
    connection = kafka_connection(arguments['cluster-arn'])
    options = source_options(connection)
    objects, release = Objects(), arguments['release']
    successor = Successor(objects, release_uri(arguments['state'], manifest.dataset), release)
    topic = topic_now(spark, manifest.topic, options)
    origin = Origin(manifest.dataset, manifest.topic, arguments['cluster-arn'], topic.id)
    lease = Lease.take(objects, progress_uri(arguments['state'], manifest.dataset, 'silver'), origin)
    lease.sleep = stop.sleep
    nothing_gone(manifest.topic, lease.partitions, topic.earliest)
    checkpoint = generation_checkpoint(arguments['checkpoint'], lease.generation)
    batch = SilverBatch(
        manifest,
        arguments['database'],
        lease,
        KafkaRawRecords(manifest.topic, options),
        CheckpointOffsets(checkpoint, manifest.topic),
        partial(kept_from, lease.objects, arguments['state'], manifest.dataset),
        kafka_send(connection),
    )
    log_line(
        'started',
        dataset=manifest.dataset,
        epoch=lease.epoch,
        generation=lease.generation,
        batchId=lease.batch,
        mode=mode,
        release=release,
    )
    starting = starting_offsets(manifest.topic, lease.start_offsets, topic.earliest)
    writer = (
        kafka_stream(spark, manifest.topic, options, max_offsets, starting)
        .writeStream.queryName(f'{manifest.dataset}-silver')
        .option('checkpointLocation', checkpoint)
        .foreachBatch(lambda rows, number: stop.run(batch, rows, number))
    )
    if mode == 'available-now':
        query = writer.trigger(availableNow=True).start()
    else:
        query = writer.trigger(processingTime=f'{trigger_seconds} seconds').start()
    _supervise(query, stop, manifest, successor)
    if stop.successor is not None:
        log_line('drained', dataset=manifest.dataset, release=release, successor=stop.successor)
    log_line('ended', dataset=manifest.dataset, epoch=lease.epoch, stopped=stop.requested.is_set())


def nothing_gone(
    topic: str, partitions: Mapping[int, PartitionProgress], earliest: Mapping[int, int]
) -> None:
    """Raises MR806 where the topic begins (`earliest`) past an offset that silver has not read.

    Spark sees that by its checkpoint, and not without one.
    """
    gone = [
        f'partition {number} from {one.until} to {earliest[number] - 1}'
        for number, one in sorted(partitions.items())
        if earliest.get(number, 0) > one.until
    ]
    if gone:
        raise _offsets_gone(topic, ', '.join(gone))


def _offsets_gone(topic: str, which: str) -> JobError:
    return JobError(
        'MR806',
        f'offsets that silver has not read are gone: {which}',
        where=f'topic {topic}',
        mend='raise the retention of the topic; what is missing is in bronze: rebuild silver from there',
    )


def _first_line(text: str, sign: str) -> str:
    return next((line.strip() for line in text.splitlines() if sign in line), '')


def _supervise(
    query: StreamingQuery,
    stop: Stop,
    manifest: Manifest,
    successor: Callable[[], str | None] = lambda: None,
) -> None:
    """Waits for the query's end; on a stop request, or where a successor is to run, lets the running batch
    finish first.
    """
    try:
        while not stop.requested.is_set():
            if query.awaitTermination(POLL_SECONDS):
                return
            wanted = successor()
            if wanted is not None:
                stop.make_room(wanted)
        stop.wait_for_batch()
        query.stop()
    except StreamingQueryException as error:
        if stop.requested.is_set():
            return
        raise (stop.failure or _failure(error, manifest)) from error


def _failure(error: StreamingQueryException, manifest: Manifest) -> JobError:
    text = str(error)
    if any(sign in text for sign in DATA_LOSS):
        return _offsets_gone(manifest.topic, _first_line(text, MISSING) or text)
    return JobError(
        'MR805',
        text,
        where=f'query {manifest.dataset}-silver',
        mend='started again, the query repeats the batch',
    )
