"""Use cases of whoever looks after suppliers: describe, look at, read now, let through, set thresholds."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from app.domain.errors import ConflictError, InvalidInputError, NotFoundError, TransientError
from app.domain.shop.ports import Vault
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.ports import Kept, Named, Poll, Sku, SupplierTransaction, SupplierTransactions
from app.domain.suppliers.preview import looked_at
from app.domain.suppliers.reading import read_report
from app.domain.suppliers.source import SourceRefusedError
from app.domain.suppliers.supplier import Described, described, settled_secrets
from app.domain.work.dispatch import Actor
from app.domain.work.ports import Bell

AHEAD_MAX: Final = timedelta(minutes=5)
LOOK_AGAIN_S: Final = 0.2
POLL_WAIT_S: Final = 300.0
SKU_TERMS: Final = (
    "part_number",
    "low_stock_threshold",
    "reorder_point",
    "target_stock",
    "pack_size",
    "order_minimum",
)
log = structlog.get_logger()


class SupplierDesk:
    """A tenant's suppliers. Secrets go in, are kept encrypted, and are never shown again."""

    def __init__(
        self,
        transactions: SupplierTransactions,
        vault: Vault,
        bell: Bell,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transactions = transactions
        self._vault = vault
        self._bell = bell
        self._clock = clock
        self._sleep = sleep

    def apply(self, tenant_id: UUID, document: object) -> UUID:
        """A supplier file: make the supplier of its code, or change it; it is read at once.

        A secret that is left out stays, for the same address. Without `skus` those that are kept stay; with it, they
        are those and no others. Raises InvalidInputError and EncryptionMissingError.
        """
        told = described(document)
        names_skus = isinstance(document, Mapping) and "skus" in document
        with self._transactions.tenant(tenant_id) as tx:
            before = tx.named(told.supplier.code)
            settled = self._settled(told, before)
            secrets = self._vault.seal(json.dumps(dict(settled))) if settled else None
            supplier_id = tx.save(told.supplier, secrets, told.supplier.skus if names_skus else None)
        self._bell.ring(Actor.SUPPLIERS_POLL, supplier_id)
        return supplier_id

    def secrets(self, tenant_id: UUID, told: Described) -> Mapping[str, str]:
        """What lets us in by a file: its own, or those of the supplier of its code, and those only at the same address.

        For a call to the source, not to be shown. Raises InvalidInputError and EncryptionMissingError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            before = tx.get(told.supplier.code)
        return self._settled(told, before)

    def _settled(self, told: Described, before: Kept | None) -> Mapping[str, str]:
        """What is kept is opened only where nothing else is given."""
        kept: dict[str, str] = {}
        if before is not None and before.secrets is not None and not told.secrets:
            kept = json.loads(self._vault.open(before.secrets))
        return settled_secrets(told.supplier.source, told.secrets, before.source if before else None, kept)

    def list(self, tenant_id: UUID, limit: int, after: str | None = None) -> Sequence[Kept]:
        """By code."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.list(limit, after)

    def names(self, tenant_id: UUID) -> Sequence[Named]:
        """What all of them are called, by code."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.names()

    def get(self, tenant_id: UUID, supplier: UUID | str) -> Kept:
        """By its id or its code. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return _found(tx, supplier)

    def change(self, tenant_id: UUID, supplier: UUID | str, changes: Mapping[str, Any]) -> Kept:
        """Some of name, interval_s, thresholds, drop_guard_percent, ordering, active. Raises InvalidInputError, NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            _check_target(
                changes.get("reorder_point", kept.reorder_point),
                changes.get("target_stock", kept.target_stock),
            )
            tx.change(kept.id, changes)
            changed = _found(tx, kept.id)
        self._bell.ring(Actor.SUPPLIERS_POLL, kept.id)
        return changed

    def ask(self, tenant_id: UUID, supplier: UUID | str) -> datetime:
        """Have it read now, whatever its schedule says; when that was asked for.

        Raises NotFoundError, and ConflictError when it or its tenant is not active, or has no url.
        """
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            if not kept.source.url:
                raise ConflictError(
                    "the supplier has no url: it sends its stock, and there is nothing to read"
                )
            since = tx.ask(kept.id)
        if since is None:
            raise _inactive()
        self._bell.ring(Actor.SUPPLIERS_POLL, kept.id)
        return since

    def resume(self, tenant_id: UUID) -> None:
        """Read everything of a tenant that was just made active again; what was due meanwhile was not due."""
        with self._transactions.tenant(tenant_id) as tx:
            tx.resume()

    def poll(self, tenant_id: UUID, supplier_id: UUID, work: Callable[[UUID], None]) -> Poll:
        """Read it now and wait: `work` does it here, unless a worker was faster.

        Raises NotFoundError, ConflictError, and TransientError when it takes longer than five minutes.
        """
        since, until = self.ask(tenant_id, supplier_id), self._clock() + POLL_WAIT_S
        while self._clock() < until:
            work(supplier_id)
            with self._transactions.tenant(tenant_id) as tx:
                poll = tx.poll_since(supplier_id, since)
                if poll is not None:
                    return poll
                tx.ask(supplier_id)
            self._sleep(LOOK_AGAIN_S)
        raise TransientError("the supplier is still being read; look at its polls in a while")

    def send(
        self, tenant_id: UUID, supplier: UUID | str, payload: Payload, as_of: datetime | None = None
    ) -> Poll:
        """Accept a report that the supplier sent; kept before this returns. `as_of`: when it was made.

        Raises NotFoundError, ConflictError, TransientError, and InvalidInputError when nothing in it can be read.
        """
        kept = self.get(tenant_id, supplier)
        _check_readable(kept, payload)
        with self._transactions.tenant(tenant_id) as tx:
            now, kept = tx.now(), _found(tx, kept.id)
            if not kept.active:
                raise _inactive()
            if as_of is not None and as_of > now + AHEAD_MAX:
                raise InvalidInputError("asOf is in the future; send when the report was made")
            poll_id = tx.send(kept.id, payload.packed(), min(as_of or now, now))
            poll = tx.poll(kept.id, poll_id)
        self._bell.ring(Actor.SUPPLIERS_POLL, kept.id)
        assert poll is not None
        return poll

    def polls(
        self,
        tenant_id: UUID,
        supplier: UUID | str,
        limit: int,
        before: tuple[datetime, UUID] | None = None,
    ) -> Sequence[Poll]:
        """Newest first. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.polls(_found(tx, supplier).id, limit, before)

    def held_polls(self, tenant_id: UUID, suppliers: Sequence[UUID]) -> Sequence[Poll]:
        """The reports that these hold back for a person."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.held_polls(suppliers)

    def poll_of(self, tenant_id: UUID, supplier: UUID | str, poll_id: UUID) -> Poll:
        """One reading. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return _poll(tx, _found(tx, supplier).id, poll_id)

    def look(self, tenant_id: UUID, supplier: UUID | str, poll_id: UUID) -> dict[str, Any]:
        """What a held report says, for whoever must decide. Raises NotFoundError and ConflictError."""
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            payload = Payload.unpacked(_held(tx, kept.id, poll_id))
        return looked_at(kept.source, payload, kept.now)

    def release(self, tenant_id: UUID, supplier: UUID | str, poll_id: UUID) -> Poll:
        """Let a held report through; it is as old as it is. Raises NotFoundError and ConflictError."""
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            payload = Payload.unpacked(_held(tx, kept.id, poll_id))
            released = Payload(payload.pages, payload.whole, payload.plain, waived=True)
            tx.release(kept.id, poll_id, released.packed())
            poll = _poll(tx, kept.id, poll_id)
        log.info("supplier.report_released", supplier=kept.code, poll_id=str(poll_id))
        self._bell.ring(Actor.SUPPLIERS_POLL, kept.id)
        return poll

    def discard(self, tenant_id: UUID, supplier: UUID | str, poll_id: UUID) -> Poll:
        """Drop a held report. Raises NotFoundError and ConflictError."""
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            _held(tx, kept.id, poll_id)
            tx.discard(kept.id, poll_id)
            return _poll(tx, kept.id, poll_id)

    def skus(
        self, tenant_id: UUID, supplier: UUID | str, limit: int, after: str | None = None
    ) -> Sequence[Sku]:
        """In the order of their names. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.skus(_found(tx, supplier).id, limit, after)

    def sku(self, tenant_id: UUID, supplier: UUID | str, sku: str) -> Sku | None:
        """One of them; None for what no report has named yet. Raises NotFoundError."""
        with self._transactions.tenant(tenant_id) as tx:
            return tx.sku(_found(tx, supplier).id, sku)

    def set_terms(
        self, tenant_id: UUID, supplier: UUID | str, sku: str, terms: Mapping[str, Any]
    ) -> Sku | None:
        """Some of SKU_TERMS; None goes by the supplier again. None is answered for a SKU that is not listed yet.

        Raises NotFoundError and InvalidInputError.
        """
        with self._transactions.tenant(tenant_id) as tx:
            kept = _found(tx, supplier)
            before = tx.sku(kept.id, sku)
            _check_target(
                terms.get("reorder_point", before and before.reorder_point),
                terms.get("target_stock", before and before.target_stock),
            )
            tx.set_terms(kept.id, sku, terms)
            return tx.sku(kept.id, sku)

    def owner(self, supplier_id: UUID) -> UUID:
        """Whose it is, for the operator's command line. Raises NotFoundError."""
        tenant_id = self._transactions.owner(supplier_id)
        if tenant_id is None:
            raise NotFoundError("no such supplier; see supplier list")
        return tenant_id

    def rotate_secrets(self) -> int:
        """Encrypt every supplier's secrets with the newest key; how many. Raises EncryptionMissingError."""
        return self._transactions.rotate(self._vault)


def _found(tx: SupplierTransaction, supplier: UUID | str) -> Kept:
    kept = tx.get(supplier)
    if kept is None:
        raise NotFoundError("no such supplier; see the list of suppliers")
    return kept


def _poll(tx: SupplierTransaction, supplier_id: UUID, poll_id: UUID) -> Poll:
    poll = tx.poll(supplier_id, poll_id)
    if poll is None:
        raise NotFoundError("no such poll of this supplier; they are kept for 30 days")
    return poll


def _held(tx: SupplierTransaction, supplier_id: UUID, poll_id: UUID) -> bytes:
    _poll(tx, supplier_id, poll_id)
    held = tx.held(supplier_id, poll_id)
    if held is None:
        raise ConflictError("this report is not held: it was let through, discarded or overtaken")
    return held


def _inactive() -> ConflictError:
    return ConflictError("the supplier or its tenant is not active; activate it first")


def _check_target(point: int | None, target: int | None) -> None:
    if point is not None and target is not None and target <= point:
        raise InvalidInputError("targetStock must be above reorderPoint, or nothing is ever enough")


def _check_readable(kept: Kept, payload: Payload) -> None:
    """What nobody could make anything of is refused at the door."""
    try:
        report = read_report(payload.source(kept.source), payload.pages, now=kept.now)
    except SourceRefusedError as error:
        raise InvalidInputError(error.message) from error
    if report.received and not report.rows:
        sample = [{"index": one.index, "reason": one.reason} for one in report.malformed]
        raise InvalidInputError("no row of the report can be read; see details", details=sample)
