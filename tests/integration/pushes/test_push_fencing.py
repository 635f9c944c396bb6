"""One worker at a time in a shop: who was stopped past its lease writes nothing when it wakes up."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain.work.dispatch import Queue
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator
from app.local.simulated.answer import Answer, Request
from tests.agreement import catalog, check_counters, check_units
from tests.mortal import Fence, MortalWorker, later
from tests.shopkeeper import KEYS, Shopkeeper, open_shop
from tests.workers import Group, eventually

PARTS = ("F-1", "F-2", "F-3")
LONG_S = 120.0
QUICK = {"push_lease_s": 3.0, "shopify_timeout_s": 1.4, "lease_s": 2.0, "sweep_interval_s": 0.2}


@pytest.fixture
def selling(shop: Shopkeeper) -> Shopkeeper:
    """Three parts that are in the shop, each with a new price and stock, and a push that nobody has taken up."""
    for name in PARTS:
        shop.sell(name)
    shop.push()
    for name in PARTS:
        shop.edit(name, price="11.00", stock=11)
    shop.begin()
    return shop


class Clock:
    """Goes on by itself, and jumps."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


class Stopped:
    """A worker that is stopped once for longer than its lease, while another one finishes the push."""

    def __init__(self, shop: Shopkeeper, where: str, fenced: Callable[[Fence], Fence] = lambda fence: fence):
        self.shop, self.where, self.fenced = shop, where, fenced
        self.clock = Clock()
        self.calls_then: int | None = None
        self.push_then: Any = None
        self.worker = MortalWorker(
            shop, lambda _, name: self._pass(name), clock=self.clock, fenced=self._under_fence
        )

    def wakes_up(self) -> "Stopped":
        self.worker.drain()
        assert self.calls_then is not None, f"never came to {self.where}"
        return self

    @property
    def calls_after(self) -> list[str]:
        """What it asked of the shop after it woke up."""
        return self.shop.operations()[self.calls_then :]

    def _pass(self, name: str) -> None:
        if name == self.where:
            self._stop()

    def _under_fence(self, fence: Fence) -> Fence:
        """`in the fence` is after it let the call through, before its first byte."""

        def moment() -> float:
            until = self.fenced(fence)()
            if (
                self.where == "in the fence"
                and self.worker.gaps.passed[-1] == "before inventorySetQuantities"
            ):
                self._stop()
            return until

        return moment

    def _stop(self) -> None:
        if self.calls_then is not None:
            return
        self.calls_then = -1
        self.clock.ahead_s += LONG_S
        later(self.shop)
        for name in PARTS:
            self.shop.edit(name, price="12.00", stock=12)
        MortalWorker(self.shop).drain()
        self.push_then = self.shop.container.pushes.current(self.shop.tenant_id)
        self.calls_then = len(self.shop.operations())


MOMENTS = (
    "before product",
    "before productVariantsBulkUpdate",
    "after productVariantsBulkUpdate",
    "before inventorySetQuantities",
    "in the fence",
    "after inventorySetQuantities",
    "before location",
)


@pytest.mark.parametrize("where", MOMENTS)
def test_a_worker_that_was_stopped_past_its_lease_calls_nothing_and_commits_nothing(
    selling: Shopkeeper, where: str
):
    stopped = Stopped(selling, where).wakes_up()
    assert stopped.calls_after == []
    push = selling.container.pushes.get(selling.tenant_id, stopped.push_then.id)
    assert push == stopped.push_then
    assert push.status == "completed"
    check_counters(selling, push)
    check_units(selling, [[name] for name in PARTS])


def test_control_with_a_fence_that_lets_everything_through_the_late_call_is_made(selling: Shopkeeper):
    stopped = Stopped(selling, "before productVariantsBulkUpdate", lambda _: lambda: float("inf")).wakes_up()
    assert "productVariantsBulkUpdate" in stopped.calls_after
    assert selling.variant("F-1")["price"] == "11.00"


@pytest.mark.parametrize("where", MOMENTS)
def test_while_the_lease_holds_nobody_else_takes_the_push_up(selling: Shopkeeper, where: str):
    others: list[MortalWorker] = []

    def look(_: int, name: str) -> None:
        if name in {where, "before inventorySetQuantities"} and not others:
            others.append(MortalWorker(selling).drain())
            (push_id,) = selling.stockline.database.execute(
                "SELECT id FROM dispatch WHERE tenant_id = %s", (selling.tenant_id,)
            ).fetchone()
            others[0].work.run(push_id, others[0].handlers)

    MortalWorker(selling, look).drain()
    (other,) = others
    assert other.gaps.passed == ["before commit", "after commit"]
    check_units(selling, [[name] for name in PARTS])


@dataclass
class Watched:
    """A simulator's calls by their tokens, how many were under way at a time, and what is done in the middle of one."""

    seen: list[str] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    meanwhile: Callable[[], None] | None = None
    lock: Any = field(default_factory=threading.Lock)


class WatchedSimulator(Simulator):
    def __init__(self) -> None:
        super().__init__()
        self.watched = Watched()

    def graphql(self, domain: str, version: str, request: Request) -> Answer:
        watched = self.watched
        with watched.lock:
            watched.under_way += 1
            watched.most = max(watched.most, watched.under_way)
        try:
            answer = super().graphql(domain, version, request)
            if watched.meanwhile and b"SetQuantities" in request.body:
                meanwhile, watched.meanwhile = watched.meanwhile, None
                meanwhile()
            return answer
        finally:
            with watched.lock:
                watched.under_way -= 1
                watched.seen.append(request.headers.get("x-shopify-access-token", ""))


@pytest.fixture
def watched() -> Iterator[Server]:
    server = Server(WatchedSimulator())
    server.start()
    yield server
    server.stop()


def test_a_process_that_is_stopped_in_the_middle_of_a_call_calls_nothing_when_it_wakes_up(
    build, stockline, watched: Server, tmp_path: Path
):
    container = build(encryption_keys=KEYS, shopify_url_template=watched.template)
    settings = container.settings.model_copy(update=QUICK)
    shop = open_shop(stockline.over(container), watched)
    names = [f"S-{number}" for number in range(20)]
    for name in names:
        shop.sell(name)
    assert shop.push().status == "completed"
    for name in names:
        shop.edit(name, stock=11)
    stopped = Group.start(settings, tmp_path / "stopped.log", queue=Queue.PUSH)
    groups = [stopped]
    notes = watched.simulator.watched
    notes.seen.clear()

    def stop() -> None:
        stopped.signal_all(signal.SIGSTOP)
        for name in names:
            shop.edit(name, stock=12)

    notes.meanwhile = stop
    try:
        push = shop.begin()
        eventually(lambda: notes.meanwhile is None, 20, "a call to stop in")
        (first,) = set(notes.seen)
        groups.append(Group.start(settings, tmp_path / "other.log", queue=Queue.PUSH))

        def state() -> Any:
            return container.pushes.get(shop.tenant_id, push.id)

        eventually(lambda: state().status == "completed", 60, "the push")
        count, then = len(notes.seen), state()
        stopped.signal_all(signal.SIGCONT)
        eventually(lambda: "lease_lost" in stopped.log.read_text(), 20, "the stopped worker's waking up")
        assert len(notes.seen) == count
        assert state() == then
    finally:
        for group in groups:
            group.signal_all(signal.SIGCONT)
            group.kill()
    assert len(set(notes.seen) - {first}) == 1
    assert notes.most == 1, "two calls were in the shop at one time"
    assert {item["stock"] for item in catalog(shop).values()} == {12}
    check_counters(shop, then)
    check_units(shop, [[name] for name in names])
