"""What a push rests on, each piece taken out once: then the same check finds what it is there to prevent."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import redis

from app.adapters.postgres import pushes, work
from app.adapters.postgres.pushes import PostgresPushTransaction
from app.domain.push.errors import PushRunningError
from app.domain.push.push import Push, PushStatus
from app.domain.work.dispatch import TRIES_MAX
from app.local.engines import Engines
from tests.agreement import check_counters, check_units
from tests.faults.controls import without
from tests.mortal import KilledError, MortalWorker, later
from tests.shopkeeper import Shopkeeper
from tests.shopkeeper_fixtures import keeper_of, shop, simulator
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = [
    "_application",
    "_database",
    "_emptied",
    "build",
    "keeper_of",
    "shop",
    "simulator",
    "stockline",
]


# --- one push at a time ---


def check_that_only_one_of_two_begins(shop: Shopkeeper) -> None:
    shop.sell("P-1")
    both, outcomes = threading.Barrier(2), []

    def begin() -> None:
        both.wait(20)
        try:
            outcomes.append(shop.begin("P-1").status)
        except PushRunningError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(outcomes) == ["push_running", "queued"], "two pushes are under way for one shop"


def test_of_two_pushes_that_begin_at_once_one_is_refused(shop: Shopkeeper):
    check_that_only_one_of_two_begins(shop)


@pytest.fixture
def without_the_index(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The index of pushes under way is gone for the length of a test."""
    with psycopg.connect(engines.owner_url, autocommit=True) as owner:
        row = owner.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'push_one_at_a_time_idx'"
        ).fetchone()
        assert row
        owner.execute("DROP INDEX push_one_at_a_time_idx")
        without(monkeypatch, pushes, "_CREATE", r"ON CONFLICT.*DO NOTHING")
        yield
        owner.execute("SELECT set_config('app.platform', 'on', false)")
        owner.execute("UPDATE push SET status = 'cancelled' WHERE status = 'queued'")
        owner.execute(row[0])


def test_control_without_its_index_two_pushes_begin(without_the_index: None, shop: Shopkeeper):
    with pytest.raises(AssertionError, match="two pushes are under way"):
        check_that_only_one_of_two_begins(shop)


# --- the echo's record ---


def check_that_the_shops_word_is_known_for_an_echo(shop: Shopkeeper) -> None:
    """What the shop tells of our own stock, at the first moment that it can."""
    shop.sell("P-1")
    shop.push()
    shop.edit("P-1", stock=8)
    shop.begin()
    results = []

    def tells(_: int, name: str) -> None:
        if name == "after inventorySetQuantities":
            results.append(shop.stockline.stock_feed({"partNumber": "P-1", "stock": shop.stock("P-1")}))

    MortalWorker(shop, tells).drain()
    (result,) = results
    assert result["echoSkipped"] == 1, "the shop's echo was taken for news"


def test_what_the_shop_tells_of_a_push_is_known_for_an_echo_before_the_push_goes_on(shop: Shopkeeper):
    check_that_the_shops_word_is_known_for_an_echo(shop)


def test_control_recorded_after_the_call_it_comes_too_late(shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch):
    record, settle = PostgresPushTransaction.pushing_stock, PostgresPushTransaction.settle
    kept: list[Any] = []

    def record_late(self: PostgresPushTransaction, *args: Any, **more: Any) -> Any:
        while kept:
            record(self, *kept.pop())
        return settle(self, *args, **more)

    monkeypatch.setattr(PostgresPushTransaction, "pushing_stock", lambda _, *args: kept.append(args))
    monkeypatch.setattr(PostgresPushTransaction, "settle", record_late)
    with pytest.raises(AssertionError, match="taken for news"):
        check_that_the_shops_word_is_known_for_an_echo(shop)


# --- deaths ---


def dies_after_settling() -> Callable[[int, str], None]:
    """Gets one product further than the one before it, and dies on the next."""
    made: list[str] = []

    def strike(_: int, passed: str) -> None:
        made.append(passed)
        if made.count("before productSet") == 2:
            raise KilledError

    return strike


def check_that_ten_deaths_on_the_way_fail_nothing(shop: Shopkeeper) -> None:
    names = [f"P-{number:02}" for number in range(11)]
    for name in names:
        shop.sell(name)
    push = shop.begin()
    deaths = 0
    while MortalWorker(shop, dies_after_settling()).dies():
        deaths += 1
    push = shop.work(push.id)
    assert deaths == 10
    assert (push.status, push.failed) == ("completed", 0), "a product was failed for another's deaths"
    check_counters(shop, push)
    check_units(shop, [[name] for name in names])


def test_ten_deaths_with_a_product_settled_between_them_fail_nothing(shop: Shopkeeper):
    check_that_ten_deaths_on_the_way_fail_nothing(shop)


