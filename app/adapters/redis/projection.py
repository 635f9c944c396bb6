"""What the storefront reads: ready answers in Redis, filled by one reader, forgotten after every change.

An entry is `V` + the tenant's epoch + the answer; a lease is `L` + the epoch + a token that only its
holder knows. Whoever misses leaves a lease, reads PostgreSQL, and stores only if that very lease still
stands. An invalidation removes entry and lease alike, so a reader that read before the commit cannot
store the old value after it. `kept` says that a tenant may have any: most feeds belong to tenants whose
storefront nobody reads at the moment, and need not name a thousand keys to forget. A new epoch voids all of
a tenant's entries and leases at once.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError, ThreadClients
from app.domain.storefront.flights import Flights
from app.domain.storefront.ports import Kind, Load

TTL_S: Final = 50.0
_EPOCH_S: Final = 600  # longer than any entry lives, so that an expired epoch cannot bring one back
_KEPT_S: Final = 600
_EPOCH_NONE: Final = b"-" * 16
_HEADER: Final = 17
_LEASE_MS: Final = 3000
_POLL_S: Final = 0.005
_UNLINK_MAX: Final = 5000
_SCAN_COUNT: Final = 1000

# KEYS: epoch, kept, entries. ARGV: no epoch, token, lease in ms, how long `kept` lasts in s. Answers the epoch,
# then for each entry its value, or 1 if the lease is now ours, or 0 if somebody else is reading.
_ACQUIRE: Final = """
local epoch = redis.call('GET', KEYS[1]) or ARGV[1]
local answer = {epoch}
redis.call('SET', KEYS[2], '1', 'EX', ARGV[4])
for i = 3, #KEYS do
    local entry = redis.call('GET', KEYS[i])
    if not entry or string.sub(entry, 2, 17) ~= epoch then
        redis.call('SET', KEYS[i], 'L' .. epoch .. ARGV[2], 'PX', ARGV[3])
        answer[i - 1] = 1
    elseif string.sub(entry, 1, 1) == 'V' then
        answer[i - 1] = entry
    else
        answer[i - 1] = 0
    end
end
return answer
"""
# KEYS: epoch, entries. ARGV: no epoch, our epoch, token, time to live in ms, values ('' gives the lease back).
_STORE: Final = """
local epoch = redis.call('GET', KEYS[1]) or ARGV[1]
if epoch ~= ARGV[2] then return 0 end
local stored = 0
for i = 2, #KEYS do
    if redis.call('GET', KEYS[i]) == 'L' .. epoch .. ARGV[3] then
        local value = ARGV[i + 3]
        if value == '' then
            redis.call('DEL', KEYS[i])
        else
            redis.call('SET', KEYS[i], 'V' .. epoch .. value, 'PX', ARGV[4])
            stored = stored + 1
        end
    end
end
return stored
"""


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
        self._ttl_ms = int(ttl_s * 1000)
        self._wait_s = wait_s
        self._acquire = client.register_script(_ACQUIRE)
        self._store = client.register_script(_STORE)
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

    def forget_items(self, tenant_id: UUID, part_numbers: Iterable[str]) -> None:
        """After a commit that changed these items; never raises, the entries' age is the backstop."""
        prefix = _prefix(tenant_id)
        try:
            if not self._circuit.run(lambda: self._client.exists(prefix + "kept")):
                return  # nobody has read, or begun to, for longer than any entry lives
        except RedisAwayError:
            return
        numbers = list(part_numbers)
        self._unlink([f"{prefix}{kind}:" + number for kind in Kind for number in numbers])

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
        self._unlink([key for key in keys if not key.endswith(b":epoch")])

    def _peek(self, prefix: str, keys: list[str]) -> list[bytes | None]:
        try:
            values = self._circuit.run(lambda: self._readers.mine().mget(prefix + "epoch", *keys))
        except RedisAwayError:
            return [None] * len(keys)
        epoch, *entries = cast("list[bytes | None]", values)
        mark = b"V" + (epoch or _EPOCH_NONE)
        return [entry[_HEADER:] if entry and entry.startswith(mark) else None for entry in entries]

    def _fill_together(
        self, prefix: str, kind: Kind, part_numbers: Sequence[str], load: Load
    ) -> Mapping[str, bytes]:
        """Fill, or wait for the thread of this process that is already at it."""
        start = f"{prefix}{kind}:"
        filled = self._flights.run(
            [start + number for number in part_numbers],
            lambda keys: self._fill(prefix, keys, _by_key(start, load)),
        )
        return {key[len(start) :]: entry for key, entry in filled.items()}

    def _fill(self, prefix: str, keys: Sequence[str], load: Load) -> Mapping[str, bytes]:
        token = os.urandom(12)
        filled: dict[str, bytes] = {}
        pending = list(keys)
        deadline = time.monotonic() + self._wait_s
        while pending:
            try:
                epoch, states = self._lease(prefix, pending, token)
            except RedisAwayError:
                return {**filled, **load(pending)}
            for key, state in states.items():
                if isinstance(state, bytes):
                    filled[key] = state[_HEADER:]
            if mine := [key for key, state in states.items() if state == 1]:
                filled.update(self._load_and_store(prefix, epoch, token, mine, load))
            pending = [key for key, state in states.items() if state == 0]
            if pending and time.monotonic() >= deadline:
                return {**filled, **load(pending)}
            if pending:
                time.sleep(_POLL_S)
        return filled

    def _load_and_store(
        self,
        prefix: str,
        epoch: bytes,
        token: bytes,
        keys: Sequence[str],
        load: Load,
    ) -> Mapping[str, bytes]:
        loaded: Mapping[str, bytes] = {}
        try:
            loaded = load(keys)
        finally:
            self._settle(prefix, epoch, token, {key: loaded.get(key, b"") for key in keys})
        return loaded

    def _lease(self, prefix: str, keys: Sequence[str], token: bytes) -> tuple[bytes, dict[str, bytes | int]]:
        epoch, *states = cast(
            "list[bytes]",
            self._circuit.run(
                lambda: self._acquire(
                    keys=[prefix + "epoch", prefix + "kept", *keys],
                    args=[_EPOCH_NONE, token, _LEASE_MS, _KEPT_S],
                ),
            ),
        )
        return epoch, dict(zip(keys, states, strict=True))

    def _settle(self, prefix: str, epoch: bytes, token: bytes, entries: Mapping[str, bytes]) -> None:
        """Turn leases into entries, those that still stand; an empty entry gives its lease back."""
        args: list[bytes | int] = [_EPOCH_NONE, epoch, token, self._ttl_ms, *entries.values()]
        try:
            self._circuit.run(lambda: self._store(keys=[prefix + "epoch", *entries], args=args))
        except RedisAwayError:
            return

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
