"""consent set|list|history: on a reseller's behalf."""

import getpass
from argparse import ArgumentParser, Namespace
from typing import Any

from app.admin.commands.shape import group, uuid
from app.bootstrap import Container
from app.domain.network.sharing import Consent, Precision, precision_of
from app.domain.tenancy.tenant import Tenant

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
        changed_by=f"operator {getpass.getuser()}",
    )
    return {"resellerId": uuid(given.reseller), **shown(consent)}


def _list(services: Container, given: Namespace) -> Any:
    return [shown(consent) for consent in services.sharing.consents(_reseller(services, given), LIST_MAX)]


def _history(services: Container, given: Namespace) -> Any:
    manufacturer = uuid(given.manufacturer) if given.manufacturer else None
    return [
        {
            "manufacturerId": change.manufacturer_id,
            "from": change.before,
            "to": change.precision,
            "changedAt": change.changed_at,
            "changedBy": change.changed_by,
        }
        for change in services.sharing.changes(_reseller(services, given), manufacturer, LIST_MAX)
    ]


def _reseller(services: Container, given: Namespace) -> Tenant:
    return services.tenancy.tenant(uuid(given.reseller))


def shown(consent: Consent) -> dict[str, Any]:
    """A consent as commands print it."""
    return {
        "manufacturerId": consent.partner.id,
        "name": consent.partner.name,
        "precision": consent.standing.precision,
        "changedAt": consent.standing.changed_at,
        "changedBy": consent.standing.changed_by,
        "dealers": consent.partner.dealers,
    }
