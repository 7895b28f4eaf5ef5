"""Which Iceberg tables a dataset has, and what of each expires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millrace_jobs.manifest import Manifest

REJECTED_TIME = 'kafka_timestamp'
#: Tables made of silver, by the manifest's key: they keep what silver forgets, unless they say otherwise.
MODELS = ('windows', 'gold', 'approximations')


@dataclass(frozen=True)
class MaintainedTable:
    name: str
    #: The timestamp or date whose age ends a row's time here; None: rows stay.
    expires_by: str | None = None


def maintained_tables(manifest: Manifest) -> list[MaintainedTable]:
    """Every Iceberg table that the manifest declares, silver first."""
    return [
        MaintainedTable(manifest.table('silver'), manifest.partition_column),
        MaintainedTable(manifest.table('rejected'), REJECTED_TIME),
        *(_model(model) for kind in MODELS for model in manifest.raw.get(kind, [])),
        *(MaintainedTable(reference['table']) for reference in manifest.references),
    ]


def _model(model: Mapping[str, Any]) -> MaintainedTable:
    follows = model.get('retention') == 'silver'
    return MaintainedTable(model['name'], model['partitionColumn'] if follows else None)
