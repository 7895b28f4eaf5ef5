"""Write, audit, publish: rows go to a branch of the table, the gate looks at them there, and only then does
`main`, which every reader sees, move to it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession

from millrace_jobs.errors import JobError
from millrace_jobs.gate import Model, breaches
from millrace_jobs.iceberg import IcebergTable

BRANCH = 'audit'


def publish(spark: SparkSession, rows: DataFrame, replaced: Column, name: str, model: Model) -> None:
    """Puts `rows` in the place of the table's rows for which `replaced` holds (whole partitions).

    Raises MR810 where the gate finds a breach; the branch stays for whoever looks into it, and `main` is as
    it was.
    """
    table = IcebergTable(spark, name)
    table.branch_from_main(BRANCH)
    (
        # Few rows: one task, sorted by partition, needs no shuffle of its own.
        rows.coalesce(1)
        .sortWithinPartitions(model['partitionColumn'], *model['grain'])
        .writeTo(f'{name}.branch_{BRANCH}')
        .option('use-table-distribution-and-ordering', 'false')
        .overwrite(replaced)
    )
    found = breaches(spark.read.option('branch', BRANCH).table(name).where(replaced), model)
    if found:
        raise JobError(
            'MR810',
            f'the gate refuses {model["name"]}: ' + ' | '.join(found),
            where=f'{name}.branch_{BRANCH}',
            mend='readers see the rows of before; mend the SQL, the rules or the data, and run gold again',
        )
    table.move_main(BRANCH)
