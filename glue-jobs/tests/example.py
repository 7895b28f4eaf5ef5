"""A dataset made up for these tests: tank gauges, two declared rules each, all kinds of fields."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

from millrace_jobs.manifest import Manifest

BROKER_TIME = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _field(path: str, kind: str, *rules: dict[str, Any], required: bool = True) -> dict[str, Any]:
    parts = path.split('.')
    return {
        'path': parts,
        'column': '_'.join(parts),
        'type': kind,
        'required': required,
        'rules': list(rules),
        'description': path,
    }


def _columns(*pairs: str) -> list[dict[str, str]]:
    return [
        {'name': name, 'type': kind, 'comment': name} for name, kind in (pair.split(':') for pair in pairs)
    ]


FIELDS = [
    _field('reading_id', 'string', {'rule': 'pattern', 'pattern': '^r-[0-9]{1,9}$'}),
    _field('kind', 'string', {'rule': 'enum', 'values': ['level', 'flow']}),
    _field('seen_at', 'timestamp'),
    _field('amount', 'double', {'rule': 'range', 'min': -10, 'max': 1000}),
    _field('count', 'long', {'rule': 'range', 'min': 0}, required=False),
    _field('checked', 'boolean', required=False),
    _field('site.name', 'string', {'rule': 'length', 'min': 1, 'max': 12}),
    _field('site.plan.code', 'string', required=False),
]
POSITION = ('kafka_topic:string', 'kafka_partition:int', 'kafka_offset:long', 'kafka_timestamp:timestamp')

RAW: dict[str, Any] = {
    'manifestVersion': 1,
    'dataset': 'gauges',
    'description': 'Readings of tank gauges.',
    'topic': {
        'name': 'gauge-readings',
        'key': 'kind',
        'partitions': 2,
        'retentionHours': 24,
        'maxMessageBytes': 1_000_000,
    },
    'fields': FIELDS,
    'identity': ['reading_id'],
    'partitionTime': {'column': 'seen_at', 'transform': 'day'},
    'partitionFollowsIdentity': False,
    'observedTime': 'seen_at',
    'onConflict': {'kind': 'first'},
    'time': {'latenessMs': 600_000, 'futureMs': 300_000, 'tooOldMs': 10 * 86_400_000},
    'sortBy': ['kind'],
    'quality': [
        {
            'name': 'amount_range',
            'column': 'amount',
            'by': 'kind',
            'ranges': {'level': [0, 100], 'flow': [0, 10]},
        }
    ],
    'derived': [
        {
            'column': 'is_flow',
            'type': 'boolean',
            'derivation': {'kind': 'equals', 'column': 'kind', 'value': 'flow'},
            'description': 'x',
        },
        {
            'column': 'size',
            'type': 'string',
            'derivation': {
                'kind': 'bands',
                'column': 'amount',
                'bands': [{'below': 5, 'label': 'small'}, {'below': 50, 'label': 'middle'}],
                'otherwise': 'large',
            },
            'description': 'x',
        },
    ],
    'retentionDays': 10,
    'declaredEventsPerSecond': 10,
    'schedules': {'gold': 'cron(10 * * * ? *)', 'sweep': 'cron(40 * * * ? *)'},
    'tables': {
        'bronze': 'gauges_raw',
        'bronzeDistinct': 'gauges_raw_distinct',
        'quarantineLanded': 'gauges_quarantine_landed',
        'rejected': 'gauges_rejected',
        'quarantine': 'gauges_quarantine',
        'silver': 'gauges_silver',
    },
    'columns': {
        'rejected': _columns(
            *POSITION,
            'kafka_key:binary',
            'kafka_value:binary',
            'reason:string',
            'path:string',
            'detail:string',
            'processing_time:timestamp',
        ),
        'silver': _columns(
            *(f'{field["column"]}:{field["type"]}' for field in FIELDS),
            'is_flow:boolean',
            'size:string',
            'quality_findings:string',
            'kafka_partition:int',
            'kafka_offset:long',
            'kafka_timestamp:timestamp',
            'late:boolean',
            'processing_time:timestamp',
        ),
    },
    'windows': [],
    'publish': None,
    'approximations': [],
    'gold': [
        {
            'name': 'gauges_daily',
            'description': 'Readings by day and kind, of days with at least two of the kind.',
            'grain': ['kind', 'date'],
            'partitionColumn': 'date',
            'columns': _columns('kind:string', 'date:date', 'readings:long', 'amount:double'),
            'quality': [{'name': 'at_least_two', 'holds': 'readings >= 2'}],
            'export': 'csv',
            'sql': (
                'SELECT kind, CAST(seen_at AS DATE) AS date, COUNT(*) AS readings, SUM(amount) AS amount '
                'FROM gauges_silver GROUP BY kind, CAST(seen_at AS DATE) HAVING COUNT(*) >= 2'
            ),
        }
    ],
}


WINDOWS: list[dict[str, Any]] = [
    {
        'name': 'gauges_minutely',
        'description': 'Readings by minute and kind.',
        'time': 'seen_at',
        'sizeMs': 60_000,
        'slideMs': 60_000,
        'key': ['kind', 'is_flow'],
        'aggregates': [
            {'kind': 'count', 'column': 'readings'},
            {'kind': 'avg', 'column': 'amount_avg', 'of': 'amount'},
            {'kind': 'sum', 'column': 'amount_sum', 'of': 'amount'},
            {'kind': 'max', 'column': 'count_max', 'of': 'count'},
            {'kind': 'sketch', 'column': 'amount_sketch', 'of': 'amount', 'items': 64},
        ],
        'columns': _columns(
            'window_start:timestamp',
            'window_end:timestamp',
            'kind:string',
            'is_flow:boolean',
            'readings:long',
            'amount_avg:double',
            'amount_sum:double',
            'count_max:long',
            'amount_sketch:binary',
            'late_rows:long',
            'final:boolean',
            'processing_time:timestamp',
        ),
        'export': 'parquet',
        'publish': None,
    },
    {
        'name': 'gauges_sliding',
        'description': 'Readings of an hour, every 20 minutes.',
        'time': 'seen_at',
        'sizeMs': 3_600_000,
        'slideMs': 1_200_000,
        'key': [],
        'aggregates': [{'kind': 'count', 'column': 'readings'}],
        'columns': _columns(
            'window_start:timestamp',
            'window_end:timestamp',
            'readings:long',
            'late_rows:long',
            'final:boolean',
            'processing_time:timestamp',
        ),
        'export': None,
        'publish': None,
    },
]
APPROXIMATIONS: list[dict[str, Any]] = [
    {
        'name': 'gauges_median_intraday',
        'description': 'Approximate median of the day so far.',
        'window': 'gauges_minutely',
        'sketch': 'amount_sketch',
        'quantile': 0.5,
        'columns': _columns(
            'date:date',
            'kind:string',
            'is_flow:boolean',
            'events:long',
            'approximate_quantile:double',
            'rank_error:double',
            'through:timestamp',
            'processing_time:timestamp',
        ),
    }
]


def manifest(**changes: Any) -> Manifest:
    """The example, with top-level keys replaced."""
    return Manifest({**copy.deepcopy(RAW), **changes})


def windowed(**changes: Any) -> Manifest:
    """The example with its windows, which each batch then brings up to date."""
    return manifest(windows=copy.deepcopy(WINDOWS), approximations=copy.deepcopy(APPROXIMATIONS), **changes)


def dated(**changes: Any) -> Manifest:
    """The windowed example in days of a date `due`, which is no part of the identity; with a column
    derived of a derived one, both in the key of a window.
    """
    made = windowed()
    raw = made.raw
    fields = [*raw['fields'], _field('due', 'date')]
    derived = [
        *raw['derived'],
        _derived('weekday', 'int', {'kind': 'part', 'column': 'due', 'part': 'weekday'}),
        _derived('weekend', 'boolean', {'kind': 'above', 'column': 'weekday', 'than': 5}),
    ]
    contract, added = len(raw['fields']), len(raw['derived'])
    silver = [*raw['columns']['silver']]
    silver[contract + added : contract + added] = _columns('weekday:int', 'weekend:boolean')
    silver[contract:contract] = _columns('due:date')
    window, *others = raw['windows']
    columns = [*window['columns']]
    columns[4:4] = _columns('weekend:boolean', 'weekday:int')
    window = {**window, 'key': [*window['key'], 'weekend', 'weekday'], 'columns': columns}
    gold = [{**model, 'sql': model['sql'].replace('seen_at', 'due')} for model in raw['gold']]
    parts = {'column': 'due', 'transform': 'day'}
    return Manifest(
        {
            **raw,
            'fields': fields,
            'derived': derived,
            'partitionTime': parts,
            'columns': {**raw['columns'], 'silver': silver},
            'windows': [window, *others],
            'approximations': [],
            'gold': gold,
            **changes,
        }
    )


def _derived(column: str, kind: str, derivation: dict[str, Any]) -> dict[str, Any]:
    return {'column': column, 'type': kind, 'derivation': derivation, 'description': column}


def event(number: int, **changes: Any) -> dict[str, Any]:
    """A valid event; `changes` replace top-level keys."""
    return {
        'reading_id': f'r-{number}',
        'kind': 'level',
        'seen_at': '2026-03-02T11:59:00.000Z',
        'amount': 12.5,
        'site': {'name': 'north'},
        **changes,
    }


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
