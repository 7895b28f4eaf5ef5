"""The Spark session of a job: its own on Glue and in a local process, the host's where many jobs share one."""

from __future__ import annotations

from pyspark.sql import SparkSession

#: What answers depend on; everything else (catalog, endpoints, memory) is the job's `--conf`.
SETTINGS = {
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.ansi.enabled': 'true',
}


def job_session(name: str) -> SparkSession:
    """The running session, or a new one. Never stopped by a job: it ends with its process."""
    spark = SparkSession.builder.appName(name).getOrCreate()
    for setting, value in SETTINGS.items():
        spark.conf.set(setting, value)
    return spark
