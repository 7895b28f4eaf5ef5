"""The Athena API of the local mirror, over DuckDB.

python server.py --port P --state DIR --glue-endpoint URL --s3-endpoint URL

Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. GET /health answers once the server is up.
One line for each call goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
from api import Api
from botocore.config import Config
from catalog import Catalog
from engine import Engine, S3Access
from executor import Executor
from failure import RequestRefused
from object_store import ObjectStore
from work_groups import Register

HOST = '127.0.0.1'
JSON = 'application/x-amz-json-1.1'


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    api: Api


class Handler(BaseHTTPRequestHandler):
    """AWS JSON 1.1: the operation in a header, everything else in the body."""

    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """The health path."""
        known = self.path == '/health'
        self._reply(200 if known else 404, {'status': 'ok' if known else 'not found'})

    def do_POST(self) -> None:
        """One call."""
        started = time.monotonic()
        operation = self.headers.get('X-Amz-Target', '').rpartition('.')[2]
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        status, reply = 200, {}
        try:
            reply = self.server.api.call(operation, json.loads(body or b'{}'))
        except RequestRefused as error:
            status, reply = 400, _error(error.kind, str(error), error.code)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            status, reply = 400, _error('SerializationException', str(error))
        except Exception as error:
            status, reply = 500, _error('InternalServerException', repr(error))
        self._reply(status, reply)
        detail = f' {reply["Message"]}' if status != 200 else ''
        _log(f'{operation or self.path} {status} {(time.monotonic() - started) * 1000:.0f} ms{detail}')

    def _reply(self, status: int, reply: dict[str, Any]) -> None:
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header('Content-Type', JSON)
        self.send_header('Content-Length', str(len(body)))
        self.send_header('x-amzn-RequestId', str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description='Athena of the local mirror')
    parser.add_argument('--port', type=int, required=True, help='0 takes a free one')
    parser.add_argument('--state', type=Path, required=True, help='folder of work groups and results')
    parser.add_argument('--glue-endpoint', required=True)
    parser.add_argument('--s3-endpoint', required=True)
    options = parser.parse_args(arguments)

    options.state.mkdir(parents=True, exist_ok=True)
    region = os.environ.get('AWS_REGION', 'us-east-1')
    path_style = Config(s3={'addressing_style': 'path'}, max_pool_connections=16)
    s3 = boto3.client('s3', endpoint_url=options.s3_endpoint, region_name=region, config=path_style)
    glue = boto3.client('glue', endpoint_url=options.glue_endpoint, region_name=region)
    access = S3Access(
        endpoint=options.s3_endpoint,
        region=region,
        access_key_id=os.environ.get('AWS_ACCESS_KEY_ID', ''),
        secret_access_key=os.environ.get('AWS_SECRET_ACCESS_KEY', ''),
    )
    engine = Engine(access, options.state / 'temporary')
    catalog = Catalog(glue)
    executor = Executor(engine, catalog, ObjectStore(s3), options.state)

    server = Server((HOST, options.port), Handler)
    server.api = Api(Register(options.state / 'work_groups.json'), executor, catalog)
    for name in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        signal.signal(name, lambda *_: Thread(target=server.shutdown).start())
    print(json.dumps({'ready': True, 'endpoint': f'http://{HOST}:{server.server_port}'}), flush=True)
    server.serve_forever()
    executor.close()
    return 0


def _error(kind: str, message: str, code: str = '') -> dict[str, Any]:
    error = {'__type': kind, 'Message': message, 'message': message}
    return {**error, 'AthenaErrorCode': code} if code else error


def _log(text: str) -> None:
    print(f'{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} {text}', file=sys.stderr, flush=True)


if __name__ == '__main__':
    sys.exit(main())
