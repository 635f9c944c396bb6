"""alert-channel list|add|test|activate|deactivate|remove: on a tenant's behalf."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.admin.commands.shape import group, uuid, with_tenant
from app.domain.alerts.alert import AlertKind
from app.domain.alerts.channel import ChannelKind
from app.domain.alerts.service import CHANNELS_MAX
from app.domain.alerts.shown import shown_channel
from app.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from app.bootstrap import Container


def add_to(commands: Any) -> None:
    """Make the commands known."""
    channel = group(commands, "alert-channel", "where alerts go")
    with_tenant(channel("list", _list, "oldest first, without their secrets"))
    add = with_tenant(channel("add", _add, "a webhook, whose secret is shown once, or a mail address"))
    target = add.add_mutually_exclusive_group(required=True)
    target.add_argument("--webhook", metavar="URL")
    target.add_argument("--email", metavar="ADDRESS")
    add.add_argument("--alert", action="append", default=[], metavar="|".join(AlertKind), help="all without")
    _with_channel(channel("test", _test, "send a test now, and say what came of it"))
    _with_channel(channel("activate", _activate, "what happens from now on goes there"))
    _with_channel(channel("deactivate", _deactivate, "nothing goes there; what is on its way is dropped"))
    _with_channel(channel("remove", _remove, "with its deliveries"))


def _with_channel(parser: ArgumentParser) -> None:
    with_tenant(parser).add_argument("channel", metavar="ID", help="the channel's id")


def _list(services: Container, given: Namespace) -> Any:
    return [shown_channel(one) for one in services.alerts.channels(_tenant(services, given), CHANNELS_MAX)]


def _add(services: Container, given: Namespace) -> Any:
    kind = ChannelKind.WEBHOOK if given.webhook else ChannelKind.EMAIL
    wanted = {"alerts": tuple(_kind(one) for one in given.alert)} if given.alert else {}
    tenant_id = _tenant(services, given)
    channel, secret = services.alerts.add(tenant_id, kind, given.webhook or given.email, wanted)
    return {**shown_channel(channel), "secret": secret}


def _kind(text: str) -> AlertKind:
    try:
        return AlertKind(text)
    except ValueError:
        raise InvalidInputError(f"{text[:60]!r} is none of {', '.join(AlertKind)}") from None


def _test(services: Container, given: Namespace) -> Any:
    tested = services.alerts.test(_tenant(services, given), uuid(given.channel))
    return {"ok": tested.ok, "message": tested.message}


def _activate(services: Container, given: Namespace) -> Any:
    return _set(services, given, active=True)


def _deactivate(services: Container, given: Namespace) -> Any:
    return _set(services, given, active=False)


def _set(services: Container, given: Namespace, *, active: bool) -> Any:
    tenant_id = _tenant(services, given)
    return shown_channel(services.alerts.change(tenant_id, uuid(given.channel), {"active": active}))


def _remove(services: Container, given: Namespace) -> Any:
    services.alerts.remove(_tenant(services, given), uuid(given.channel))
    return {"removed": given.channel}


def _tenant(services: Container, given: Namespace) -> UUID:
    return services.tenancy.tenant(uuid(given.tenant)).id
