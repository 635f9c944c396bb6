"""What the storefront reads: ready answers in Redis, filled by one reader, forgotten after every change.

`kept` says that a tenant may have any: most feeds belong to tenants whose storefront nobody reads at the moment,
and need not name a thousand keys to forget. A new epoch voids all of a tenant's entries at once.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError, ThreadClients
from app.adapters.redis.leases import EPOCH_NONE, MARK_LENGTH, Leases, Room
from app.domain.network.ports import Kind as NetworkKind
from app.domain.network.ports import LoadEntry
from app.domain.storefront.flights import Flights
from app.domain.storefront.ports import Kind, Load

TTL_S: Final = 50.0
_EPOCH_S: Final = 600  # longer than any entry lives, so that an expired epoch cannot bring one back
_HEADER: Final = 1 + MARK_LENGTH
_MARKS: Final = {
    b"epoch",
    b"kept",
    b"shown",
}  # of a tenant, not of a part, and never forgotten with its entries
_UNLINK_MAX: Final = 5000
_SCAN_COUNT: Final = 1000


class RedisProjection:
    """The storefront's projection; while Redis is away it is a single flight over PostgreSQL."""

    def __init__(
        self,
        client: Redis,
        *,
        circuit: Circuit | None = None,
        ttl_s: float = TTL_S,
        wait_s: float = 1.0,
    ) -> None:
        self._client = client
        self._readers = ThreadClients(client)
        self._circuit = circuit or Circuit("projection")
        self._leases = Leases(client, self._circuit, ttl_s=ttl_s, wait_s=wait_s)
        self._flights = Flights()

    def read(self, tenant_id: UUID, kind: Kind, part_numbers: Sequence[str], load: Load) -> list[bytes]:
        """Each part number's entry: one round trip when all are there, one `load` for those that are not."""
        prefix = _prefix(tenant_id)
        keys = [f"{prefix}{kind}:{number}" for number in part_numbers]
        found = self._peek(prefix, keys)
        if None in found:
            missing = [number for number, entry in zip(part_numbers, found, strict=True) if entry is None]
            filled = self._fill_together(prefix, kind, missing, load)
            return [entry or filled[number] for number, entry in zip(part_numbers, found, strict=True)]
        return cast("list[bytes]", found)

    def head(self, tenant_id: UUID, kind: NetworkKind, name: str, length: int) -> bytes | None:
        """The first bytes of an entry; None for a lease, for nothing, and while Redis is away."""
        key = f"{_prefix(tenant_id)}{kind}:{name}"
        try:
            found = cast("bytes", self._circuit.run(lambda: self._readers.mine().getrange(key, 0, length)))
        except RedisAwayError:
            return None
        return found[1:] if found.startswith(b"V") else None

    def read_at(self, tenant_id: UUID, kind: NetworkKind, name: str, version: int, load: LoadEntry) -> bytes:
        """The entry of this version or a newer one. Those who wait for a fill wait for one of their version."""
        prefix = _prefix(tenant_id)
        key = f"{prefix}{kind}:{name}"
        room = Room(prefix + "epoch", prefix + "shown", f"{version:0{MARK_LENGTH}x}".encode())

        def fill(flights: Sequence[str]) -> dict[str, bytes]:
            entries = self._leases.fill(room, [key], lambda keys: dict.fromkeys(keys, load()))
            return dict.fromkeys(flights, entries[key])

        flight = f"{key}@{version}"
        return self._flights.run([flight], fill)[flight]

    def forget_holders(self, tenant_id: UUID, part_numbers: Iterable[str]) -> None:
        """After a commit that changed what the tenant may be shown of these parts; never raises."""
        self._forget(tenant_id, "shown", [NetworkKind.HOLDERS], part_numbers)

    def forget_items(self, tenant_id: UUID, part_numbers: Iterable[str]) -> None:
        """After a commit that changed these items; never raises, the entries' age is the backstop."""
        self._forget(tenant_id, "kept", list(Kind), part_numbers)

    def forget_tenant(self, tenant_id: UUID) -> None:
        """After a commit that changed what a tenant sells, its aliases or its settings; never raises."""
        epoch = os.urandom(8).hex()
        try:
            self._circuit.run(lambda: self._client.set(_prefix(tenant_id) + "epoch", epoch, ex=_EPOCH_S))
        except RedisAwayError:
            return

    def forget_all(self) -> None:
        """After a change of the central catalog: every tenant's entries; never raises."""
        try:
            keys = self._circuit.run(
                lambda: list(self._client.scan_iter(match="t:{*", count=_SCAN_COUNT)),
            )
        except RedisAwayError:
            return
        self._unlink([key for key in keys if key.partition(b"}:")[2] not in _MARKS])

    def _peek(self, prefix: str, keys: list[str]) -> list[bytes | None]:
        try:
            values = self._circuit.run(lambda: self._readers.mine().mget(prefix + "epoch", *keys))
        except RedisAwayError:
            return [None] * len(keys)
        epoch, *entries = cast("list[bytes | None]", values)
        mark = b"V" + (epoch or EPOCH_NONE)
        return [entry[_HEADER:] if entry and entry.startswith(mark) else None for entry in entries]

    def _fill_together(
        self, prefix: str, kind: Kind, part_numbers: Sequence[str], load: Load
    ) -> Mapping[str, bytes]:
        """Fill, or wait for the thread of this process that is already at it."""
        start = f"{prefix}{kind}:"
        room = Room(prefix + "epoch", prefix + "kept")
        filled = self._flights.run(
            [start + number for number in part_numbers],
            lambda keys: self._leases.fill(room, keys, _by_key(start, load)),
        )
        return {key[len(start) :]: entry for key, entry in filled.items()}

    def _forget(self, tenant_id: UUID, mark: str, kinds: Sequence[str], part_numbers: Iterable[str]) -> None:
        prefix = _prefix(tenant_id)
        try:
            if not self._circuit.run(lambda: self._client.exists(prefix + mark)):
                return  # nobody has read, or begun to, for longer than any entry lives
        except RedisAwayError:
            return
        numbers = list(part_numbers)
        self._unlink([f"{prefix}{kind}:" + number for kind in kinds for number in numbers])

    def _unlink(self, keys: Sequence[str | bytes]) -> None:
        try:
            for start in range(0, len(keys), _UNLINK_MAX):
                some = keys[start : start + _UNLINK_MAX]
                self._circuit.run(lambda some=some: self._client.unlink(*some))  # type: ignore[misc]
        except RedisAwayError:
            return


def _prefix(tenant_id: UUID) -> str:
    """The braces keep a tenant on one node of a Redis cluster."""
    return f"t:{{{tenant_id}}}:"


def _by_key(start: str, load: Load) -> Load:
    """`load`, which knows part numbers, over keys."""

    def loaded(keys: Sequence[str]) -> dict[str, bytes]:
        entries = load([key[len(start) :] for key in keys])
        return {start + number: entry for number, entry in entries.items()}

    return loaded
