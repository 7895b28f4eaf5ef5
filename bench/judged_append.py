"""What exactly-once is measured against: the silver job's own judge and rows, appended without looking back.

Each micro-batch is judged, its valid rows are sorted and appended as silver's are. Nothing is compared with
silver or within the batch, no lease is proved, no progress written; what is not valid is dropped.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from append_stream import run
from millrace_jobs.judged import judged
from millrace_jobs.manifest import Manifest
from millrace_jobs.partitions import partition_value
from millrace_jobs.silver_rows import silver_rows
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def judged_rows(rows: DataFrame, manifest: Manifest) -> DataFrame:
    """Silver's columns of what is valid, in silver's order."""
    valid = judged(rows, manifest, {}, datetime.now(UTC)).where(F.col('verdict') == 'valid')
    order = (partition_value(manifest), *manifest.sort_by, manifest.partition_column)
    return silver_rows(valid, manifest).sortWithinPartitions(*order)


if __name__ == '__main__':
    run('judged-append', sys.argv[1:], judged_rows, {'use-table-distribution-and-ordering': 'false'})
