"""Where pushes tell how far they are: a hash per push, which no late teller can turn back.

PostgreSQL knows; this spares it the asking. An entry that does not add up is as good as none, and whoever finds none
asks PostgreSQL and tells what it said. Within one process a reading never goes back: it remembers the newest version
that it saw of each push, and takes nothing older, whatever a Redis that was away comes back with. Of what only
another process saw nobody here knows: there an old entry stands until the worker settles its next item, or until
it expires.
"""

import threading
from collections import OrderedDict
from typing import Final, cast
from uuid import UUID

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError
from app.domain.push.push import CURRENT_FOR_S, FAILURES_SHOWN_MAX, Push
from app.domain.push.service import body

GOING_ON_S: Final = 30
"""How long an entry stands that nobody renews while more is to come: no lost word is missed for longer."""
_REMEMBERED_MAX: Final = 4096

# KEYS: the push. ARGV: version, the body up to its failures, how many failures it has to list, their array or '',
# time to live in s. An entry of the same version is written again where it lacks its failures.
_TELL: Final = """
local version, listed = unpack(redis.call('HMGET', KEYS[1], 'version', 'listed'))
local newer = not version or tonumber(version) < tonumber(ARGV[1])
local completes = version == ARGV[1] and listed ~= ARGV[3] and ARGV[4] ~= ''
if not newer and not completes then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'body', ARGV[2], 'failed', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'failures', ARGV[4], 'listed', ARGV[3]) end
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""
_FIELDS: Final = ("version", "body", "failed", "failures", "listed")


class RedisProgress:
    """The board; while Redis is away it shows nothing and forgets what it is told."""

    def __init__(self, client: Redis, *, circuit: Circuit | None = None) -> None:
        self._client = client
        self._circuit = circuit or Circuit("progress")
        self._tell = client.register_script(_TELL)
        self._seen = _Seen()

    def tell(self, push: Push, failures: bytes | None) -> None:
        """Show this state unless a later one is shown; never raises. `failures`: a JSON array when it changed."""
        self._seen.note(push.id, push.version)
        keys = [_key(push.tenant_id, push.id)]
        args: list[bytes | int] = [push.version, body(push, b"")[:-1], min(push.failed, FAILURES_SHOWN_MAX)]
        args += [failures or b"", CURRENT_FOR_S if push.status.over else GOING_ON_S]
        try:
            self._circuit.run(lambda: self._tell(keys=keys, args=args))
        except RedisAwayError:
            return

    def read(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes] | None:
        """The version and the JSON body last told; None when nothing is there, or Redis is away."""
        key = _key(tenant_id, push_id)
        try:
            found = self._circuit.run(lambda: self._client.hmget(key, _FIELDS))
        except RedisAwayError:
            return None
        version, head, failed, failures, listed = cast("list[bytes | None]", found)
        if version is None or head is None or failed not in (b"0", listed):
            return None
        if not self._seen.note(push_id, int(version)):
            return None
        return int(version), head + (failures or b"[]") + b"}"


class _Seen:
    """The newest version that this process saw of each of the pushes it met last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: OrderedDict[UUID, int] = OrderedDict()

    def note(self, push_id: UUID, version: int) -> bool:
        """False when a newer one was seen."""
        with self._lock:
            newest = max(version, self._versions.pop(push_id, 0))
            self._versions[push_id] = newest
            if len(self._versions) > _REMEMBERED_MAX:
                self._versions.popitem(last=False)
        return version == newest


def _key(tenant_id: UUID, push_id: UUID) -> str:
    """The braces keep a tenant on one node of a Redis cluster."""
    return f"push:{{{tenant_id}}}:{push_id}"
