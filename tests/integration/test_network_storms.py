"""Many change what a network shows at the same time; what is kept afterwards is the truth."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.redis.projection import RedisProjection
from app.bootstrap import Container
from app.domain.catalog.kinds import ITEMS
from app.domain.imports.rows import check
from tests.network import PART, Network, stocks
from tests.stockline import Stockline, until
from tests.workers import eventually

LIVE_S = 1.0
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
