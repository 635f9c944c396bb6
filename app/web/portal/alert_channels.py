"""Where alerts go: channels, their secrets, their quiet hours, and what went there."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.alerts.alert import AlertKind
from app.domain.alerts.channel import URGENT
from app.domain.alerts.shown import shown_channel
from app.domain.tenancy.users import Role
from app.web import alert_channels as api
from app.web import alert_models as models
from app.web.context import container, tenant_id
from app.web.paging import Page
from app.web.portal.alerts import KINDS
from app.web.portal.forms import text, ticked
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import HOME, Link, Pages, see

PATH: Final = f"{HOME}/alert-channels"
ONE: Final = f"{PATH}/<uuid:channel_id>"
TONES: Final = {"queued": "warn", "delivered": "good", "dead": "bad", "dropped": "plain"}
_NEW: Final[dict[str, Any]] = {
    "kind": "webhook",
    "target": "",
    "alerts": [one.value for one in AlertKind],
    "urgentAlerts": [one.value for one in URGENT],
    "quietHours": None,
    "timezone": "UTC",
    "dailyReportAt": None,
    "active": True,
}

pages = Pages("Supply", Link("Channels", PATH, role=Role.OWNER))


@pages.page("GET", PATH, role=Role.OWNER)
def list_channels() -> str:
    """Oldest first."""
    told = api.list_alert_channels(asked(Page))
    return _page("channels", channels=told["data"], more=following(told["nextCursor"]))


@pages.page("GET", f"{PATH}/new", role=Role.OWNER)
def new_channel() -> str:
    """An empty form."""
    return _page("channel_form", channel=_NEW)


@pages.page("POST", PATH, role=Role.OWNER)
def add_channel() -> str:
    """A channel; a webhook's secret is on this page, and never again."""
    given = models.ChannelBody.model_validate(
        {**_typed(), "kind": request.form.get("kind"), "target": text("target") or ""}
    )
    wanted = given.wanted()
    channel, secret = container().alerts.add(tenant_id(), given.kind, wanted.pop("target"), wanted)
    return _page("secret", channel=shown_channel(channel), secret=secret)


@pages.page("GET", ONE, role=Role.OWNER)
def show_channel(channel_id: UUID) -> str:
    """Its form, and what went there."""
    told = api.list_alert_deliveries(channel_id, asked(Page))
    channel = api.get_alert_channel(channel_id)
    return _page("channel", channel=channel, deliveries=told["data"], more=following(told["nextCursor"]))


@pages.page("POST", ONE, role=Role.OWNER)
def change_channel(channel_id: UUID) -> object:
    """As the form says."""
    typed = {**_typed(), "active": ticked("active"), "target": text("target") or ""}
    wanted = models.ChannelChanges.model_validate(typed).wanted()
    container().alerts.change(tenant_id(), channel_id, wanted)
    flash("Changed.", "message")
    return see(f"{PATH}/{channel_id}")


@pages.page("POST", f"{ONE}/test", role=Role.OWNER)
def test_channel(channel_id: UUID) -> object:
    """Send something now, and say what came of it."""
    tested = api.test_alert_channel(channel_id)
    if tested["ok"]:
        flash("The test arrived.", "message")
    else:
        flash(f"The test did not arrive: {tested['message']}", "error")
    return see(f"{PATH}/{channel_id}")


@pages.page("POST", f"{ONE}/rotate-secret", role=Role.OWNER)
def rotate_secret(channel_id: UUID) -> str:
    """A new secret, on this page only."""
    channel, secret = container().alerts.rotate(tenant_id(), channel_id)
    return _page("secret", channel=shown_channel(channel), secret=secret)


@pages.page("POST", f"{ONE}/remove", role=Role.OWNER)
def remove_channel(channel_id: UUID) -> object:
    """With what is on its way there."""
    container().alerts.remove(tenant_id(), channel_id)
    flash("Nothing is sent there any more.", "message")
    return see(PATH)


@pages.page("POST", f"{ONE}/deliveries/<uuid:delivery_id>/replay", role=Role.OWNER)
def replay_delivery(channel_id: UUID, delivery_id: UUID) -> object:
    """Send once more what was put aside."""
    api.replay_alert_delivery(channel_id, delivery_id)
    flash("It is sent again now.", "message")
    return see(f"{PATH}/{channel_id}")


def _typed() -> dict[str, Any]:
    """The form's fields, by the API's names."""
    begin, until = text("quietFrom"), text("quietUntil")
    return {
        "alerts": request.form.getlist("alerts"),
        "urgentAlerts": request.form.getlist("urgentAlerts"),
        "quietHours": {"from": begin or "", "until": until or ""} if begin or until else None,
        "timezone": text("timezone") or "UTC",
        "dailyReportAt": text("dailyReportAt"),
    }


def _page(name: str, **given: Any) -> str:
    return render_template(f"portal/alerts/{name}.html", kinds=KINDS, tones=TONES, age=age, **given)
