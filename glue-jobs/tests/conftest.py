"""One local Spark for the whole suite, with an Iceberg catalog and S3 in memory; no services."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws
from pyspark.sql import SparkSession

from millrace_jobs.iceberg import CATALOG
from millrace_jobs.objects import Objects
from millrace_jobs.session import SETTINGS, STARTUP_SETTINGS
from tests.bronze_lake import BronzeLake, PreparedLake
from tests.example import windowed
from tests.two_days import FIRST, SECOND

# A machine shared with a running pipeline is slow now and then; that is no finding.
settings.register_profile('shared', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('shared')

BUCKET = 'state'
CATALOG_SETTING = f'spark.sql.catalog.{CATALOG}'

# Workers run under this interpreter, and the driver binds to loopback.
os.environ['PYSPARK_PYTHON'] = sys.executable
os.environ['SPARK_LOCAL_IP'] = '127.0.0.1'


def jars() -> str:
    """The Iceberg runtime as set-up fetched it (jars/local/pom.xml) into the folder that `npm test` names."""
    folder = Path(os.environ.get('MILLRACE_JARS', 'MILLRACE_JARS is not set'))
    found = sorted(str(jar) for jar in folder.glob('iceberg-spark-runtime-*.jar'))
    assert found, f'no Iceberg runtime in {folder}: run `npm test -- jobs`'
    return ','.join(found)


@pytest.fixture(scope='session')
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp('warehouse')
    settings = {
        'spark.master': 'local[2]',
        'spark.ui.enabled': 'false',
        'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.host': '127.0.0.1',
        'spark.driver.memory': '1g',
        # The whole of Spark compiled fills the 48 MB that C1 alone gets: code was thrown away and made again.
        'spark.driver.extraJavaOptions': (
            '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m'
        ),
        'spark.jars': jars(),
        'spark.sql.shuffle.partitions': '1',
        # Compiling plans takes longer than interpreting them over a handful of rows.
        'spark.sql.codegen.wholeStage': 'false',
        # As in a streaming query, where Spark turns it off.
        'spark.sql.adaptive.enabled': 'false',
        'spark.sql.warehouse.dir': str(folder / 'unused'),
        'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
        CATALOG_SETTING: 'org.apache.iceberg.spark.SparkCatalog',
        # Tables in memory: on disk Hadoop starts a `chmod` for each file it makes.
        f'{CATALOG_SETTING}.catalog-impl': 'org.apache.iceberg.inmemory.InMemoryCatalog',
        f'{CATALOG_SETTING}.warehouse': str(folder),
        f'{CATALOG_SETTING}.cache-enabled': 'false',
    }
    builder = SparkSession.builder.appName('tests')
    for name, value in {**SETTINGS, **STARTUP_SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel('ERROR')
    yield session
    session.stop()


@pytest.fixture(scope='session')
def spark_on_disk(spark: SparkSession) -> SparkSession:
    """For tests of what looks at files: the same Spark, its tables in folders."""
    session = spark.newSession()
    session.conf.unset(f'{CATALOG_SETTING}.catalog-impl')
    session.conf.set(f'{CATALOG_SETTING}.type', 'hadoop')
    return session


@contextmanager
def s3() -> Iterator[Objects]:
    """S3 in memory, empty."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith('AWS_')]:
            environment.delenv(name)
        environment.setenv('AWS_ACCESS_KEY_ID', 'none')
        environment.setenv('AWS_SECRET_ACCESS_KEY', 'none')
        with mock_aws():
            client = boto3.client('s3', region_name='us-east-1')
            client.create_bucket(Bucket=BUCKET)
            yield Objects(client)


@pytest.fixture
def objects() -> Iterator[Objects]:
    with s3() as objects:
        yield objects


@pytest.fixture(scope='session')
def two_days(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> PreparedLake:
    """FIRST and SECOND of two_days.py, streamed and landed."""
    with s3() as objects:
        lake = BronzeLake(spark, objects, windowed(), folder=tmp_path_factory.mktemp('bronze')).create()
        lake.stream(FIRST, SECOND)
        return PreparedLake.of(lake)
