"""Which objects of an external table hold the same positions: a batch that was sent again and cut otherwise.

Pure. An object's name tells its topic partition and offsets, its folder the date and hour of its records
(lambdas/land/plan.ts); so two objects can share a position only if their ranges overlap in one folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from millrace_jobs.objects import Listed

NAME = re.compile(r'(?P<place>s3://.+)-(?P<first>\d{20})-(?P<last>\d{20})\.parquet')


@dataclass(frozen=True)
class LandedObject:
    #: Its URI up to the offsets: folder, topic and partition.
    place: str
    first: int
    last: int
    modified: datetime

    @property
    def uri(self) -> str:
        return object_uri(self.place, self.first, self.last)


def object_uri(place: str, first: int, last: int) -> str:
    return f'{place}-{first:020}-{last:020}.parquet'


def landed_objects(listed: Iterable[Listed]) -> list[LandedObject]:
    """Those of the landing's names; others are none of ours."""
    named = ((NAME.fullmatch(one.uri), one.modified) for one in listed)
    return [
        LandedObject(match['place'], int(match['first']), int(match['last']), modified)
        for match, modified in named
        if match is not None
    ]


def overlapping(objects: Iterable[LandedObject], settled: datetime) -> list[list[LandedObject]]:
    """Groups of two and more that hang together by their ranges, each by first offset, the longest first.

    A group with an object written after `settled` is left for later: its batch may still be under way.
    """
    groups: list[list[LandedObject]] = []
    end = -1
    for one in sorted(objects, key=lambda one: (one.place, one.first, -one.last)):
        if groups and groups[-1][0].place == one.place and one.first <= end:
            groups[-1].append(one)
            end = max(end, one.last)
        else:
            groups.append([one])
            end = one.last
    return [group for group in groups if len(group) > 1 and all(one.modified <= settled for one in group)]
