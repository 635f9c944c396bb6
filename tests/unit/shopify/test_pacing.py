"""Pacing: as much as the bucket gives beside the reserve, never more; waits that are exact."""

import threading
from uuid import uuid4

import pytest

from app.adapters.shopify.bucket import CUSHION_PERCENT, Bucket
from app.domain.push.errors import ShopRefusedError, ShopUnavailableError
from app.domain.push.product import ProductInput
from tests.unit.shopify.shopfront import KEY, Front, part

CUSHION = 2_000 * CUSHION_PERCENT / 100


def throttled(front: Front) -> int:
    return sum(1 for one in front.calls if "THROTTLED" in one.codes)


def bucket(front: Front):
    return front.store.shop.apps["client"].bucket


def emptied(front: Front, left: float = 0) -> None:
    front.shop().prepare()
    held = bucket(front)
    held.drain(held.available - left, front.store.now)
    front.simulator.clock.advance(0)


def spent(front: Front) -> float:
    return sum(one.actual or 0 for one in front.calls)


def test_a_fast_shop_is_not_waited_for(front: Front):
    shop = front.shop()
    shop.prepare()
    shop.create(KEY, part())

    assert front.slept == []


def test_a_long_push_uses_what_the_bucket_gives_and_is_never_throttled(front: Front):
    shop, began = front.shop(), front.store.now
    shop.prepare()
    bucket(front).drain(2_000 - CUSHION, front.store.now)
    for number in range(150):
        shop.find(uuid4(), [f"A-{number}"])
        shop.create(uuid4(), part(f"A-{number}"))

    given = (front.store.now - began) * 100
    assert throttled(front) == 0
    assert spent(front) >= 0.97 * given


def test_others_that_take_half_of_it_do_not_get_it_throttled(front: Front):
    shop = front.shop()
    shop.prepare()
    bucket(front).others_rate = 50
    bucket(front).drain(2_000 - CUSHION, front.store.now)
    for number in range(150):
        shop.find(uuid4(), [f"A-{number}"])
        shop.create(uuid4(), part(f"A-{number}"))

    assert throttled(front) < 0.01 * len(front.calls)


def test_the_reserve_is_left_to_the_merchants_other_apps(front: Front):
    shop = front.shop(reserve_percent=40)
    shop.prepare()
    for _ in range(150):
        shop.create(uuid4(), part(str(uuid4())))

    assert min(one.available for one in front.calls if one.available is not None) >= 800 - 15
    assert throttled(front) == 0


def test_a_throttled_call_waits_exactly_as_long_as_the_bucket_takes(front: Front):
    shop = front.shop()
    shop.prepare()
    front.before("mutation ProductDelete", lambda: drain_once(front))
    shop.delete_product("gid://shopify/Product/1")

    assert front.slept == [pytest.approx(10 / 100)]
    assert throttled(front) == 1


def drain_once(front: Front) -> None:
    if not front.slept:
        bucket(front).drain(2_000, front.store.now)


def test_a_throttle_without_figures_to_go_by_is_not_answered_at_once(front: Front):
    shop = front.shop()
    shop.prepare()
    front.fault("throttle", "productDelete", times=2)
    shop.delete_product("gid://shopify/Product/1")

    assert front.slept == [1.0, 2.0]


def test_throttling_without_end_is_bounded_and_no_transport_fault(front: Front):
    shop = front.shop()
    shop.prepare()
    front.fault("throttle", "productDelete", times=99)
    with pytest.raises(ShopUnavailableError):
        shop.delete_product("gid://shopify/Product/1")

    assert throttled(front) == 10


def test_a_bucket_that_others_keep_empty_is_waited_for_within_bounds(front: Front):
    emptied(front)
    bucket(front).others_rate = 100
    with pytest.raises(ShopUnavailableError):
        front.shop().product("gid://shopify/Product/1", variants=250)

    assert sum(front.slept) < 600


def test_what_is_too_dear_is_refused_and_never_tried_again(front: Front):
    shop = front.shop()
    shop.prepare()
    many = ProductInput(images=tuple(f"https://c.test/{number}.jpg" for number in range(600)))
    with pytest.raises(ShopRefusedError) as refused:
        shop.change("gid://shopify/Product/1", many)

    assert refused.value.refusal == "max_cost_exceeded"
    assert front.operations().count("productSet") == 1
    assert front.slept == []


def test_a_process_that_knows_nothing_asks_something_cheap_first(front: Front):
    front.shop().prepare()
    emptied(front, left=20)
    front.shops._sessions.clear()
    front.store.calls.clear()
    front.shop().product("gid://shopify/Product/1", variants=250)

    assert front.operations() == ["location", "product"]
    assert throttled(front) == 0


def test_what_it_knew_long_ago_it_asks_again(front: Front):
    shop = front.shop()
    shop.prepare()
    front.simulator.clock.advance(4)
    shop.delete_product("gid://shopify/Product/1")
    front.simulator.clock.advance(6)
    shop.delete_product("gid://shopify/Product/1")

    assert front.operations()[-3:] == ["productDelete", "location", "productDelete"]


def test_threads_do_not_spend_the_same_points_twice():
    held = Bucket(lambda: 0.0)
    held.answered(0, {"maximumAvailable": 2000, "currentlyAvailable": 100, "restoreRate": 100})
    waits: list[float] = []

    def take() -> None:
        waits.append(held.take(30, 0))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(waits) == [0, 0, 0, *[pytest.approx(0.2)] * 5]


def test_a_cost_beside_a_reserve_that_no_bucket_holds_waits_for_a_full_one():
    held = Bucket(lambda: 0.0)
    held.answered(0, {"maximumAvailable": 2000, "currentlyAvailable": 1900, "restoreRate": 100})

    assert held.take(900, 90) == pytest.approx(1.0)
