"""What a push makes of a tenant's catalog in its shop."""

from tests.shopkeeper import Shopkeeper


def test_a_part_becomes_a_product(shop: Shopkeeper):
    shop.sell("A-1", brand="KTM", category="Levers", stock=7, tags=["steel", "New"], ean="4006381333931")
    push = shop.push("A-1")
    assert (push.status, push.total, push.succeeded) == ("completed", 1, 1)
    product = shop.product("A-1")
    assert (product["title"], product["vendor"], product["status"]) == ("Part A-1", "KTM", "ACTIVE")
    assert shop.stock("A-1") == 7
    assert shop.variant("A-1")["price"] == "10.00"


def test_pushing_it_again_changes_nothing(shop: Shopkeeper):
    shop.sell("A-1", image_url="https://cdn.example/a.jpg")
    shop.push("A-1")
    before = shop.products
    push = shop.push("A-1")
    assert (push.succeeded, push.skipped) == (0, 1)
    assert shop.products == before


def test_what_changed_is_brought_up_to_date_without_a_second_product(shop: Shopkeeper):
    shop.sell("A-1", stock=5)
    shop.push("A-1")
    shop.edit("A-1", price="12.50", stock=9, name="Renamed")
    push = shop.push("A-1")
    assert push.succeeded == 1
    assert shop.variant("A-1")["price"] == "12.50"
    assert shop.stock("A-1") == 9
    assert shop.product("A-1")["title"] == "Part A-1"
    assert shop.operations().count("productSet") == 1
