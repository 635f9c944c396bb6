"""Alerts: what somebody should see, and who has."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.alerts.alert import GOOD, AlertKind
from app.web import alert_models as models
from app.web import alerts as api
from app.web.context import container, principal
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, see

PATH: Final = f"{HOME}/alerts"
KINDS: Final = {
    "low": "low stock",
    "out": "out of stock",
    "back": "back in stock",
    "shortage": "too few for orders",
    "shortage-over": "enough for orders again",
    "source-silent": "supplier silent",
    "source-failing": "supplier failing",
    "source-back": "supplier back",
    "reorder": "time to order",
    "reorder-over": "no need to order any more",
}
TONES: Final = {one.value: "good" if one in GOOD else "bad" for one in AlertKind} | {
    "low": "warn",
    "reorder": "warn",
}
SEEN: Final = (("false", "not yet seen"), ("", "all"), ("true", "seen"))

pages = Pages("Supply", Link("Alerts", PATH))


@pages.page("GET", PATH)
def list_alerts() -> str:
    """Newest first; those that nobody has seen, unless others are asked for."""
    query = asked(models.AlertsQuery)
    if "acknowledged" not in request.args:
        query.acknowledged = False
    told = api.list_alerts(query)
    return render_template(
        "portal/alerts/list.html",
        query=query,
        alerts=told["data"],
        more=following(told["nextCursor"]),
        kinds=KINDS,
        tones=TONES,
        seen=SEEN,
        suppliers=container().suppliers.names(principal().tenant.id),
        age=age,
    )


@pages.page("POST", f"{PATH}/<uuid:alert_id>/acknowledge")
def acknowledge(alert_id: UUID) -> object:
    """Somebody saw it."""
    api.acknowledge_alert(alert_id)
    return see(_back())


@pages.page("POST", f"{PATH}/acknowledge-all")
def acknowledge_all() -> object:
    """All that were there when the page was, of the kind that it shows."""
    told: dict[str, Any] = api.acknowledge_all_alerts(
        models.AcknowledgeQuery.model_validate(
            {name: request.form[name] for name in ("kind", "until") if request.form.get(name)}
        )
    )
    flash(f"{told['acknowledged']:,} acknowledged.", "message")
    return see(_back())


def _back() -> str:
    """The list as it was filtered."""
    query = request.form.get("query", "")
    return f"{PATH}?{query}" if query.isascii() and query.isprintable() and query else PATH
