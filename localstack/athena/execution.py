"""Query executions: what was asked, how far it is, and the threads that work on them."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
from catalog import Catalog, Table
from complaint import failure_of
from dialect import bind, parse_statement
from engine import Engine, Session
from failure import QueryFailure
from object_store import ObjectStore
from relation import template_of
from resolution import Resolution
from result_file import ResultColumn, ResultFile
from statement import catalog_answer, explained, refuse_unless_query, statement_type

State = Literal['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED']
ENDED: Final = ('SUCCEEDED', 'FAILED', 'CANCELLED')
WORKERS: Final = 3
KEPT: Final = 500
"""Executions remembered, with their results on the local disk."""


class Cancelled(Exception):
    """StopQueryExecution was called."""


@dataclass
class Execution:
    """One query and its fate. Times are seconds since 1970."""

    sql: str
    parameters: list[str]
    database: str
    work_group: str
    output: str
    bytes_cutoff: int | None
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = 'QUEUED'
    failure: QueryFailure | None = None
    submitted: float = field(default_factory=time.time)
    started: float = 0.0
    completed: float = 0.0
    bytes_scanned: int = 0
    result: ResultFile | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    session: Session | None = None

    @property
    def output_location(self) -> str:
        """Where the result is put: a CSV for queries, a text for the rest."""
        suffix = 'csv' if statement_type(self.sql) == 'DML' else 'txt'
        return f'{self.output.rstrip("/")}/{self.identity}.{suffix}'

    def described(self) -> dict[str, Any]:
        """QueryExecution of the API."""
        now = self.completed or time.time()
        engine = int(1000 * (now - self.started)) if self.started else 0
        status: dict[str, Any] = {'State': self.state, 'SubmissionDateTime': self.submitted}
        if self.state in ENDED:
            status['CompletionDateTime'] = self.completed
        if self.failure:
            status['StateChangeReason'] = str(self.failure)
            status['AthenaError'] = {
                'ErrorCategory': self.failure.category,
                'Retryable': False,
                'ErrorMessage': str(self.failure),
            }
        elif self.state == 'CANCELLED':
            status['StateChangeReason'] = 'Query cancelled by user'
        return {
            'QueryExecutionId': self.identity,
            'Query': self.sql,
            'StatementType': statement_type(self.sql),
            'ResultConfiguration': {'OutputLocation': self.output_location},
            'ResultReuseConfiguration': {'ResultReuseByAgeConfiguration': {'Enabled': False}},
            'QueryExecutionContext': {'Database': self.database, 'Catalog': 'awsdatacatalog'},
            'Status': status,
            'Statistics': {
                'EngineExecutionTimeInMillis': engine,
                'DataScannedInBytes': self.bytes_scanned,
                'TotalExecutionTimeInMillis': int(1000 * (now - self.submitted)),
                'QueryQueueTimeInMillis': int(1000 * ((self.started or now) - self.submitted)),
                'QueryPlanningTimeInMillis': 0,
                'ServiceProcessingTimeInMillis': 0,
                'ResultReuseInformation': {'ReusedPreviousResult': False},
            },
            'WorkGroup': self.work_group,
            'EngineVersion': {
                'SelectedEngineVersion': 'Athena engine version 3',
                'EffectiveEngineVersion': 'Athena engine version 3',
            },
            'ExecutionParameters': self.parameters or None,
            'SubstatementType': statement_type(self.sql) if self.state != 'QUEUED' else None,
        }


class Executor:
    """Runs executions side by side and remembers the last of them."""

    def __init__(self, engine: Engine, catalog: Catalog, store: ObjectStore, folder: Path) -> None:
        self._engine, self._catalog, self._store = engine, catalog, store
        self._results, self._templates = folder / 'results', folder / 'templates'
        self._results.mkdir(parents=True, exist_ok=True)
        for left in self._results.iterdir():
            left.unlink()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix='query')
        self._executions: OrderedDict[str, Execution] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, execution: Execution) -> None:
        """Queue it."""
        with self._lock:
            self._executions[execution.identity] = execution
            ended = [one for one in self._executions.values() if one.state in ENDED]
            for oldest in ended[: max(0, len(self._executions) - KEPT)]:
                del self._executions[oldest.identity]
                if oldest.result:
                    oldest.result.remove()
        self._pool.submit(self._work, execution)

    def find(self, identity: str) -> Execution | None:
        """The execution of this id, if it is remembered."""
        with self._lock:
            return self._executions.get(identity)

    def all(self) -> list[Execution]:
        """Newest first."""
        with self._lock:
            return list(reversed(self._executions.values()))

    def cancel(self, execution: Execution) -> None:
        """End it. It is CANCELLED at once; the engine follows."""
        with self._lock:
            if execution.state in ENDED:
                return
            execution.stop.set()
            execution.state, execution.completed = 'CANCELLED', time.time()
        threading.Thread(target=_interrupt, args=(execution,), daemon=True).start()

    def close(self) -> None:
        """Cancel what runs and end the threads."""
        for execution in self.all():
            self.cancel(execution)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, execution: Execution) -> None:
        try:
            with self._lock:
                if execution.stop.is_set():
                    return
                execution.state, execution.started = 'RUNNING', time.time()
            self._answer(execution)
            self._end(execution, 'SUCCEEDED', None)
        except Cancelled:
            return
        except QueryFailure as failure:
            self._end(execution, 'FAILED', failure)
        except Exception as error:
            if not execution.stop.is_set():
                traceback.print_exc(file=sys.stderr)
            self._end(execution, 'FAILED', QueryFailure('GENERIC_INTERNAL_ERROR', f'{error}', 1))
        finally:
            if execution.session:
                execution.session.close()
                execution.session = None
            execution.done.set()

    def _end(self, execution: Execution, state: State, failure: QueryFailure | None) -> None:
        with self._lock:
            if execution.state == 'RUNNING':
                execution.state, execution.failure, execution.completed = state, failure, time.time()

    def _answer(self, execution: Execution) -> None:
        kind = statement_type(execution.sql)
        known = catalog_answer(execution.sql, self._catalog, execution.database)
        if known:
            self._store_result(execution, known[0], known[1], header=False)
            return
        plan = explained(execution.sql)
        query = plan.query if plan else execution.sql
        asked = parse_statement(bind(query, execution.parameters) if execution.parameters else query)
        refuse_unless_query(asked)
        resolution = Resolution(self._catalog, self._store, self._template)
        text = resolution.duckdb_text(asked.copy(), execution.database)
        if plan:
            text = f'EXPLAIN {"ANALYZE " if plan.analyze else ""}{text}'
        try:
            execution.session = self._engine.session()
            columns, batches = execution.session.run(text)
            rows = _until_stopped(batches, execution)
            if plan:
                lines = [[line] for row in rows for line in (row[-1] or '').split('\n')]
                columns, rows = [ResultColumn('Query Plan', 'string')], iter(lines)
            self._store_result(execution, columns, rows, header=kind == 'DML')
            execution.bytes_scanned = execution.session.bytes_read() or resolution.bytes_listed
        except duckdb.Error as error:
            if execution.stop.is_set():
                raise Cancelled from error
            raise failure_of(error, asked) from error
        if execution.bytes_cutoff is not None and execution.bytes_scanned > execution.bytes_cutoff:
            raise QueryFailure('BYTES_SCANNED_LIMIT', 'Query cancelled! : Bytes scanned limit was exceeded')

    def _store_result(
        self,
        execution: Execution,
        columns: list[ResultColumn],
        rows: Iterable[list[str | None]],
        header: bool,
    ) -> None:
        result = ResultFile(self._results, execution.identity, columns, header)
        execution.result = result
        result.write(rows)
        if execution.stop.is_set():
            raise Cancelled
        media = 'text/csv' if header else 'text/plain'
        self._store.upload(str(result.file), execution.output_location, media)

    def _template(self, table: Table) -> str:
        return self._engine.write_template(*template_of(table, self._templates))


def _until_stopped(
    batches: Iterator[list[list[str | None]]], execution: Execution
) -> Iterator[list[str | None]]:
    def checked() -> Iterator[list[list[str | None]]]:
        for batch in batches:
            if execution.stop.is_set():
                raise Cancelled
            yield batch

    return itertools.chain.from_iterable(checked())


def _interrupt(execution: Execution) -> None:
    # An interrupt between two steps of a query is lost, hence again until the worker has let go.
    while not execution.done.wait(0.05):
        session = execution.session
        if session:
            with contextlib.suppress(duckdb.Error):
                session.interrupt()
