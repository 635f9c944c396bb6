"""A part that goes into another product: what a merchant put into the one before is not lost, and no SKU is live twice."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.shopkeeper import Shopkeeper

PICTURE = "https://cdn.example/a.jpg"


@pytest.fixture
def parts(shop: Shopkeeper) -> Shopkeeper:
    """G-1 and G-2, each pushed as a product of its own."""
    shop.group("G", {})
    for name in ("G-1", "G-2"):
        shop.sell(name, image_url=PICTURE, description="Good", tags=["steel"])
    shop.push("G-1", "G-2")
    return shop


def grouped(shop: Shopkeeper) -> Any:
    shop.group("G", {"G-1": "Red", "G-2": "Blue"})
    return shop.push("G-1", "G-2")


def annotate(shop: Shopkeeper) -> None:
    """Another app writes something of its own on the product."""
    from app.local.shopify_sim.state import Metafield

    product = next(one for one in shop.store.shop.products.values() if one.title == "Part G-1")
    now = shop.store.now
    product.metafields.append(
        Metafield(shop.store.shop.number(), "reviews", "rating", "number_integer", "5", now, now)
    )


DEEDS: dict[str, Callable[[Shopkeeper], Any]] = {
    "photo": lambda shop: shop.act("addPhoto", sku="G-1", filename="mine.jpg"),
    "title": lambda shop: shop.act("editProduct", sku="G-1", set={"title": "Mine"}),
    "text": lambda shop: shop.act("editProduct", sku="G-1", set={"description_html": "<p>Mine</p>"}),
    "tags": lambda shop: shop.act("editProduct", sku="G-1", set={"tags": ["steel", "mine"]}),
    "search": lambda shop: shop.act("editProduct", sku="G-1", set={"seo_title": "Mine"}),
    "draft": lambda shop: shop.act("editProduct", sku="G-1", set={"status": "DRAFT"}),
    "metafield": annotate,
    "template": lambda shop: shop.act("editProduct", sku="G-1", set={"template_suffix": "mine"}),
    "collection": lambda shop: shop.act("collect", sku="G-1", collection="Bestsellers"),
    "collections": lambda shop: [
        shop.act("collect", sku="G-1", collection=f"Rules {number}", byRules=True) for number in range(11)
    ],
}


def shown(product: dict[str, Any]) -> dict[str, Any]:
    """What a merchant may have put into it."""
    names = ("title", "descriptionHtml", "tags", "seo", "vendor", "files", "collections")
    return {name: product[name] for name in names}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_product_that_the_merchant_tended_is_put_away_as_it_is(parts: Shopkeeper, deed: str):
    before = parts.product("G-1")
    DEEDS[deed](parts)
    tended = next(one for one in parts.products if one["id"] == before["id"])
    assert grouped(parts).succeeded == 2
    (away,) = [one for one in parts.products if one["id"] == before["id"]]
    assert away["status"] == "ARCHIVED"
    assert shown(away) == shown(tended)
    assert [each["sku"] for each in away["variants"]] == [""]
    (live,) = [one for one in parts.products if one["status"] == "ACTIVE"]
    assert [each["sku"] for each in live["variants"]] == ["G-1", "G-2"]


def test_one_that_nobody_touched_is_deleted(parts: Shopkeeper):
    assert grouped(parts).succeeded == 2
    (product,) = parts.products
    assert [each["sku"] for each in product["variants"]] == ["G-1", "G-2"]


def test_one_that_collections_took_in_by_their_rules_is_deleted(parts: Shopkeeper):
    parts.act("collect", sku="G-1", collection="Everything", byRules=True)
    assert grouped(parts).succeeded == 2
    (product,) = parts.products
    assert [each["sku"] for each in product["variants"]] == ["G-1", "G-2"]


@pytest.mark.parametrize("deed", ["photo", "variant"])
def test_what_is_added_while_the_push_is_at_it_is_seen(parts: Shopkeeper, deed: str, monkeypatch):
    before, real = parts.product("G-1")["id"], parts.server.simulator.graphql

    def tending(domain, version, request):
        if b"productSet" in request.body and len(parts.products) == 2:
            if deed == "photo":
                parts.act("addPhoto", productId=before, filename="mine.jpg")
            else:
                parts.act("addVariant", productId=before, newSku="THEIRS", value="Gold")
        return real(domain, version, request)

    monkeypatch.setattr(parts.server.simulator, "graphql", tending)
    assert grouped(parts).succeeded == 2
    (kept,) = [one for one in parts.products if one["id"] == before]
    if deed == "photo":
        assert "upload://mine.jpg" in [one["source"] for one in kept["files"]]
    else:
        assert [each["sku"] for each in kept["variants"]] == ["THEIRS"]


def test_what_was_put_away_is_the_merchants_from_then_on(parts: Shopkeeper):
    DEEDS["photo"](parts)
    grouped(parts)
    (away,) = [one for one in parts.products if one["status"] == "ARCHIVED"]
    parts.group("G", {"G-2": "Blue"})
    parts.edit("G-1", price="77.00", stock=3)
    assert parts.push("G-1", "G-2").failed == 0
    parts.stockline.sql("DELETE FROM shopify_product_mapping WHERE tenant_id = %s", parts.tenant_id)
    assert parts.push("G-1", "G-2").failed == 0
    assert away in parts.products
    assert sorted([each["sku"] for each in one["variants"]] for one in parts.products if one != away) == [
        ["G-1"],
        ["G-2"],
    ]


class TestAProductOfTheMerchantsOwn:
    @pytest.fixture
    def adopted(self, shop: Shopkeeper) -> Shopkeeper:
        """It has G-1, which is pushed, and a variant of the merchant's."""
        shop.group("G", {})
        shop.act("createProduct", title="Theirs", sku="G-1", price="1.00")
        shop.act("addVariant", sku="G-1", newSku="THEIRS", value="Gold")
        shop.sell("G-1")
        shop.sell("G-2")
        shop.push("G-1")
        return shop

    def test_is_not_taken_apart(self, adopted: Shopkeeper):
        before = adopted.products
        assert adopted.failures(grouped(adopted)) == {"G-1": "sku_exists", "G-2": "sku_exists"}
        assert adopted.products == before
        (first, _) = adopted.dry_run("G-1", "G-2")
        assert first["error"]["code"] == "sku_exists"

    def test_stays_when_the_merchant_renamed_the_sku_as_they_were_told(self, adopted: Shopkeeper):
        grouped(adopted)
        adopted.act("editVariant", sku="G-1", set={"sku": "OLD-1"})
        assert grouped(adopted).failed == 0
        assert {each["sku"] for each in adopted.product("OLD-1")["variants"]} == {"OLD-1", "THEIRS"}
        assert {each["sku"] for each in adopted.product("G-1")["variants"]} == {"G-1", "G-2"}
