from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from millrace_jobs import maintain as maintain_job
from millrace_jobs.errors import JobError
from millrace_jobs.judged import judged
from millrace_jobs.maintain import maintain_table
from millrace_jobs.maintain_expiry import named_snapshots
from millrace_jobs.maintain_files import unless_colliding
from millrace_jobs.maintain_settings import DEFAULTS, Settings
from millrace_jobs.maintain_tables import MaintainedTable, maintained_tables
from millrace_jobs.manifest import Manifest
from millrace_jobs.objects import Objects
from millrace_jobs.silver_rows import silver_rows
from millrace_jobs.silver_write import append_silver
from tests.example import BROKER_TIME, RAW, event, manifest
from tests.lake import Lake, Record

SILVER = MaintainedTable('gauges_silver', 'seen_at')
#: Before any row of these tests: nothing expires by retention.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).date()


@pytest.fixture
def lake(spark_on_disk: SparkSession, objects: Objects) -> Lake:
    return Lake(spark_on_disk, objects, manifest(), shares=False).create()


def settings(**changes: str) -> Settings:
    return Settings.of({**DEFAULTS, **changes})


def maintain(lake: Lake, now: datetime | None = None, **changes: object) -> dict:
    arguments = {'named': set(), 'settings': settings(), 'first': LONG_AGO, **changes}
    return maintain_table(lake.spark, SILVER, lake.name('silver'), now=now or datetime.now(UTC), **arguments)


def fill(lake: Lake, commits: int, first: int = 0) -> None:
    """Each a commit of a row of either kind, on one day, as the silver query appends them."""
    numbers = range(2 * first, 2 * (first + commits))
    records = [Record(0, one, event(one, kind='flow' if one % 2 else 'level'), one) for one in numbers]
    rows = judged(lake.kafka_rows(records), lake.manifest, {}, BROKER_TIME).persist()
    for number in range(first, first + commits):
        part = rows.where(F.col('kafka_offset').between(2 * number, 2 * number + 1))
        append_silver(
            silver_rows(part, lake.manifest), lake.name('silver'), lake.manifest, 2, lake.snapshot()
        )
    rows.unpersist()


def content(lake: Lake) -> str:
    """Hash of all rows of silver, ingest columns and all."""
    return hashlib.sha256(repr(lake.rows('silver')).encode()).hexdigest()


def compute(lake: Lake, before: dict | None) -> dict:
    return lake.run_gold(RAW['gold'][0], before)


def folder(lake: Lake) -> Path:
    warehouse = lake.spark.conf.get('spark.sql.catalog.glue_catalog.warehouse')
    return Path(warehouse) / lake.database / 'gauges_silver'


def test_every_table_of_the_manifest() -> None:
    # Prepare
    raw = {**RAW, 'windows': [{'name': 'w'}], 'approximations': [{'name': 'a'}]}
    # Act
    tables = maintained_tables(Manifest(raw))
    # Assess
    assert tables == [
        SILVER,
        MaintainedTable('gauges_rejected', 'kafka_timestamp'),
        MaintainedTable('w'),
        MaintainedTable('gauges_daily'),
        MaintainedTable('a'),
    ]


def test_a_model_of_silvers_rows_forgets_them_when_silver_does() -> None:
    # Prepare
    shared = {'name': 'gauges_shared', 'partitionColumn': 'date', 'retention': 'silver'}
    # Act
    tables = maintained_tables(Manifest({**RAW, 'gold': [*RAW['gold'], shared]}))
    # Assess
    assert tables[-2:] == [MaintainedTable('gauges_daily'), MaintainedTable('gauges_shared', 'date')]


def test_many_small_files_become_one_sorted_file_of_the_same_rows(lake: Lake) -> None:
    # Prepare
    fill(lake, 12)
    before = content(lake)
    gold = compute(lake, None)
    # Act
    facts = maintain(lake)
    again = maintain(lake)
    # Assess
    assert facts['before'] == {**facts['before'], 'files': 12, 'snapshots': 12}
    assert (facts['after']['files'], facts['after']['deleteFiles'], facts['rewrittenFiles']) == (1, 0, 12)
    assert facts['after']['bytes'] < facts['before']['bytes']
    assert facts['after']['manifests'] <= 2 < facts['before']['manifests']
    assert facts['skipped'] == []
    assert content(lake) == before
    rows = [(row.kind, row.seen_at) for row in lake.spark.table(lake.name('silver')).collect()]
    assert rows == sorted(rows)
    assert (again['rewrittenFiles'], again['before'], again['after']) == (0, facts['after'], facts['after'])
    assert compute(lake, gold)['partitions'] == []


