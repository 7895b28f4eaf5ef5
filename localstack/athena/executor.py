"""Runs query executions side by side on threads and remembers the last of them."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import duckdb
from catalog import Catalog, Table
from complaint import failure_of
from dialect import bind, parse_statement
from engine import Engine
from execution import ENDED, Execution, State
from failure import QueryFailure
from object_store import ObjectStore
from relation import template_of
from resolution import Resolution
from result_file import ResultColumn, ResultFile
from reuse import reusable
from statement import catalog_answer, explained, refuse_unless_query, statement_type

WORKERS: Final = 3
KEPT: Final = 500
"""Executions remembered, with their results on the local disk."""


class Cancelled(Exception):
    """StopQueryExecution was called."""


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
                kept = [one.result for one in self._executions.values()]
                if oldest.result and oldest.result not in kept:
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
        earlier = reusable(execution, self.all(), self._store)
        if earlier:
            execution.reused, execution.result = earlier, earlier.result
            return
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
            self._store_result(execution, columns, rows, header=kind == 'DML', listed=resolution.bytes_listed)
        except duckdb.Error as error:
            if execution.stop.is_set():
                raise Cancelled from error
            raise failure_of(error, asked) from error

    def _store_result(
        self,
        execution: Execution,
        columns: list[ResultColumn],
        rows: Iterable[list[str | None]],
        header: bool,
        listed: int = 0,
    ) -> None:
        result = ResultFile(self._results, execution.identity, columns, header)
        execution.result = result
        result.write(rows)
        if execution.stop.is_set():
            raise Cancelled
        if execution.session:
            execution.bytes_scanned = execution.session.bytes_read() or listed
        # Only after the query: the sizes of its files say what it may read at most, and it may well need one
        # column of them; DuckDB tells no sum before the end. Beyond the limit no answer is given.
        if execution.bytes_cutoff is not None and execution.bytes_scanned > execution.bytes_cutoff:
            raise QueryFailure('BYTES_SCANNED_LIMIT', 'Query cancelled! : Bytes scanned limit was exceeded')
        media = 'text/csv' if header else 'text/plain'
        execution.answer_tag = self._store.upload(str(result.file), execution.output_location, media)

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
