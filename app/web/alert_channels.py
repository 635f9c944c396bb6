"""`/api/app/alert-channels*`: where alerts go. A webhook's secret is shown when it is made, and never again."""

from typing import Any, Final
from uuid import UUID

from flask import Response

from app.domain.alerts.shown import shown_channel, shown_delivery
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web import alert_models as models
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.feeds import seated
from app.web.paging import Page, cut, decode_place

api = Api("Alert channels", "Webhooks and mail addresses that are told of alerts. See `docs/alerts.md`.")

_PATH: Final = "/api/app/alert-channels"
_ONE: Final = f"{_PATH}/<uuid:channel_id>"
_NOT_FOUND: Final = {404: ["not_found"]}
_ENCRYPTION: Final = {503: ["encryption_unavailable", "outcome_unknown"]}
_EXAMPLE: Final = {
    "kind": "webhook",
    "target": "https://example.com/stockline",
    "alerts": ["low", "out", "back"],
    "quietHours": {"from": "22:00", "until": "06:30"},
    "timezone": "Europe/Berlin",
}


@api.route(
    "GET",
    _PATH,
    summary="Where alerts go",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    query=Page,
    responses={200: Reply(models.ChannelList)},
)
def list_alert_channels(query: Page) -> dict[str, Any]:
    """Oldest first."""
    after = decode_place(query.cursor) if query.cursor else None
    channels = container().alerts.channels(principal().tenant.id, query.limit + 1, after)
    page, more = cut(channels, query.limit, lambda channel: (channel.created_at, channel.id))
    return {"data": [shown_channel(channel) for channel in page], "nextCursor": more}


@api.route(
    "POST",
    _PATH,
    summary="Send alerts somewhere",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    body=Body(models.ChannelBody, example=_EXAMPLE),
    responses={201: Reply(models.ChannelMadeView)},
    errors={409: ["conflict"], **_ENCRYPTION},
)
def add_alert_channel() -> tuple[dict[str, Any], int]:
    """A webhook gets a secret, shown in this answer only. A mail address needs an installation that sends mail."""
    given = read_model(models.ChannelBody)
    wanted = given.wanted()
    channel, secret = container().alerts.add(principal().tenant.id, given.kind, wanted.pop("target"), wanted)
    return {**shown_channel(channel), "secret": secret}, 201


@api.route(
    "GET",
    _ONE,
    summary="One channel",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    responses={200: Reply(models.ChannelView)},
    errors=_NOT_FOUND,
)
def get_alert_channel(channel_id: UUID) -> dict[str, Any]:
    """As it is kept, without its secret."""
    return shown_channel(container().alerts.channel(principal().tenant.id, channel_id))


@api.route(
    "PATCH",
    _ONE,
    summary="Change a channel",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    body=Body(models.ChannelChanges, example={"quietHours": None, "dailyReportAt": "07:00"}),
    responses={200: Reply(models.ChannelView)},
    errors=_NOT_FOUND,
)
def change_alert_channel(channel_id: UUID) -> dict[str, Any]:
    """Deactivated, it drops what is on its way; activated again, it gets what happens from then on."""
    wanted = read_model(models.ChannelChanges).wanted()
    return shown_channel(container().alerts.change(principal().tenant.id, channel_id, wanted))


@api.route(
    "DELETE",
    _ONE,
    summary="Send nothing there any more",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    responses={204: None},
    errors=_NOT_FOUND,
)
def remove_alert_channel(channel_id: UUID) -> Response:
    """With what is on its way there, and its history."""
    container().alerts.remove(principal().tenant.id, channel_id)
    return no_content()


@api.route(
    "POST",
    f"{_ONE}/test",
    summary="Send a test now",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    responses={200: Reply(models.TestedView)},
    errors={**_NOT_FOUND, 503: ["busy", "outcome_unknown"]},
)
def test_alert_channel(channel_id: UUID) -> dict[str, Any]:
    """Signed as alerts are, and not tried again: the answer says what came of it, within 10 s for a webhook."""
    with seated():
        tested = container().alerts.test(principal().tenant.id, channel_id)
    return {"ok": tested.ok, "message": tested.message}


@api.route(
    "POST",
    f"{_ONE}/rotate-secret",
    summary="A new secret",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    responses={200: Reply(models.ChannelMadeView)},
    errors={**_NOT_FOUND, **_ENCRYPTION},
)
def rotate_alert_channel_secret(channel_id: UUID) -> dict[str, Any]:
    """Shown in this answer only. For 24 hours the one before signs along: the header has a `v1` for each."""
    channel, secret = container().alerts.rotate(principal().tenant.id, channel_id)
    return {**shown_channel(channel), "secret": secret}


@api.route(
    "GET",
    f"{_ONE}/deliveries",
    summary="What went there",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    query=Page,
    responses={200: Reply(models.DeliveryList)},
    errors=_NOT_FOUND,
)
def list_alert_deliveries(channel_id: UUID, query: Page) -> dict[str, Any]:
    """Newest first, with the tries of each and why the last one failed. Kept for 90 days."""
    before = decode_place(query.cursor) if query.cursor else None
    deliveries = container().alerts.deliveries(principal().tenant.id, channel_id, query.limit + 1, before)
    page, more = cut(deliveries, query.limit, lambda delivery: (delivery.created_at, delivery.id))
    return {"data": [shown_delivery(delivery) for delivery in page], "nextCursor": more}


@api.route(
    "POST",
    f"{_ONE}/deliveries/<uuid:delivery_id>/replay",
    summary="Send once more what was put aside",
    scope=Scope.INTEGRATIONS,
    role=Role.OWNER,
    responses={204: None},
    errors={**_NOT_FOUND, 409: ["conflict"]},
)
def replay_alert_delivery(channel_id: UUID, delivery_id: UUID) -> Response:
    """With all its tries anew, within seconds. 409 for what was not put aside, or while the channel is not active."""
    container().alerts.replay(principal().tenant.id, channel_id, delivery_id)
    return no_content()
