"""The small AWS APIs of the local mirror: moto in one process, with what moto lacks put right.

python server.py --port P --state DIR [--bootstrap-brokers HOST:PORT] [--s3-endpoint URL]

Credentials for the object store come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, secrets from
MILLRACE_SECRET_ variables. GET /health answers
once the server is up. One line for each call goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import glue_catalog
import msk
import queues
import secrets_from_environment
from botocore.config import Config
from iceberg_metadata import IcebergMetadata
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

HOST = '127.0.0.1'

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Application:
    """moto's application with a health path and a log line for each call."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ['PATH_INFO'] == '/health':
            start_response('200 OK', [('Content-Type', 'application/json')])
            return [b'{"status":"ok"}']
        started, answered = time.monotonic(), ['500']

        def keep_status(status: str, *rest: Any) -> Any:
            answered[0] = status.split(' ', 1)[0]
            return start_response(status, *rest)

        try:
            return self._moto(environ, keep_status)
        finally:
            _log(f'{_call(environ)} {answered[0]} {(time.monotonic() - started) * 1000:.0f} ms')


class Handler(MotoRequestHandler):
    """One connection, kept open between calls; logging is the application's."""

    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = '-', size: int | str = '-') -> None:
        return

    def log(self, type: str, message: str, *args: Any) -> None:
        _log(f'{type} {message % args}')


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description='AWS APIs of the local mirror')
    parser.add_argument('--port', type=int, required=True, help='0 takes a free one')
    parser.add_argument('--state', type=Path, required=True, help='folder of the Glue catalog and the queues')
    parser.add_argument('--bootstrap-brokers', default='', help='HOST:PORT of the broker')
    parser.add_argument('--s3-endpoint', default=os.environ.get('AWS_ENDPOINT_URL_S3'))
    options = parser.parse_args(arguments)

    options.state.mkdir(parents=True, exist_ok=True)
    store = boto3.client(
        's3',
        endpoint_url=options.s3_endpoint,
        region_name=os.environ.get('AWS_REGION', 'us-east-1'),
        config=Config(s3={'addressing_style': 'path'}),
    )
    tables = glue_catalog.install(options.state / 'glue.json', IcebergMetadata(store))
    msk.install(options.bootstrap_brokers)
    queues.install(options.state / 'sqs.json')
    secrets_from_environment.install()

    server = make_server(HOST, options.port, Application(), threaded=True, request_handler=Handler)
    for name in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        signal.signal(name, lambda *_: Thread(target=server.shutdown).start())
    print(
        json.dumps({'ready': True, 'endpoint': f'http://{HOST}:{server.server_port}', 'tables': tables}),
        flush=True,
    )
    server.serve_forever()
    return 0


def _call(environ: Environ) -> str:
    target = environ.get('HTTP_X_AMZ_TARGET')
    return target or f'{environ["REQUEST_METHOD"]} {environ["PATH_INFO"]}'


def _log(text: str) -> None:
    print(f'{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} {text}', file=sys.stderr, flush=True)


if __name__ == '__main__':
    sys.exit(main())
