"""`/api/app/alerts*`: what somebody should see, and who has."""

from typing import Any, Final
from uuid import UUID

from app.domain.alerts.shown import shown_alert
from app.domain.tenancy.tenant import Scope
from app.web import alert_models as models
from app.web.api import Api, Reply
from app.web.context import container, principal
from app.web.paging import cut, decode_place

api = Api("Alerts", "Changes of state of suppliers' stock and sources. See `docs/alerts.md`.")

_PATH: Final = "/api/app/alerts"


@api.route(
    "GET",
    _PATH,
    summary="What happened",
    scope=Scope.INTEGRATIONS,
    query=models.AlertsQuery,
    responses={200: Reply(models.AlertList)},
)
def list_alerts(query: models.AlertsQuery) -> dict[str, Any]:
    """Newest first; by kind, by supplier, and those that nobody has acknowledged. Kept for 90 days."""
    before = decode_place(query.cursor) if query.cursor else None
    alerts = container().alerts.alerts(
        principal().tenant.id,
        query.limit + 1,
        before,
        kind=query.kind,
        acknowledged=query.acknowledged,
        supplier_id=query.supplier_id,
    )
    page, more = cut(alerts, query.limit, lambda alert: (alert.created_at, alert.id))
    return {"data": [shown_alert(alert) for alert in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_PATH}/<uuid:alert_id>/acknowledge",
    summary="Say that somebody saw it",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.AlertView)},
    errors={404: ["not_found"]},
)
def acknowledge_alert(alert_id: UUID) -> dict[str, Any]:
    """Idempotent: who was first stays."""
    caller = principal()
    return shown_alert(container().alerts.acknowledge(caller.tenant.id, alert_id, caller.name))


@api.route(
    "POST",
    f"{_PATH}/acknowledge-all",
    summary="Say so of all that are open",
    scope=Scope.INTEGRATIONS,
    query=models.AcknowledgeQuery,
    responses={200: Reply(models.AcknowledgedView)},
)
def acknowledge_all_alerts(query: models.AcknowledgeQuery) -> dict[str, Any]:
    """Those of a kind, and until a time, or all."""
    caller = principal()
    count = container().alerts.acknowledge_all(
        caller.tenant.id, caller.name, kind=query.kind, until=query.until
    )
    return {"acknowledged": count}
