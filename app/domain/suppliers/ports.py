"""What the desk of suppliers needs of PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from app.domain.shop.ports import Vault
from app.domain.suppliers.source import Source
from app.domain.suppliers.supplier import SkuTerms, Supplier


@dataclass(frozen=True, slots=True)
class Kept:
    """A supplier as it is kept, and how it does.

    `held_poll_id`: a report of its that waits for a person. `heard_at`: when it confirmed its list, or sent.
    """

    id: UUID
    tenant_id: UUID
    code: str
    name: str
    source: Source
    secrets: bytes | None
    interval_s: int
    low_stock_threshold: int
    reorder_point: int | None
    target_stock: int | None
    drop_guard_percent: int
    reorder_mode: str
    order_email: str | None
    order_url: str | None
    order_format: str
    active: bool
    created_at: datetime
    updated_at: datetime
    polled_at: datetime | None
    confirmed_at: datetime | None
    heard_at: datetime | None
    next_poll_at: datetime | None
    failures: int
    circuit_open_until: datetime | None
    last_error: str | None
    held_poll_id: UUID | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """What a supplier is called."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A reading, or a payload that was sent. `outcome` is None until a worker has done it."""

    id: UUID
    supplier_id: UUID
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    sent: bool
    status: int | None
    rows: int
    changed: int
    dropped: int
    stale: int
    malformed: int
    malformed_sample: Sequence[Mapping[str, Any]]
    as_of: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Sku:
    """A supplier's SKU. `own` are its terms where they are not the supplier's."""

    id: int
    sku: str
    part_number: str | None
    listed: bool
    quantity: int
    reserved: int
    shipped: int
    available: int
    shortage: int
    incoming: int | None
    price: Decimal | None
    lead_time_days: int | None
    level: str
    as_of: datetime | None
    low_stock_threshold: int
    reorder_point: int | None
    target_stock: int | None
    pack_size: int
    order_minimum: int


class SupplierTransaction(Protocol):
    """One transaction in one tenant's scope. Whatever changes a supplier makes a reading due."""

    def now(self) -> datetime:
        """PostgreSQL's clock."""

    def named(self, code: str) -> Kept | None:
        """The supplier with this code, held for the transaction."""

    def get(self, supplier: UUID | str) -> Kept | None:
        """By its id or its code."""

    def held_polls(self, suppliers: Sequence[UUID]) -> Sequence[Poll]:
        """What each of them holds back for a person."""

    def list(self, limit: int, after: str | None) -> Sequence[Kept]:
        """By code."""

    def names(self) -> Sequence[Named]:
        """Of all, by code."""

    def save(self, supplier: Supplier, secrets: bytes | None, skus: Mapping[str, SkuTerms] | None) -> UUID:
        """Make or change it; with `skus`, those and no others have words of their own."""

    def change(self, supplier_id: UUID, changes: Mapping[str, Any]) -> None:
        """Some of its columns."""

    def ask(self, supplier_id: UUID) -> datetime | None:
        """Have it read now; when that was. None when it or its tenant is not active."""

    def resume(self) -> None:
        """Have all of them read now, as if nothing had been due before."""

    def send(self, supplier_id: UUID, payload: bytes, as_of: datetime | None) -> UUID:
        """Keep a payload for the worker. Raises TransientError when too many wait."""

    def polls(self, supplier_id: UUID, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Poll]:
        """Newest first."""

    def poll(self, supplier_id: UUID, poll_id: UUID) -> Poll | None:
        """One of them."""

    def poll_since(self, supplier_id: UUID, since: datetime) -> Poll | None:
        """The first reading that began then or later."""

    def held(self, supplier_id: UUID, poll_id: UUID) -> bytes | None:
        """What waits for a person, locked."""

    def release(self, supplier_id: UUID, poll_id: UUID, payload: bytes) -> None:
        """Let it through."""

    def discard(self, supplier_id: UUID, poll_id: UUID) -> None:
        """Drop it."""

    def skus(self, supplier_id: UUID, limit: int, after: str | None) -> Sequence[Sku]:
        """In the order of their names."""

    def sku(self, supplier_id: UUID, sku: str) -> Sku | None:
        """One of them."""

    def set_terms(self, supplier_id: UUID, sku: str, terms: Mapping[str, Any]) -> None:
        """Those named, of a SKU that is listed or will be; None is the supplier's own."""


class SupplierTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[SupplierTransaction]:
        """One transaction."""

    def owner(self, supplier_id: UUID) -> UUID | None:
        """Whose it is, for the operator."""

    def rotate(self, vault: Vault) -> int:
        """Encrypt every supplier's secrets anew; how many there were."""
