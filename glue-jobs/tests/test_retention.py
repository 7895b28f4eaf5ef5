from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from millrace_jobs.iceberg import table_name
from millrace_jobs.maintain import run_maintenance
from millrace_jobs.maintain_settings import DEFAULTS, Settings
from millrace_jobs.objects import Objects
from millrace_jobs.retention import advance, delete_before, kept_from
from tests.example import RAW, event, manifest
from tests.lake import Lake, Record

MODEL = RAW['gold'][0]
STATE = 's3://state/'
#: The contract keeps 10 days: from the 5th on.
NOW = datetime(2026, 3, 15, 9, 30, tzinfo=UTC)
FIRST = date(2026, 3, 5)


def on(number: int, day: int, hour: int = 6) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{day:02}T{hour:02}:00:00.000Z')


@pytest.fixture(params=['day', 'hour'])
def lake(spark_on_disk: SparkSession, objects: Objects, request: pytest.FixtureRequest) -> Lake:
    """Two rows on each of two days, one of which the contract no longer keeps at NOW; gold computed."""
    parts = {'column': 'seen_at', 'transform': request.param}
    contract = manifest(partitionTime=parts)
    lake = Lake(spark_on_disk, objects, contract, shares=False).create()
    days = [(4, 0), (4, 23), (5, 0), (5, 6)]
    records = [Record(0, at, on(at, day, hour), 5 * 86_400) for at, (day, hour) in enumerate(days)]
    lake.query()(lake.kafka_rows(records), 0)
    return lake


def gold(lake: Lake) -> list[tuple[date, int]]:
    rows = lake.spark.table(table_name(lake.database, 'gauges_daily')).orderBy('date').collect()
    return [(row.date, row.readings) for row in rows]


def compute(lake: Lake, before: dict | None) -> dict:
    return lake.run_gold(MODEL, before, lambda: kept_from(lake.objects, STATE, 'gauges'))


def expire(lake: Lake) -> int:
    first = advance(lake.objects, STATE, lake.manifest, NOW)
    return delete_before(lake.spark, lake.name('silver'), 'seen_at', first)


def test_whole_days_go_and_no_file_is_rewritten(lake: Lake) -> None:
    # Act
    rows = expire(lake)
    again = expire(lake)
    # Assess
    assert (rows, again) == (2, 0)
    assert [row.seen_at.day for row in lake.rows('silver')] == [5, 5]
    history = lake.spark.table(f'{lake.name("silver")}.snapshots').orderBy('committed_at').collect()
    assert [row.operation for row in history] == ['append', 'delete']
    assert 'added-data-files' not in history[-1].summary


def test_gold_keeps_what_silver_forgets(lake: Lake) -> None:
    # Prepare
    before = compute(lake, None)
    assert gold(lake) == [(date(2026, 3, 4), 2), (FIRST, 2)]
    expire(lake)
    # Act: by what changed, and, where the old snapshot is gone, all of it
    by_change = compute(lake, before)
    lake.query()(
        lake.kafka_rows([Record(0, 9, on(9, 4, 12), 5 * 86_400), Record(0, 10, on(10, 5, 7), 5 * 86_400)]), 1
    )
    after_a_late_row = compute(lake, by_change)
    all_of_it = compute(lake, {'silverSnapshotId': '42'})
    # Assess
    assert by_change['partitions'] == []
    assert after_a_late_row['partitions'] == ['2026-03-05']
    assert all_of_it['partitions'] is None
    assert gold(lake) == [(date(2026, 3, 4), 2), (FIRST, 3)]


def test_the_first_day_never_goes_back(objects: Objects) -> None:
    # Prepare
    advance(objects, STATE, manifest(), NOW)
    # Act
    longer = advance(objects, STATE, manifest(retentionDays=400), NOW)
    later = advance(objects, STATE, manifest(), NOW + timedelta(days=1))
    # Assess
    assert (longer, later) == (FIRST, date(2026, 3, 6))
    assert kept_from(objects, STATE, 'gauges') == later
    assert kept_from(objects, STATE, 'others') is None


def test_the_whole_job_reports_on_every_table(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 4, b'{}', -10 * 86_400), Record(0, 5, b'{}', 5 * 86_400)]), 1)
    arguments = {'state': STATE, 'database': lake.database}
    arguments |= {layer: f's3://state/{layer}/gauges/' for layer in ('bronze', 'quarantine')}
    capsys.readouterr()
    # Act
    report = run_maintenance(lake.spark, lake.objects, lake.manifest, arguments, Settings.of(DEFAULTS), NOW)
    # Assess
    tables = report['tables']
    assert list(tables) == ['gauges_silver', 'gauges_rejected', 'gauges_daily']
    assert [tables[name]['expiredRows'] for name in tables] == [2, 1, 0]
    assert lake.rejected() == [(0, 5, 'invalid')]
    assert tables['gauges_daily']['skipped'] == ['everything: never written']
    assert report['bronze'] == {'objects': 0, 'written': 0, 'deleted': 0, 'positions': 0, **report['bronze']}
    stored = lake.objects.read('s3://state/progress/gauges/maintain.json')
    assert stored is not None
    assert json.loads(stored.body) == report
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get('table', line.get('layer')) for line in lines] == [*tables, 'bronze', 'quarantine']
