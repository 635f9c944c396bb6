"""Who is shown, and with what stock: each mechanism that keeps it true, and what happens without it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
import redis

from app import bootstrap
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.redis.projection import RedisProjection
from app.bootstrap import Container
from app.domain.network.ports import Kind
from app.domain.network.reads import NetworkReads
from app.domain.network.shown_stock import ShownStock
from app.domain.stock.apply import FeedJob
from app.domain.storefront.rendering import Answer
from app.domain.work.dispatch import Actor
from app.local.engines import Engines
from tests.desk import FeedsOf, before_checkpoint
from tests.network import PART, Network, entry, gated, manufacturer, stocks
from tests.property.memory import Nobody
from tests.stockline import Stockline

# --- The version of the network ---


def check_that_a_revocation_counts_at_once(network: Network) -> None:
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    assert stocks(network) == [5]
    network.shared_by(reseller, "NONE")
    assert stocks(network) == [], "a revoked reseller is still shown"


def check_that_a_change_of_dealers_counts_at_once(network: Network) -> None:
    dealer = network.dealer(network.reseller(5, "EXACT"))
    assert stocks(network) == [5]
    network.edit(dealer, active=False)
    assert stocks(network) == [], "a closed dealer is still shown"


def check_that_safety_stock_counts_at_once(network: Network) -> None:
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    assert stocks(network) == [5]
    reseller.container.tenancy.set_settings(reseller.tenant_id, ["safetyStock=5"])
    assert stocks(network) == [], "stock that is kept back is still shown"


CHECKS = {
    "stock_share_consent": check_that_a_revocation_counts_at_once,
    "dealer": check_that_a_change_of_dealers_counts_at_once,
    "tenant": check_that_safety_stock_counts_at_once,
}


@pytest.mark.parametrize("table", CHECKS)
def test_who_is_shown_changes_at_once(network: Network, table: str):
    CHECKS[table](network)


@pytest.fixture
def without_triggers(engines: Engines) -> Iterator[Callable[[str], None]]:
    """Takes a table's triggers out until the test is over."""
    off: list[str] = []
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:

        def switch(table: str, word: str) -> None:
            connection.execute(f"ALTER TABLE {table} {word} TRIGGER USER")  # type: ignore[arg-type]

        def take_out(table: str) -> None:
            off.append(table)
            switch(table, "DISABLE")

        yield take_out
        for table in off:
            switch(table, "ENABLE")


@pytest.mark.parametrize("table", CHECKS)
def test_control_without_the_tables_triggers_it_does_not(
    network: Network, without_triggers: Callable[[str], None], table: str
):
    without_triggers(table)
    with pytest.raises(AssertionError, match="still shown"):
        CHECKS[table](network)


