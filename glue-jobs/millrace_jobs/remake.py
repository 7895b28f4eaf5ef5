"""The rebuild job, which makes again what is there or should be: started by people, never by a schedule.

`--remake silver`: silver from bronze (rebuild.py); `--holes` names offsets that hold no record
(kafka_gap.py). `--remake backfill`: what silver lacks of bronze (backfill.py). `--remake windows`: the
windows that begin on these days, from silver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from millrace_jobs.arguments import COMMON, job_arguments
from millrace_jobs.backfill import Backfill
from millrace_jobs.batch_log import Phases, log_line
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.bronze_source import Bronze
from millrace_jobs.dataset_place import DatasetPlace
from millrace_jobs.days import Days
from millrace_jobs.errors import JobError
from millrace_jobs.kafka_gap import KafkaTopic, holes_of
from millrace_jobs.kafka_source import source_options
from millrace_jobs.manifest import load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.progress import utc_now
from millrace_jobs.rebuild import Rebuild
from millrace_jobs.retention import kept_from
from millrace_jobs.session import job_session
from millrace_jobs.windows_again import windows_within

Arguments = Mapping[str, str]


def main(argv: Sequence[str]) -> None:
    """One run of what `--remake` names. Raises JobError and Spark's errors."""
    required = (*COMMON, 'bronze', 'cluster-arn', 'remake')
    arguments = job_arguments(argv, required, {'from': '', 'to': '', 'holes': ''})
    asked = arguments['remake']
    remake = REMAKES.get(asked)
    if remake is None:
        raise JobError(
            'MR800', f'unknown remake {asked!r}', where='--remake', mend=f'one of {tuple(REMAKES)}'
        )
    manifest = load_manifest(arguments['manifest'])
    objects = Objects()
    days = Days.of(arguments, kept_from(objects, arguments['state'], manifest.dataset))
    if days.whole and asked != 'silver':
        raise JobError('MR800', 'no days are named', where='--from, --to', mend='give both as YYYY-MM-DD')
    spark = job_session(f'{manifest.dataset}-rebuild')
    place = DatasetPlace(spark, objects, manifest, arguments['database'], arguments['state'])
    remake(place, days, arguments)


def _silver(place: DatasetPlace, days: Days, arguments: Arguments) -> None:
    holes = holes_of(arguments['holes'])
    topic = KafkaTopic(place.manifest.topic, source_options(kafka_connection(arguments['cluster-arn'])))
    Rebuild(*_parts(place, days, arguments), topic, holes, arguments['cluster-arn']).run()


def _backfill(place: DatasetPlace, days: Days, arguments: Arguments) -> None:
    Backfill(*_parts(place, days, arguments)).run()


def _windows(place: DatasetPlace, days: Days, _arguments: Arguments) -> None:
    rerun_windows(place, days)


def _parts(place: DatasetPlace, days: Days, arguments: Arguments) -> tuple[Any, ...]:
    bronze = Bronze(place.spark, place.objects, place.manifest, arguments['bronze'])
    return place.spark, place.objects, place.manifest, place.database, place.state, bronze, days


def rerun_windows(place: DatasetPlace, days: Days) -> dict[str, Any]:
    """Computes the windows that begin on these days again; the report, also the progress object `rerun`:
    from, to, windows (by table), startedAt, finishedAt.

    Raises JobError: MR819, MR807.
    """
    place.silver_progress()
    phases, started = Phases(), utc_now()
    with phases.phase('windows'):
        windows = windows_within(place, [days.span_ms()])
    report = {**days.to_json(), 'windows': windows, 'startedAt': started, 'finishedAt': utc_now()}
    place.record('rerun', report)
    log_line('rerun', dataset=place.manifest.dataset, **report, seconds=phases.seconds)
    return report


REMAKES: Mapping[str, Callable[[DatasetPlace, Days, Arguments], None]] = {
    'silver': _silver,
    'backfill': _backfill,
    'windows': _windows,
}
