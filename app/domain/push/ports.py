"""What a push needs: of PostgreSQL, transactions; of a shop, verbs in the push's own words; of Redis, a place to tell."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.push.product import (
    Found,
    Level,
    Mapped,
    ProductInput,
    ShopProduct,
    VariantInput,
    WantedProduct,
)
from app.domain.push.profile import Profile
from app.domain.push.push import Failure, ItemOutcome, Push, Reason, Refusal
from app.domain.shop.connection import Connection
from app.domain.work.dispatch import Claim

Fence = Callable[[], float]
"""Keeps the worker's lease. The moment, by time.monotonic(), until which a call to the shop may still be started;
raises LeaseLostError when another worker took over."""


@dataclass(frozen=True, slots=True)
class PushRules:
    """What the tenant says about its pushes. `new_product_status`: ACTIVE or DRAFT."""

    profile: Profile
    new_product_status: str


@dataclass(frozen=True, slots=True)
class NextItem:
    """The next part number that is not settled, the product it belongs to, and who else is asked for with it.

    `wanted` is None when the tenant sells the part no more. `together`: all pending part numbers of the product, by
    their place in the push.
    """

    push: Push
    wanted: WantedProduct | None
    together: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the part numbers of one product, by their place in the push.

    `mapped`: mappings to keep. `unmapped`: items that are no longer in the product with `key`.
    """

    outcome: ItemOutcome
    places: Mapping[int, str]
    failure: Refusal | None = None
    mapped: Sequence[Mapped] = ()
    unmapped: Sequence[int] = ()
    key: UUID | None = None


class PushTransaction(Protocol):
    """One transaction in one tenant's scope."""

    # asked by callers
    def connection(self) -> Connection | None:
        """The tenant's shop."""

    def rules(self) -> PushRules:
        """The profile and the status of new products."""

    def save_profile(self, profile: Profile) -> None:
        """For every push that begins from now on."""

    def create(
        self,
        part_numbers: Sequence[str] | None,
        *,
        requested_by: str,
        batch_id: UUID | None = None,
        only_brands: Sequence[str] | None = None,
    ) -> Push:
        """Queue a push with its items and its dispatch row; None for all the tenant's items.

        Distinct numbers, in the order given. Unknown ones are failed at once; with `only_brands` (in any case) so
        are those of others. Raises PushRunningError while another is not over, InvalidInputError
        (`nothing_to_push`) when `all` finds nothing.
        """

    def retry(self, push_id: UUID, *, requested_by: str) -> Push:
        """A new push of what failed in this one. Raises as `create` does."""

    def push(self, push_id: UUID) -> Push:
        """Raises NotFoundError."""

    def current(self) -> Push | None:
        """The newest one that is not over, or was within the last hour."""

    def pushes(self, limit: int, before: tuple[datetime, UUID] | None) -> Sequence[Push]:
        """Newest first."""

    def failures(self, push_id: UUID, limit: int) -> Sequence[Failure]:
        """In the order of the request."""

    def cancel(self, push_id: UUID) -> bool:
        """At once where no worker is on it, else after the item in flight. False when it is over."""

    def resume(self, push_id: UUID) -> bool:
        """From paused back to queued. False when it is not paused."""

    def wanted(self, part_numbers: Sequence[str]) -> Mapping[str, WantedProduct]:
        """The product of each that the tenant sells; members of one group have one and the same."""

    # done by the worker; every verb that writes raises LeaseLostError when the claim was lost
    def begin(self, claim: Claim) -> tuple[Push, Connection | None]:
        """Note that a worker is on it."""

    def next_item(self, claim: Claim) -> NextItem | Push:
        """The next product to push, or the push itself when nothing is left or it was cancelled: it is over then."""

    def renew(self, claim: Claim) -> None:
        """Lengthen the lease without calling it progress."""

    def pushing_stock(self, claim: Claim, quantities: Mapping[int, int]) -> None:
        """Record by item what stock is about to be written to the shop: what the echo guard goes by."""

    def sending(self, claim: Claim, key: UUID, joining: Collection[int], pictures: Mapping[int, str]) -> None:
        """Record what is about to be made in the product with this key: variants of items, and pictures by item.

        By it the next worker knows for ours what nobody noted as done.
        """

    def settle(self, claim: Claim, settled: Settled, *, worked_s: float) -> Push:
        """Outcomes, counters, mappings and lease, together; a checkpoint."""

    def pause(self, claim: Claim, reason: Reason, *, again_in_s: float | None) -> Push:
        """Until a person resumes it, or by itself after a while; cancelled instead where that was asked for."""

    def hand_back(self, claim: Claim) -> None:
        """Let the next worker go on at once."""

    def fail(self, claim: Claim, reason: Reason) -> Push:
        """Put it aside: its worker cannot go on."""

    def replay(self, push_id: UUID) -> bool:
        """From failed back to queued; False when it is not failed, or another one is not over."""


class PushTransactions(Protocol):
    """Opens transactions."""

    def tenant(self, tenant_id: UUID) -> AbstractContextManager[PushTransaction]:
        """One transaction; committed when the block ends, rolled back when it raises."""


class Shop(Protocol):
    """One merchant's shop. Calls are paced to its bucket and repeated as far as that can help.

    Every verb may raise ShopClosedError (nothing will work until a person acts) and ShopUnavailableError (it may or may
    not be done); those that address something also ShopGoneError, those that write ShopRefusedError.
    """

    def prepare(self) -> None:
        """Make sure that the shop can be pushed to: the token, the scopes, the location, room for our key."""

    def product(self, product_id: str, *, variants: int, content: bool = True) -> ShopProduct | None:
        """With all its variants; `variants` is how many are expected.

        Without `content` it costs half: neither the product's own values, options and pictures are read, nor those
        of its variants, nor its key.
        """

    def find(self, key: UUID, skus: Sequence[str]) -> Found:
        """What may be the product already."""

    def create(self, key: UUID, product: ProductInput) -> ShopProduct:
        """Make the product with the key, or, if it turns out to exist, change that one: never a second."""

    def rekey(self, product_id: str, key: UUID) -> None:
        """Let a product of ours be found by another key from now on."""

    def change(self, product_id: str, product: ProductInput) -> ShopProduct:
        """Set what is given; lists that are given are all that there will be."""

    def change_variants(self, product_id: str, variants: Sequence[VariantInput]) -> None:
        """The cheap way for what is of variants alone. No stock."""

    def set_stock(self, levels: Sequence[Level], key: UUID) -> None:
        """All or none; raises StaleStockError. The same key does the same thing once."""

    def stock_at_location(self, inventory_item_id: str, quantity: int, key: UUID) -> None:
        """Begin to keep the item at the connection's location."""

    def tended(self, product_id: str) -> bool:
        """Whether others wrote something on the product or put it somewhere by hand, beside what is read of it."""

    def delete_product(self, product_id: str) -> None:
        """For good; no error when it is gone already."""

    def publish(self, product_id: str) -> None:
        """Show it in the online store."""


class Shops(Protocol):
    """Opens shops."""

    def open(self, connection: Connection, fence: Fence) -> Shop:
        """Nothing is called yet. Every call is made under the fence."""


class ProgressBoard(Protocol):
    """Where a push's progress is told while it goes on; kept an hour after its end. Best effort: PostgreSQL knows."""

    def tell(self, push: Push, failures: bytes | None) -> None:
        """Show this state unless a later one is shown; never raises. `failures`: a JSON array when it changed."""

    def read(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes] | None:
        """The version and the JSON body last told; None when nothing is there, or Redis is away."""
