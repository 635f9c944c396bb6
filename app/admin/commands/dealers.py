"""dealer create."""

from argparse import Namespace
from typing import Any

from app.admin.commands.shape import group, uuid, with_tenant
from app.bootstrap import Container
from app.domain.network.dealer import new_dealer

_TEXTS = ("name", "address", "city", "postal_code", "country", "phone", "website")


def add_to(commands: Any) -> None:
    """Make the commands known."""
    dealer = group(commands, "dealer", "the tenant's dealers")
    create = with_tenant(dealer("create", _create, "an active dealer"))
    create.add_argument("--name", required=True)
    for name in (*_TEXTS[1:], "lat", "lng", "linked_tenant"):
        create.add_argument("--" + name.replace("_", "-"), default="")


def _create(services: Container, given: Namespace) -> Any:
    linked = uuid(given.linked_tenant) if given.linked_tenant else None
    dealer = new_dealer({name: getattr(given, name) for name in _TEXTS}, given.lat, given.lng, linked)
    return {"dealerId": services.network.create_dealer(uuid(given.tenant), dealer)}
