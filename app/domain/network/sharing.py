"""Consent: what a reseller lets each manufacturer show of its stock, and every change of it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.network.collation import sort_key
from app.domain.tenancy.tenant import Feature, Tenant


class Precision(StrEnum):
    """What is shown of a pair's stock."""

    EXACT = "EXACT"  # the number
    LEVEL = "LEVEL"  # in-stock or low; the default of a consent that is made
    NONE = "NONE"  # nothing, not even that there is a dealer; the default of every pair


@dataclass(frozen=True, slots=True)
class Partner:
    """A tenant that may be given a consent; `dealers` of its own it has attached to the reseller."""

    id: UUID
    name: str
    dealers: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands between the reseller and one manufacturer, since when, and by whom; both None if never set."""

    precision: Precision
    changed_at: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class Consent:
    """A partner and what stands with it."""

    partner: Partner
    standing: Standing

    @property
    def place(self) -> tuple[bytes, UUID]:
        """Where it comes in the list of all: by name, in the order of the root collation."""
        return sort_key(self.partner.name), self.partner.id


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One change, kept for good."""

    id: int
    manufacturer_id: UUID
    before: Precision
    precision: Precision
    changed_at: datetime
    changed_by: str


UNSET = Standing(Precision.NONE, None, None)


@dataclass(frozen=True, slots=True)
class Sample:
    """A part of the reseller's as a shop's visitor would see it; `stock` is what is left above the safety stock."""

    part_number: str
    name: str
    stock: int
    level: str

    def line(self, precision: Precision) -> dict[str, Any] | None:
        """What is told of the stock under a precision, by the API's names; None: the dealer is not listed."""
        if precision is Precision.NONE:
            return None
        told: dict[str, Any] = {"stockLevel": self.level}
        return told | {"stock": self.stock} if precision is Precision.EXACT else told


class SharingTransaction(Protocol):
    """One transaction in the scope of a reseller."""

    def partners(self, named: UUID | None = None) -> Sequence[Partner]:
        """All that the reseller may know of, and the active tenant that it names itself."""

    def standings(self) -> dict[UUID, Standing]:
        """By manufacturer, where ever set."""

    def write(self, manufacturer_id: UUID, precision: Precision, changed_by: str) -> None:
        """Set it and keep the change; setting what stands changes nothing."""

    def changes(
        self, manufacturer_id: UUID | None, limit: int, before_id: int | None
    ) -> Sequence[ConsentChange]:
        """Newest first."""

    def shown_part(self) -> tuple[str, str, int] | None:
        """Number, name and shown stock of the first part by number that a consent would show, if there is one."""


class SharingTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[SharingTransaction]:
        """In the reseller's scope."""


class SharingService:
    """A reseller's consents. A change is live for every storefront within a second, by the network's version."""

    def __init__(self, transactions: SharingTransactions) -> None:
        self._transactions = transactions

    def consents(
        self, reseller: Tenant, limit: int, after: tuple[bytes, UUID] | None = None
    ) -> Sequence[Consent]:
        """By the manufacturers' names, those that come after a place."""
        reseller.require(Feature.STOCK_SHARING)
        with self._transactions.tenant(reseller.id) as tx:
            partners, standings = tx.partners(), tx.standings()
        consents = sorted(
            (Consent(partner, standings.get(partner.id, UNSET)) for partner in partners),
            key=lambda consent: consent.place,
        )
        return [consent for consent in consents if after is None or consent.place > after][:limit]

    def consent(self, reseller: Tenant, manufacturer_id: UUID) -> Consent:
        """One of them; raises NotFoundError."""
        reseller.require(Feature.STOCK_SHARING)
        with self._transactions.tenant(reseller.id) as tx:
            return _consent(tx, manufacturer_id)

    def set(
        self, reseller: Tenant, manufacturer_id: UUID, precision: Precision, *, changed_by: str
    ) -> Consent:
        """Grant, change or revoke; `changed_by` is who did it, as the history will show."""
        reseller.require(Feature.STOCK_SHARING)
        if manufacturer_id == reseller.id:
            raise InvalidInputError("a tenant needs no consent to show its own stock")
        with self._transactions.tenant(reseller.id) as tx:
            _consent(tx, manufacturer_id)
            tx.write(manufacturer_id, precision, changed_by)
            return _consent(tx, manufacturer_id)

    def changes(
        self, reseller: Tenant, manufacturer_id: UUID | None, limit: int, before_id: int | None = None
    ) -> Sequence[ConsentChange]:
        """Newest first, of one manufacturer or of all."""
        reseller.require(Feature.STOCK_SHARING)
        with self._transactions.tenant(reseller.id) as tx:
            return tx.changes(manufacturer_id, limit, before_id)

    def names(self, reseller: Tenant) -> dict[UUID, str]:
        """Of all that the reseller may know of, for its history."""
        reseller.require(Feature.STOCK_SHARING)
        with self._transactions.tenant(reseller.id) as tx:
            return {partner.id: partner.name for partner in tx.partners()}

    def sample(self, reseller: Tenant) -> Sample | None:
        """A real part of the reseller's, to show what each precision tells; None while nothing would be shown."""
        reseller.require(Feature.STOCK_SHARING)
        with self._transactions.tenant(reseller.id) as tx:
            found = tx.shown_part()
        return found and Sample(*found, reseller.stock_level(found[2]))


def shown_sample(sample: Sample) -> dict[str, Any]:
    """By the API's names."""
    return {
        "partNumber": sample.part_number,
        "name": sample.name,
        "shown": {precision.value: sample.line(precision) for precision in Precision},
    }


def shown(consent: Consent) -> dict[str, Any]:
    """By the API's names."""
    return {
        "manufacturerId": consent.partner.id,
        "name": consent.partner.name,
        "precision": consent.standing.precision,
        "changedAt": consent.standing.changed_at,
        "changedBy": consent.standing.changed_by,
        "dealers": consent.partner.dealers,
    }


def shown_change(change: ConsentChange) -> dict[str, Any]:
    """By the API's names."""
    return {
        "manufacturerId": change.manufacturer_id,
        "from": change.before,
        "to": change.precision,
        "changedAt": change.changed_at,
        "changedBy": change.changed_by,
    }


def precision_of(text: str) -> Precision:
    """As an operator types it; raises InvalidInputError."""
    try:
        return Precision(text.strip().upper())
    except ValueError:
        raise InvalidInputError(f"{text!r} is no precision; it is one of {', '.join(Precision)}") from None


def _consent(tx: SharingTransaction, manufacturer_id: UUID) -> Consent:
    for partner in tx.partners(manufacturer_id):
        if partner.id == manufacturer_id:
            return Consent(partner, tx.standings().get(manufacturer_id, UNSET))
    raise NotFoundError(f"there is no active tenant {manufacturer_id}")
