"""CORS: open where browsers call; a tenant's allowed domains are enforced on the request itself."""

from typing import Final

from flask import Response, request

OPEN: Final = ("/api/t/", "/api/integrations/")
HEADERS: Final = (
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "ETag, Location, Link, Retry-After, X-Request-Id, Preference-Applied, Idempotent-Replayed",
    ),
)
_ALLOWED_HEADERS: Final = (
    "X-API-Key, Content-Type, Content-Encoding, Idempotency-Key, Prefer, If-None-Match, X-Request-Id"
)
_MAX_AGE_S: Final = "7200"


def options_response(response: Response) -> Response:
    """Flask's answer to OPTIONS on a known path as ours, preflight included: no key is asked for."""
    response.status_code = 204
    del response.headers["Content-Type"]
    if request.path.startswith(OPEN):
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = _MAX_AGE_S
    return response
