"""How the silver query ends, and how the warm host runs scripts; without Spark."""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pyspark.errors import StreamingQueryException

from millrace_jobs.errors import JobError
from millrace_jobs.silver import Stop, StopRequested, _supervise
from tests.example import manifest

HOST = Path(__file__).parents[2] / 'localstack/services/spark_batch.py'


class Query:
    """A streaming query that ends as told: True ends it, an error breaks it, False goes on."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.stopped = False

    def awaitTermination(self, _seconds: float) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self) -> None:
        self.stopped = True


def test_query_that_has_read_all_ends() -> None:
    # Prepare
    query = Query(False, True)
    # Act
    _supervise(query, Stop(), manifest())
    # Assess
    assert not query.stopped


def test_stop_request_lets_no_further_batch_begin() -> None:
    # Prepare
    stop, ran = Stop(), []
    stop.run(lambda rows, number: ran.append(number), None, 1)
    # Act
    stop.request(signal.SIGTERM, None)
    query = Query()
    _supervise(query, stop, manifest())
    # Assess
    with pytest.raises(StopRequested):
        stop.run(lambda rows, number: ran.append(number), None, 2)
    assert query.stopped
    assert ran == [1]


def test_successor_lets_the_batch_under_way_end_and_no_further_one_begin() -> None:
    # Prepare
    stop, ran, answers = Stop(), [], [None, 'newer']
    query = Query(False, False)
    # Act
    _supervise(query, stop, manifest(), lambda: answers.pop(0))
    # Assess
    assert (query.stopped, query.answers, stop.successor) == (True, [], 'newer')
    with pytest.raises(StopRequested):
        stop.run(lambda rows, number: ran.append(number), None, 1)
    assert ran == []


def test_failure_is_raised_with_its_code() -> None:
    with pytest.raises(JobError, match='MR805'):
        _supervise(Query(StreamingQueryException('broken')), Stop(), manifest())
    with pytest.raises(JobError, match='MR806'):
        _supervise(Query(StreamingQueryException('[KAFKA_DATA_LOSS] …')), Stop(), manifest())
    loss = 'OffsetOutOfRangeException\nReason: Could not read records in offset [7, 9)\nlonger'
    with pytest.raises(JobError, match=r'gone: Reason: Could not read records in offset \[7, 9\)\n'):
        _supervise(Query(StreamingQueryException(loss)), Stop(), manifest())


def test_error_of_a_batch_keeps_its_code() -> None:
    # Prepare
    stop = Stop()

    def batch(_rows: object, _number: int) -> None:
        raise JobError('MR803', 'lost', where='there', mend='so')

    with pytest.raises(JobError):
        stop.run(batch, None, 1)
    # Act, Assess
    with pytest.raises(JobError, match='MR803'):
        _supervise(Query(StreamingQueryException('as text')), stop, manifest())


@pytest.fixture
def host() -> ModuleType:
    specification = importlib.util.spec_from_file_location('spark_batch', HOST)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_host_runs_scripts_with_their_own_arguments_and_packages(host: ModuleType, tmp_path: Path) -> None:
    # Prepare
    package = tmp_path / 'package'
    package.mkdir()
    (package / 'greeting.py').write_text("TEXT = 'first'")
    script, out = tmp_path / 'script.py', tmp_path / 'out'
    script.write_text('import sys, greeting\nopen(sys.argv[1], "a").write(greeting.TEXT)')
    request = {'script': str(script), 'args': [str(out)], 'pyfiles': [str(package)]}
    before = (list(sys.argv), list(sys.path))
    # Act
    errors = [host.run(request)]
    (package / 'greeting.py').write_text("TEXT = '+the second version'")
    errors.append(host.run(request))
    # Assess
    assert errors == ['', '']
    assert out.read_text() == 'first+the second version'
    assert (sys.argv, sys.path) == before


@pytest.mark.parametrize(
    ('source', 'error'),
    [
        ('import sys; sys.exit()', ''),
        ('import sys; sys.exit(3)', 'exit code 3'),
        ('1/0', 'ZeroDivisionError: '),
    ],
)
def test_host_answers_how_a_script_ended(host: ModuleType, tmp_path: Path, source: str, error: str) -> None:
    # Prepare
    script = tmp_path / 'script.py'
    script.write_text(source)
    # Act, Assess
    assert host.run({'script': str(script), 'args': []}).startswith(error)
