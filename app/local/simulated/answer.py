"""An HTTP answer, and what is to become of the connection."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """Without a status the connection is cut, and nothing is sent."""

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    """How long it is held back, in real seconds."""
    cut_after: int | None = None
    """After so many bytes of the body the connection is cut."""
    drip_s: float = 0.0
    """The body comes a byte at a time, so many real seconds apart."""


CUT = Answer(None)


def of_json(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON document."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": JSON, **named})


def of_text(text: str, status: int = 200, kind: str = TEXT, **headers: str) -> Answer:
    """A page, or plain words."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode(), {"Content-Type": kind, **named})