def without_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any entry that stands is good enough."""
    nearest = NetworkReads.nearest

    def of_any_version(self: NetworkReads, tenant_id: UUID, _version: int, *rest: Any) -> Answer:
        return nearest(self, tenant_id, 0, *rest)

    read_at = RedisProjection.read_at

    def read_any(
        self: RedisProjection, tenant_id: UUID, kind: Kind, name: str, _version: int, load: Any
    ) -> bytes:
        return read_at(self, tenant_id, kind, name, 0, load)

    monkeypatch.setattr(NetworkReads, "nearest", of_any_version)
    monkeypatch.setattr(RedisProjection, "read_at", read_any)


@pytest.mark.parametrize("table", CHECKS)
def test_control_without_the_look_at_the_version_it_does_not(
    network: Network, monkeypatch: pytest.MonkeyPatch, table: str
):
    without_versions(monkeypatch)
    with pytest.raises(AssertionError, match="still shown"):
        CHECKS[table](network)


def check_that_old_entries_stay_out(network: Network, cache: redis.Redis) -> None:
    """Redis comes back with what it had before the revocation; a process that has nothing in memory reads it."""
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    assert stocks(network) == [5]
    saved = {key: cache.dump(key) for key in cache.keys(f"t:{{{network.id}}}:*")}
    network.shared_by(reseller, "NONE")
    assert stocks(network) == []
    for key, value in saved.items():
        cache.restore(key, 50_000, value, replace=True)
    fresh = network.over(bootstrap.build(network.owner.container.settings))
    try:
        assert (stocks(network), stocks(fresh)) == ([], []), "a revoked reseller is back"
    finally:
        fresh.owner.container.close()


def test_a_revoked_reseller_does_not_come_back_with_redis(network: Network, cache: redis.Redis):
    check_that_old_entries_stay_out(network, cache)


def test_control_without_the_look_at_the_version_it_comes_back(
    network: Network, cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    take = RedisProjection.read_at

    def read_any(
        self: RedisProjection, tenant_id: UUID, kind: Kind, name: str, _version: int, load: Any
    ) -> bytes:
        return take(self, tenant_id, kind, name, 0, load)

    monkeypatch.setattr(RedisProjection, "read_at", read_any)
    with pytest.raises(AssertionError):
        check_that_old_entries_stay_out(network, cache)


# --- Late writers ---


def check_that_a_late_writer_loses(
    network: Network, change: Callable[[Stockline], None], then: list[int]
) -> None:
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    store, slow = gated(network)
    store.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(stocks, slow)
        assert store.reading.wait(5)
        change(reseller)
        store.gate.set()
        assert late.result(10) == [5]
    assert stocks(network) == then, "a late writer brought the old answer back"
    assert stocks(slow) == then, "a late writer's own process shows the old answer"


def feed_seven(reseller: Stockline) -> None:
    reseller.stock_feed({"partNumber": PART, "stock": 7})


def test_a_reader_that_read_before_a_feed_does_not_store_after_it(network: Network):
    check_that_a_late_writer_loses(network, feed_seven, [7])


def test_a_reader_that_read_before_a_revocation_does_not_store_after_it(network: Network):
    check_that_a_late_writer_loses(network, lambda reseller: network.shared_by(reseller, "NONE"), [])


def test_nor_when_redis_lost_its_lease_meanwhile(network: Network, cache: redis.Redis):
    def feed_and_flush(reseller: Stockline) -> None:
        cache.flushall()
        feed_seven(reseller)

    check_that_a_late_writer_loses(network, feed_and_flush, [7])


def test_control_with_a_plain_set_in_place_of_the_lease_the_old_answer_comes_back(
    network: Network, cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    def plain_set(keys: list[str], args: list[Any]) -> None:
        cache.set(keys[-1], b"V" + args[-1], px=args[4])

    monkeypatch.setattr(network.owner.container.projection._leases, "_store", plain_set)
    with pytest.raises(AssertionError, match="brought the old answer back"):
        check_that_a_late_writer_loses(network, feed_seven, [7])


# --- Stock ---


def check_that_a_feed_counts_at_once(network: Network) -> None:
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    assert stocks(network) == [5]
    feed_seven(reseller)
    assert stocks(network) == [7], "old stock is still shown"


def check_that_a_shelf_counts_at_once(network: Network) -> None:
    retail = Network(network.owner.another("RETAIL"))
    store = retail.dealer()
    for stock in (5, 7):
        retail.owner.send("location-stock", [{"dealerId": store, "partNumber": PART, "stock": stock}])
        assert stocks(retail) == [stock], "old stock is still shown"


def check_that_a_feed_by_alias_counts_at_once(network: Network) -> None:
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    reseller.alias("OLD", PART)
    network.owner.activate(PART)
    network.owner.alias("MY OLD", PART)
    assert [one["stock"] for one in network.nearby("MY OLD")] == [5]
    reseller.stock_feed({"partNumber": "OLD", "stock": 7})
    assert [one["stock"] for one in network.nearby("MY OLD")] == [7], "old stock is still shown"


def check_that_every_chunk_counts(network: Network) -> None:
    reseller = network.reseller(precision="EXACT")
    numbers = [f"P-{n}" for n in range(2500)]
    reseller.activate(*numbers[::500])
    network.dealer(reseller)
    assert [network.nearby(number) for number in numbers[::500]] == [[]] * 5
    reseller.stock_feed(*({"partNumber": number, "stock": 7} for number in numbers))
    shown = [[one["stock"] for one in network.nearby(number)] for number in numbers[::500]]
    assert shown == [[7]] * 5, "old stock is still shown"


STOCK_CHECKS = [
    check_that_a_feed_counts_at_once,
    check_that_a_shelf_counts_at_once,
    check_that_a_feed_by_alias_counts_at_once,
    check_that_every_chunk_counts,
]


@pytest.mark.parametrize("check", STOCK_CHECKS)
def test_stock_counts_at_once(network: Network, check: Callable[[Network], None]):
    check(network)


@pytest.mark.parametrize("check", STOCK_CHECKS)
def test_control_when_nothing_is_forgotten_old_stock_stays(
    network: Network, monkeypatch: pytest.MonkeyPatch, check: Callable[[Network], None]
):
    monkeypatch.setattr(RedisProjection, "forget_holders", lambda *_: None)
    with pytest.raises(AssertionError, match="old stock is still shown"):
        check(network)


def test_when_every_forgetting_is_lost_old_stock_ends_within_a_minute(
    network: Network, cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ShownStock, "changed", lambda *_: None)
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    assert stocks(network) == [5]
    for kind, name in ((Kind.HOLDERS, PART), (Kind.DIRECTORY, "")):
        assert 45_000 < cache.pttl(entry(network, kind, name)) <= 50_000
    feed_seven(reseller)
    cache.pexpire(entry(network), 10_000)  # as if it were forty seconds later
    assert stocks(network) == [5]
    assert cache.pttl(entry(network)) <= 10_000, "reading must not make an entry live longer"
    cache.pexpire(entry(network), 0)
    assert stocks(network) == [7], "memory outlives the entry"


def test_a_feed_of_prices_forgets_nothing_and_neither_does_one_that_changes_nothing(
    network: Network, cache: redis.Redis
):
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    network.nearby()
    before = cache.get(entry(network))
    reseller.send("price-feed", [{"partNumber": PART, "price": "9.90"}])
    reseller.stock_feed({"partNumber": PART, "stock": 5})
    assert cache.get(entry(network)) == before
    feed_seven(reseller)
    assert cache.get(entry(network)) is None


def test_a_consent_given_inside_a_feeds_transaction_gets_its_stock(network: Network):
    """So the readers are asked for after the commit: before it, this one was none."""
    reseller, container = network.reseller(5), network.owner.container
    network.dealer(reseller)

    def grant_and_look() -> None:
        network.shared_by(reseller, "EXACT")
        assert stocks(network) == [5]

    transactions = FeedsOf(container.unit_of_work, 12.0, before_checkpoint(grant_and_look))
    shown = ShownStock(PostgresNetworkStore(container.unit_of_work), container.projection)
    job = FeedJob(transactions, container.projection, shown, Nobody(), Nobody())
    feed_id = reseller.accept("stock-feed", [{"partNumber": PART, "stock": 7}])
    container.work.run(UUID(feed_id), {Actor.FEEDS_APPLY: (job.apply, job.give_up)})
    assert stocks(network) == [7]


# --- Without Redis ---


def test_without_redis_every_answer_comes_from_postgresql_and_readyz_says_so(
    build: Callable[..., Container], owner: psycopg.Connection
):
    network = manufacturer(
        build(redis_url="redis://127.0.0.1:1/0", broker_url="redis://127.0.0.1:1/1"), owner
    )
    check_that_a_revocation_counts_at_once(network)
    check_that_a_change_of_dealers_counts_at_once(network)
    check_that_a_feed_counts_at_once(Network(network.owner.another("MANUFACTURER")))
    ready = network.owner.application.test_client().get("/readyz")
    assert (ready.status_code, ready.json["degraded"]) == (200, ["redis"])
