"""Uses Spark once as the jobs do, so that Java's archive of loaded classes (spark-classes.js) holds what they
load.

    python spark_training.py FOLDER

Works in FOLDER. An Iceberg table of the Glue catalog on S3FileIO and a streaming checkpoint on S3A lie in a
server of this process; the Kafka source asks a broker that is not there, and gives up.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

os.environ.update(AWS_ACCESS_KEY_ID='none', AWS_SECRET_ACCESS_KEY='none', AWS_REGION='us-east-1')

import boto3
from moto.server import ThreadedMotoServer
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

BUCKET = 'training'
TABLE = 'glue_catalog.training.events'
NO_BROKER = {
    'kafka.bootstrap.servers': '127.0.0.1:9',
    'kafka.default.api.timeout.ms': '2000',
    'kafka.request.timeout.ms': '1000',
    'subscribe': 'training',
}


def settings(endpoint: str, folder: Path) -> dict[str, str]:
    catalog = 'spark.sql.catalog.glue_catalog'
    return {
        'spark.master': 'local[2]',
        'spark.ui.enabled': 'false',
        'spark.ui.showConsoleProgress': 'false',
        'spark.driver.host': '127.0.0.1',
        'spark.driver.bindAddress': '127.0.0.1',
        'spark.sql.shuffle.partitions': '2',
        'spark.sql.ansi.enabled': 'true',
        'spark.sql.session.timeZone': 'UTC',
        'spark.sql.warehouse.dir': str(folder / 'warehouse'),
        'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
        catalog: 'org.apache.iceberg.spark.SparkCatalog',
        f'{catalog}.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
        f'{catalog}.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
        f'{catalog}.warehouse': f's3://{BUCKET}/lake',
        f'{catalog}.glue.endpoint': endpoint,
        f'{catalog}.s3.endpoint': endpoint,
        f'{catalog}.s3.path-style-access': 'true',
        f'{catalog}.client.region': 'us-east-1',
        'spark.hadoop.fs.s3a.endpoint': endpoint,
        'spark.hadoop.fs.s3a.endpoint.region': 'us-east-1',
        'spark.hadoop.fs.s3a.path.style.access': 'true',
        'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
        'spark.hadoop.fs.s3a.aws.credentials.provider': (
            'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider'
        ),
        'spark.sql.streaming.checkpointFileManagerClass': (
            'org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager'
        ),
    }


def write(rows: DataFrame, _number: int) -> None:
    """A batch: parsed, grouped, kept, appended and merged."""
    spark = rows.sparkSession
    parsed = rows.select(
        F.col('value').alias('id'),
        F.from_json(F.format_string('{"v": %d, "t": "a"}', 'value'), 'v DOUBLE, t STRING').alias('data'),
        F.to_date('timestamp').alias('day'),
    ).select('id', 'data.v', 'data.t', 'day')
    first = (
        parsed.groupBy('id').agg(F.min_by(F.struct('v', 't', 'day'), 'id').alias('one')).select('id', 'one.*')
    )
    first.persist()
    first.count()
    first.createOrReplaceTempView('batch')
    first.writeTo(TABLE).append()
    known = spark.table(TABLE).where(F.col('day') >= '2020-01-01')
    known.join(first.select('id'), 'id', 'left_semi').collect()
    spark.sql(
        f'MERGE INTO {TABLE} t USING batch s ON t.id = s.id '
        'WHEN MATCHED AND s.v > 3 THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *'
    )
    spark.sql(f'SELECT t, percentile(v, 0.95), count(DISTINCT id) FROM {TABLE} GROUP BY t').collect()
    spark.createDataFrame([(1, 'a')], 'n BIGINT, s STRING').collect()
    first.unpersist()


def ask_no_broker(spark: SparkSession, checkpoint: str) -> None:
    """Loads what the Kafka source loads. None of it can answer."""
    jvm = spark._jvm
    properties = jvm.java.util.HashMap()
    for name, value in NO_BROKER.items():
        if name.startswith('kafka.'):
            properties.put(name.removeprefix('kafka.'), value)
    admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
    with suppress(Py4JJavaError):
        admin.describeTopics(jvm.java.util.List.of('training')).allTopicNames().get()
    admin.close()
    offsets = {'startingOffsets': '{"training":{"0":0}}', 'endingOffsets': '{"training":{"0":9}}'}
    with suppress(PySparkException, Py4JJavaError):
        spark.read.format('kafka').options(**NO_BROKER, **offsets).load().collect()
    stream = spark.readStream.format('kafka').options(**NO_BROKER).load()
    with suppress(PySparkException):
        query = stream.writeStream.foreachBatch(lambda *_: None)
        query.option('checkpointLocation', checkpoint).start().awaitTermination(30)


def main(folder: Path) -> None:
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f'http://{host}:{port}'
    boto3.client('s3', endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    builder = SparkSession.builder.appName('training')
    for name, value in settings(endpoint, folder).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sql('CREATE NAMESPACE glue_catalog.training')
    columns = 'id BIGINT, v DOUBLE, t STRING, day DATE'
    spark.sql(f'CREATE TABLE {TABLE} ({columns}) USING iceberg PARTITIONED BY (day)')
    rate = spark.readStream.format('rate-micro-batch').option('rowsPerBatch', 100).load()
    stream = rate.writeStream.foreachBatch(write).option('checkpointLocation', f's3a://{BUCKET}/stream')
    query = stream.trigger(processingTime='1 second').start()
    while query.isActive and (query.lastProgress is None or query.lastProgress['batchId'] < 1):
        query.awaitTermination(1)
    query.stop()
    ask_no_broker(spark, f's3a://{BUCKET}/kafka')
    gateway = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    # Java writes the archive when it ends: once its standard input has.
    gateway.proc.stdin.close()
    gateway.proc.wait()
    server.stop()


if __name__ == '__main__':
    main(Path(sys.argv[1]))
