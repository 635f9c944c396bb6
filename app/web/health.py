"""Whether this process is up, whether it can serve, and what it measured."""

from typing import Literal

from flask import Response
from pydantic import BaseModel

from app.telemetry.metrics import CONTENT_TYPE
from app.web.api import Api, Reply
from app.web.context import container

api = Api("Operations", "For load balancers and monitoring; no key is asked for.")


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """What stands between this process and full service."""

    status: Literal["ok", "degraded", "unavailable"]
    degraded: list[Literal["redis"]]
    missing: list[Literal["postgresql", "migrations"]]


class NotReady(Ready):
    """As Ready, with the error every caller gets."""

    error: str
    code: Literal["not_ready"]


@api.route("GET", "/healthz", summary="The process is up", scope=None, responses={200: Health})
def healthz() -> Health:
    """Says nothing about PostgreSQL or Redis: restarting this process would not help them."""
    return Health(status="ok")


@api.route(
    "GET", "/readyz", summary="The process can serve", scope=None, responses={200: Ready, 503: NotReady}
)
def readyz() -> object:
    """Without Redis it serves more slowly and says so; without PostgreSQL or migrations it does not."""
    report = container().readiness.report()
    found = {"degraded": report.degraded, "missing": report.missing}
    if report.missing:
        error = f"cannot serve: {' and '.join(report.missing)} missing"
        answer = {"status": "unavailable", **found, "error": error, "code": "not_ready"}
        return answer, 503, {"Retry-After": "2"}
    return {"status": "degraded" if report.degraded else "ok", **found}


@api.route(
    "GET",
    "/metrics",
    summary="Prometheus metrics",
    scope=None,
    responses={200: Reply({"type": "string"}, content_type="text/plain")},
)
def metrics() -> Response:
    """Of all processes that share this machine's metrics directory, with the queues as they are now."""
    here = container()
    return Response(here.metrics.page(here.work.queue_status), content_type=CONTENT_TYPE)
