"""Write, audit, publish: rows go to a branch of the table, the gate looks at them there, and only then does
`main`, which every reader sees, move to it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession

from millrace_jobs.errors import JobError
from millrace_jobs.gate import Model, breaches
from millrace_jobs.iceberg import OWN_ORDER, IcebergTable

BRANCH = 'audit'


def publish(
    spark: SparkSession, rows: DataFrame, replaced: Column, name: str, model: Model, *, many: bool = False
) -> None:
    """Puts `rows` in the place of the table's rows for which `replaced` holds (whole partitions, or all).

    One task writes them, or where they are `many` each partition is one task's.

    Raises MR810 where the gate finds a breach; the branch stays for whoever looks into it, and `main` is as
    it was.
    """
    table = IcebergTable(spark, name)
    table.branch_from_main(BRANCH)
    partition = model.get('partitionColumn')
    # Few rows need no shuffle of their own.
    placed = rows.repartition(partition) if many and partition is not None else rows.coalesce(1)
    (
        placed.sortWithinPartitions(*written_order(model))
        .writeTo(f'{name}.branch_{BRANCH}')
        .options(**OWN_ORDER)
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


def written_order(model: Model) -> list[str]:
    """The columns that a model's rows are sorted by: its partition column first, where it has one."""
    partition = model.get('partitionColumn')
    return list(dict.fromkeys([*([] if partition is None else [partition]), *model['grain']]))
