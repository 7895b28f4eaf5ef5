"""What the jobs ask of an Iceberg table beyond Spark's DataFrames: snapshots and the files each one changed.

Through the Java API by py4j: the driver reads only the manifests concerned, and no Spark job runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from millrace_jobs.errors import JobError

CATALOG = 'glue_catalog'

#: Operations that rearrange files and change no row.
REARRANGING = 'replace'
#: For writers that bring their rows sorted by partition: no other order, and one open file after the other.
#: With all open at once, a task of 200 partitions and 70 columns takes a gigabyte.
OWN_ORDER = {'use-table-distribution-and-ordering': 'false', 'fanout-enabled': 'false'}
#: In a snapshot's summary: whose commit it is.
MARK = 'millrace-mark'


def table_name(database: str, table: str) -> str:
    return f'{CATALOG}.{database}.{table}'


class IcebergTable:
    """A table as it is in the catalog at the moment of loading. Raises MR804 if it is not there."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self._jvm = spark._jvm
        try:
            self._table = self._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(
                spark._jsparkSession, name
            )
        except Py4JJavaError as error:
            if 'NoSuchTableException' not in str(error.java_exception.getClass().getName()):
                raise
            raise JobError(
                'MR804',
                'no such table',
                where=name,
                mend='deploy the stack that declares it: jobs never create tables',
            ) from error

    def current_snapshot(self) -> int | None:
        """Id of the current snapshot, or None for a table never written."""
        snapshot = self._table.currentSnapshot()
        return None if snapshot is None else snapshot.snapshotId()

    def changed_since(self, snapshot: int) -> set[int | None] | None:
        """Partition values of the data files added or removed after `snapshot`, up to the current one.

        The value is the first partition field's (days or hours since 1970, None for null). None where
        `snapshot` is no longer an ancestor of the current one: expired or rolled back.
        """
        newer = list(self._ancestors_after(snapshot))
        if None in newer:
            return None
        values: set[int | None] = set()
        for one in newer:
            if one.operation() == REARRANGING:
                continue
            changes = (
                self._jvm.org.apache.iceberg.SnapshotChanges.builderFor(self._table).snapshot(one).build()
            )
            for files in (changes.addedDataFiles(), changes.removedDataFiles()):
                values.update(self._partition(file) for file in files)
        return values

    def changed_after(self, snapshot: int | None) -> set[int | None] | None:
        """As `changed_since`; None (all) also for a table that had no snapshot then."""
        return None if snapshot is None else self.changed_since(snapshot)

    def snapshot_ms(self, snapshot: int) -> int | None:
        """When a snapshot was committed, epoch milliseconds; None where it is no longer kept."""
        found = self._table.snapshot(snapshot)
        return None if found is None else found.timestampMillis()

    def sorted(self) -> bool:
        """Whether the table declares its files to be sorted."""
        return self._table.sortOrder().isSorted()

    def measures(self) -> dict[str, int]:
        """files, bytes, deleteFiles, manifests of the current snapshot; snapshots kept."""
        current = self._table.currentSnapshot()
        if current is None:
            return dict.fromkeys(('files', 'bytes', 'deleteFiles', 'manifests', 'snapshots'), 0)
        totals = current.summary()
        total = {
            name: int(totals.get(key))
            for name, key in (
                ('files', 'total-data-files'),
                ('bytes', 'total-files-size'),
                ('deleteFiles', 'total-delete-files'),
            )
        }
        manifests = current.allManifests(self._table.io()).size()
        return {**total, 'manifests': manifests, 'snapshots': len(list(self._table.snapshots()))}

    def branch_from_main(self, branch: str) -> None:
        """Makes the branch, or moves it, to where `main` is; of a table never written, to nothing."""
        self._table.refresh()
        changes = self._table.manageSnapshots()
        known = branch in self._table.refs().keySet()
        snapshot = self._table.currentSnapshot()
        if known and snapshot is not None:
            changes.replaceBranch(branch, snapshot.snapshotId()).commit()
            return
        if known:
            changes.removeBranch(branch).commit()
            changes = self._table.manageSnapshots()
        changes.createBranch(branch).commit()

    def move_main(self, branch: str) -> None:
        """Moves `main` forward to the branch, which goes, as one commit. Fails if `main` moved since."""
        self._table.refresh()
        self._table.manageSnapshots().fastForwardBranch('main', branch).removeBranch(branch).commit()

    def drop_branch(self, branch: str) -> None:
        """Removes the branch, if it is there; its snapshots expire as any."""
        self._table.refresh()
        if branch in self._table.refs().keySet():
            self._table.manageSnapshots().removeBranch(branch).commit()

    def replace_by_branch(
        self, branch: str, column: str, range_: tuple[str, str] | None, before: int | None, mark: str
    ) -> int:
        """Puts the branch's files in the place of `main`'s, as one commit of metadata alone; the snapshot,
        which carries the `mark` (`marked_since`).

        `range_`: of the time or date `column`, first and past the last in ISO 8601, whole partitions; None is
        all. Refused as a collision (collisions.py) where another committed after the snapshot `before`.
        """
        self._table.refresh()
        expressions = self._jvm.org.apache.iceberg.expressions.Expressions
        rows = expressions.alwaysTrue()
        if range_ is not None:
            begun = expressions.greaterThanOrEqual(column, range_[0])
            rows = getattr(expressions, 'and')(begun, expressions.lessThan(column, range_[1]))
        # A file's rows are all in the range, or none is: files go, and none is rewritten.
        change = self._table.newOverwrite().overwriteByRowFilter(rows).set(MARK, mark)
        tasks = self._table.newScan().useRef(branch).filter(rows).includeColumnStats().planFiles()
        try:
            files = tasks.iterator()
            while files.hasNext():
                change.addFile(files.next().file())
        finally:
            tasks.close()
        if before is not None:
            change.validateFromSnapshot(before)
        change.conflictDetectionFilter(expressions.alwaysTrue())
        change.validateNoConflictingData().validateNoConflictingDeletes().commit()
        self._table.refresh()
        made = self.marked_since(before, mark)
        assert made is not None
        return made

    def marked_since(self, before: int | None, mark: str) -> int | None:
        """The snapshot after `before` that carries the mark."""
        for one in self._ancestors_after(before):
            if one is not None and one.summary().get(MARK) == mark:
                return one.snapshotId()
        return None

    def partitions(self) -> set[int | None]:
        """Partition values of all current data files."""
        tasks = self._table.newScan().planFiles()
        try:
            files = tasks.iterator()
            found = set()
            while files.hasNext():
                found.add(self._partition(files.next().file()))
            return found
        finally:
            tasks.close()

    def _ancestors_after(self, snapshot: int | None) -> Iterator[Any]:
        """Snapshots from the current one back to `snapshot` (left out); None at the end if it is not met."""
        current = self._table.currentSnapshot()
        while current is not None and current.snapshotId() != snapshot:
            yield current
            parent = current.parentId()
            current = None if parent is None else self._table.snapshot(parent)
        if current is None:
            yield None

    def _partition(self, file: Any) -> int | None:
        return file.partition().get(0, self._jvm.java.lang.Class.forName('java.lang.Integer'))


def table_at(spark: SparkSession, name: str, snapshot: int | None) -> DataFrame | None:
    """The table as of a snapshot, with that snapshot's columns; None for a table never written (None)."""
    return None if snapshot is None else spark.read.option('versionAsOf', snapshot).table(name)


def touched_since(
    spark: SparkSession, name: str, before: Mapping[str, Any] | None, key: str
) -> tuple[int | None, set[int | None] | None]:
    """The table's current snapshot, and its partition numbers that changed since the one that the progress
    `before` names under `key` (None: all of them).
    """
    table = IcebergTable(spark, name)
    snapshot = table.current_snapshot()
    if snapshot is None:
        return None, set()
    if before is None or before.get(key) is None:
        return snapshot, None
    return snapshot, table.changed_since(int(before[key]))
