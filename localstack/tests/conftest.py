"""The rooms under test are run as scripts, so their folders go on the path as a script's would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOCALSTACK = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(LOCALSTACK / 'athena'), str(LOCALSTACK / 'aws')]


@pytest.fixture(scope='module')
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The local Athena with its catalog and its object store, and the tables of athena_tables.py."""
    from athena_tables import fill
    from servers import Mirror

    running = Mirror(tmp_path_factory.mktemp('athena'))
    try:
        running.start_minio()
        running.start_aws()
        fill(running)
        running.start_athena()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope='module')
def athena(mirror: Any) -> Any:
    return mirror.client('athena')
