"""dealer create|set|activate|deactivate|list|import."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.files import lines_of, with_file
from app.admin.commands.shape import group, shown, uuid, with_tenant
from app.domain.errors import InvalidInputError
from app.domain.network.dealer import FIELDS
from app.domain.network.dealers import shown as shown_dealer

if TYPE_CHECKING:
    from app.bootstrap import Container


_OPTIONS = {
    "--code": "code",
    "--address": "address",
    "--city": "city",
    "--postal-code": "postalCode",
    "--country": "country",
    "--phone": "phone",
    "--website": "website",
    "--lat": "lat",
    "--lng": "lng",
    "--linked-tenant": "linkedTenantId",
    "--timezone": "timezone",
    "--opening-hours": "openingHours",
}


def add_to(commands: Any) -> None:
    """Make the commands known."""
    dealer = group(commands, "dealer", "the tenant's dealers")
    create = with_tenant(dealer("create", _create, "an active dealer"))
    create.add_argument("--name", required=True)
    for option, name in _OPTIONS.items():
        create.add_argument(option, dest=name, default="", metavar="JSON" if name == "openingHours" else None)
    change = _with_dealer(dealer("set", _set, "change fields; an empty value clears"))
    change.add_argument("assignments", nargs="+", metavar="KEY=VALUE", help=", ".join(FIELDS))
    _with_dealer(dealer("activate", _activate, "show it again"))
    _with_dealer(dealer("deactivate", _deactivate, "show it no longer, and keep it"))
    listed = with_tenant(dealer("list", _list, "the tenant's dealers by country and name"))
    listed.add_argument("--limit", type=int, default=50, metavar="N", help="how many (default: %(default)s)")
    imported = with_file(with_tenant(dealer("import", _import, "create and change dealers by their codes")))
    imported.add_argument("--dry-run", action="store_true", help="count and refuse the same, write nothing")


def _with_dealer(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--dealer", required=True, metavar="ID", help="the dealer's id")
    return parser


def _create(services: Container, given: Namespace) -> Any:
    fields = {name: getattr(given, name) for name in ("name", *_OPTIONS.values())}
    return {"dealerId": services.network.create_dealer(uuid(given.tenant), fields).id}


def _set(services: Container, given: Namespace) -> Any:
    pairs = [assignment.partition("=") for assignment in given.assignments]
    for name, equals, _ in pairs:
        if not equals or name not in FIELDS:
            raise InvalidInputError(f"{name!r} is no KEY=VALUE of these fields: {', '.join(FIELDS)}")
    return _change(services, given, {name: value for name, _, value in pairs})


def _activate(services: Container, given: Namespace) -> Any:
    return _change(services, given, {"active": True})


def _deactivate(services: Container, given: Namespace) -> Any:
    return _change(services, given, {"active": False})


def _change(services: Container, given: Namespace, fields: dict[str, Any]) -> Any:
    dealer_id = uuid(given.dealer)
    tenant_id = services.network.owner_of(dealer_id)
    return shown_dealer(services.network.change_dealer(tenant_id, dealer_id, fields))


def _list(services: Container, given: Namespace) -> Any:
    if given.limit < 1:
        raise InvalidInputError("--limit must be 1 or more")
    dealers = services.network.dealers(uuid(given.tenant), given.limit + 1)
    more = len(dealers) > given.limit
    return {"data": [shown_dealer(one) for one in dealers[: given.limit]], "more": more}


def _import(services: Container, given: Namespace) -> Any:
    tenant_id = uuid(given.tenant)
    with lines_of(given.file) as lines:
        imported = services.network.import_dealers(tenant_id, given.file.name, lines, dry_run=given.dry_run)
    return shown(imported)
