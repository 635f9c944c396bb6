"""X-Request-Id: on every answer and in every log line; the caller's, if it sent a sane one."""

import itertools
import os
import re
from typing import Final

HEADER: Final = "X-Request-Id"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_PROCESS: Final = os.urandom(6).hex()
_count: Final = itertools.count(1)


def request_id_for(sent: str | None) -> str:
    """The caller's id if it is sane, else one that no other process makes."""
    if sent and _SANE.fullmatch(sent):
        return sent
    return f"{_PROCESS}-{os.getpid():x}-{next(_count):x}"
