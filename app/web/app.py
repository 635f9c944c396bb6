"""The Flask application: the sections of the contract and, around them, one concern a file."""

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from app.bootstrap import Container
from app.web import (
    alert_channels,
    alerts,
    api,
    cors,
    dealers_desk,
    docs,
    errors,
    feed_desk,
    feed_reads,
    feeds,
    health,
    inventory,
    items,
    keys,
    nearby,
    openapi,
    operations,
    orders,
    orders_desk,
    people,
    portal,
    purchase_orders,
    push_batches,
    push_grants,
    pushes,
    sessions,
    shop_connection,
    stock_sharing,
    storefront,
    supplier_figures,
    supplier_preview,
    suppliers,
    unknown_parts,
    webhooks,
    widget,
)
from app.web.context import EXTENSION
from app.web.envelope import Envelope
from app.web.portal import faults
from app.web.preferences import WaitingRoom
from app.web.streams import EXTENSION as STREAMS
from app.web.streams import Streams

SECTIONS: Final = (
    feeds.api,
    feed_reads.api,
    feed_desk.api,
    unknown_parts.api,
    storefront.api,
    nearby.api,
    dealers_desk.api,
    stock_sharing.api,
    shop_connection.api,
    pushes.api,
    push_grants.api,
    push_batches.api,
    suppliers.api,
    supplier_preview.api,
    inventory.api,
    items.api,
    orders.api,
    orders_desk.api,
    purchase_orders.api,
    supplier_figures.api,
    alerts.api,
    alert_channels.api,
    people.api,
    keys.api,
    operations.api,
    webhooks.api,
    health.api,
    docs.api,
    widget.api,
)


class _Application(Flask):
    def make_default_options_response(self) -> Response:
        return cors.options_response(super().make_default_options_response())


class PartNumberConverter(BaseConverter):
    """A part number in a path: anything, slashes included, first and doubled ones too."""

    part_isolating = False
    regex = ".+"


def create_app(container: Container, sections: Sequence[api.Api] = SECTIONS) -> Flask:
    """The application over a container; opens nothing."""
    app = _Application(__name__, static_url_path="/static", static_folder="static")
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["part"] = PartNumberConverter
    app.extensions[EXTENSION] = container
    app.extensions[feeds.WAITING_ROOM] = WaitingRoom(max(1, container.settings.web_threads // 2))
    app.extensions[STREAMS] = Streams(container.settings.web_streams)
    app.logger.setLevel(container.settings.log_level)
    errors.install(app, faults.shown)
    sessions.install(app, container)
    api.install(app, sections, container)
    openapi.prepare(app.extensions, sections)
    portal.install(app)
    app.wsgi_app = Envelope(app.wsgi_app, container)  # type: ignore[method-assign]
    if proxies := container.settings.web_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    return app
