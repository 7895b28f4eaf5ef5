"""Real servers for the tests: MinIO, the AWS APIs and the local Athena, each on a free port of loopback."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

LOCALSTACK = Path(__file__).resolve().parent.parent
# `npm test -- mirror` names it.
# `npm test -- mirror` names the server that set-up built.
MINIO = os.environ.get('MILLRACE_MINIO', 'MILLRACE_MINIO is not set')
REGION = 'eu-central-1'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A process that answers a health path."""

    command: list[str]
    endpoint: str
    health: str
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open('ab') as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f'{self.command[0:2]} did not start:\n{self.log.read_text()[-3000:]}')
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint + self.health, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> int:
        """End it as the mirror does and give its exit code."""
        self.process.terminate()
        return self.process.wait(10)


@dataclass
class Mirror:
    """The servers of one test run, and clients for them."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        user, password = secrets.token_hex(8), secrets.token_hex(16)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith('AWS_')},
            'AWS_ACCESS_KEY_ID': user,
            'AWS_SECRET_ACCESS_KEY': password,
            'AWS_REGION': REGION,
            'MINIO_ROOT_USER': user,
            'MINIO_ROOT_PASSWORD': password,
            'MINIO_BROWSER': 'off',
            'MINIO_UPDATE': 'off',
        }

    def start_minio(self) -> Server:
        port = free_port()
        data = self.folder / 'minio'
        command = [str(MINIO), 'server', '--quiet', '--address', f'127.0.0.1:{port}', str(data)]
        return self._start('s3', command, port, '/minio/health/live')

    def start_aws(self, *extra: str) -> Server:
        port = free_port()
        command = [sys.executable, str(LOCALSTACK / 'aws' / 'server.py'), '--port', str(port)]
        command += ['--state', str(self.folder / 'aws'), '--s3-endpoint', self.servers['s3'].endpoint, *extra]
        return self._start('aws', command, port, '/health')

    def start_athena(self) -> Server:
        port = free_port()
        command = [sys.executable, str(LOCALSTACK / 'athena' / 'server.py'), '--port', str(port)]
        command += ['--state', str(self.folder / 'athena'), '--s3-endpoint', self.servers['s3'].endpoint]
        command += ['--glue-endpoint', self.servers['aws'].endpoint]
        return self._start('athena', command, port, '/health')

    def _start(self, name: str, command: list[str], port: int, health: str) -> Server:
        log = self.folder / f'{name}.log'
        server = Server(command, f'http://127.0.0.1:{port}', health, log, self.environment)
        self.servers[name] = server
        return server

    def client(self, service: str, **configuration: Any) -> Any:
        """A boto3 client; `athena` and `s3` have servers of their own."""
        server = self.servers.get(service, self.servers.get('aws'))
        return boto3.client(
            service,
            endpoint_url=server.endpoint if server else None,
            region_name=REGION,
            aws_access_key_id=self.environment['AWS_ACCESS_KEY_ID'],
            aws_secret_access_key=self.environment['AWS_SECRET_ACCESS_KEY'],
            config=Config(retries={'max_attempts': 1}, s3={'addressing_style': 'path'}, **configuration),
        )

    def iceberg_properties(self) -> dict[str, str]:
        """How pyiceberg reaches the catalog and the object store."""
        key, secret = self.environment['AWS_ACCESS_KEY_ID'], self.environment['AWS_SECRET_ACCESS_KEY']
        return {
            'type': 'glue',
            'glue.endpoint': self.servers['aws'].endpoint,
            'glue.region': REGION,
            'glue.access-key-id': key,
            'glue.secret-access-key': secret,
            's3.endpoint': self.servers['s3'].endpoint,
            's3.region': REGION,
            's3.access-key-id': key,
            's3.secret-access-key': secret,
        }

    def stop(self) -> None:
        for server in reversed(list(self.servers.values())):
            if server.process.poll() is None:
                server.stop()
