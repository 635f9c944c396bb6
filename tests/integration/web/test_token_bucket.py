"""The token bucket on a real Redis."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from redis import Redis

from app.adapters.redis.client import client_for
from app.adapters.redis.token_bucket import TokenBucket
from app.local.engines import Engines


@pytest.fixture
def redis(engines: Engines, clean_database: None):
    with client_for(engines.redis_url) as client:
        yield client


def test_all_processes_share_one_bucket(redis: Redis):
    tenant = uuid4()
    processes = [TokenBucket(redis) for _ in range(4)]

    def take(i: int) -> int:
        return processes[i % 4].take("integrations", tenant, rate_per_s=0.001, burst=50)

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(take, range(100)))
    assert waits.count(0) == 50


def test_allotments_grant_what_single_tokens_would(redis: Redis):
    tenant, bucket = uuid4(), TokenBucket(redis)
    waits = [bucket.take("storefront", tenant, rate_per_s=0.001, burst=200, wanted=50) for _ in range(300)]
    assert waits.count(0) == 200


def test_an_allotment_costs_one_command(redis: Redis):
    tenant, bucket = uuid4(), TokenBucket(redis)
    bucket.take("storefront", tenant, rate_per_s=10, burst=5000, wanted=50)
    before = redis.info("commandstats")["cmdstat_evalsha"]["calls"]
    for _ in range(49):
        bucket.take("storefront", tenant, rate_per_s=10, burst=5000, wanted=50)
    assert redis.info("commandstats")["cmdstat_evalsha"]["calls"] == before


def test_a_bucket_that_is_not_used_leaves_redis(redis: Redis):
    TokenBucket(redis).take("integrations", uuid4(), rate_per_s=10, burst=20)
    (key,) = redis.keys("rate:*")
    assert 0 < redis.pttl(key) <= 3000


def test_tokens_come_back_with_time(redis: Redis):
    tenant, bucket = uuid4(), TokenBucket(redis)
    assert bucket.take("integrations", tenant, rate_per_s=100, burst=1) == 0
    granted = 0
    while not granted:  # ends after 10 ms of Redis's clock
        granted = bucket.take("integrations", tenant, rate_per_s=100, burst=1) == 0


def test_without_redis_everything_passes():
    bucket, tenant = TokenBucket(client_for("redis://127.0.0.1:1/0")), uuid4()
    assert {bucket.take("integrations", tenant, rate_per_s=1, burst=1) for _ in range(5)} == {0}
    assert {bucket.take("storefront", tenant, rate_per_s=1, burst=25, wanted=50) for _ in range(60)} == {0}
