"""reservations reconcile: the books of what suppliers' SKUs owe to orders."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.shape import group, uuid
from app.domain.orders.reconcile import reconcile

if TYPE_CHECKING:
    from app.bootstrap import Container


def add_to(commands: Any) -> None:
    """Make the command known."""
    add = group(commands, "reservations", "suppliers' units that orders hold")
    about = "recompute the counts from the reservations and tell of any drift"
    parser = add("reconcile", _reconcile, about)
    parser.add_argument("--tenant", metavar="ID", default="", help="this tenant's only")
    parser.add_argument("--repair", action="store_true", help="set right what differs")


def _reconcile(services: Container, given: Namespace) -> Any:
    tenant_id = services.tenancy.tenant(uuid(given.tenant)).id if given.tenant else None
    return reconcile(services.reservation_books, tenant_id, repair=given.repair)
