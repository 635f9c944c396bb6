"""Stock's verbs: compared, keyed, at the connection's location."""

from uuid import uuid4

import pytest

from app.domain.push.errors import ShopClosedError, ShopGoneError, StaleStockError
from app.domain.push.product import Level
from tests.unit.shopify.shopfront import KEY, Front, group, only, part


def made(front: Front, quantity: int = 5) -> str:
    return only(front.shop().create(KEY, part(quantity=quantity))).inventory_item_id


def test_stock_that_moved_meanwhile_is_not_overwritten(front: Front):
    item = made(front)
    front.act("sell", lines=[{"sku": "A-1", "quantity": 1}])
    with pytest.raises(StaleStockError):
        front.shop().set_stock([Level(item, 9, 5)], uuid4())

    assert front.stock("A-1") == 4


def test_a_key_whose_first_call_was_refused_asks_for_another_look(front: Front):
    item, key = made(front), uuid4()
    for _ in range(2):
        with pytest.raises(StaleStockError):
            front.shop().set_stock([Level(item, 9, 3)], key)

    front.shop().set_stock([Level(item, 9, 5)], uuid4())
    assert front.stock("A-1") == 9


def test_the_same_key_does_the_same_thing_once(front: Front):
    item, key = made(front), uuid4()
    front.shop().set_stock([Level(item, 9, 5)], key)
    front.act("sell", lines=[{"sku": "A-1", "quantity": 1}])
    front.shop().set_stock([Level(item, 9, 5)], key)

    assert front.stock("A-1") == 8


def test_no_comparison_is_asked_for_by_none(front: Front):
    item = made(front)
    front.shop().set_stock([Level(item, 9, None)], uuid4())

    assert front.stock("A-1") == 9


def test_three_hundred_levels_go_in_portions_under_keys_of_their_own(front: Front):
    first = front.shop().create(KEY, group(*map(str, range(160))))
    second = front.shop().create(uuid4(), group(*map(str, range(200, 360))))
    levels = [Level(one.inventory_item_id, 9, 5) for one in (*first.variants, *second.variants)]
    key = uuid4()
    front.shop().set_stock(levels, key)
    front.shop().set_stock(levels, key)

    assert {front.stock("G-0"), front.stock("G-359")} == {9}
    assert front.operations().count("inventorySetQuantities") == 4


def test_an_item_begins_to_be_kept_at_the_location(front: Front):
    item = made(front)
    berlin = front.location("Berlin")
    shop, key = front.shop(location=berlin), uuid4()
    with pytest.raises(ShopGoneError) as gone:
        shop.set_stock([Level(item, 3, 0)], uuid4())
    assert gone.value.refusal == "not_stocked"
    assert only(shop.find(KEY, []).product).available is None

    front.fault("drop_after", "inventoryActivate")
    shop.stock_at_location(item, 3, key)
    assert (front.stock("A-1", "Berlin"), front.stock("A-1")) == (3, 5)
    with pytest.raises(StaleStockError):
        shop.stock_at_location(item, 4, uuid4())


def test_what_is_gone_is_told_as_gone(front: Front):
    item = made(front)
    front.act("deleteProduct", sku="A-1")
    with pytest.raises(ShopGoneError):
        front.shop().set_stock([Level(item, 1, 5)], uuid4())
    with pytest.raises(ShopGoneError):
        front.shop().stock_at_location(item, 1, uuid4())


def test_a_closed_location_closes_the_shop_to_us(front: Front):
    item = made(front)
    front.act("deactivateLocation", location="Stockholm")
    shop = front.shop()
    for work in (
        shop.prepare,
        lambda: shop.set_stock([Level(item, 1, 5)], uuid4()),
        lambda: shop.stock_at_location(item, 1, uuid4()),
        lambda: shop.create(uuid4(), part("A-2")),
        lambda: front.shops.levels(front.connection, None, 10),
    ):
        with pytest.raises(ShopClosedError) as closed:
            work()
        assert closed.value.reason == "location_gone"


def test_levels_are_read_page_by_page(front: Front):
    front.shop().create(KEY, group("red", "blue", "green"))
    front.act("createProduct", title="Own", sku="OWN-1", stock=-2)
    front.act("editVariant", sku="G-green", set={"tracked": False})
    read, cursor = [], None
    while True:
        page = front.shops.levels(front.connection, cursor, 3)
        read += page.levels
        cursor = page.cursor
        if cursor is None:
            break

    assert [one.available for one in read] == [5, 5, None, -2]
    assert all(one.updated_at.tzinfo for one in read)
    assert front.operations().count("location") == 3
