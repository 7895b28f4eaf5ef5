"""One query execution: what was asked, how far it is, and how the API tells it."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from engine import Session
from failure import QueryFailure
from result_file import ResultFile
from statement import statement_type

State = Literal['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED']
ENDED: Final = ('SUCCEEDED', 'FAILED', 'CANCELLED')


@dataclass
class Execution:
    """One query and its fate. Times are seconds since 1970."""

    sql: str
    parameters: list[str]
    database: str
    work_group: str
    output: str
    bytes_cutoff: int | None
    catalog: str = 'awsdatacatalog'
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
    reuse_seconds: float | None = None
    """Most age of an earlier answer that is taken for this one's, None where none may be."""
    reused: Execution | None = None
    answer_tag: str | None = None

    @property
    def question(self) -> tuple[object, ...]:
        """Two executions with the same one ask the same."""
        return (self.sql, tuple(self.parameters), self.database, self.catalog, self.work_group)

    @property
    def output_location(self) -> str:
        """Where the result is: a CSV for queries, a text for the rest. A reused one stays in its place."""
        if self.reused:
            return self.reused.output_location
        suffix = 'csv' if statement_type(self.sql) == 'DML' else 'txt'
        return f'{self.output.rstrip("/")}/{self.identity}.{suffix}'

    def described(self) -> dict[str, Any]:
        """QueryExecution of the API."""
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
            'ResultReuseConfiguration': {'ResultReuseByAgeConfiguration': self._reuse_by_age()},
            'QueryExecutionContext': {'Database': self.database, 'Catalog': self.catalog},
            'Status': status,
            'Statistics': {
                **self.timeline(),
                'DataScannedInBytes': self.bytes_scanned,
                'ResultReuseInformation': {'ReusedPreviousResult': self.reused is not None},
            },
            'WorkGroup': self.work_group,
            'EngineVersion': {
                'SelectedEngineVersion': 'Athena engine version 3',
                'EffectiveEngineVersion': 'Athena engine version 3',
            },
            'ExecutionParameters': self.parameters or None,
            'SubstatementType': statement_type(self.sql) if self.state != 'QUEUED' else None,
        }

    def timeline(self) -> dict[str, int]:
        """What the time was spent on, milliseconds."""
        now = self.completed or time.time()
        return {
            'QueryQueueTimeInMillis': int(1000 * ((self.started or now) - self.submitted)),
            'ServicePreProcessingTimeInMillis': 0,
            'QueryPlanningTimeInMillis': 0,
            'EngineExecutionTimeInMillis': int(1000 * (now - self.started)) if self.started else 0,
            'ServiceProcessingTimeInMillis': 0,
            'TotalExecutionTimeInMillis': int(1000 * (now - self.submitted)),
        }

    def runtime_statistics(self) -> dict[str, Any]:
        """QueryRuntimeStatistics of the API. No InputRows: DuckDB counts rows of Iceberg tables twice."""
        statistics: dict[str, Any] = {'Timeline': self.timeline()}
        if self.state == 'SUCCEEDED' and self.result:
            statistics['Rows'] = {
                'InputBytes': self.bytes_scanned,
                'OutputRows': self.result.answers,
                'OutputBytes': self.result.size,
            }
        return statistics

    def _reuse_by_age(self) -> dict[str, Any]:
        if self.reuse_seconds is None:
            return {'Enabled': False}
        return {'Enabled': True, 'MaxAgeInMinutes': int(self.reuse_seconds / 60)}
