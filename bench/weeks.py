"""Many weeks of silver made of one: its rows again and again, each time a week earlier and under identities
of their own, laid out as the silver job does. Run in the place of the silver job; `--source` is the week's
database.
"""

from __future__ import annotations

import sys

from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.manifest import Manifest, load_manifest
from millrace_jobs.session import job_session
from millrace_jobs.silver_write import append_silver
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def earlier(rows: DataFrame, manifest: Manifest, weeks: int) -> DataFrame:
    """The rows so many weeks earlier."""
    fields = {field['column']: field['type'] for field in manifest.raw['fields']}
    text = next(column for column in manifest.identity if fields[column] == 'string')
    # Of one width as before, so that it takes the same room: the last character counts the weeks.
    moved = {text: F.concat(F.substr(text, F.lit(1), F.length(text) - 1), F.lit(f'{weeks:x}'))}
    for column, kind in fields.items():
        if kind == 'timestamp':
            moved[column] = F.col(column) - F.expr(f'INTERVAL {7 * weeks} DAYS')
    return rows.withColumns(moved)


def main(argv: list[str]) -> None:
    arguments = job_arguments(argv, (*COMMON, 'source', 'weeks'))
    manifest = load_manifest(arguments['manifest'])
    spark = job_session('weeks')
    silver = manifest.table('silver')
    rows = spark.table(table_name(arguments['source'], silver))
    count = rows.count()
    for weeks in range(whole_number(arguments, 'weeks')):
        target = table_name(arguments['database'], silver)
        base = IcebergTable(spark, target).current_snapshot()
        append_silver(earlier(rows, manifest, weeks), target, manifest, count, base)


if __name__ == '__main__':
    main(sys.argv[1:])
