"""Secrets of the mirror: variables of the environment that `up` was started in, and nothing on disk.

MILLRACE_SECRET_NAME is the text of secret `NAME`, in upper case, what is no letter or digit as `_`:
MILLRACE_SECRET_MILLRACE_SOME_API of secret `millrace/some-api`. Names that differ only there are one secret.
"""

from __future__ import annotations

import json
import os
import re

from moto.secretsmanager.responses import SecretsManagerResponse

PREFIX = 'MILLRACE_SECRET_'


def variable_of(name: str) -> str:
    return PREFIX + re.sub(r'[^A-Z0-9]+', '_', name.upper())


def install() -> None:
    """Answer GetSecretValue from the environment; what stands there comes before what was created."""
    created = SecretsManagerResponse.get_secret_value

    def get_secret_value(self: SecretsManagerResponse) -> str:
        name = self._get_param('SecretId')
        text = os.environ.get(variable_of(name), '')
        if text == '':
            return created(self)
        return json.dumps(
            {
                'ARN': f'arn:aws:secretsmanager:{self.region}:{self.current_account}:secret:{name}-local1',
                'Name': name,
                'VersionId': '00000000-0000-4000-8000-000000000000',
                'VersionStages': ['AWSCURRENT'],
                'SecretString': text,
            }
        )

    SecretsManagerResponse.get_secret_value = get_secret_value
