"""purchase-order list|show|approve: on a tenant's behalf."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.admin.commands.shape import group, operator, uuid, with_tenant
from app.domain.purchasing.order import OrderState

if TYPE_CHECKING:
    from app.bootstrap import Container


LIST_MAX = 1_000


def add_to(commands: Any) -> None:
    """Make the commands known."""
    order = group(commands, "purchase-order", "what is ordered of suppliers")
    listed = with_tenant(order("list", _list, "newest first, without their lines"))
    listed.add_argument("--state", choices=[state.value for state in OrderState])
    _with_order(order("show", _show, "one with its lines"))
    _with_order(order("approve", _approve, "a draft becomes what may be sent; kept with who"))


def _with_order(parser: ArgumentParser) -> None:
    with_tenant(parser)
    parser.add_argument("order", metavar="ID", help="the purchase order's id")


def _list(services: Container, given: Namespace) -> Any:
    state = OrderState(given.state) if given.state else None
    orders = services.purchasing.orders(_tenant(services, given), LIST_MAX, state=state)
    return [order.shown() for order in orders]


def _show(services: Container, given: Namespace) -> Any:
    return services.purchasing.order(_tenant(services, given), uuid(given.order))


def _approve(services: Container, given: Namespace) -> Any:
    return services.purchasing.approve(_tenant(services, given), uuid(given.order), approved_by=operator())


def _tenant(services: Container, given: Namespace) -> UUID:
    return services.tenancy.tenant(uuid(given.tenant)).id
