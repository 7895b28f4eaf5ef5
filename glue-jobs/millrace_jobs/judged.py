"""Kafka rows to judged rows: the judge run over Arrow batches inside Spark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from millrace_jobs.judge_columns import JudgeColumns, compile_judge_columns
from millrace_jobs.manifest import Manifest

KAFKA_COLUMNS = ('value', 'key', 'partition', 'offset', 'timestamp')
UTC_MICROS = pa.timestamp('us', tz='UTC')

SPARK_TYPES: Mapping[str, T.DataType] = {
    'string': T.StringType(),
    'double': T.DoubleType(),
    'long': T.LongType(),
    'boolean': T.BooleanType(),
    'timestamp': T.TimestampType(),
    'date': T.DateType(),
}
ARROW_TYPES: Mapping[str, pa.DataType] = {
    'string': pa.string(),
    'double': pa.float64(),
    'long': pa.int64(),
    'boolean': pa.bool_(),
    'timestamp': pa.int64(),
    'date': pa.date32(),
}


def judged_schema(manifest: Manifest) -> T.StructType:
    """Position, verdict (path, detail, key only where it is not valid), lateness, when; the contract's
    columns.

    processing_time is a column of the data, not a literal of the plan: Spark compiles its plans to bytecode,
    and a literal that changes with each batch is compiled anew with each batch.
    """
    schema = (
        T.StructType()
        .add('kafka_partition', T.IntegerType())
        .add('kafka_offset', T.LongType())
        .add('kafka_timestamp', T.TimestampType())
        .add('kafka_key', T.BinaryType())
        .add('verdict', T.StringType())
        .add('path', T.StringType())
        .add('detail', T.StringType())
        .add('late', T.BooleanType())
        .add('processing_time', T.TimestampType())
    )
    for field in manifest.raw['fields']:
        schema = schema.add(field['column'], SPARK_TYPES[field['type']])
    return schema


def judged(
    kafka_rows: DataFrame, manifest: Manifest, newest_seen_ms: Mapping[int, int], written: datetime
) -> DataFrame:
    """Judges rows of Spark's Kafka source.

    `newest_seen_ms`: of each Kafka partition the highest observed time (epoch ms) among the valid records
    before these. A row is `late` if it was observed more than latenessMs before the highest observed time of
    the lower offsets of its partition. Observed, not partition time: scheduled times run ahead of now.
    """
    run = arrow_judge(json.dumps(manifest.raw), dict(newest_seen_ms), written)
    return kafka_rows.select(*KAFKA_COLUMNS).mapInArrow(run, judged_schema(manifest))


def arrow_judge(
    manifest_json: str, newest_seen_ms: dict[int, int], written: datetime
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that Spark ships to its workers: batches of KAFKA_COLUMNS in, of `judged_schema` out."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        manifest, judge = _compiled(manifest_json)
        newest = dict(newest_seen_ms)
        for batch in batches:
            yield _judge_batch(batch, manifest, judge, newest, written)

    return run


@lru_cache(maxsize=8)
def _compiled(manifest_json: str) -> tuple[Mapping[str, Any], JudgeColumns]:
    # Once in the life of a Python worker, not once a task.
    manifest = json.loads(manifest_json)
    return manifest, compile_judge_columns(manifest)


def _judge_batch(
    batch: pa.RecordBatch,
    manifest: Mapping[str, Any],
    judge: JudgeColumns,
    newest: dict[int, int],
    written: datetime,
) -> pa.RecordBatch:
    fields = manifest['fields']
    values, keys, partitions, offsets, timestamps = (batch.column(name) for name in KAFKA_COLUMNS)
    milliseconds = [micros // 1000 for micros in timestamps.cast(pa.int64()).to_pylist()]
    typed, others = judge(values.to_pylist(), milliseconds)
    seen = typed[[field['column'] for field in fields].index(manifest['observedTime'])]
    late: list[bool | None] = list(
        _late(seen, partitions.to_pylist(), newest, manifest['time']['latenessMs'])
    )
    for index in others:
        late[index] = None

    def of_others(valid: str | None, value: Callable[[int], Any]) -> list[Any]:
        column = [valid] * batch.num_rows
        for index in others:
            column[index] = value(index)
        return column

    columns = {
        'kafka_partition': partitions,
        'kafka_offset': offsets,
        'kafka_timestamp': timestamps.cast(UTC_MICROS),
        'kafka_key': pa.array(of_others(None, lambda index: keys[index].as_py()), pa.binary()),
        'verdict': pa.array(of_others('valid', lambda index: others[index].verdict), pa.string()),
        'path': pa.array(of_others(None, lambda index: others[index].path), pa.string()),
        'detail': pa.array(of_others(None, lambda index: others[index].detail), pa.string()),
        'late': pa.array(late, pa.bool_()),
        'processing_time': pa.repeat(pa.scalar(written, UTC_MICROS), batch.num_rows),
    }
    for field, column in zip(fields, typed, strict=True):
        array = pa.array(column, ARROW_TYPES[field['type']])
        if field['type'] == 'timestamp':
            array = array.cast(pa.timestamp('ms', tz='UTC')).cast(UTC_MICROS)
        columns[field['column']] = array
    return pa.RecordBatch.from_pydict(columns)


def _late(
    seen: Iterable[Any], partitions: Iterable[int], newest: dict[int, int], lateness: int
) -> Iterator[bool]:
    """Of each row, whether it was behind; takes `newest` on. A row without an observed time is not, nor does
    it count.
    """
    for moment, partition in zip(seen, partitions, strict=True):
        highest = newest.get(partition)
        if moment is None:
            yield False
        elif highest is None or moment > highest:
            newest[partition] = moment
            yield False
        else:
            yield moment < highest - lateness
