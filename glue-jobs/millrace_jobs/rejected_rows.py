"""Rows of the `rejected` table: what Spark judged not valid, and conflicts with their bytes."""

from __future__ import annotations

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.classify import POSITION
from millrace_jobs.manifest import Manifest

CONFLICT = 'conflict'


def faulty_rows(rows: DataFrame, manifest: Manifest) -> DataFrame:
    """Of judged rows that are not valid; their bytes stand in quarantine_landed and in bronze."""
    return _rejected(
        rows.withColumn('kafka_value', F.lit(None).cast('binary')).withColumn('reason', F.col('verdict')),
        manifest,
    )


def conflicting_rows(rows: DataFrame, raw: DataFrame, manifest: Manifest, written: datetime) -> DataFrame:
    """Of classified rows; `raw` holds kafka_key and kafka_value by position, as far as Kafka has them."""
    paths = ','.join('.'.join(manifest.field(column)['path']) for column in manifest.identity)
    detail = F.format_string(
        'other content than the row kept, of partition %d, offset %d', 'winner_partition', 'winner_offset'
    )
    with_bytes = rows.drop('kafka_key').join(F.broadcast(raw), list(POSITION), 'left')
    return _rejected(
        with_bytes.withColumn('reason', F.lit(CONFLICT))
        .withColumn('path', F.lit(paths))
        .withColumn('detail', detail)
        .withColumn('processing_time', F.lit(written)),
        manifest,
    )


def _rejected(rows: DataFrame, manifest: Manifest) -> DataFrame:
    made: dict[str, Column] = {'kafka_topic': F.lit(manifest.topic)}
    return rows.select(*(made.get(name, F.col(name)).alias(name) for name in manifest.columns('rejected')))
