"""supplier apply|poll|list|show|polls|deactivate|activate|release|discard."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.admin.commands.shape import group, uuid, with_tenant
from app.domain.errors import InvalidInputError
from app.domain.suppliers.shown import shown_poll, shown_supplier

if TYPE_CHECKING:
    from app.bootstrap import Container


LIST_MAX = 10_000
POLLS_MAX = 100


def add_to(commands: Any) -> None:
    """Make the commands known."""
    supplier = group(commands, "supplier", "whose stock is read, and how that goes")
    apply = with_tenant(supplier("apply", _apply, "describe a supplier: create or change, by its code"))
    apply.add_argument("file", type=Path, metavar="FILE.json", help="a supplier file, secrets included")
    with_tenant(supplier("list", _list, "the tenant's suppliers, by code"))
    _with_supplier(supplier("show", _show, "how it is read, and how that goes"))
    _with_supplier(supplier("poll", _poll, "read it now, and wait"))
    _with_supplier(supplier("polls", _polls, f"its last {POLLS_MAX} readings, newest first"))
    _with_supplier(supplier("deactivate", _deactivate, "read it no more, reserve nothing of it"))
    _with_supplier(supplier("activate", _activate, "read it again, at once"))
    for action, command, about in (
        ("release", _release, "let a held report through"),
        ("discard", _discard, "drop a held report"),
    ):
        held = _with_supplier(supplier(action, command, about))
        held.add_argument("--poll", default="", metavar="ID", help="without it, the one that is held")


def _with_supplier(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--supplier", required=True, metavar="ID", help="the supplier's id")
    return parser


def _apply(services: Container, given: Namespace) -> Any:
    tenant = services.tenancy.tenant(uuid(given.tenant))
    try:
        document = json.loads(given.file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{given.file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInputError(f"{given.file} is not JSON: {error}") from None
    return {"supplierId": services.suppliers.apply(tenant.id, document)}


def _list(services: Container, given: Namespace) -> Any:
    tenant = services.tenancy.tenant(uuid(given.tenant))
    return [shown_supplier(kept) for kept in services.suppliers.list(tenant.id, LIST_MAX)]


def _show(services: Container, given: Namespace) -> Any:
    return shown_supplier(services.suppliers.get(*_whose(services, given)))


def _poll(services: Container, given: Namespace) -> Any:
    def work(supplier_id: UUID) -> None:
        services.work.run(supplier_id, services.handlers)

    return shown_poll(services.suppliers.poll(*_whose(services, given), work))


def _polls(services: Container, given: Namespace) -> Any:
    return [shown_poll(poll) for poll in services.suppliers.polls(*_whose(services, given), POLLS_MAX)]


def _deactivate(services: Container, given: Namespace) -> Any:
    return shown_supplier(services.suppliers.change(*_whose(services, given), {"active": False}))


def _activate(services: Container, given: Namespace) -> Any:
    return shown_supplier(services.suppliers.change(*_whose(services, given), {"active": True}))


def _release(services: Container, given: Namespace) -> Any:
    return shown_poll(services.suppliers.release(*_whose(services, given), _held(services, given)))


def _discard(services: Container, given: Namespace) -> Any:
    return shown_poll(services.suppliers.discard(*_whose(services, given), _held(services, given)))


def _held(services: Container, given: Namespace) -> UUID:
    if given.poll:
        return uuid(given.poll)
    held = services.suppliers.get(*_whose(services, given)).held_poll_id
    if held is None:
        raise InvalidInputError("no report of this supplier is held; see supplier polls")
    return held


def _whose(services: Container, given: Namespace) -> tuple[UUID, UUID]:
    supplier_id = uuid(given.supplier)
    return services.suppliers.owner(supplier_id), supplier_id
