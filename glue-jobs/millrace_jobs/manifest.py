"""A dataset's manifest, read once: the only thing the jobs know of a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from millrace_jobs.errors import JobError
from millrace_jobs.objects import Objects

KNOWN_VERSION = 1
PARTITION_MS = {'day': 86_400_000, 'hour': 3_600_000}
UNIX_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Manifest:
    """`raw` is the JSON as emitted (lib/contract/manifest.ts); the properties name what the jobs use."""

    raw: Mapping[str, Any]

    @property
    def dataset(self) -> str:
        return self.raw['dataset']

    @property
    def topic(self) -> str:
        return self.raw['topic']['name']

    @property
    def content(self) -> list[str]:
        """The contract's typed columns: what two records must share to be identical."""
        return [field['column'] for field in self.raw['fields']]

    @property
    def identity(self) -> list[str]:
        return list(self.raw['identity'])

    @property
    def partition_column(self) -> str:
        return self.raw['partitionTime']['column']

    @property
    def partition_is_date(self) -> bool:
        """Whether silver lies in days of a date, not of a timestamp."""
        return self.field(self.partition_column)['type'] == 'date'

    @property
    def partition_ms(self) -> int:
        return PARTITION_MS[self.raw['partitionTime']['transform']]

    @property
    def newest_by(self) -> str | None:
        """The column whose larger value supersedes, or None where the first record of an identity stays."""
        rule = self.raw['onConflict']
        return rule['column'] if rule['kind'] == 'newest' else None

    @property
    def sort_by(self) -> list[str]:
        return list(self.raw['sortBy'])

    @property
    def lateness_ms(self) -> int:
        return self.raw['time']['latenessMs']

    @property
    def publish(self) -> Mapping[str, Any] | None:
        """Where silver's rows are sent to."""
        return self.raw['publish']

    @property
    def windows(self) -> list[Mapping[str, Any]]:
        return list(self.raw['windows'])

    @property
    def approximations(self) -> list[Mapping[str, Any]]:
        return list(self.raw['approximations'])

    @property
    def references(self) -> list[Mapping[str, Any]]:
        return list(self.raw.get('references', []))

    @property
    def gold(self) -> list[Mapping[str, Any]]:
        return list(self.raw['gold'])

    def table(self, role: str) -> str:
        return self.raw['tables'][role]

    def field(self, column: str) -> Mapping[str, Any]:
        return next(field for field in self.raw['fields'] if field['column'] == column)

    def columns(self, role: str) -> list[str]:
        """Column names of a table, in its order."""
        return [column['name'] for column in self.raw['columns'][role]]


def load_manifest(location: str) -> Manifest:
    """From `s3://…` or a file. Raises MR801 if it is missing or of a version this package does not know."""
    raw = json.loads(_text(location))
    if raw.get('manifestVersion') != KNOWN_VERSION:
        raise JobError(
            'MR801',
            f'manifest version {raw.get("manifestVersion")!r}, known is {KNOWN_VERSION}',
            where=location,
            mend='deploy the jobs and the manifest of one synth together',
        )
    manifest = Manifest(raw)
    loose = [column for column in manifest.identity if not manifest.field(column)['required']]
    if loose:
        raise JobError(
            'MR801',
            f'identity columns that may be null: {", ".join(loose)}',
            where=location,
            mend='make the fields of the identity required',
        )
    return manifest


def _text(location: str) -> bytes:
    if not location.startswith('s3://'):
        return Path(location).read_bytes()
    stored = Objects().read(location)
    if stored is None:
        raise JobError(
            'MR801', 'no manifest there', where=location, mend='deploy again: the asset is missing'
        )
    return stored.body
