"""What needs no Spark: arguments, brokers, progress, ranges, offset logs, partition bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from millrace_jobs import remake, silver
from millrace_jobs.arguments import COMMON, job_arguments, whole_number
from millrace_jobs.brokers import kafka_connection
from millrace_jobs.errors import JobError
from millrace_jobs.kafka_source import end_offsets, generation_checkpoint, starting_offsets
from millrace_jobs.lease import Lease
from millrace_jobs.manifest import load_manifest
from millrace_jobs.objects import Objects
from millrace_jobs.partitions import bounds_sql, runs
from millrace_jobs.progress import PartitionProgress, progress_uri
from millrace_jobs.raw_records import GAP, ranges
from millrace_jobs.silver import nothing_gone
from tests.example import RAW, manifest

URI = progress_uri('s3://state/', 'gauges', 'silver')


def test_arguments_between_those_of_glue() -> None:
    # Prepare
    argv = ['x.py', '--JOB_NAME', 'j', '--stage=dev', '--manifest', 's3://a/b', '--job-bookmark-option']
    # Act
    found = job_arguments(argv, ('manifest', 'stage'), {'cluster-arn': ''})
    # Assess
    assert found == {'manifest': 's3://a/b', 'stage': 'dev', 'cluster-arn': ''}


def test_missing_arguments_are_named() -> None:
    with pytest.raises(JobError, match='MR800: missing: --database, --warehouse') as caught:
        job_arguments(['--manifest', 'x', '--state', 's', '--stage', 't'], COMMON)
    assert 'mend:' in str(caught.value)


@pytest.mark.parametrize('text', ['0', '-1', 'ten', '1.5', ''])
def test_whole_numbers(text: str) -> None:
    assert whole_number({'n': '12'}, 'n') == 12
    with pytest.raises(JobError, match='MR800'):
        whole_number({'n': text}, 'n')


@pytest.mark.parametrize(
    ('main', 'required', 'name', 'known'),
    [
        (silver.main, silver.REQUIRED, 'run-mode', ('continuous', 'available-now')),
        (remake.main, (*COMMON, 'bronze', 'cluster-arn'), 'remake', ('silver', 'backfill', 'windows')),
    ],
)
def test_what_a_job_does_not_do_is_refused_before_it_begins(
    main: Callable[[Sequence[str]], None], required: Sequence[str], name: str, known: Sequence[str]
) -> None:
    # Prepare
    argv = [f'--{one}=1' for one in required if one != name]
    # Act
    with pytest.raises(JobError) as missing:
        main(argv)
    with pytest.raises(JobError) as unknown:
        main([*argv, f'--{name}=other'])
    # Assess
    assert f'MR800: missing: --{name}' in str(missing.value)
    for text in ('MR800', "'other'", f'--{name}', *known):
        assert text in str(unknown.value)


class Cluster:
    def __init__(self, **answer: str) -> None:
        self.answer = answer

    def get_bootstrap_brokers(self, ClusterArn: str) -> dict[str, str]:
        assert ClusterArn == 'arn'
        return self.answer


def test_brokers_prefer_iam() -> None:
    # Act
    secured = kafka_connection(
        'arn', Cluster(BootstrapBrokerStringSaslIam='a:9098', BootstrapBrokerString='a:9092')
    )
    plain = kafka_connection('arn', Cluster(BootstrapBrokerString='a:9092'))
    # Assess
    assert secured['kafka.bootstrap.servers'] == 'a:9098'
    assert secured['kafka.sasl.mechanism'] == 'AWS_MSK_IAM'
    assert plain == {'kafka.bootstrap.servers': 'a:9092'}
    with pytest.raises(JobError, match='MR802'):
        kafka_connection('arn', Cluster())


def test_lease_passes_to_the_last_taker(objects: Objects) -> None:
    # Prepare
    first = Lease.take(objects, URI)
    first.record(7, {0: PartitionProgress(0, 10, None, 5)}, 2**62 + 1, {'new': 3}, True, None)
    # Act
    second = Lease.take(objects, URI)
    # Assess
    assert (second.epoch, second.batch, second.partitions) == (2, 7, {0: PartitionProgress(0, 10, None, 5)})
    assert second.state['silverSnapshotId'] == str(2**62 + 1)
    with pytest.raises(JobError, match='MR803'):
        first.fence({})
    second.fence({})


def test_lease_survives_a_lost_answer(objects: Objects) -> None:
    # Prepare: the write arrives, its answer does not, and the client's second try is refused
    lease = Lease.take(objects, URI)

    class Lossy(Objects):
        def write_over(self, uri: str, body: bytes, etag: str | None) -> str | None:
            objects.write_over(uri, body, etag)
            return objects.write_over(uri, body, etag)

    lossy = Lossy(objects._client)
    lease.objects = lossy
    # Act
    lease.fence({})
    # Assess
    lease.objects = objects
    lease.fence({})


def test_replayed_batch_starts_from_the_same_times(objects: Objects) -> None:
    # Prepare
    lease = Lease.take(objects, URI)
    lease.record(
        7, {0: PartitionProgress(0, 10, 4, 5), 1: PartitionProgress(0, 0, None, None)}, None, {}, False, None
    )
    # Act, Assess
    assert lease.newest_before(7) == {0: 4}
    assert lease.newest_before(8) == {0: 5}


def test_ranges_split_at_gaps() -> None:
    assert ranges([5, 3, 4, 5 + GAP, 100_000]) == [(3, 6 + GAP), (100_000, 100_001)]
    assert ranges([]) == []


def test_offsets_of_a_batch() -> None:
    # Prepare
    log = 'v1\n{"batchWatermarkMs":0,"conf":{}}\n{"gauge-readings":{"0":7,"1":0}}'
    # Act, Assess
    assert end_offsets(log, 'gauge-readings') == {0: 7, 1: 0}
    assert end_offsets('v1\n{}', 'gauge-readings') is None


def test_each_generation_starts_from_its_own_place() -> None:
    # Act, Assess
    assert starting_offsets('t', {}, {0: 0, 1: 5}) == 'earliest'
    assert json.loads(starting_offsets('t', {1: 9, 7: 4}, {1: 5, 0: 0})) == {'t': {'0': -2, '1': 9}}
    # Kafka has forgotten where this generation began, which silver has long read.
    assert json.loads(starting_offsets('t', {0: 3, 1: 9}, {0: 3, 1: 40})) == {'t': {'0': 3, '1': 40}}
    assert generation_checkpoint('s3://b/silver/', 0) == 's3://b/silver/'
    assert generation_checkpoint('s3://b/silver/', 2) == 's3://b/silver/generation-2/'


def test_offsets_that_are_gone_are_named() -> None:
    # Prepare
    read = {number: PartitionProgress(0, 10, None, None) for number in (0, 1, 2)}
    # Act
    with pytest.raises(JobError, match='MR806') as gone:
        nothing_gone('t', read, {0: 10, 1: 14, 2: 3, 3: 8})
    # Assess
    assert 'are gone: partition 1 from 10 to 13' in str(gone.value)
    nothing_gone('t', read, {0: 0, 1: 10})


def test_bounds_merge_neighbours() -> None:
    # Act
    condition = bounds_sql(manifest(), {3, 1, 2}, 't')
    # Assess
    assert runs({5, 3, 1, 2}) == [(1, 4), (5, 6)]
    assert condition == (
        '((t.`seen_at` >= timestamp_micros(86400000000L) AND t.`seen_at` < timestamp_micros(345600000000L)))'
    )
    assert bounds_sql(manifest(), set()) == 'false'


def test_manifest_from_file_and_its_faults(tmp_path: Path) -> None:
    # Prepare
    file = tmp_path / 'manifest.json'
    file.write_text(json.dumps(RAW))
    future = tmp_path / 'future.json'
    future.write_text(json.dumps({**RAW, 'manifestVersion': 2}))
    loose = tmp_path / 'loose.json'
    loose.write_text(json.dumps({**RAW, 'identity': ['count']}))
    # Act, Assess
    assert load_manifest(str(file)).dataset == 'gauges'
    with pytest.raises(JobError, match='MR801'):
        load_manifest(str(future))
    with pytest.raises(JobError, match='MR801'):
        load_manifest(str(loose))