def test_while_silver_appends(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare: the catalog of these tests renames each new metadata file, as S3 never does, and a folder with
    # a file that is gone by then cannot be listed: it is listed again
    real = maintain_job.remove_orphans

    def remove_orphans(*arguments: Any) -> int:
        while True:
            try:
                return real(*arguments)
            except Py4JJavaError as error:
                if 'No such file or directory' not in str(error):
                    raise

    monkeypatch.setattr(maintain_job, 'remove_orphans', remove_orphans)
    fill(lake, 8)
    failures: list[BaseException] = []

    def append() -> None:
        try:
            fill(lake, 12, first=8)
        except BaseException as error:
            failures.append(error)

    # Act
    thread = threading.Thread(target=append)
    thread.start()
    rounds = 0
    while thread.is_alive() or rounds == 0:
        assert maintain(lake, settings=settings(**{'min-input-files': '2'}))['skipped'] == []
        rounds += 1
    thread.join()
    # Assess
    assert failures == []
    assert rounds > 1
    assert [row[0] for row in lake.silver()] == [f'r-{number}' for number in range(40)]


def test_rows_are_replaced_although_compaction_came_between(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prepare: the files that the MERGE has read are compacted before it commits, which Iceberg refuses
    monkeypatch.setattr('millrace_jobs.collisions.PAUSE_SECONDS', 0)
    query = lake.query()
    for batch in range(2):
        query(lake.kafka_rows([Record(0, batch, event(batch), 100)]), batch)
    compacted: list[dict] = []
    real = SparkSession.sql

    def sql(session: SparkSession, text: str, *arguments: object) -> DataFrame:
        if text.startswith('MERGE') and not compacted:
            compacted.append(maintain(lake, settings=settings(**{'min-input-files': '2'})))
            raise RuntimeError('ValidationException: Missing required files to delete')
        return real(session, text, *arguments)

    monkeypatch.setattr(SparkSession, 'sql', sql)
    # Act: earlier records of the same identities
    query(lake.kafka_rows([Record(1, one, event(one), 99) for one in range(2)]), 2)
    # Assess
    assert compacted[0]['rewrittenFiles'] == 2
    assert lake.silver() == [('r-0', 1, 0), ('r-1', 1, 1)]


def test_snapshots_that_progress_names_stay(lake: Lake, objects: Objects) -> None:
    # Prepare
    fill(lake, 2)
    gold = compute(lake, None)
    fill(lake, 2, first=2)
    objects.write('s3://state/progress/gauges/gold-gauges_daily.json', json.dumps(gold).encode())
    patient = settings(**{'orphan-days': '99'})
    long_after = datetime.now(UTC) + timedelta(days=20)
    named = named_snapshots(objects, 's3://state/progress/gauges/', long_after - timedelta(days=30))
    forgotten = named_snapshots(objects, 's3://state/progress/gauges/', long_after)
    # Act
    kept = maintain(lake, long_after, named=named, settings=patient)
    rerun = compute(lake, gold)
    rest = maintain(lake, long_after, named=forgotten, settings=patient)
    # Assess
    assert named == {int(gold['silverSnapshotId'])}
    assert forgotten == set()
    assert (kept['expiredSnapshots'], kept['after']['snapshots']) == (1, 3)
    assert rerun['partitions'] == ['2026-03-02']
    assert (rest['expiredSnapshots'], rest['after']['snapshots']) == (2, 1)
    assert len(lake.silver()) == 8


def test_finished_run_keeps_no_snapshot(objects: Objects) -> None:
    # Prepare
    folder = 's3://state/progress/gauges/'
    ends = {'beforeSnapshotId': '1', 'afterSnapshotId': '2'}
    now = '2026-03-02T12:00:00.000Z'

    def named(name: str, progress: dict) -> set[int]:
        objects.write(f'{folder}{name}.json', json.dumps(progress).encode())
        return named_snapshots(objects, folder, datetime.now(UTC) - timedelta(days=1))

    # Act, Assess: the next run of the one begins anew, of the other where this one ended
    assert named('rebuild', {**ends, 'finishedAt': None}) == {1, 2}
    assert named('rebuild', {**ends, 'finishedAt': now}) == set()
    assert named('gold-daily', {'silverSnapshotId': '3', 'finishedAt': now}) == {3}


def test_orphans_go_and_young_files_stay(lake: Lake) -> None:
    # Prepare
    fill(lake, 1)
    data = folder(lake) / 'data'
    old, young = data / 'old.parquet', data / 'young.parquet'
    beside = folder(lake).with_name('gauges_silver_beside')
    neighbour = beside / 'data' / 'old.parquet'
    neighbour.parent.mkdir(parents=True)
    for file in (old, young, neighbour):
        file.write_bytes(b'left by a write that broke off')
    four_days_ago = time.time() - 4 * 86_400
    for file in (old, neighbour):
        os.utime(file, (four_days_ago, four_days_ago))
    # Act
    facts = maintain(lake)
    # Assess
    assert facts['orphans'] == 1
    assert [file.exists() for file in (old, young, neighbour)] == [False, True, True]
    assert len(lake.silver()) == 2


def test_table_never_written_is_left(lake: Lake) -> None:
    # Act, Assess
    assert maintain(lake)['skipped'] == ['everything: never written']


def test_collisions_without_end_are_reported_and_other_errors_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    monkeypatch.setattr('millrace_jobs.collisions.PAUSE_SECONDS', 0)

    def collide() -> None:
        raise RuntimeError('org.apache.iceberg.exceptions.ValidationException: Missing required files')

    def fail() -> None:
        raise JobError('MR804', 'no such table', where='x', mend='y')

    # Act
    skipped = unless_colliding('retention', collide, 'silver')
    # Assess
    assert skipped == ['retention: collided 8 times']
    with pytest.raises(JobError, match='MR804'):
        unless_colliding('retention', fail, 'silver')


def test_settings_are_whole_numbers() -> None:
    assert settings().target_file_bytes == 128 * 2**20
    with pytest.raises(JobError, match='MR800'):
        settings(**{'orphan-days': '0'})
