"""One batch into several shops of the simulator, side by side."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.distributors import Distributor, grant
from tests.shopkeeper import Shopkeeper
from tests.stockline import Stockline, until

PARTS = ("A", "B", "C")
OVER = {"completed", "cancelled", "failed"}
ELSEWHERE = "X"
"""Of a brand that nobody granted."""


@pytest.fixture
def distributor(stockline: Stockline) -> Distributor:
    return Distributor(stockline.another("DISTRIBUTOR"))


@pytest.fixture
def shops(stockline: Stockline, distributor: Distributor, keeper_of) -> list[Shopkeeper]:
    opened = [keeper_of(stockline.another("RESELLER")) for _ in range(3)]
    for shop in opened:
        for part_number in (*PARTS, ELSEWHERE):
            shop.sell(part_number, brand="Other" if part_number == ELSEWHERE else "KTM")
        grant(shop.stockline, distributor, "ktm")
    return opened


@contextmanager
def workers(shops: list[Shopkeeper]) -> Iterator[None]:
    """One for each shop, at work meanwhile."""
    with ExitStack() as stack:
        for shop in shops:
            stack.enter_context(shop.stockline.worker())
        yield


def pushed(distributor: Distributor, shops: list[Shopkeeper], *part_numbers: str) -> dict[str, Any]:
    """A batch that went as far as it goes, seen to add up and to get further all the way."""
    batch_id = distributor.order(*part_numbers)
    seen: list[int] = []

    def rests() -> dict[str, Any] | None:
        batch = distributor.batch(batch_id)
        seen.append(batch["total"] - batch["remaining"])
        rest = all(one["status"] in {*OVER, "paused"} for one in batch["pushes"])
        return batch if rest and batch["pushes"] else None

    distributor.stockline.drain()
    with workers(shops):
        batch = until(rests, "the batch's end")
    assert seen == sorted(seen)
    return batch


def skus(shop: Shopkeeper) -> list[str]:
    return sorted(variant["sku"] for product in shop.products for variant in product["variants"])


def by_shop(batch: dict[str, Any], name: str) -> dict[str, Any]:
    return {one["resellerId"]: one[name] for one in batch["pushes"]}


def test_all_shops_get_the_products_at_the_same_time(distributor: Distributor, shops: list[Shopkeeper]):
    for shop in shops:
        shop.fault("slow", "productSet", seconds=0.5)
    batch = pushed(distributor, shops, *PARTS)
    assert [skus(shop) for shop in shops] == [list(PARTS)] * 3
    assert (batch["status"], batch["total"], batch["succeeded"]) == ("completed", 9, 9)
    assert max(by_shop(batch, "startedAt").values()) < min(by_shop(batch, "finishedAt").values())


def test_what_was_not_granted_stays_out_of_every_shop(distributor: Distributor, shops: list[Shopkeeper]):
    batch = pushed(distributor, shops, *PARTS, ELSEWHERE)
    assert [skus(shop) for shop in shops] == [list(PARTS)] * 3
    assert (batch["succeeded"], batch["failed"]) == (9, 3)
    assert {(one["partNumber"], one["code"]) for one in batch["failures"]} == {
        (ELSEWHERE, "brand_not_granted")
    }


def test_a_shop_that_lets_nobody_in_keeps_none_of_the_others_waiting(
    distributor: Distributor, shops: list[Shopkeeper]
):
    shops[0].fault("revoke_app", after=4)
    batch = pushed(distributor, shops, *PARTS)
    statuses = by_shop(batch, "status")
    assert statuses.pop(str(shops[0].tenant_id)) == "paused"
    assert set(statuses.values()) == {"completed"}
    assert [skus(shop) for shop in shops[1:]] == [list(PARTS)] * 2
    assert batch["status"] == "paused"
    assert 0 < batch["remaining"] <= 3


def test_pushing_again_makes_no_product_twice(distributor: Distributor, shops: list[Shopkeeper]):
    pushed(distributor, shops, *PARTS)
    again = pushed(distributor, shops, *PARTS)
    assert (again["status"], again["skipped"]) == ("completed", 9)
    assert [skus(shop) for shop in shops] == [list(PARTS)] * 3
