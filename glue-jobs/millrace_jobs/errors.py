"""Errors of the jobs that an operator can act on: a stable code, where, and what to do.

MR800 argument, MR801 manifest, MR802 brokers, MR803 lease lost, MR804 table missing, MR805 query failed,
MR806 offsets gone, MR807 commit kept colliding, MR808 object store, MR809 landed object unlike its name,
MR810 gate of a gold model, MR811 silver cannot be held, MR812 hold over, MR814 the stream's start moved,
MR815 silver held in the middle of a batch,
MR816 days that cannot be made again, MR817 bronze lacks offsets, MR818 bronze is behind silver, MR819 silver
has no progress, MR820 published messages refused, MR821 checkpoint of another topic, MR824 rows of a topic
before the present one, MR864 file of a reference table.
"""

from __future__ import annotations


class JobError(Exception):
    """`code` is stable and searchable, `where` names the place, `mend` says what to do."""

    def __init__(self, code: str, what: str, *, where: str, mend: str) -> None:
        super().__init__(what)
        self.code = code
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        return f'{self.code}: {super().__str__()}\n  where: {self.where}\n  mend:  {self.mend}'
