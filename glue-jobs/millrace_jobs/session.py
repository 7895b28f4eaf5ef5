"""The Spark session of a job: its own on Glue and in a local process, the host's where many jobs share one."""

from __future__ import annotations

from pyspark.sql import SparkSession

#: What answers depend on; everything else (catalog, endpoints, memory) is the job's `--conf`.
SETTINGS = {
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.ansi.enabled': 'true',
}

#: Read once, when Spark starts. A batch needs more compiled plans than the default cache of 100 holds, and without
#: them each batch compiles all of its plans again: 40 % of the CPU time, measured.
STARTUP_SETTINGS = {'spark.sql.codegen.cache.maxEntries': '2000'}


def job_session(name: str) -> SparkSession:
    """The running session, or a new one. Never stopped by a job: it ends with its process."""
    builder = SparkSession.builder.appName(name)
    for setting, value in STARTUP_SETTINGS.items():
        builder = builder.config(setting, value)
    spark = builder.getOrCreate()
    for setting, value in SETTINGS.items():
        spark.conf.set(setting, value)
    return spark
