"""push-grant set|revoke|list|history: on a reseller's behalf."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.admin.commands.shape import group, operator, uuid
from app.domain.push.grants import shown, shown_change

if TYPE_CHECKING:
    from app.bootstrap import Container


LIST_MAX = 1_000


def add_to(commands: Any) -> None:
    """Make the commands known."""
    grant = group(commands, "push-grant", "which distributors may push into a reseller's shop")
    change = _with_pair(grant("set", _set, "these brands from now on, and no others; kept with who and when"))
    change.add_argument("--brand", required=True, action="append", metavar="B", help="may be repeated")
    _with_pair(grant("revoke", _revoke, "none any more; what it pushes at this moment is cancelled"))
    _with_reseller(grant("list", _list, "the grants that stand, by name"))
    history = _with_reseller(grant("history", _history, "the changes, newest first"))
    history.add_argument("--distributor", default="", metavar="ID")


def _with_reseller(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--reseller", required=True, metavar="ID", help="the reseller's tenant id")
    return parser


def _with_pair(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--distributor", required=True, metavar="ID", help="the distributor's tenant id")
    return _with_reseller(parser)


def _set(services: Container, given: Namespace) -> Any:
    return _write(services, given, given.brand)


def _revoke(services: Container, given: Namespace) -> Any:
    return _write(services, given, [])


def _write(services: Container, given: Namespace, brands: list[str]) -> Any:
    reseller_id = _reseller(services, given)
    grant = services.push_grants.set(reseller_id, uuid(given.distributor), brands, changed_by=operator())
    return {"resellerId": reseller_id, **shown(grant)}


def _list(services: Container, given: Namespace) -> Any:
    return [shown(grant) for grant in services.push_grants.grants(_reseller(services, given), LIST_MAX)]


def _history(services: Container, given: Namespace) -> Any:
    distributor = uuid(given.distributor) if given.distributor else None
    changes = services.push_grants.changes(_reseller(services, given), distributor, LIST_MAX)
    return [shown_change(change) for change in changes]


def _reseller(services: Container, given: Namespace) -> UUID:
    return services.tenancy.tenant(uuid(given.reseller)).id
