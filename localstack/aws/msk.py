"""What moto's MSK lacks: the brokers of a cluster, and a description that the SDKs can read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import JsonRESTError
from moto.kafka.responses import KafkaResponse

KAFKA_VERSION = '3.9.x'


class BadRequest(JsonRESTError):
    """There is no cluster to name brokers of."""

    def __init__(self, message: str) -> None:
        super().__init__('BadRequestException', message)


def install(bootstrap_brokers: str) -> None:
    """Answer for the one local cluster, whatever its ARN. Its brokers speak plaintext and nothing else."""

    def get_bootstrap_brokers(self: KafkaResponse) -> str:
        if not bootstrap_brokers:
            raise BadRequest('No broker runs.')
        return json.dumps({'bootstrapBrokerString': bootstrap_brokers})

    def describe_cluster_v2(self: KafkaResponse) -> str:
        return json.dumps({'clusterInfo': _cluster(unquote(self.parsed_url.path.split('/clusters/')[-1]))})

    KafkaResponse.get_bootstrap_brokers = get_bootstrap_brokers
    KafkaResponse.describe_cluster_v2 = describe_cluster_v2


def _cluster(arn: str) -> dict[str, Any]:
    name = arn.split('/')[1] if arn.count('/') else arn
    return {
        'clusterArn': arn,
        'clusterName': name,
        'clusterType': 'PROVISIONED',
        'currentVersion': 'K1',
        'state': 'ACTIVE',
        'provisioned': {
            'numberOfBrokerNodes': 1,
            'currentBrokerSoftwareInfo': {'kafkaVersion': KAFKA_VERSION},
            'brokerNodeGroupInfo': {'clientSubnets': [], 'instanceType': 'local'},
            'clientAuthentication': {'unauthenticated': {'enabled': True}},
        },
    }
