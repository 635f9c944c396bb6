"""`/api/app/shopify/connection*`: the tenant's shop. Its secret goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Any, Final

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.shop.connection import ConnectionState
from app.domain.shop.event import Topic
from app.domain.shop.service import (
    CREDENTIAL_MAX,
    PULL_INTERVAL_S,
    RESERVE_PERCENT_MAX,
    shown_location,
)
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.feeds import seated

api = Api(
    "Shopify connection", "The tenant's shop: one, by an app of the merchant's own. See `docs/shopify.md`."
)

_PATH: Final = "/api/app/shopify/connection"
_REFUSALS: Final = [
    "invalid_client",
    "shop_not_permitted",
    "app_not_installed",
    "missing_scope",
    "shop_not_found",
]
_SIGN_IN: Final = {
    409: [*_REFUSALS, "not_connected", "location_gone"],
    503: ["shop_unavailable", "encryption_unavailable", "busy", "outcome_unknown"],
}


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class LocationView(_Camel):
    """A place where the shop keeps stock."""

    id: Annotated[str, Field(description="Shopify's global id")]
    name: str


class ConnectionView(_Camel):
    """The shop as it is connected; the secret is not shown."""

    connection_id: str
    shop: str
    client_id: str
    state: Annotated[ConnectionState, Field(description="uninstalled: the app was removed; connect again")]
    location: LocationView
    scopes: Annotated[list[str], Field(description="As granted when the shop was connected")]
    missing_scopes: list[str]
    reserve_percent: Annotated[int, Field(description="Of the shop's bucket, left to the app's other calls")]
    publish: Annotated[bool, Field(description="Whether new products are shown in the online store")]
    pull_interval_s: Annotated[
        int | None, Field(description="How often stock is read from the shop; null: never")
    ]
    next_pull_at: datetime | None
    last_pull_error: str | None
    webhook_url: str
    created_at: datetime
    updated_at: datetime


NotSubscribed = Annotated[list[str], Field(description="Of which the shop will not tell us")]
Warned = Annotated[str | None, Field(description="Why it will tell us nothing at all, if so")]


class ConnectedView(ConnectionView):
    """A connection that was just made."""

    topics_not_subscribed: NotSubscribed
    warning: Warned


class SubscribedView(_Camel):
    """What the shop will tell us of."""

    topics: Annotated[list[Topic], Field(description="All that are listened to")]
    topics_not_subscribed: NotSubscribed
    warning: Warned


class ConnectionBody(_Camel):
    """The shop and the app that lets us in."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    shop: Annotated[str, Field(max_length=CREDENTIAL_MAX, description="name.myshopify.com")]
    client_id: Annotated[str, Field(max_length=CREDENTIAL_MAX)]
    client_secret: Annotated[
        str,
        Field(max_length=CREDENTIAL_MAX, description="Kept encrypted", json_schema_extra={"writeOnly": True}),
    ]


class ConnectionChanges(_Camel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    location_id: (
        Annotated[str, Field(max_length=CREDENTIAL_MAX, description="One of the shop's locations")]
        | SkipJsonSchema[None]
    ) = None
    publish: bool | SkipJsonSchema[None] = None
    reserve_percent: Annotated[int, Field(ge=0, le=RESERVE_PERCENT_MAX)] | SkipJsonSchema[None] = None
    pull_interval_s: Annotated[
        int | None,
        Field(ge=PULL_INTERVAL_S[0], le=PULL_INTERVAL_S[1], description="Seconds; null switches it off"),
    ] = None


class CheckView(_Camel):
    """What a connection test found."""

    ok: bool
    code: Annotated[str | None, Field(description=f"Such as {', '.join(_REFUSALS)}; null when all is well")]
    message: str
    missing_scopes: Annotated[list[str], Field(description="Those that pushes can do without, too")]


class LocationList(_Camel):
    """The shop's active locations, in its own order."""

    data: list[LocationView]


_EXAMPLE: Final = {
    "shop": "north-sled.myshopify.com",
    "clientId": "0f4b5d1e2c3a49788f6e5d4c3b2a1908",
    "clientSecret": "shpss_…",
}


@api.route(
    "GET",
    _PATH,
    summary="Your shop",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(ConnectionView)},
    errors={404: ["not_found"]},
)
def get_shop_connection() -> dict[str, Any]:
    """As it is kept; 404 when none is connected."""
    connections = container().connections
    return connections.shown(connections.get(principal().tenant.id))


