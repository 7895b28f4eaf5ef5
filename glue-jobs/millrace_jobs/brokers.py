"""How the job reaches the cluster: the brokers MSK names, IAM where it offers IAM."""

from __future__ import annotations

from typing import Any

import boto3

from millrace_jobs.errors import JobError

IAM_OPTIONS = {
    'kafka.security.protocol': 'SASL_SSL',
    'kafka.sasl.mechanism': 'AWS_MSK_IAM',
    'kafka.sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
    'kafka.sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
}


def kafka_connection(cluster_arn: str, client: Any | None = None) -> dict[str, str]:
    """Options of Spark's Kafka source that name the brokers and how to log in. Raises MR802 if there are
    none.

    Plaintext brokers are taken only where no IAM ones are named; the deployed cluster offers IAM alone.
    """
    answer = (client or boto3.client('kafka')).get_bootstrap_brokers(ClusterArn=cluster_arn)
    with_iam = answer.get('BootstrapBrokerStringSaslIam')
    if with_iam:
        return {'kafka.bootstrap.servers': with_iam, **IAM_OPTIONS}
    plaintext = answer.get('BootstrapBrokerString')
    if plaintext:
        return {'kafka.bootstrap.servers': plaintext}
    raise JobError(
        'MR802',
        'the cluster names no brokers',
        where=cluster_arn,
        mend='wait until the cluster is ACTIVE, then run',
    )
