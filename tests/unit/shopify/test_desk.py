"""What is asked outside a push: looking round, subscribing, publishing."""

import pytest

from app.adapters.shopify.webhooks import TOPICS
from app.domain.push.errors import ShopClosedError, ShopGoneError, ShopRefusedError
from app.domain.shop.connection import SCOPES
from tests.shopify import DOMAIN
from tests.unit.shopify.shopfront import KEY, SECRET, Front, part

URL = "https://stockline.example/api/webhooks/shopify/1"


def test_looking_round_tells_scopes_and_locations_in_the_shops_order(front: Front):
    front.act("addLocation", name="Aachen")
    front.act("addLocation", name="Closed")
    front.act("deactivateLocation", location="Closed")
    info = front.shops.look(DOMAIN, "client", SECRET)

    assert [one.name for one in info.locations] == ["Aachen", "Berlin", "Stockholm"]
    assert info.locations[1] == front.location("Berlin")
    assert info.scopes == SCOPES


def test_looking_again_sees_the_scopes_of_now(front: Front):
    front.shops.look(DOMAIN, "client", SECRET)
    front.store.shop.apps["client"].scopes = ["read_locations"]

    assert front.shops.look(DOMAIN, "client", SECRET).scopes == ("read_locations",)


def test_looking_without_the_scope_for_it_names_the_scope(front: Front):
    front.store.shop.apps["client"].scopes = ["write_products", "read_inventory"]
    with pytest.raises(ShopClosedError, match="read_locations") as closed:
        front.shops.look(DOMAIN, "client", SECRET)

    assert closed.value.reason == "missing_scope"


def test_every_topic_is_subscribed_once_however_often_we_ask(front: Front):
    assert front.shops.subscribe(front.connection, URL) == ()
    assert front.shops.subscribe(front.connection, URL) == ()

    held = front.store.shop.subscriptions.values()
    assert sorted(one.topic for one in held) == sorted(TOPICS.values())
    assert {one.uri for one in held} == {URL}


def test_topics_without_their_scope_are_told_and_the_others_subscribed(front: Front):
    front.store.shop.apps["client"].scopes.remove("read_orders")

    refused = front.shops.subscribe(front.connection, URL)
    assert refused == ("orders/create", "orders/fulfilled", "orders/cancelled")
    assert len(front.store.shop.subscriptions) == 3


def test_an_address_that_the_shop_does_not_take_leaves_all_topics_out(front: Front):
    assert front.shops.subscribe(front.connection, "http://stockline.example/hook") == tuple(TOPICS)


def test_a_product_is_shown_in_the_online_store(front: Front):
    made = front.shop().create(KEY, part())
    front.shop().publish(made.id)
    front.shop().publish(made.id)

    (product,) = front.store.shop.products.values()
    assert [front.store.shop.publications[one].name for one in product.published] == ["Online Store"]
    assert front.operations().count("publications") == 1


def test_what_is_gone_or_has_no_store_is_not_published(front: Front):
    made = front.shop().create(KEY, part())
    front.act("deleteProduct", sku="A-1")
    with pytest.raises(ShopGoneError):
        front.shop().publish(made.id)

    for one in front.store.shop.publications.values():
        one.name = "Point of Sale"
    with pytest.raises(ShopRefusedError) as refused:
        front.shop().publish(made.id)
    assert refused.value.refusal == "no_online_store"


def test_publishing_without_its_scope_names_it(front: Front):
    made = front.shop().create(KEY, part())
    front.store.shop.apps["client"].scopes.remove("write_publications")
    with pytest.raises(ShopClosedError, match="publications"):
        front.shop().publish(made.id)
