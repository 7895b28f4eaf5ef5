"""The engine by itself: no services are needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine import Engine, S3Access

NOWHERE = S3Access('http://127.0.0.1:1', 'us-east-1', 'nobody', 'nothing')


def test_queries_that_write_one_template_at_once_all_find_it(tmp_path: Path) -> None:
    # Prepare
    engine = Engine(NOWHERE, tmp_path / 'temporary')
    files = [tmp_path / 'templates' / str(number) / 'columns.parquet' for number in range(20)]
    asks = [file for file in files for _ in range(4)]

    def write(file: Path) -> str:
        return engine.write_template(file, f"COPY (SELECT 1 AS one) TO '{file}' (FORMAT parquet)")

    # Act
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, asks))

    # Assess
    assert written == [str(file) for file in asks]
    assert sorted(tmp_path.glob('templates/*/*')) == sorted(files)
