"""The rooms under test are run as scripts, so their folders go on the path as a script's would."""

from __future__ import annotations

import sys
from pathlib import Path

LOCALSTACK = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(LOCALSTACK / 'athena'), str(LOCALSTACK / 'aws')]
