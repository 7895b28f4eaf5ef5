"""Sizes and ages of the maintenance: job arguments, their defaults declared here alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from millrace_jobs.arguments import whole_number

DEFAULTS = {
    # A file of this size is read by one task and is worth its own request.
    'target-file-mb': '128',
    # A partition with fewer small files is left alone.
    'min-input-files': '5',
    'min-manifests': '10',
    # Who reads an older snapshot than this finds it gone.
    'snapshot-days': '5',
    # A progress object that nobody wrote for so long keeps no snapshot: its job is gone.
    'progress-days': '30',
    # A file that no snapshot names may be part of a write that still runs: none takes three days.
    'orphan-days': '3',
    # A batch that is sent again comes within the topic's retention.
    'bronze-days': '30',
    'bronze-settle-minutes': '60',
}


@dataclass(frozen=True)
class Settings:
    target_file_bytes: int
    min_input_files: int
    min_manifests: int
    snapshot_age: timedelta
    progress_age: timedelta
    orphan_age: timedelta
    bronze_age: timedelta
    bronze_settle: timedelta

    @staticmethod
    def of(arguments: Mapping[str, str]) -> Settings:
        """Raises MR800 for anything but whole numbers above 0."""
        number = {name: whole_number(arguments, name) for name in DEFAULTS}
        return Settings(
            target_file_bytes=number['target-file-mb'] * 2**20,
            min_input_files=number['min-input-files'],
            min_manifests=number['min-manifests'],
            snapshot_age=timedelta(days=number['snapshot-days']),
            progress_age=timedelta(days=number['progress-days']),
            orphan_age=timedelta(days=number['orphan-days']),
            bronze_age=timedelta(days=number['bronze-days']),
            bronze_settle=timedelta(minutes=number['bronze-settle-minutes']),
        )
