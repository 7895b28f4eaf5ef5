"""Files for those who read no tables: each written whole, so that a reader never sees half of one, and the
same again by a run that is repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from millrace_jobs.iceberg import table_name
from millrace_jobs.objects import Objects

HOURS = 24


def export_csv(
    spark: SparkSession, objects: Objects, model: Mapping[str, Any], database: str, folder: str
) -> str:
    """The whole gold table as `FOLDER/MODEL.csv`, a header first, sorted by its grain; the URI.

    Null is empty, times are ISO 8601 in UTC, numbers have all the digits that tell them apart.
    """
    names = [column['name'] for column in model['columns']]
    text = io.StringIO(newline='')
    writer = csv.writer(text)
    writer.writerow(names)
    rows = spark.table(table_name(database, model['name'])).select(*names).orderBy(*model['grain'])
    writer.writerows([_text(value) for value in row] for row in rows.toLocalIterator())
    uri = f'{folder}{model["name"]}.csv'
    objects.write(uri, text.getvalue().encode(), 'text/csv; charset=utf-8')
    return uri


def _text(value: Any) -> str:
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, datetime):
        return value.isoformat() + 'Z'
    return repr(value) if isinstance(value, float) else str(value)


def export_parquet(
    spark: SparkSession,
    objects: Objects,
    window: Mapping[str, Any],
    database: str,
    snapshot: int,
    days: Sequence[date],
    folder: str,
) -> int:
    """The windows of these days as one file an hour, `FOLDER/WINDOW/year=/month=/day=/hour=/WINDOW.parquet`,
    without sketches; the number of files. An hour without windows has none.
    """
    columns = [column['name'] for column in window['columns'] if column['type'] != 'binary']
    table = spark.read.option('versionAsOf', snapshot).table(table_name(database, window['name']))
    written = 0
    for day in days:
        of_day = table.where(F.to_date('window_start') == F.lit(day)).select(*columns)
        rows = of_day.orderBy('window_start', *window['key']).toArrow()
        hours = pc.hour(rows.column('window_start'))
        for hour in range(HOURS):
            place = f'year={day.year}/month={day.month:02}/day={day.day:02}/hour={hour:02}'
            uri = f'{folder}{window["name"]}/{place}/{window["name"]}.parquet'
            of_hour = rows.filter(pc.equal(hours, hour))
            if of_hour.num_rows == 0:
                objects.delete(uri)
            else:
                objects.write(uri, _parquet(of_hour), 'application/vnd.apache.parquet')
                written += 1
    return written


def _parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression='zstd')
    return sink.getvalue()
