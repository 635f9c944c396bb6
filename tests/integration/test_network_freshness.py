"""What a network shows is true within a second: revocations, stock, late writers, and a Redis that forgets or remembers."""

import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import redis
from sqlalchemy import event, text
from structlog.testing import capture_logs

from app import bootstrap
from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.redis.projection import RedisProjection
from app.bootstrap import Container
from app.domain.catalog.kinds import ITEMS
from app.domain.imports.rows import check
from app.domain.network.nearby import Origin, Wish
from app.domain.network.ports import Kind, NetworkStore, SharedStock
from app.domain.network.reads import NetworkReads
from app.domain.network.shown_stock import ShownStock
from app.domain.stock.apply import FeedJob
from app.domain.storefront.rendering import Answer
from app.domain.work.dispatch import Actor
from app.local.engines import Engines
from app.local.ports import free_port
from app.local.program import spawn
from app.local.valkey import ValkeyServer
from app.settings import Settings
from app.web.app import create_app
from tests.desk import FeedsOf, before_checkpoint
from tests.network import HERE, PART, Network, sharing
from tests.property.memory import Nobody
from tests.stockline import Stockline, open_stockline, platform, until
from tests.workers import Group, eventually

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIVE_S = 1.0
WATCHED_S = 2.0


@pytest.fixture
def owner(engines: Engines, clean_database: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(engines.owner_url, autocommit=True) as connection, capture_logs():
        yield platform(connection)


@pytest.fixture
def build(settings: Settings) -> Iterator[Callable[..., Container]]:
    built: list[Container] = []

    def build_one(**changes: Any) -> Container:
        built.append(bootstrap.build(settings.model_copy(update={"key_cache_s": 0.0} | changes)))
        return built[-1]

    yield build_one
    for one in built:
        one.unit_of_work.engine.dispose()


def manufacturer(container: Container, owner: psycopg.Connection) -> Network:
    return Network(open_stockline(container, create_app(container), owner, "MANUFACTURER"))


@pytest.fixture
def network(build: Callable[..., Container], owner: psycopg.Connection) -> Network:
    """A manufacturer's, asked without a sign-in that remembers."""
    return manufacturer(build(), owner)


@pytest.fixture
def cache(engines: Engines) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(engines.redis_url) as client:
        yield client


def entry(network: Network, kind: Kind = Kind.HOLDERS, name: str = PART) -> str:
    return f"t:{{{network.id}}}:{kind}:{name}"


def stocks(network: Network) -> list[int]:
    return [one["stock"] for one in network.nearby()]


# --- Two web processes, real workers, and a Redis that dies ---


@pytest.fixture
def own_valkey(engines: Engines, tmp_path: Path) -> ValkeyServer:
    """One that may be killed: the session's belongs to every test."""
    home = engines.valkey.home / f"killed-{free_port()}"
    home.mkdir(mode=0o755)
    return replace(engines.valkey, home=home, port=free_port(), log=tmp_path / "valkey.log")


@dataclass
class Site:
    """One manufacturer at two web processes, its reseller, and the Redis between them."""

    webs: list[Network]
    reseller: Stockline
    valkey: ValkeyServer
    process: Any

    def start(self) -> None:
        self.process = spawn(self.valkey.program())
        eventually(self.valkey.accepts, 20, "Valkey")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def cache(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url(0))

    def shown(self) -> list[int]:
        """How many dealers each web process shows."""
        return [len(web.nearby()) for web in self.webs]

    @property
    def files(self) -> Path:
        return self.valkey.home / "valkey" / "appendonlydir"


@pytest.fixture
def site(
    build: Callable[..., Container], owner: psycopg.Connection, own_valkey: ValkeyServer, tmp_path: Path
) -> Iterator[Site]:
    changes = {"redis_url": own_valkey.url(0), "broker_url": own_valkey.url(1), "key_cache_s": 0.5}
    first = manufacturer(build(**changes), owner)
    site = Site([first, first.over(build(**changes))], first.owner.another("RESELLER"), own_valkey, None)
    site.start()
    workers = Group.start(first.owner.container.settings, tmp_path / "workers.log", threads=2)
    site.reseller.activate(PART, stock=1)
    first.dealer(site.reseller)
    yield site
    workers.kill()
    site.kill()


@contextmanager
def feeding(reseller: Stockline) -> Iterator[list[int]]:
    """Stock that changes all the time; the statuses of the feeds."""
    stopped, statuses = threading.Event(), []

    def feed() -> None:
        stock = 100
        while not stopped.wait(0.05):
            stock += 1
            response = reseller.post("stock-feed", [{"partNumber": PART, "stock": stock}], Prefer="wait=1")
            statuses.append(response.status_code)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield statuses
    finally:
        stopped.set()
        thread.join(20)


def nothing(_site: Site) -> Callable[[], None]:
    return lambda: None


def redis_is_flushed(site: Site) -> Callable[[], None]:
    site.cache.flushall()
    return lambda: None


def redis_is_killed_and_comes_back(site: Site) -> Callable[[], None]:
    site.kill()
    return site.start


def redis_comes_back_with_an_older_file(site: Site) -> Callable[[], None]:
    older = site.files.with_name("older")
    subprocess.run(["cp", "-a", site.files, older], check=True)  # owners kept: Valkey runs as one of its own

    def restart() -> None:
        site.kill()
        shutil.rmtree(site.files)
        older.rename(site.files)
        site.start()

    return restart


def check_that_the_revoked_stay_away(
    site: Site, disturb: Callable[[Site], Callable[[], None]] = nothing
) -> None:
    """Read, disturb Redis, revoke, bring Redis back: from a second after the revocation on, no answer has them."""
    site.webs[0].shared_by(site.reseller, "EXACT")
    until(lambda: site.shown() == [1, 1], "the granted stock")
    bring_back = disturb(site)
    assert sharing(site.reseller, "DELETE", f"/{site.webs[0].id}").status_code == 204
    revoked_at = time.monotonic()
    bring_back()
    watched_until = time.monotonic() + WATCHED_S
    while (now := time.monotonic()) < watched_until:
        shown = site.shown()
        assert shown == [0, 0] or now - revoked_at < LIVE_S, f"{now - revoked_at:.2f} s after its revocation"


@pytest.mark.slow
def test_a_revoked_reseller_is_gone_within_a_second_whatever_redis_does_under_feeds(site: Site):
    with feeding(site.reseller) as statuses:
        for disturb in (
            nothing,
            redis_is_flushed,
            redis_is_killed_and_comes_back,
            redis_comes_back_with_an_older_file,
        ):
            check_that_the_revoked_stay_away(site, disturb)
    assert set(statuses) <= {200, 202}
    assert site.reseller.stock()[PART] > 100


@pytest.mark.slow
def test_stock_that_a_feed_changed_is_shown_by_every_process_within_a_second(site: Site):
    site.webs[0].shared_by(site.reseller, "EXACT")
    until(lambda: [stocks(web) for web in site.webs] == [[1], [1]], "the first stock")
    for stock in (7, 8, 9):
        response = site.reseller.post("stock-feed", [{"partNumber": PART, "stock": stock}], Prefer="wait=10")
        assert response.status_code == 200, response.text
        eventually(lambda: [stocks(web) for web in site.webs] == [[stock]] * 2, LIVE_S)  # noqa: B023


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
        fresh.owner.container.unit_of_work.engine.dispose()


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


class GatedStore:
    """The truth, read, but told only when the gate opens; counts what is read."""

    def __init__(self, store: NetworkStore) -> None:
        self._store = store
        self.reading, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        self.reads: list[str] = []

    def directory(self, tenant_id: UUID) -> Any:
        self.reads.append("dealers")
        return self._store.directory(tenant_id)

    def shared_stock(self, tenant_id: UUID, part_number: str) -> SharedStock:
        self.reads.append(part_number)
        found = self._store.shared_stock(tenant_id, part_number)
        self.reading.set()
        assert self.gate.wait(10)
        return found


def gated(network: Network) -> tuple[GatedStore, Network]:
    """The same tenant at a process whose reads of the truth can be held up."""
    container = network.owner.container
    store = GatedStore(PostgresNetworkStore(container.unit_of_work))
    return store, network.over(replace(container, nearby=NetworkReads(store, container.projection)))


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


PARTS = ("P", "Q", "R")


def changers(network: Network, resellers: list[Stockline], dice: random.Random) -> list[Callable[[], Any]]:
    """Everybody who decides what is shown, each with one change."""
    container = network.owner.container
    dealers = [
        network.dealer(reseller, name=reseller.key[-4:], lat=59 + n) for n, reseller in enumerate(resellers)
    ]

    def stock() -> list[dict[str, Any]]:
        return [{"partNumber": part, "stock": dice.randint(0, 12)} for part in PARTS]

    def import_stock(reseller: Stockline) -> None:
        lines = [f"{one['partNumber']},{one['stock']}\n" for one in stock()]
        container.catalog.import_items(reseller.tenant_id, "items.csv", ["partNumber,stock\n", *lines])

    def set_levels(reseller: Stockline) -> None:
        settings = f"safetyStock={dice.randint(0, 3)}", f"lowStockThreshold={dice.randint(1, 9)}"
        container.tenancy.set_settings(reseller.tenant_id, settings)

    def edit() -> None:
        linked = dice.choice(resellers).tenant_id
        network.edit(dice.choice(dealers), linked_tenant_id=linked, active=dice.random() < 0.8)

    return [
        edit,
        *(lambda one=one: one.stock_feed(*stock()) for one in resellers),
        *(
            lambda one=one: network.shared_by(one, dice.choice(("EXACT", "LEVEL", "NONE")))
            for one in resellers
        ),
        *(lambda one=one: import_stock(one) for one in resellers[:1]),
        *(lambda one=one: set_levels(one) for one in resellers),
    ]


def without_times(web: Network, part: str) -> list[dict[str, Any]]:
    """asOf alone may lag, for a value that was confirmed and not changed."""
    return [{name: value for name, value in one.items() if name != "asOf"} for one in web.nearby(part)]


def check_that_what_is_kept_is_the_truth(
    network: Network, build: Callable[..., Container], rounds: int
) -> None:
    """Some of them at once, then silence: what a late or untold writer left would stand for a minute.

    Not all of them each time, since every change of the network's version sweeps away what others left.
    """
    resellers = [network.reseller(5, "LEVEL") for _ in range(2)]
    for reseller in resellers:
        reseller.activate(*PARTS[1:])
    webs = network, network.over(build())
    truth = network.over(build(redis_url="redis://127.0.0.1:1/0"))
    dice = random.Random(3)
    everybody = changers(network, resellers, dice)
    ask = [lambda web=web, part=part: web.nearby(part) for web in webs for part in PARTS]
    with ThreadPoolExecutor(len(everybody) + len(ask)) as pool:
        for _ in range(rounds):
            some = dice.sample(everybody, dice.randint(1, 4))
            for done in [pool.submit(repeat, one, 4) for one in (*some, *ask)]:
                done.result(60)
            for part in PARTS:
                kept, true = [without_times(web, part) for web in webs], without_times(truth, part)
                assert kept == [true, true], "what is kept is not the truth"


def test_what_is_kept_after_a_storm_of_changes_is_the_truth(
    network: Network, build: Callable[..., Container]
):
    check_that_what_is_kept_is_the_truth(network, build, rounds=25)


def test_control_when_nothing_is_forgotten_what_is_kept_after_a_storm_is_not_the_truth(
    network: Network, build: Callable[..., Container], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(RedisProjection, "forget_holders", lambda *_: None)
    with pytest.raises(AssertionError, match="not the truth"):
        check_that_what_is_kept_is_the_truth(network, build, rounds=100)


def repeat(change: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        change()


@contextmanager
def more_kept_back(reseller: Stockline) -> Iterator[None]:
    """The operator's change, its commit still to come."""
    with reseller.container.unit_of_work.platform() as connection:
        connection.execute(
            text("UPDATE tenant SET safety_stock = 5 WHERE id = :id"), {"id": reseller.tenant_id}
        )
        yield


@contextmanager
def nothing_left(reseller: Stockline) -> Iterator[None]:
    """An import, its commit still to come."""
    with PostgresCatalogs(reseller.container.unit_of_work).tenant(reseller.tenant_id) as tx:
        tx.import_items([check(ITEMS, 1, {"partNumber": PART, "stock": "0"})])
        yield


@pytest.mark.parametrize("unfinished", [more_kept_back, nothing_left])
def test_a_consent_given_beside_an_unfinished_change_of_the_reseller_shows_none_of_what_was_before(
    network: Network, unfinished: Callable[[Stockline], AbstractContextManager[None]]
):
    """Neither sees the other's rows: one of them must wait, or the change would not know whom to tell."""
    reseller = network.reseller(5)
    network.dealer(reseller)
    with ThreadPoolExecutor(1) as pool:
        with unfinished(reseller):
            grant = pool.submit(network.shared_by, reseller, "EXACT")
            until(lambda: grant.done() or waiting_for_a_lock(network), "the grant")
            network.nearby()
        grant.result(10)
    assert stocks(network) == []


def waiting_for_a_lock(network: Network) -> bool:
    statement = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    row = network.owner.database.execute(statement).fetchone()
    return row is not None and row[0] > 0


@contextmanager
def storm(*webs: Network) -> Iterator[list[int]]:
    """Readers that never stop, on all processes; how many answers each got."""
    stopped = threading.Event()

    def ask(web: Network) -> int:
        answers = 0
        while not stopped.is_set():
            assert len(web.nearby(limit=50, lat=59 + answers % 7, lng=18)) <= 1
            answers += 1
        return answers

    counts: list[int] = []
    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(ask, webs[n % len(webs)]) for n in range(6)]
        try:
            yield counts
        finally:
            stopped.set()
        counts += [reader.result(20) for reader in readers]


def test_in_a_storm_of_readers_every_change_counts(network: Network, build: Callable[..., Container]):
    """Consents at once; stock as soon as those have their answer who were already waiting for one."""
    reseller = network.reseller(5, "EXACT")
    network.dealer(reseller)
    webs = network, network.over(build())
    with storm(*webs) as counts:
        for stock in range(100, 125):
            network.shared_by(reseller, "NONE")
            assert [stocks(web) for web in webs] == [[], []]
            network.shared_by(reseller, "EXACT")
            assert all(stocks(web) for web in webs)
            reseller.stock_feed({"partNumber": PART, "stock": stock})
            eventually(lambda: [stocks(web) for web in webs] == [[stock]] * 2, LIVE_S)  # noqa: B023
    assert min(counts) > 0


# --- What a read costs, and what it does without Redis ---


def test_however_many_ask_at_once_the_truth_is_read_once_in_all_processes(network: Network):
    network.dealer(network.reseller(5, "EXACT"))
    (store, one), (other_store, other) = gated(network), gated(network)
    warm = [(web.names(), store.reads.clear()) for web, store in ((one, store), (other, other_store))]
    network.owner.container.projection.forget_holders(network.id, [PART])
    store.gate.clear()
    store.reading.clear()
    with ThreadPoolExecutor(24) as pool:
        first = pool.submit(stocks, one)
        assert store.reading.wait(5)
        rest = [pool.submit(stocks, (one, other)[n % 2]) for n in range(23)]
        store.gate.set()
        assert {tuple(asker.result(10)) for asker in (first, *rest)} == {(5,)}
    assert len(warm) == 2
    assert (store.reads, other_store.reads) == ([PART], [])


def test_a_warm_read_is_one_command_to_redis_and_none_to_postgresql(network: Network, cache: redis.Redis):
    network.dealer(network.reseller(5, "EXACT"))
    container = network.owner.container
    principal = container.authenticate(network.owner.key)
    assert principal is not None
    statements: list[str] = []
    event.listen(
        container.unit_of_work.engine, "before_cursor_execute", lambda *told: statements.append(told[2])
    )

    def read(lat: float) -> bytes:
        origin = Origin(lat, HERE["lng"])
        return container.nearby.nearest(
            network.id, principal.network_version, PART, origin, Wish(), NOON
        ).body

    read(59.0)
    statements.clear()
    before = commands(cache)
    assert b'"stock":5' in read(10.0)  # from elsewhere: nothing of an answer is kept
    assert commands(cache) - before == {"getrange": 1}
    assert statements == []


def commands(cache: redis.Redis) -> Counter[str]:
    """What Redis has been asked, how often."""
    told = cache.info("commandstats")
    return Counter(
        {name.removeprefix("cmdstat_"): one["calls"] for name, one in told.items() if name != "cmdstat_info"}
    )


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


def test_when_redis_goes_away_what_is_in_memory_is_not_trusted(
    build: Callable[..., Container], owner: psycopg.Connection, own_valkey: ValkeyServer
):
    server = spawn(own_valkey.program())
    try:
        eventually(own_valkey.accepts, 20, "Valkey")
        network = manufacturer(build(redis_url=own_valkey.url(0), broker_url=own_valkey.url(1)), owner)
        reseller = network.reseller(5, "EXACT")
        network.dealer(reseller)
        assert stocks(network) == [5]
    finally:
        server.kill()
        server.wait()
    feed_seven(reseller)
    assert stocks(network) == [7]