def test_control_where_a_settled_product_does_not_forget_deaths_others_are_failed_for_them(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, work, "_CHECKPOINT", r"attempts = 0, ")
    with pytest.raises(AssertionError):
        check_that_ten_deaths_on_the_way_fail_nothing(shop)


def check_that_a_deadly_product_is_put_aside(shop: Shopkeeper) -> None:
    """P-2 kills every worker that asks the shop for it."""
    for name in ("P-1", "P-2", "P-3"):
        shop.sell(name)
    push = shop.begin()

    def worker() -> MortalWorker:
        def strike(_: int, passed: str) -> None:
            if (
                passed == "before productSet"
                and shop.container.pushes.get(shop.tenant_id, push.id).settled == 1
            ):
                raise KilledError

        return MortalWorker(shop, strike)

    deaths = 0
    while worker().dies():
        deaths += 1
        assert deaths <= TRIES_MAX, "a product holds the push up for ever"
    push = shop.work(push.id)
    assert (push.status, push.succeeded, shop.failures(push)) == ("completed", 2, {"P-2": "internal_error"})
    assert deaths == TRIES_MAX
    check_counters(shop, push)
    check_units(shop, [["P-1"], ["P-3"]])


def test_a_product_that_kills_its_worker_three_times_is_failed_and_the_push_goes_on(shop: Shopkeeper):
    check_that_a_deadly_product_is_put_aside(shop)


def test_control_where_renewing_the_lease_counts_as_progress_it_holds_the_push_up(
    shop: Shopkeeper, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(work, "_RENEW", work._CHECKPOINT)
    with pytest.raises(AssertionError, match="for ever"):
        check_that_a_deadly_product_is_put_aside(shop)


# --- engines that go away ---


def check_that_every_reading_is_right(shop: Shopkeeper, push_id: Any, versions: list[int]) -> dict[str, Any]:
    """The progress adds up, and never goes back."""
    version, body = shop.container.pushes.progress(shop.tenant_id, push_id)
    shown = json.loads(body)
    assert shown["total"] == sum(shown[name] for name in ("succeeded", "failed", "skipped", "remaining"))
    versions.append(version)
    assert versions == sorted(versions), "progress went back"
    return shown


def test_redis_that_forgets_everything_at_every_commit_turns_no_progress_back(shop: Shopkeeper):
    names = [f"P-{number}" for number in range(5)]
    for name in names:
        shop.sell(name)
    push, versions = shop.begin(), list[int]()

    def forget(_: int, name: str) -> None:
        if name == "after commit":
            with redis.Redis.from_url(shop.container.settings.redis_url) as client:
                client.flushall()
            shown = check_that_every_reading_is_right(shop, push.id, versions)
            settled = shop.container.pushes.get(shop.tenant_id, push.id).settled
            assert shown["total"] - shown["remaining"] == settled

    MortalWorker(shop, forget).drain()
    assert check_that_every_reading_is_right(shop, push.id, versions)["succeeded"] == 5
    check_units(shop, [[name] for name in names])


def test_a_push_goes_on_and_is_seen_while_redis_is_away(keeper_of, stockline):
    away = "redis://127.0.0.1:1/0"
    shop = keeper_of(stockline, {"redis_url": away, "broker_url": away})
    for name in ("P-1", "P-2"):
        shop.sell(name)
    push, versions, seen = shop.begin(), list[int](), []

    def told(_: Push) -> None:
        seen.append(check_that_every_reading_is_right(shop, push.id, versions)["remaining"])

    MortalWorker(shop, told=told).drain()
    assert seen == [2, 1, 0, 0]
    check_units(shop, [["P-1"], ["P-2"]])


@contextmanager
def _backends_end(engines: Engines) -> Iterator[Callable[[], None]]:
    with psycopg.connect(engines.superuser_url, autocommit=True) as superuser:

        def end() -> None:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stockline'"
            )

        yield end


def test_postgresql_that_cuts_every_connection_in_any_gap_costs_nothing(shop: Shopkeeper, engines: Engines):
    gap, cut = 0, True
    with _backends_end(engines) as end:
        while cut:
            cut, name = False, f"Q-{gap}"
            shop.sell(name, image_url=f"https://cdn.example/{name}.jpg")
            push = shop.begin(name)

            def strike(number: int, _: str, gap: int = gap) -> None:
                nonlocal cut
                if number == gap:
                    cut = True
                    end()

            MortalWorker(shop, strike).drain()
            later(shop)
            push = shop.work(push.id)
            assert (push.status, push.failed, push.remaining) == (PushStatus.COMPLETED, 0, 0), gap
            check_counters(shop, push)
            check_units(shop, [[name]])
            gap += 1
    assert gap > 20
