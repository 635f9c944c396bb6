"""Entries in Redis that one reader fills for all, and that no late writer can fill with something older.

An entry is `V` + its mark + its value; a lease is `L` + a mark + a token that only its holder knows. Whoever
misses leaves a lease, reads PostgreSQL, and stores only if that very lease still stands: an invalidation
removes entry and lease alike, so a reader that read before the commit cannot store the old value after it.
The mark is 16 bytes: a room's epoch, whose change voids all of its entries and leases at once, or the version
that the value was read at, which every read may demand a newest of.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError

MARK_LENGTH: Final = 16
EPOCH_NONE: Final = b"-" * MARK_LENGTH
_KEPT_S: Final = 600
_LEASE_MS: Final = 3000
_POLL_S: Final = 0.005

Load = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Reads the truth for keys: a value, never an empty one, for each of them."""

_MARK: Final = """
local ordered = ARGV[1] == 'version'
local mark = not ordered and redis.call('GET', KEYS[1]) or ARGV[2]
"""
# KEYS: epoch, kept, entries. ARGV: what the mark is, the version or no epoch, token, lease in ms, how long `kept`
# lasts in s. Answers the mark, then for each entry its value, or 1 if the lease is now ours, or 0 if somebody else
# is reading.
_ACQUIRE: Final = (
    _MARK
    + """
local answer = {mark}
redis.call('SET', KEYS[2], '1', 'EX', ARGV[5])
for i = 3, #KEYS do
    local entry = redis.call('GET', KEYS[i])
    local its = entry and string.sub(entry, 2, 17)
    if not entry or (ordered and its < mark) or (not ordered and its ~= mark) then
        redis.call('SET', KEYS[i], 'L' .. mark .. ARGV[3], 'PX', ARGV[4])
        answer[i - 1] = 1
    elseif string.sub(entry, 1, 1) == 'V' then
        answer[i - 1] = entry
    else
        answer[i - 1] = 0
    end
end
return answer
"""
)
# KEYS: epoch, entries. ARGV: what the mark is, the version or no epoch, our mark, token, time to live in ms, marked
# values ('' gives the lease back).
_STORE: Final = (
    _MARK
    + """
if mark ~= ARGV[3] then return 0 end
local stored = 0
for i = 2, #KEYS do
    if redis.call('GET', KEYS[i]) == 'L' .. mark .. ARGV[4] then
        local value = ARGV[i + 4]
        if value == '' then
            redis.call('DEL', KEYS[i])
        else
            redis.call('SET', KEYS[i], 'V' .. value, 'PX', ARGV[5])
            stored = stored + 1
        end
    end
end
return stored
"""
)


@dataclass(frozen=True, slots=True)
class Room:
    """Where entries of one kind live. With `version` (16 bytes, ordered) a value brings its own mark, and those
    below it are as good as missing; else the mark is the epoch found at `epoch_key`. `kept_key` says for ten
    minutes that there may be entries.
    """

    epoch_key: str
    kept_key: str
    version: bytes = b""

    @property
    def arguments(self) -> list[bytes]:
        """What both scripts begin with."""
        return [b"version", self.version] if self.version else [b"epoch", EPOCH_NONE]


class Leases:
    """Fills what is missing; while Redis is away it only reads the truth."""

    def __init__(self, client: Redis, circuit: Circuit, *, ttl_s: float, wait_s: float) -> None:
        self._circuit = circuit
        self._ttl_ms = int(ttl_s * 1000)
        self._wait_s = wait_s
        self._acquire = client.register_script(_ACQUIRE)
        self._store = client.register_script(_STORE)

    def fill(self, room: Room, keys: Sequence[str], load: Load) -> dict[str, bytes]:
        """The value of each key; those that another process is reading are waited for, but not for long."""
        token = os.urandom(12)
        filled: dict[str, bytes] = {}
        pending = list(keys)
        deadline = time.monotonic() + self._wait_s
        while pending:
            try:
                mark, states = self._lease(room, pending, token)
            except RedisAwayError:
                return {**filled, **load(pending)}
            for key, state in states.items():
                if isinstance(state, bytes):
                    filled[key] = _value(room, state)
            if mine := [key for key, state in states.items() if state == 1]:
                filled.update(self._load_and_store(room, mark, token, mine, load))
            pending = [key for key, state in states.items() if state == 0]
            if pending and time.monotonic() >= deadline:
                return {**filled, **load(pending)}
            if pending:
                time.sleep(_POLL_S)
        return filled

    def _load_and_store(
        self, room: Room, mark: bytes, token: bytes, keys: Sequence[str], load: Load
    ) -> Mapping[str, bytes]:
        loaded: Mapping[str, bytes] = {}
        try:
            loaded = load(keys)
        finally:
            self._settle(room, mark, token, {key: loaded.get(key, b"") for key in keys})
        return loaded

    def _lease(self, room: Room, keys: Sequence[str], token: bytes) -> tuple[bytes, dict[str, bytes | int]]:
        mark, *states = cast(
            "list[bytes]",
            self._circuit.run(
                lambda: self._acquire(
                    keys=[room.epoch_key, room.kept_key, *keys],
                    args=[*room.arguments, token, _LEASE_MS, _KEPT_S],
                ),
            ),
        )
        return mark, dict(zip(keys, states, strict=True))

    def _settle(self, room: Room, mark: bytes, token: bytes, values: Mapping[str, bytes]) -> None:
        """Turn leases into entries, those that still stand; an empty value gives its lease back."""
        before = b"" if room.version else mark
        entries = [value and before + value for value in values.values()]
        args: list[bytes | int] = [*room.arguments, mark, token, self._ttl_ms, *entries]
        try:
            self._circuit.run(lambda: self._store(keys=[room.epoch_key, *values], args=args))
        except RedisAwayError:
            return


def _value(room: Room, entry: bytes) -> bytes:
    """What `load` gave for it."""
    return entry[1:] if room.version else entry[1 + MARK_LENGTH :]
