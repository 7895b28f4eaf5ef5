"""Queues and secrets of the mirror, as AWS clients meet them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from servers import Mirror


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    running = Mirror(tmp_path)
    running.environment |= {'MILLRACE_SECRET_CARRIER_API_KEY': 'from the environment'}
    try:
        running.start_minio()
        running.start_aws()
        yield running
    finally:
        running.stop()


def restarted(mirror: Mirror) -> Any:
    mirror.servers['aws'].stop()
    mirror.start_aws()
    return mirror.client('sqs')


def bodies(answer: dict[str, Any]) -> list[str]:
    return sorted(message['Body'] for message in answer.get('Messages', []))


def test_a_queue_keeps_its_messages_over_a_restart(mirror: Mirror) -> None:
    sqs = mirror.client('sqs')
    url = sqs.create_queue(QueueName='q', Attributes={'VisibilityTimeout': '60'})['QueueUrl']
    entries = [{'Id': str(i), 'MessageBody': f'm-{i} "ä"'} for i in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    [first] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)['Messages']
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first['ReceiptHandle'])
    [second] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)['Messages']

    sqs = restarted(mirror)
    url = sqs.get_queue_url(QueueName='q')['QueueUrl']
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']

    # What was received and not deleted is visible again.
    assert second['Body'] in bodies(answer)
    assert bodies(answer) == sorted({f'm-{i} "ä"' for i in range(3)} - {first['Body']})
    assert attributes['VisibilityTimeout'] == '60'


def test_a_message_received_too_often_is_moved_even_after_a_restart(mirror: Mirror) -> None:
    sqs = mirror.client('sqs')
    dead = sqs.create_queue(QueueName='a-dead')['QueueUrl']
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    url = sqs.create_queue(QueueName='a')['QueueUrl']
    policy = {'deadLetterTargetArn': arn, 'maxReceiveCount': 2}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={'RedrivePolicy': json.dumps(policy)})
    sqs.send_message(QueueUrl=url, MessageBody='poison')

    sqs = restarted(mirror)
    url, dead = (sqs.get_queue_url(QueueName=name)['QueueUrl'] for name in ('a', 'a-dead'))
    receives = [bodies(sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)) for _ in range(3)]

    assert receives == [['poison'], ['poison'], []]
    assert bodies(sqs.receive_message(QueueUrl=dead)) == ['poison']


def test_a_secret_is_a_variable_of_the_environment(mirror: Mirror) -> None:
    secrets = mirror.client('secretsmanager')

    found = secrets.get_secret_value(SecretId='carrier/api-key')

    assert found['SecretString'] == 'from the environment'
    assert not list(mirror.folder.glob('aws/*secret*'))


def test_a_secret_that_nobody_gave_is_not_there(mirror: Mirror) -> None:
    secrets = mirror.client('secretsmanager')

    with pytest.raises(ClientError, match='ResourceNotFoundException'):
        secrets.get_secret_value(SecretId='carrier/other')
