"""Compaction: small files of a partition into sorted ones of the target size, small manifests into large.

Only rearranges: each commit is a `replace`, which changes no row and which gold therefore looks past. Appends
never collide with it; a writer that replaces the same files may, and then nothing of ours is committed.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Row, SparkSession

from millrace_jobs.collisions import again_on_collision
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import CATALOG, IcebergTable
from millrace_jobs.maintain_settings import Settings

#: Partitions rewritten at once: each takes memory for its sort.
GROUPS_AT_ONCE = 2
COLLIDED = 'MR807'


def compact(spark: SparkSession, name: str, settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Rewrites the partitions that are worth it, sorted as the table declares: ({rewrittenFiles, addedFiles},
    what was left and why).
    """
    counts = {'rewrittenFiles': 0, 'addedFiles': 0}
    # Each partition is committed by itself as far as possible: a collision costs one of them, not all.
    if not _rewrite(spark, name, settings, counts, partial=True):
        return counts, []
    # Iceberg says how much failed, and not why: what is left goes all or nothing, and then it does say.
    left = unless_colliding(
        'compaction', lambda: _rewrite(spark, name, settings, counts, partial=False), name
    )
    return counts, left


def _rewrite(
    spark: SparkSession, name: str, settings: Settings, counts: dict[str, int], *, partial: bool
) -> int:
    """Adds to the counts; the number of files that failed."""
    options = {
        'target-file-size-bytes': settings.target_file_bytes,
        'min-input-files': settings.min_input_files,
        'max-concurrent-file-group-rewrites': GROUPS_AT_ONCE,
        'partial-progress.enabled': str(partial).lower(),
    }
    literals = ', '.join(f"'{key}', '{value}'" for key, value in options.items())
    strategy = 'sort' if IcebergTable(spark, name).sorted() else 'binpack'
    row = _call(spark, 'rewrite_data_files', name, f"strategy => '{strategy}'", f'options => map({literals})')
    counts['rewrittenFiles'] += row.rewritten_data_files_count
    counts['addedFiles'] += row.added_data_files_count
    return row.failed_data_files_count


def rewrite_manifests(spark: SparkSession, name: str, settings: Settings) -> list[str]:
    """Joins the table's manifests where there are many; what was left and why."""
    if IcebergTable(spark, name).measures()['manifests'] < settings.min_manifests:
        return []
    return unless_colliding('rewrite of manifests', lambda: _call(spark, 'rewrite_manifests', name), name)


def unless_colliding(title: str, action: Callable[[], object], name: str) -> list[str]:
    """Does it, again where another writer was first; [why not] where that never ended."""
    try:
        again_on_collision(action, name)
    except JobError as error:
        if error.code != COLLIDED:
            raise
        return [f'{title}: {error.args[0]}']
    return []


def _call(spark: SparkSession, procedure: str, name: str, *arguments: str) -> Row:
    words = ', '.join([f"table => '{name}'", *arguments])
    row = spark.sql(f'CALL {CATALOG}.system.{procedure}({words})').first()
    assert row is not None
    return row
