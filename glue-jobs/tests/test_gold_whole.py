"""Gold models without a partition column, and the reference tables that models may read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from millrace_jobs import gold
from millrace_jobs.errors import JobError
from millrace_jobs.iceberg import IcebergTable, table_name
from millrace_jobs.maintain_tables import maintained_tables
from millrace_jobs.objects import Objects
from millrace_jobs.references import reference_rows, reference_uris, run_reference
from tests.example import RAW, _columns, event, manifest
from tests.lake import EXPORTS, Lake, Record

KINDS: dict[str, Any] = {
    'name': 'kinds',
    'table': 'gauges_kinds',
    'description': 'What kinds measure.',
    'file': 'kinds.csv',
    'key': 'kind',
    'columns': _columns('kind:string', 'label:string', 'weight:double', 'rank:long'),
}
WHOLE: dict[str, Any] = {
    'name': 'gauges_by_kind',
    'description': 'Readings by kind, with its label.',
    'grain': ['kind'],
    'partitionColumn': None,
    'columns': _columns('kind:string', 'label:string', 'readings:long'),
    'quality': [],
    'export': 'csv',
    'sql': (
        'SELECT s.kind AS kind, k.label AS label, COUNT(*) AS readings FROM gauges_silver s '
        'JOIN gauges_kinds k ON k.kind = s.kind GROUP BY s.kind, k.label'
    ),
}
DAILY = {
    **RAW['gold'][0],
    'sql': RAW['gold'][0]['sql'].replace(
        'FROM gauges_silver', 'FROM gauges_silver JOIN gauges_kinds USING (kind)'
    ),
}
#: The rank stands between columns that are declared, as a file may have more and another order.
FILE = b'kind,rank,colour,label,weight\r\nlevel,1,red,Level,0.5\r\nflow,,,"Flow, in",\r\n'
URI = 's3://state/assets/kinds.csv'
URIS = {'kinds': URI}


@pytest.fixture
def lake(spark: SparkSession, objects: Objects) -> Lake:
    objects.write(URI, FILE)
    return Lake(spark, objects, manifest(gold=[DAILY, WHOLE], references=[KINDS])).create()


def on(number: int, day: int, **changes: object) -> dict[str, object]:
    return event(number, seen_at=f'2026-03-{day:02}T06:00:00.000Z', **changes)


def fill(lake: Lake, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return run_reference(lake.spark, KINDS, lake.database, URIS, before, objects=lake.objects)


def rows(lake: Lake, table: str, order: str) -> list[Row]:
    return lake.spark.table(table_name(lake.database, table)).orderBy(order).collect()


def snapshot(lake: Lake, table: str) -> int | None:
    return IcebergTable(lake.spark, table_name(lake.database, table)).current_snapshot()


def test_whole_model_is_computed_of_all_silver_as_soon_as_any_of_it_changed(lake: Lake) -> None:
    # Prepare
    contents = {'kinds': fill(lake)['contentHash']}
    query = lake.query()
    query(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1)), Record(0, 2, on(3, 2))]), 0)

    def run(before: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
        return lake.run_gold(WHOLE, before, lambda: date(2026, 3, 2), contents=contents, **more)

    # Act
    first = run(None)
    made = snapshot(lake, WHOLE['name'])
    idle = run(first)
    left = snapshot(lake, WHOLE['name'])
    query(lake.kafka_rows([Record(0, 3, on(4, 2, kind='flow'), 1)]), 1)
    touched = run(idle)
    # Assess
    assert (first['partitions'], idle['partitions'], touched['partitions']) == (None, [], None)
    assert made == left
    assert rows(lake, WHOLE['name'], 'kind') == [Row('flow', 'Flow, in', 1), Row('level', 'Level', 3)]
    assert run(touched, again=range(20_514, 20_515))['partitions'] is None
    assert lake.spark.catalog.listTables() == []
    stored = lake.objects.read(f'{EXPORTS}gauges_by_kind.csv')
    assert stored is not None
    assert stored.body.decode() == 'kind,label,readings\r\nflow,"Flow, in",1\r\nlevel,Level,3\r\n'


def test_rows_that_a_whole_model_no_longer_yields_go(lake: Lake) -> None:
    # Prepare
    fill(lake)
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 2, kind='flow'))]), 0)
    before = lake.run_gold(WHOLE, None)
    lake.spark.sql(f"DELETE FROM {lake.name('silver')} WHERE kind = 'flow'")
    # Act
    lake.run_gold(WHOLE, before)
    # Assess
    assert [row.kind for row in rows(lake, WHOLE['name'], 'kind')] == ['level']


def test_changed_reference_computes_everything_again_that_reads_it(lake: Lake) -> None:
    # Prepare
    filled = fill(lake)
    kinds = ('level', 'level', 'flow', 'flow')
    events = [on(number, 1, kind=kind) for number, kind in enumerate(kinds, 1)]
    lake.query()(lake.kafka_rows([Record(0, offset, one) for offset, one in enumerate(events)]), 0)
    daily, whole = (
        lake.run_gold(one, None, contents={'kinds': filled['contentHash']}) for one in (DAILY, WHOLE)
    )
    lake.objects.write(URI, FILE.replace(b'Level', b'Height').replace(b'flow', b'flux'))
    # Act
    changed = fill(lake, filled)
    contents = {'kinds': changed['contentHash']}
    daily, whole = (
        lake.run_gold(one, before, contents=contents) for one, before in ((DAILY, daily), (WHOLE, whole))
    )
    idle = [lake.run_gold(one, before, contents=contents) for one, before in ((DAILY, daily), (WHOLE, whole))]
    # Assess
    assert changed['contentHash'] != filled['contentHash']
    assert (daily['partitions'], whole['partitions']) == (None, None)
    assert rows(lake, WHOLE['name'], 'kind') == [Row('level', 'Height', 2)]
    assert [row.kind for row in rows(lake, DAILY['name'], 'kind')] == ['level']
    assert [one['partitions'] for one in idle] == [[], []]
    assert [one['references'] for one in idle] == [contents, contents]


def test_days_that_silver_forgot_keep_the_reference_that_they_were_made_with(lake: Lake) -> None:
    # Prepare
    filled = fill(lake)
    events = [on(number, day) for number, day in enumerate((1, 1, 2, 2), 1)]
    lake.query()(lake.kafka_rows([Record(0, offset, one) for offset, one in enumerate(events)]), 0)
    before = lake.run_gold(DAILY, None, contents={'kinds': filled['contentHash']})
    lake.objects.write(URI, FILE.replace(b'level', b'depth'))
    contents = {'kinds': fill(lake, filled)['contentHash']}
    # Act
    progress = lake.run_gold(DAILY, before, lambda: date(2026, 3, 2), contents=contents)
    # Assess
    assert progress['partitions'] is None
    assert [row.date for row in rows(lake, DAILY['name'], 'date')] == [date(2026, 3, 1)]


def test_model_that_reads_no_reference_is_left_alone_by_all_of_them(lake: Lake) -> None:
    # Prepare
    alone = {**DAILY, 'sql': RAW['gold'][0]['sql'] + ' -- not gauges_kinds_old, nor my_gauges_kinds'}
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1))]), 0)
    before = lake.run_gold(alone, None, contents={'kinds': 'one'})
    # Act
    progress = lake.run_gold(alone, before, contents={'kinds': 'other'})
    # Assess
    assert progress['partitions'] == []
    assert set(progress) == {'silverSnapshotId', 'finishedAt', 'partitions'}


def test_silver_never_written_leaves_a_whole_model_alone(lake: Lake) -> None:
    # Act
    progress = lake.run_gold(WHOLE, None)
    # Assess
    assert (progress['silverSnapshotId'], progress['partitions']) == (None, [])
    assert snapshot(lake, WHOLE['name']) is None


def test_reference_is_typed_and_written_only_when_its_content_changed(lake: Lake) -> None:
    # Act
    filled = fill(lake)
    made = snapshot(lake, KINDS['table'])
    again = fill(lake, filled)
    # Assess
    assert again == filled
    assert filled['rows'] == 2
    assert snapshot(lake, KINDS['table']) == made
    assert rows(lake, KINDS['table'], 'kind') == [
        Row('flow', 'Flow, in', None, None),
        Row('level', 'Level', 0.5, 1),
    ]


def test_reference_with_a_key_that_is_null_or_twice_is_refused_and_readers_see_the_old_rows(
    lake: Lake,
) -> None:
    # Prepare
    filled = fill(lake)
    lake.objects.write(URI, FILE + b'level,2,,Again,1\r\n,3,,Nothing,1\r\n')
    # Act
    with pytest.raises(JobError) as refused:
        fill(lake, filled)
    # Assess
    assert refused.value.code == 'MR810'
    assert 'kind is never null' in str(refused.value)
    assert '(kind) is never twice' in str(refused.value)
    assert [row.kind for row in rows(lake, KINDS['table'], 'kind')] == ['flow', 'level']


#: Column type, cell, value; no value where it is refused. TypeScript's reader is held to the same.
CELLS = json.loads((Path(__file__).parents[2] / 'test/contract/fixtures/reference-cells.json').read_text())


def read_cell(kind: str, cell: str) -> Any:
    table = {**KINDS, 'key': 'code', 'columns': _columns('code:string', f'value:{kind}')}
    [(_, value)] = reference_rows(table, f'code,value\r\na,{cell}\r\n'.encode())
    return value


@pytest.mark.parametrize(('kind', 'cell', 'value'), [case for case in CELLS if len(case) == 3])
def test_cell_is_read_as_typescript_reads_it(kind: str, cell: str, value: Any) -> None:
    # Prepare: JSON does not tell 5 from 5.0
    expected = float(value) if kind == 'double' and value is not None else value
    # Act
    read = read_cell(kind, cell)
    # Assess: the text tells zero's sign, and the type
    assert repr(read) == repr(expected)


@pytest.mark.parametrize(('kind', 'cell'), [case for case in CELLS if len(case) == 2])
def test_cell_is_refused_as_typescript_refuses_it(kind: str, cell: str) -> None:
    # Act
    with pytest.raises(JobError) as refused:
        read_cell(kind, cell)
    # Assess
    assert refused.value.code == 'MR864'
    assert f'line 2: {cell!r} is no {kind} (value)' in str(refused.value)


@pytest.mark.parametrize(
    ('body', 'what'),
    [
        (b'kind,label,weight\r\n', 'the header lacks rank'),
        (b'kind,label,weight,rank\r\na,b,heavy,1\r\n', 'line 2: '),
        (b'kind,label,weight,rank\r\na,b,1,1\r\na,b\r\n', 'line 3: not as many cells'),
    ],
)
def test_reference_that_cannot_be_read_names_its_line(body: bytes, what: str) -> None:
    # Act
    with pytest.raises(JobError) as refused:
        reference_rows(KINDS, body)
    # Assess
    assert refused.value.code == 'MR864'
    assert what in str(refused.value)


def test_places_of_references() -> None:
    # Act, Assess
    assert reference_uris('') == {}
    assert reference_uris('a=s3://x/y,b=s3://z') == {'a': 's3://x/y', 'b': 's3://z'}
    with pytest.raises(JobError):
        reference_uris('a')


def test_maintenance_knows_reference_tables() -> None:
    # Act
    tables = maintained_tables(manifest(references=[KINDS]))
    # Assess
    assert (tables[-1].name, tables[-1].expires_by) == ('gauges_kinds', None)


def test_job_fills_references_first_and_then_the_models(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prepare
    lake.query()(lake.kafka_rows([Record(0, 0, on(1, 1)), Record(0, 1, on(2, 1))]), 0)
    monkeypatch.setattr(gold, 'load_manifest', lambda _location: lake.manifest)
    monkeypatch.setattr(gold, 'job_session', lambda _name: lake.spark)
    monkeypatch.setattr(gold, 'Objects', lambda: lake.objects)
    given = {
        **{name: name for name in ('manifest', 'warehouse', 'stage')},
        'database': lake.database,
        'state': 's3://state/',
        'exports': EXPORTS,
    }
    arguments = [word for name, value in given.items() for word in (f'--{name}', value)]
    # Act
    with pytest.raises(JobError) as unnamed:
        gold.main(arguments)
    none = snapshot(lake, WHOLE['name'])
    gold.main([*arguments, '--references', f'kinds={URI}'])
    # Assess
    assert unnamed.value.code == 'MR800'
    assert none is None
    assert rows(lake, WHOLE['name'], 'kind') == [Row('level', 'Level', 2)]
    assert [row.readings for row in rows(lake, DAILY['name'], 'kind')] == [2]
    progress = lake.objects.read('s3://state/progress/gauges/reference-kinds.json')
    assert progress is not None
    assert json.loads(progress.body)['rows'] == 2
