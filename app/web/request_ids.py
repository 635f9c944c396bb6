"""X-Request-Id: on every answer and in every log line; the caller's, if it sent a sane one."""

import itertools
import os
import re
from typing import Final

from flask import Response, g, request

HEADER: Final = "X-Request-Id"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_count: Final = itertools.count(1)


def assign() -> None:
    """Give the request its id."""
    sent = request.headers.get(HEADER)
    g.request_id = sent if sent and _SANE.fullmatch(sent) else _new()


def tell(response: Response) -> None:
    """Put the id on the answer; a request that broke before it had one gets one now."""
    response.headers[HEADER] = g.get("request_id") or _new()


def _new() -> str:
    """Random enough to be unique over all processes, short enough to be read out on the telephone."""
    return f"{os.urandom(8).hex()}-{next(_count):x}"
