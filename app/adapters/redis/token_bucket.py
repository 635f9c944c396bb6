"""One token bucket per tenant and purpose, the same for all processes: it lives in Redis, on Redis's clock."""

import math
import threading
from typing import Final, cast
from uuid import UUID

from redis import Redis

from app.adapters.redis.client import Circuit, RedisAwayError

# KEYS: the bucket. ARGV: tokens per second, capacity, tokens wanted. Answers {granted, ms until there is one}.
_TAKE: Final = """
local rate, capacity, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = capacity
if bucket[1] then
    tokens = math.min(capacity, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * rate / 1000)
end
local granted = math.min(wanted, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
return {granted, granted > 0 and 0 or math.ceil((1 - tokens) * 1000 / rate)}
"""
_ALLOTMENT_MAX: Final = 50


class TokenBucket:
    """Takes tokens for requests; while Redis is away every request passes."""

    def __init__(self, client: Redis, *, circuit: Circuit | None = None) -> None:
        self._take = client.register_script(_TAKE)
        self._circuit = circuit or Circuit("rate limit")
        self._allotments: dict[tuple[str, UUID], int] = {}
        self._lock = threading.Lock()

    def take(self, purpose: str, tenant_id: UUID, *, rate_per_s: float, burst: int, wanted: int = 1) -> int:
        """Take one token; 0 if it was there, else the whole seconds until there is one.

        With `wanted` above one, tokens come from Redis in allotments of as many (at most 50, and a
        twentieth of the burst), so that most calls cost a dictionary lookup.
        """
        if wanted == 1:
            return self._from_redis(purpose, tenant_id, rate_per_s, burst, 1)[1]
        key = (purpose, tenant_id)
        with self._lock:
            left = self._allotments.get(key, 0)
            if left:
                self._allotments[key] = left - 1
                return 0
        several = max(1, min(wanted, _ALLOTMENT_MAX, burst // 20))
        granted, wait_s = self._from_redis(purpose, tenant_id, rate_per_s, burst, several)
        if granted > 1:
            with self._lock:
                self._allotments[key] = self._allotments.get(key, 0) + granted - 1
        return wait_s

    def _from_redis(
        self, purpose: str, tenant_id: UUID, rate: float, burst: int, wanted: int
    ) -> tuple[int, int]:
        try:
            answer = self._circuit.run(
                lambda: self._take(keys=[f"rate:{purpose}:{{{tenant_id}}}"], args=[rate, burst, wanted]),
            )
        except RedisAwayError:
            return wanted, 0
        granted, wait_ms = cast("tuple[int, int]", answer)
        return granted, math.ceil(wait_ms / 1000)
