"""consent set|list|history: on a reseller's behalf."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.shape import group, operator, uuid
from app.domain.network.sharing import Precision, precision_of, shown, shown_change
from app.domain.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from app.bootstrap import Container


LIST_MAX = 1_000


def add_to(commands: Any) -> None:
    """Make the commands known."""
    consent = group(commands, "consent", "what resellers share of their stock")
    change = _with_reseller(consent("set", _set, "grant, change or revoke; kept with who and when"))
    change.add_argument("--manufacturer", required=True, metavar="ID")
    change.add_argument(
        "--precision", default=Precision.LEVEL.value, metavar="|".join(Precision), help="default: %(default)s"
    )
    _with_reseller(consent("list", _list, "what stands with each manufacturer, by name"))
    history = _with_reseller(consent("history", _history, "the changes, newest first"))
    history.add_argument("--manufacturer", default="", metavar="ID")


def _with_reseller(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--reseller", required=True, metavar="ID", help="the reseller's tenant id")
    return parser


def _set(services: Container, given: Namespace) -> Any:
    consent = services.sharing.set(
        _reseller(services, given),
        uuid(given.manufacturer),
        precision_of(given.precision),
        changed_by=operator(),
    )
    return {"resellerId": uuid(given.reseller), **shown(consent)}


def _list(services: Container, given: Namespace) -> Any:
    return [shown(consent) for consent in services.sharing.consents(_reseller(services, given), LIST_MAX)]


def _history(services: Container, given: Namespace) -> Any:
    manufacturer = uuid(given.manufacturer) if given.manufacturer else None
    changes = services.sharing.changes(_reseller(services, given), manufacturer, LIST_MAX)
    return [shown_change(change) for change in changes]


def _reseller(services: Container, given: Namespace) -> Tenant:
    return services.tenancy.tenant(uuid(given.reseller))
