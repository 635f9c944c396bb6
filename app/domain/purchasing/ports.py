"""What purchasing needs of PostgreSQL, and of the ways to a supplier."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.purchasing.order import Line, OrderState, PurchaseOrder
from app.domain.purchasing.receipt import Receipt
from app.domain.purchasing.reorder import Plan, Position
from app.domain.suppliers.source import Source
from app.domain.work.dispatch import Claim


class WatchTransaction(Protocol):
    """One transaction in one tenant's scope; turns are taken with all that write its purchase orders."""

    def changed(self, claim: Claim, limit: int) -> tuple[int, Sequence[Position]]:
        """How many changes are taken as seen, and their SKUs as they stand now. Raises LeaseLostError."""

    def write(self, plan: Plan) -> None:
        """Lines into the drafts of their suppliers, of which there is one each, and out of them; tasks told."""

    def finish(self, claim: Claim) -> None:
        """Nothing is left to look at. Raises LeaseLostError."""

    def rest(self, claim: Claim, delay_s: float, error: str) -> None:
        """Try again later. Raises LeaseLostError."""


class WatchTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[WatchTransaction]:
        """One transaction."""


class OrderTransaction(Protocol):
    """One transaction in one tenant's scope."""

    def orders(
        self,
        limit: int,
        before: tuple[datetime, UUID] | None,
        *,
        state: OrderState | None,
        supplier_id: UUID | None,
    ) -> Sequence[PurchaseOrder]:
        """Newest first."""

    def order(self, order_id: UUID) -> PurchaseOrder:
        """Raises NotFoundError."""

    def hold(self, order_id: UUID) -> PurchaseOrder:
        """The same, and it stays as it is until the transaction ends, and so do the tenant's drafts."""

    def lines(self, order_id: UUID) -> Sequence[Line]:
        """By SKU."""

    def set_lines(self, order: PurchaseOrder, quantities: Mapping[str, int]) -> None:
        """Quantities as a person wants them; 0 takes a SKU out. Raises InvalidInputError, AlreadyOrderedError."""

    def approve(self, order_id: UUID, approved_by: str) -> None:
        """Lines that were taken out go for good."""

    def addressed(self, order_id: UUID) -> bool:
        """Whether it is known where the supplier takes orders."""

    def queue(self, order_id: UUID) -> None:
        """Its sending is durable work from now on; once more makes no second."""

    def receipt(
        self, order_id: UUID, receipt_id: str, quantities: Mapping[str, int], received_by: str
    ) -> bool:
        """Keep it; False when it was kept before. Raises ReceiptConflictError."""

    def receipts(
        self, order_id: UUID, limit: int, before: tuple[datetime, str] | None = None
    ) -> Sequence[Receipt]:
        """Newest first, from a receipt's place on."""

    def receive(self, order_id: UUID, quantities: Mapping[str, int]) -> None:
        """Add to what came; the order is received when every line is. Raises InvalidInputError."""

    def settle(self, order_id: UUID, state: OrderState) -> None:
        """Closed or cancelled: nothing of it is awaited any more."""


class OrderTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[OrderTransaction]:
        """One transaction."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a supplier takes orders: its API where it has one, its mailbox otherwise."""

    email: str | None
    url: str | None
    format: str
    source: Source
    secrets: bytes | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A purchase order that is to be sent. `tries` that failed before this one."""

    order: PurchaseOrder
    lines: Sequence[Line]
    route: Route
    tries: int


class SendTransaction(Protocol):
    """One transaction in one tenant's scope; every verb raises LeaseLostError when the claim was lost."""

    def outgoing(self, claim: Claim, lease_s: float) -> Outgoing | None:
        """What is to be sent, leased for as long as one call may take; None when it is not to be sent any more."""

    def sent(self, claim: Claim) -> None:
        """The supplier has it."""

    def again(self, claim: Claim, error: str, delay_s: float) -> None:
        """It stays on its way; the error is shown until it is there."""

    def failed(self, claim: Claim, error: str) -> None:
        """It is back at approved, with the error, until a person sends it again."""

    def forget(self, claim: Claim) -> None:
        """Not to be sent any more."""


class SendTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[SendTransaction]:
        """One transaction."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter with one attachment. `message_id` is the same however often it is sent."""

    to: str
    subject: str
    text: str
    filename: str
    attachment: bytes
    message_id: str


class Mailbox(Protocol):
    """Brings letters on their way."""

    def send(self, mail: Mail) -> None:
        """Raises TransientError when it may work later, another StocklineError when it will not."""


class OrderApi(Protocol):
    """Suppliers' own APIs. What lets us into the source lets us in there, if it is at the source's address."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], source: Source, secrets: Mapping[str, str]
    ) -> None:
        """Raises TransientError when it may work later, another StocklineError when it will not."""
