"""Every error as `{"error", "code", "details"?}`: a sentence to act on, a code to program against."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import pydantic
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.domain.errors import (
    ConflictError,
    FeatureNotAvailableError,
    IdempotencyMismatchError,
    InvalidInputError,
    NotFoundError,
    PayloadTooLargeError,
    StocklineError,
    TransientError,
)
from app.domain.push.errors import ShopClosedError, ShopRefusedError, code_of
from app.domain.shop.connection import EncryptionMissingError
from app.domain.tenancy.users import NotAllowedError, WrongPasswordError
from app.telemetry.logs import logger
from app.web.context import request_id
from app.web.observe import path_of

STATUS: Final[Mapping[type[StocklineError], int]] = {
    PayloadTooLargeError: 413,
    InvalidInputError: 400,
    FeatureNotAvailableError: 403,
    NotAllowedError: 403,
    WrongPasswordError: 401,
    NotFoundError: 404,
    ConflictError: 409,
    ShopClosedError: 409,
    ShopRefusedError: 409,
    IdempotencyMismatchError: 422,
    TransientError: 503,
    EncryptionMissingError: 503,
}
OPERATOR_S: Final = 60.0
"""When to look again after what only the operator can mend."""
_log = logger(__name__)


class HttpError(Exception):
    """An error that only HTTP knows: a header, an encoding, a limit of the transport."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


def install(app: Flask, shown: Callable[[Response], Response]) -> None:
    """Answer for whatever a request may raise. `shown` says the answer as the one who asked reads it."""
    app.register_error_handler(Exception, lambda error: shown(answer_of(error)))


def answer_of(error: Exception) -> Response:
    """What an error answers with, as a route tells it."""
    if isinstance(error, HttpError):
        return _http_error(error)
    if isinstance(error, StocklineError):
        return _domain_error(error)
    if isinstance(error, pydantic.ValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _werkzeug_error(error)
    return _unexpected(error)


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The error as every caller gets it."""
    body: dict[str, Any] = {"error": message, "code": code}
    if details is not None:
        body["details"] = details
    return Response(msgspec.json.encode(body), status, headers, mimetype="application/json")


def _http_error(error: HttpError) -> Response:
    return error_response(
        error.status, error.code, error.message, details=error.details, headers=error.headers
    )


def _domain_error(error: StocklineError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return _unexpected(error)
    headers = {}
    if status == 503:
        after_s = error.retry_after_s if isinstance(error, TransientError) else OPERATOR_S
        headers["Retry-After"] = str(max(1, math.ceil(after_s)))
    return error_response(status, code_of(error), error.message, details=error.details, headers=headers)


def _invalid(error: pydantic.ValidationError) -> Response:
    details = [
        {"field": ".".join(map(str, one["loc"])), "message": one["msg"].removeprefix("Value error, ")}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = details[0]
    message = ": ".join(filter(None, (first["field"] or "the body", first["message"])))
    return error_response(400, "invalid_request", message, details=details)


def _werkzeug_error(error: HTTPException) -> Response:
    if isinstance(error, NotFound):
        return error_response(404, "not_found", f"there is nothing at {request.path}; see /api/docs")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        message = f"{request.method} is not allowed here; use {allowed}"
        return error_response(405, "method_not_allowed", message, headers={"Allow": allowed})
    status = error.code or 500
    code = re.sub(r"[^a-z]+", "_", error.name.lower()).strip("_")
    return error_response(status, code, error.description or error.name)


def _unexpected(error: Exception) -> Response:
    _log.error("request.failed", method=request.method, path=path_of(request.environ), exc_info=error)
    message = f"something went wrong on our side; if it happens again, tell us the request id {request_id()}"
    return error_response(500, "internal_error", message)
