"""Who is calling: a raw API key to its principal, from memory for half a second at a time."""

import threading
from typing import Final, NamedTuple

from app.domain.errors import DatabaseDownError, OutcomeUnknownError
from app.domain.tenancy import keys
from app.domain.tenancy.ports import Tenancies
from app.domain.tenancy.tenant import Principal

KEYS_MAX: Final = 10_000
KEPT_WHILE_DOWN_S: Final = 60.0


class _Answer(NamedTuple):
    """What the database said at `read_at`, good until `fresh_until`; `down`: it could not be asked since."""

    principal: Principal | None
    read_at: float
    fresh_until: float
    down: bool = False


class _Flight:
    """One thread's question to the database, and everybody who waits for its answer."""

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.landed = threading.Event()
        self.answer: _Answer | None = None
        self.error: DatabaseDownError | None = None

    def outcome(self) -> Principal | None:
        """The answer, once landed; raises what the question raised."""
        if self.answer is not None:
            return self.answer.principal
        raise self.error or DatabaseDownError("the key could not be checked; send it again shortly")


class SignIn:
    """Authenticates callers; shared by all threads of a process.

    A revoked key, an inactive tenant and a changed setting are live within `cache_s`. While PostgreSQL is
    down nobody can revoke, so a principal that it last confirmed is let in for a minute.
    """

    def __init__(self, transactions: Tenancies, *, cache_s: float) -> None:
        self._transactions = transactions
        self._cache_s = cache_s
        self._known: dict[bytes, _Answer] = {}
        self._unknown: dict[bytes, _Answer] = {}
        self._flights: dict[bytes, _Flight] = {}
        self._lock = threading.Lock()

    def authenticate(self, raw_key: str, now: float) -> Principal | None:
        """The live principal of a key, None when there is none; `now` is monotonic seconds.

        Raises DatabaseDownError when the answer is neither to be had nor remembered.
        """
        digest = keys.digest(raw_key)
        answer = self._known.get(digest)
        if answer is not None and now < answer.fresh_until:
            return answer.principal
        answer = self._unknown.get(digest)
        if answer is not None and now < answer.fresh_until:
            return None
        prefix = keys.prefix_of(raw_key)
        return None if prefix is None else self._ask(digest, prefix, now)

    def _ask(self, digest: bytes, prefix: str, now: float) -> Principal | None:
        """Ask the database, or wait for the thread that is asking already."""
        while True:
            with self._lock:
                flight = self._flights.get(digest)
                mine = flight is None
                if flight is None:
                    flight = self._flights[digest] = _Flight(now)
            if mine:
                self._fly(flight, digest, prefix)
                return flight.outcome()
            last = self._known.get(digest)
            if last is not None and last.down and now - last.read_at < KEPT_WHILE_DOWN_S:
                return last.principal
            flight.landed.wait()
            if flight.error is not None or now - flight.started_at <= self._cache_s:
                return flight.outcome()

    def _fly(self, flight: _Flight, digest: bytes, prefix: str) -> None:
        try:
            flight.answer = self._read(digest, prefix, flight.started_at)
        except (DatabaseDownError, OutcomeUnknownError) as error:
            flight.answer = self._remembered(digest, flight.started_at)
            flight.error = None if flight.answer else DatabaseDownError(error.message)
        finally:
            with self._lock:
                if flight.answer is not None:
                    self._keep(digest, flight.answer)
                del self._flights[digest]
            flight.landed.set()

    def _read(self, digest: bytes, prefix: str, now: float) -> _Answer:
        with self._transactions.platform() as tx:
            key = tx.key_by_prefix(prefix)
            live = (
                key is not None
                and keys.same(key.secret_hash, digest)
                and not key.revoked
                and key.tenant.active
            )
            if key is not None and live and not key.used_lately:
                tx.note_key_use(key.id)
        principal = None
        if key is not None and live:
            principal = Principal(key.id, key.tenant, key.scopes, key.network_version)
        return _Answer(principal, now, now + self._cache_s)

    def _remembered(self, digest: bytes, now: float) -> _Answer | None:
        """The last good answer for a while longer; refusals are not remembered that long."""
        last = self._known.get(digest)
        if last is None or now - last.read_at >= KEPT_WHILE_DOWN_S:
            return None
        return last._replace(fresh_until=now + self._cache_s, down=True)

    def _keep(self, digest: bytes, answer: _Answer) -> None:
        """Under the lock. A flood of made-up keys pushes out its own kind only."""
        kept, other = (
            (self._unknown, self._known) if answer.principal is None else (self._known, self._unknown)
        )
        other.pop(digest, None)
        if digest not in kept and len(kept) >= KEYS_MAX:
            del kept[next(iter(kept))]
        kept[digest] = answer
