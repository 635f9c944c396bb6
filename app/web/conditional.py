"""Answers that a browser may keep and ask about again: ETag, If-None-Match, Cache-Control, Vary."""

from typing import Final

from flask import Response, request

VARY: Final = "X-API-Key, Origin"
CACHED: Final = {
    "ETag": "Changes whenever the answer does; send it back as If-None-Match",
    "Cache-Control": "private: a shared cache must never mix tenants",
    "Vary": "X-API-Key, Origin",
}
"""The headers as the OpenAPI document tells them."""


def conditional(body: bytes, etag: str, *, cache_control: str) -> Response:
    """200 with the body, or 304 when the caller has it; `etag` is quoted."""
    headers = [("ETag", etag), ("Cache-Control", cache_control), ("Vary", VARY)]
    asked = request.environ.get("HTTP_IF_NONE_MATCH")
    if asked is not None and _has(asked, etag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, content_type="application/json")


def _has(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 13.1.2 has it for If-None-Match."""
    return any(one.strip().removeprefix("W/") in {etag, "*"} for one in if_none_match.split(","))