@api.route(
    "PUT",
    _PATH,
    summary="Connect your shop",
    scope=Scope.INTEGRATIONS,
    body=Body(ConnectionBody, example=_EXAMPLE),
    responses={200: Reply(ConnectedView)},
    errors=_SIGN_IN,
    role=Role.OWNER,
)
def put_shop_connection() -> dict[str, Any]:
    """Signs in first: nothing is kept of what the shop refuses, and `code` says why it does. Again, to change the
    secret or the shop: the connection's id stays, and the secret before verifies webhooks for an hour. Another shop
    drops what is known of the products in the one before.
    """
    given = read_model(ConnectionBody)
    connections = container().connections
    with seated():
        done = connections.connect(principal().tenant.id, given.shop, given.client_id, given.client_secret)
    return {
        **connections.shown(done.connection),
        "topicsNotSubscribed": list(done.unsubscribed),
        "warning": done.warning,
    }


@api.route(
    "PATCH",
    _PATH,
    summary="Change how your shop is used",
    scope=Scope.INTEGRATIONS,
    body=Body(ConnectionChanges, example={"reservePercent": 20, "pullIntervalS": 900}),
    responses={200: Reply(ConnectionView)},
    errors=_SIGN_IN,
    role=Role.OWNER,
)
def change_shop_connection() -> dict[str, Any]:
    """A location is looked for in the shop first."""
    given = read_model(ConnectionChanges)
    connections, tenant_id = container().connections, principal().tenant.id
    if given.location_id is not None:
        with seated():
            connections.set_location(tenant_id, given.location_id)
    changed = connections.set_options(
        tenant_id,
        publish=given.publish,
        reserve_percent=given.reserve_percent,
        pull_interval_s=given.pull_interval_s,
        keep_pull="pull_interval_s" not in given.model_fields_set,
    )
    return connections.shown(changed)


@api.route(
    "DELETE",
    _PATH,
    summary="Disconnect your shop",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors={503: ["outcome_unknown"]},
    role=Role.OWNER,
)
def delete_shop_connection() -> Response:
    """Its secrets are forgotten. What is known of its products stays, for the day when it is connected again."""
    container().connections.disconnect(principal().tenant.id)
    return no_content()


@api.route(
    "POST",
    f"{_PATH}/test",
    summary="Test the connection",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(CheckView)},
    errors={409: ["not_connected"], 503: ["busy"]},
)
def test_shop_connection() -> dict[str, Any]:
    """Signs in as a push would; `code` and `message` say what stands in its way. 200 whatever is found."""
    with seated():
        return container().connections.test(principal().tenant.id).shown()


@api.route(
    "POST",
    f"{_PATH}/webhooks",
    summary="Have the shop tell us, once more",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(SubscribedView)},
    errors={409: ["not_connected"], 503: ["busy"]},
    role=Role.OWNER,
)
def subscribe_shop_webhooks() -> dict[str, Any]:
    """What connecting does too; repeating it does no harm. 200 whatever the shop says."""
    with seated():
        done = container().connections.subscribe(principal().tenant.id)
    return {
        "topics": list(Topic),
        "topicsNotSubscribed": list(done.unsubscribed),
        "warning": done.warning,
    }


@api.route(
    "GET",
    f"{_PATH}/locations",
    summary="Your shop's locations",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(LocationList)},
    errors=_SIGN_IN,
)
def list_shop_locations() -> dict[str, Any]:
    """Asked of the shop, in its own order; stock goes to one of them."""
    with seated():
        found = container().connections.locations(principal().tenant.id)
    return {"data": [shown_location(one) for one in found]}
