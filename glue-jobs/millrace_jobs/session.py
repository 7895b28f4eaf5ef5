"""The Spark session of a job: its own on Glue and in a local process, else that of the host it runs in."""

from __future__ import annotations

from pyspark.sql import SparkSession

#: What answers depend on, and what a batch costs; everything else (catalog, endpoints, memory) is the job's
#: `--conf`.
SETTINGS = {
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.ansi.enabled': 'true',
    # A batch is kept for a few seconds: compressing it costs a third of the time to judge it, measured.
    'spark.sql.inMemoryColumnarStorage.compressed': 'false',
    # Each query's plan is written out for a UI that nobody looks at.
    'spark.sql.ui.explainMode': 'simple',
}

#: Read once, when Spark starts. A batch needs more compiled plans than the default cache of 100 holds, and
#: without them each batch compiles all of its plans again: 40 % of the CPU time, measured.
STARTUP_SETTINGS = {
    'spark.sql.codegen.cache.maxEntries': '2000',
    # Bars of a terminal, which fill a log.
    'spark.ui.showConsoleProgress': 'false',
}


def job_session(name: str) -> SparkSession:
    """The running session, or a new one. Never stopped by a job: it ends with its process."""
    spark = SparkSession.getActiveSession()
    if spark is None:
        builder = SparkSession.builder.appName(name)
        for setting, value in STARTUP_SETTINGS.items():
            builder = builder.config(setting, value)
        spark = builder.getOrCreate()
    for setting, value in SETTINGS.items():
        spark.conf.set(setting, value)
    return spark
