"""Five hundred items, a tenth of which fail, and a worker that is killed ten times: each is settled once."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.domain.work.dispatch import Queue
from tests.agreement import Merchants, check_counters, skus
from tests.shopkeeper import Shopkeeper
from tests.workers import Group, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ITEMS, REFUSED, TWICE, KILLS = 500, 25, 25, 10
SEED = 20_261_121
QUICK = {"push_lease_s": 3.0, "shopify_timeout_s": 1.4, "lease_s": 2.0, "sweep_interval_s": 0.2}


@pytest.fixture
def names(shop: Shopkeeper) -> dict[str, list[str]]:
    """Parts that go well, some that Shopify refuses for their picture, some whose SKU the merchant has twice."""
    every = [f"K-{number:03}" for number in range(ITEMS)]
    shuffled = random.Random(SEED).sample(every, ITEMS)
    refused, twice = shuffled[:REFUSED], shuffled[REFUSED : REFUSED + TWICE]
    for name in every:
        shop.sell(
            name, image_url="ftp://nowhere/a.jpg" if name in refused else f"https://cdn.example/{name}.jpg"
        )
    for name in twice * 2:
        shop.act("createProduct", title=f"Mine {name}", sku=name, price="1.00")
    return {"well": sorted(shuffled[REFUSED + TWICE :]), "refused": refused, "twice": twice}


class Portal:
    """Somebody who looks at the progress all the time."""

    def __init__(self, shop: Shopkeeper, push_id: UUID) -> None:
        self._shop, self._push_id = shop, push_id
        self.wrong: list[str] = []
        self.readings = 0
        self.last: dict[str, Any] = {"version": 0, "settled": 0}

    def look(self) -> None:
        version, body = self._shop.container.pushes.progress(self._shop.tenant_id, self._push_id)
        shown = json.loads(body)
        counted = {name: shown[name] for name in ("succeeded", "failed", "skipped")}
        settled = sum(counted.values())
        if shown["total"] != settled + shown["remaining"]:
            self.wrong.append(f"does not add up: {shown}")
        if version < self.last["version"] or any(self.last.get(name, 0) > counted[name] for name in counted):
            self.wrong.append(f"went back: {self.last} to {version}, {counted}")
        if len(shown["failures"]) != counted["failed"]:
            self.wrong.append(f"{len(shown['failures'])} failures are listed of {counted['failed']}")
        self.last = {"version": version, "settled": settled, "status": shown["status"], **counted}
        self.readings += 1

    @contextmanager
    def looking(self) -> Iterator[None]:
        stopped = threading.Event()

        def look() -> None:
            while not stopped.wait(0.02):
                self.look()

        thread = threading.Thread(target=look)
        thread.start()
        yield
        stopped.set()
        thread.join(20)


@pytest.fixture
def start(shop: Shopkeeper, tmp_path: Path) -> Iterator[Callable[[], Group]]:
    started: list[Group] = []

    def start_one() -> Group:
        settings = shop.container.settings.model_copy(update=QUICK)
        started.append(Group.start(settings, tmp_path / f"{len(started)}.log", queue=Queue.PUSH))
        return started[-1]

    yield start_one
    for one in started:
        one.kill()


def test_five_hundred_items_and_ten_kills(
    shop: Shopkeeper, names: dict[str, list[str]], start: Callable[[], Group]
):
    theirs, chance = Merchants.of(shop, names["well"]), random.Random(SEED)
    push = shop.begin()
    portal = Portal(shop, push.id)
    with portal.looking():
        for _ in range(KILLS):
            group = start()
            goal = portal.last["settled"] + chance.randint(1, 40)
            eventually(lambda goal=goal: portal.last["settled"] >= goal, 120, f"{goal} settled items")  # type: ignore[misc]
            threading.Event().wait(chance.uniform(0, 0.05))
            assert portal.last["settled"] < ITEMS
            group.kill()
        start()
        eventually(lambda: portal.last.get("status") == "completed", 300, "the rest")
    assert portal.wrong == []
    assert portal.readings > 100
    push = shop.container.pushes.get(shop.tenant_id, push.id)
    check_counters(shop, push)
    assert (push.succeeded + push.skipped, push.failed) == (ITEMS - REFUSED - TWICE, REFUSED + TWICE)
    failures = dict.fromkeys(names["refused"], "invalid_image") | dict.fromkeys(names["twice"], "sku_exists")
    assert shop.failures(push) == failures
    counted = skus(shop.products)
    assert counted == dict.fromkeys(names["well"], 1) | dict.fromkeys(names["twice"], 2)
    theirs.check(shop)
