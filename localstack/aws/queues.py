"""What moto's SQS lacks: a memory. Queues and their messages stand on disk, written whole after each change.

What a consumer has received but not deleted is visible again after a restart: delivered at least once, as by
SQS. The attributes of messages are not kept.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends
from moto.sqs.responses import SQSResponse

CHANGES: Final = (
    'create_queue',
    'set_queue_attributes',
    'delete_queue',
    'purge_queue',
    'send_message',
    'send_message_batch',
    'delete_message',
    'delete_message_batch',
)

KEPT: Final = (
    'DelaySeconds',
    'MaximumMessageSize',
    'MessageRetentionPeriod',
    'ReceiveMessageWaitTimeSeconds',
    'VisibilityTimeout',
)

_lock = threading.RLock()


def install(file: Path) -> int:
    """Keep what changes in the file, and read it back. Returns the number of messages read."""
    for name in CHANGES:
        setattr(SQSResponse, name, _saved(getattr(SQSResponse, name), file))
    return _restore(file)


def _saved(operation: Callable[[SQSResponse], Any], file: Path) -> Callable[[SQSResponse], Any]:
    @wraps(operation)
    def alone(self: SQSResponse) -> Any:
        with _lock:
            answer = operation(self)
            _save(file)
            return answer

    return alone


def _save(file: Path) -> None:
    regions = {
        region: [_queue(queue) for queue in backend.queues.values()]
        for region, backend in sqs_backends[DEFAULT_ACCOUNT_ID].items()
    }
    new = file.with_suffix('.new')
    with new.open('w', encoding='utf-8') as stream:
        json.dump({'version': 1, 'regions': regions}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def _queue(queue: Queue) -> dict[str, Any]:
    attributes = queue.attributes
    messages = [
        {
            'id': message.id,
            'body': message.body,
            'sent': message.sent_timestamp,
            'received': message.approximate_receive_count,
        }
        for message in list(queue._messages)
    ]
    kept = {name: attributes[name] for name in KEPT}
    return {
        'name': queue.name,
        'attributes': kept,
        'redrive': attributes.get('RedrivePolicy'),
        'messages': messages,
    }


def _restore(file: Path) -> int:
    if not file.exists():
        return 0
    count = 0
    for region, queues in json.loads(file.read_text('utf-8'))['regions'].items():
        backend: SQSBackend = sqs_backends[DEFAULT_ACCOUNT_ID][region]
        for stored in queues:
            queue = backend.create_queue(stored['name'], **stored['attributes'])
            for kept in stored['messages']:
                queue.add_message(_message(kept))
                count += 1
        # A dead-letter queue must be there before its source is told of it.
        for stored in queues:
            if stored['redrive'] is not None:
                backend.set_queue_attributes(stored['name'], {'RedrivePolicy': stored['redrive']})
    return count


def _message(stored: dict[str, Any]) -> Message:
    message = Message(stored['id'], stored['body'])
    message.sent_timestamp = stored['sent']
    message.approximate_receive_count = stored['received']
    return message
