"""The warm host of batch jobs: one Spark session, many runs of scripts.

Stands for Glue starting a batch job, without the seconds that starting Spark takes. JSON lines on stdin,
`{"id", "script", "args", "pyfiles"?}`, are run one after the other; each is answered by a line on stdout,
`{"id", "ok", "error", "seconds"}` (`error` is '' where there was none). Whatever a script or Spark prints
goes to stderr. Ends when stdin ends.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from pyspark.sql import SparkSession

#: What a script would set at its start, where the session is not there yet.
SETTINGS = {
    # Many scripts share one cache of compiled plans; the default of 100 is too few for one of them.
    'spark.sql.codegen.cache.maxEntries': '2000',
    # Bars of a terminal, which fill a log.
    'spark.ui.showConsoleProgress': 'false',
}


def own_stdout() -> TextIO:
    """The real stdout, for answers alone: descriptor 1 becomes stderr, also for the JVM that Spark starts."""
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    return answers


@contextmanager
def script_environment(script: str, args: Sequence[str], pyfiles: Sequence[str]):
    """sys.argv and sys.path as the script would find them in a process of its own, put back afterwards."""
    argv, path, known = sys.argv, list(sys.path), set(sys.modules)
    sys.argv = [script, *args]
    sys.path[:0] = pyfiles
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path
        if pyfiles:
            # The next run may bring another version of its packages.
            for name in set(sys.modules) - known:
                if str(getattr(sys.modules[name], '__file__', None) or '').startswith(tuple(pyfiles)):
                    del sys.modules[name]


def run(request: dict[str, Any]) -> str:
    """Runs one script to its end; what went wrong, '' if nothing did."""
    script, args, pyfiles = request['script'], request['args'], request.get('pyfiles', [])
    try:
        with script_environment(script, args, pyfiles):
            runpy.run_path(script, run_name='__main__')
    except SystemExit as end:
        return '' if end.code in (None, 0) else f'exit code {end.code}'
    except BaseException as error:  # whatever a script raises is its own failure, not of the host
        traceback.print_exc()
        if isinstance(error, KeyboardInterrupt):
            raise
        return f'{type(error).__name__}: {error}'
    return ''


def main() -> None:
    answers = own_stdout()
    builder = SparkSession.builder.appName('batch')
    for setting, value in SETTINGS.items():
        builder = builder.config(setting, value)
    spark = builder.getOrCreate()
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        began = time.monotonic()
        error = run(request)
        answer = {
            'id': request['id'],
            'ok': error == '',
            'error': error,
            'seconds': round(time.monotonic() - began, 3),
        }
        answers.write(json.dumps(answer) + '\n')
        answers.flush()
        spark.catalog.clearCache()
    spark.stop()


if __name__ == '__main__':
    main()
