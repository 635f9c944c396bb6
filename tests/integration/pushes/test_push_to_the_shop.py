"""What a push makes of a tenant's catalog in its shop."""

from decimal import Decimal

import pytest

from app.adapters.shopify import products
from app.domain.push.errors import NothingToPushError, PushRunningError, PushStateError
from app.domain.push.push import PushStatus
from app.domain.shop.connection import NotConnectedError
from tests.shopkeeper import Shopkeeper

PICTURE = "https://cdn.example/a.jpg"


def _definition() -> dict[str, str]:
    return dict(products._DEFINITION)


def titles(shop: Shopkeeper) -> list[str]:
    return sorted(one["title"] for one in shop.products)


class TestAPart:
    def test_becomes_a_product_with_all_its_fields(self, shop: Shopkeeper):
        shop.sell(
            "A-1", brand="KTM", category="Levers", description="<p>Good</p><script>x</script>", ean="4006381333931",
            weight_kg=Decimal("0.25"), hs_code="871410", country_of_origin="AT", image_url=PICTURE,
            price="12.50", compare_at_price="15.00", cost_price="7.00", stock=7, tags=["steel", "New"],
            seo_title="S", seo_description="D",
        )  # fmt: skip
        push = shop.push("A-1")
        assert (push.status, push.total, push.succeeded) == (PushStatus.COMPLETED, 1, 1)
        (held,) = shop.store.shop.products.values()
        (variant,) = held.variants
        item = variant.item
        assert (held.title, held.vendor, held.product_type, held.status) == (
            "Part A-1",
            "KTM",
            "Levers",
            "ACTIVE",
        )
        assert (held.description_html, held.tags) == ("<p>Good</p>", ["New", "steel"])
        assert (held.seo_title, held.seo_description) == ("S", "D")
        assert (variant.sku, variant.barcode) == ("A-1", "4006381333931")
        assert (variant.price, variant.compare_at_price, item.cost) == ("12.50", "15.00", "7.00")
        assert (item.weight, item.weight_unit) == (0.25, "KILOGRAMS")
        assert (item.harmonized_system_code, item.country_code_of_origin) == ("871410", "AT")
        assert [shop.store.shop.files[one].source for one in held.files] == [PICTURE]
        assert variant.files == held.files
        assert shop.stock("A-1") == 7

    def test_pushed_again_changes_nothing(self, shop: Shopkeeper):
        shop.sell(
            "A-1", image_url=PICTURE, tags=["b", "A"], weight_kg=Decimal("0.3333"), price=Decimal("9.9")
        )
        shop.profile(**dict.fromkeys(["title", "tags", "image", "status"], (True, "overwrite")))
        shop.push("A-1")
        before = shop.products
        push = shop.push("A-1")
        assert (push.succeeded, push.skipped) == (0, 1)
        assert shop.products == before

    def test_that_changed_is_brought_up_to_date_by_the_cheap_calls(self, shop: Shopkeeper):
        shop.sell("A-1", stock=5)
        shop.push("A-1")
        shop.store.calls.clear()
        shop.edit("A-1", price="12.50", stock=9, name="Renamed")
        assert shop.push("A-1").succeeded == 1
        assert (shop.variant("A-1")["price"], shop.stock("A-1")) == ("12.50", 9)
        assert shop.product("A-1")["title"] == "Part A-1"
        assert [one for one in shop.operations() if "Bulk" in one or "set" in one.lower()] == [
            "productVariantsBulkUpdate",
            "inventorySetQuantities",
        ]

    def test_is_a_draft_where_the_tenant_says_so(self, shop: Shopkeeper):
        shop.stockline.set(new_product_status="DRAFT")
        shop.sell("A-1")
        shop.push("A-1")
        assert shop.product("A-1")["status"] == "DRAFT"

    def test_of_the_tenants_own_is_pushed_likewise(self, shop: Shopkeeper):
        shop.stockline.own("OWN-1", stock=4)
        assert shop.push("OWN-1").succeeded == 1
        assert shop.stock("OWN-1") == 4

    def test_has_its_sale_price_taken_back(self, shop: Shopkeeper):
        shop.sell("A-1", price="8.00", compare_at_price="10.00")
        shop.push("A-1")
        shop.edit("A-1", price="10.00", compare_at_price=None)
        shop.push("A-1")
        assert shop.variant("A-1")["compareAtPrice"] is None

    def test_with_a_name_in_any_script_is_found_again(self, shop: Shopkeeper):
        strange = "Ö 1/4\" \\ 'x' 雪 OR sku:*"
        shop.sell(strange)
        shop.push(strange)
        shop.stockline.sql("DELETE FROM shopify_product_mapping WHERE tenant_id = %s", shop.tenant_id)
        assert shop.push(strange).succeeded == 1
        assert len(shop.products) == 1


class TestWhatTheMerchantDid:
    def test_content_is_left_alone(self, shop: Shopkeeper):
        shop.sell("A-1", tags=["ours"], image_url=PICTURE)
        shop.push("A-1")
        shop.act("editProduct", sku="A-1", set={"title": "Mine", "tags": ["mine"]})
        shop.act("addPhoto", sku="A-1")
        shop.edit("A-1", stock=1, price="3.00", name="N", image_url="https://cdn.example/b.jpg")
        shop.push("A-1")
        (held,) = shop.store.shop.products.values()
        assert (held.title, held.tags, len(held.files)) == ("Mine", ["mine"], 2)

    def test_our_picture_is_replaced_and_theirs_stays_where_the_profile_says_so(self, shop: Shopkeeper):
        shop.profile(image=(True, "overwrite"))
        shop.sell("A-1", image_url=PICTURE)
        shop.push("A-1")
        shop.act("addPhoto", sku="A-1")
        shop.edit("A-1", image_url="https://cdn.example/b.jpg")
        for _ in range(3):
            shop.push("A-1")
        (held,) = shop.store.shop.products.values()
        sources = [shop.store.shop.files[one].source for one in held.files]
        assert sources == ["upload://photo.jpg", "https://cdn.example/b.jpg"]

    def test_operational_fields_that_they_changed_are_set_again(self, shop: Shopkeeper):
        shop.sell("A-1", price="10.00", stock=5)
        shop.push("A-1")
        shop.act("editVariant", sku="A-1", set={"price": "99.00"})
        shop.act("setStock", sku="A-1", quantity=50, location="Main warehouse")
        assert shop.push("A-1").succeeded == 1
        assert (shop.variant("A-1")["price"], shop.stock("A-1")) == ("10.00", 5)

    def test_a_product_that_they_deleted_is_made_anew(self, shop: Shopkeeper):
        shop.sell("A-1", stock=5)
        shop.push("A-1")
        shop.act("deleteProduct", sku="A-1")
        assert shop.push("A-1").succeeded == 1
        assert (len(shop.products), shop.stock("A-1")) == (1, 5)

    def test_a_product_of_theirs_with_the_same_sku_is_adopted_if_it_is_the_only_one(self, shop: Shopkeeper):
        shop.act("createProduct", title="Theirs", sku="A-1", price="1.00")
        shop.sell("A-1", price="10.00", stock=5)
        assert shop.push("A-1").succeeded == 1
        assert titles(shop) == ["Theirs"]
        assert (shop.variant("A-1")["price"], shop.stock("A-1")) == ("10.00", 5)

    def test_variants_of_theirs_beside_an_adopted_one_stay(self, shop: Shopkeeper):
        shop.act("createProduct", title="Theirs", sku="A-1", price="1.00")
        shop.act("addVariant", sku="A-1", newSku="THEIRS-2", value="Big")
        shop.profile(image=(True, "overwrite"))
        shop.sell("A-1", image_url=PICTURE)
        assert shop.push("A-1").succeeded == 1
        assert {each["sku"] for each in shop.product("A-1")["variants"]} == {"A-1", "THEIRS-2"}

    def test_a_sku_that_is_there_twice_fails_with_a_sentence(self, shop: Shopkeeper):
        shop.act("createProduct", title="One", sku="A-1", price="1.00")
        shop.act("createProduct", title="Two", sku="A-1", price="1.00")
        shop.sell("A-1")
        push = shop.push("A-1")
        assert shop.failures(push) == {"A-1": "sku_exists"}
        assert titles(shop) == ["One", "Two"]

    def test_stock_that_is_kept_elsewhere_only_begins_to_be_kept_here(self, shop: Shopkeeper):
        shop.sell("A-1", stock=5)
        shop.act("createProduct", title="Theirs", sku="A-1", price="1.00")
        _, variant = next(each for each in shop.store.variants() if each[1].sku == "A-1")
        variant.item.levels.clear()
        assert shop.push("A-1").succeeded == 1
        assert shop.stock("A-1") == 5


class TestAGroup:
    def three(self, shop: Shopkeeper) -> None:
        for each, picture in (("G-1", "1"), ("G-2", "2"), ("G-3", "3")):
            shop.sell(each, image_url=f"https://cdn.example/{picture}.jpg", stock=int(picture))

    def test_is_one_product_with_a_variant_and_a_picture_each(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-2": "Red", "G-1": "Blue", "G-3": "Green"})
        push = shop.push("G-1")
        assert (push.total, push.succeeded) == (1, 1)
        (held,) = shop.store.shop.products.values()
        assert held.title == "Lever"
        assert [one.sku for one in held.variants] == ["G-2", "G-1", "G-3"]
        assert len(held.files) == 3
        assert [shop.stock(one) for one in ("G-1", "G-2", "G-3")] == [1, 2, 3]

    def test_settles_all_its_requested_members_together(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        push = shop.push("G-2", "G-1", "G-3")
        assert (push.total, push.succeeded) == (3, 3)
        assert shop.operations().count("productSet") == 2

    def test_has_the_members_that_the_tenant_activated_only(self, shop: Shopkeeper):
        shop.stockline.another().activate("G-9")
        self.three(shop)
        shop.group("G", {"G-9": "Gold", "G-1": "Red"})
        shop.push("G-1")
        assert [one["sku"] for one in shop.product("G-1")["variants"]] == ["G-1"]

    def test_takes_up_a_new_member_beside_variants_of_the_merchants(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        shop.push("G-1")
        shop.act("addVariant", sku="G-1", newSku="THEIRS", value="Gold")
        shop.act("addPhoto", sku="G-1")
        shop.group("G", {"G-1": "Red", "G-2": "Blue", "G-3": "Green"})
        assert shop.push("G-3").succeeded == 1
        product = shop.product("G-1")
        assert [one["sku"] for one in product["variants"]] == ["G-1", "G-2", "THEIRS", "G-3"]
        assert shop.stock("G-3") == 3
        (held,) = shop.store.shop.products.values()
        assert len(held.files) == 4

    def test_that_a_member_left_loses_its_variant_and_its_mapping(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        shop.push("G-1", "G-2")
        shop.act("addVariant", sku="G-1", newSku="THEIRS", value="Gold")
        shop.group("G", {"G-1": "Red"})
        assert shop.push("G-1").succeeded == 1
        assert [one["sku"] for one in shop.product("G-1")["variants"]] == ["G-1", "THEIRS"]
        assert shop.mapping("G-2") is None

    def test_takes_in_a_part_that_had_a_product_of_its_own(self, shop: Shopkeeper):
        self.three(shop)
        shop.push("G-1", "G-2")
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        assert shop.push("G-1", "G-2").succeeded == 2
        (product,) = shop.products
        assert [one["sku"] for one in product["variants"]] == ["G-1", "G-2"]

    def test_gives_up_a_part_that_gets_a_product_of_its_own(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        shop.push("G-1", "G-2")
        shop.group("G", {"G-1": "Red"})
        assert shop.push("G-2", "G-1").failed == 0
        assert sorted([one["sku"] for one in each["variants"]] for each in shop.products) == [
            ["G-1"],
            ["G-2"],
        ]

    def test_whose_option_a_variant_of_the_merchants_has_fails_with_a_sentence(self, shop: Shopkeeper):
        self.three(shop)
        shop.group("G", {"G-1": "Red"})
        shop.push("G-1")
        shop.act("addVariant", sku="G-1", newSku="THEIRS", value="Blue")
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        push = shop.push("G-2", "G-1")
        assert shop.failures(push) == {"G-2": "option_taken", "G-1": "option_taken"}

    def test_of_two_hundred_and_fifty_is_one_product(self, shop: Shopkeeper):
        members = {f"H-{each}": f"Size {each}" for each in range(250)}
        shop.stockline.activate(*members, stock=2)
        shop.group("H", members)
        push = shop.push(*members)
        assert (push.succeeded, shop.failures(push)) == (250, {})
        shop.stockline.sql("UPDATE stock_item SET stock = 4, price = 3 WHERE tenant_id = %s", shop.tenant_id)
        assert shop.push("H-7").succeeded == 1
        assert {shop.stock(each) for each in members} == {4}

    def test_of_more_values_than_shopify_takes_fails_with_a_sentence(self, shop: Shopkeeper):
        members = {f"H-{each}": f"Size {each}" for each in range(251)}
        shop.stockline.activate(*members)
        shop.group("H", members)
        assert set(shop.failures(shop.push("H-1")).values()) == {"too_many_variants"}


class TestABatch:
    def test_goes_on_after_failures_and_lists_them_with_code_and_sentence(self, shop: Shopkeeper):
        for each in range(6):
            shop.sell(f"A-{each}", image_url="https://cdn.example/x.jpg")
        shop.edit("A-2", image_url="https://cdn example/bad.jpg")
        push = shop.push("A-0", "A-1", "A-2", "NOPE", "A-3", "A-4", "A-5", "A-5 ")
        assert (push.status, push.total, push.succeeded, push.failed) == (PushStatus.COMPLETED, 7, 5, 2)
        failures = shop.failures(push)
        assert set(failures) == {"A-2", "NOPE"}
        assert failures["NOPE"] == "unknown_part"

    def test_of_everything_takes_all_that_the_tenant_sells(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.stockline.own("OWN-1", "A-1")
        push = shop.push()
        assert (push.total, push.succeeded) == (2, 2)

    def test_of_nothing_is_refused(self, shop: Shopkeeper):
        with pytest.raises(NothingToPushError):
            shop.begin()
        with pytest.raises(NothingToPushError):
            shop.container.pushes.begin(shop.tenant_id, [], requested_by="test")

    def test_waits_for_the_one_before(self, shop: Shopkeeper):
        shop.sell("A-1")
        first = shop.begin("A-1")
        with pytest.raises(PushRunningError) as refused:
            shop.begin("A-1")
        assert refused.value.details == {"pushId": str(first.id)}
        shop.work(first.id)
        assert shop.push("A-1").status is PushStatus.COMPLETED

    def test_needs_a_shop(self, stockline, build):
        stockline.activate("A-1")
        with pytest.raises(NotConnectedError):
            build().pushes.begin(stockline.tenant_id, ["A-1"], requested_by="test")

    def test_that_nobody_took_up_is_cancelled_at_once(self, shop: Shopkeeper):
        shop.sell("A-1")
        push = shop.begin("A-1")
        shop.container.pushes.cancel(shop.tenant_id, push.id)
        push = shop.work(push.id)
        assert (push.status, push.remaining, shop.products) == (PushStatus.CANCELLED, 1, [])
        with pytest.raises(PushStateError):
            shop.container.pushes.cancel(shop.tenant_id, push.id)

    def test_is_cancelled_after_the_item_in_flight(self, shop: Shopkeeper, monkeypatch):
        for each in range(4):
            shop.sell(f"A-{each}")
        push = shop.begin()
        real = shop.server.simulator.graphql

        def cancelling(domain, version, request):
            if b"productSet" in request.body and len(shop.products) == 1:
                shop.container.pushes.cancel(shop.tenant_id, push.id)
            return real(domain, version, request)

        monkeypatch.setattr(shop.server.simulator, "graphql", cancelling)
        push = shop.work(push.id)
        assert (push.status, push.succeeded, push.remaining) == (PushStatus.CANCELLED, 2, 2)
        assert len(shop.products) == 2

    def test_of_what_failed_is_pushed_again(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.sell("A-2", image_url="https://cdn example/bad.jpg")
        push = shop.push("A-1", "A-2")
        shop.edit("A-2", image_url=None)
        again = shop.container.pushes.retry_failed(shop.tenant_id, push.id, requested_by="test")
        again = shop.work(again.id)
        assert (again.total, again.succeeded) == (1, 1)

    def test_is_counted_in_the_activity(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.push("A-1")
        activity = shop.stockline.activity("shopify-push")
        assert activity["lastResult"] == {
            "total": 1,
            "succeeded": 1,
            "failed": 0,
            "skipped": 0,
            "remaining": 0,
        }


class TestAPause:
    def test_comes_with_the_reason_and_ends_by_hand(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.sell("A-2")
        shop.fault("revoke_app", "productSet", after=1)
        push = shop.push("A-1", "A-2")
        assert (push.status, push.succeeded, push.remaining) == (PushStatus.PAUSED, 1, 1)
        assert push.reason.code == "invalid_client"
        for app in shop.store.shop.apps.values():
            app.revoked = False
        shop.container.pushes.resume(shop.tenant_id, push.id)
        push = shop.work(push.id)
        assert (push.status, push.succeeded, push.reason) == (PushStatus.COMPLETED, 2, None)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"installed": False}, "app_not_installed"),
            ({"same_organisation": False}, "shop_not_permitted"),
            ({"scopes": ["read_products", "read_inventory", "read_locations"]}, "missing_scope"),
        ],
    )
    def test_tells_the_causes_apart(self, keeper_of, stockline, change, reason):
        shop = keeper_of(stockline)
        shop.sell("A-1")
        for app in shop.store.shop.apps.values():
            for name, value in change.items():
                setattr(app, name, value)
            app.tokens.clear()
        push = shop.push("A-1")
        assert (push.status, push.reason.code) == (PushStatus.PAUSED, reason)

    def test_comes_too_where_the_shop_will_have_none_of_what_every_push_needs(
        self, keeper_of, stockline, monkeypatch
    ):
        shop = keeper_of(stockline)
        shop.sell("A-1")
        monkeypatch.setattr("app.adapters.shopify.products.KEY", "not allowed!")
        monkeypatch.setattr(
            "app.adapters.shopify.products._DEFINITION", {**_definition(), "key": "not allowed!"}
        )
        push = shop.push("A-1")
        assert (push.status, push.remaining) == (PushStatus.PAUSED, 1)
        assert push.reason.code == "shopify_refused"

    def test_for_a_shop_that_is_away_ends_by_itself(self, shop: Shopkeeper, monkeypatch):
        monkeypatch.setattr("app.adapters.shopify.retries.TRIES", 1)
        shop.sell("A-1")
        shop.fault("status", times=20)
        push = shop.push("A-1")
        assert (push.status, push.reason.code) == (PushStatus.PAUSED, "shopify_unavailable")
        shop.store.faults.waiting.clear()
        shop.stockline.sql("UPDATE dispatch SET not_before = now() WHERE id = %s", push.id)
        assert shop.work(push.id).status is PushStatus.COMPLETED

    def test_is_not_made_for_one_product_that_shopify_fails_on(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.sell("A-2")
        shop.fault("internal", "productSet", times=4)
        push = shop.push("A-1", "A-2")
        assert (push.status, push.succeeded) == (PushStatus.COMPLETED, 1)
        assert shop.failures(push) == {"A-1": "shopify_unavailable"}

    def test_can_be_cancelled(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.fault("revoke_app")
        push = shop.push("A-1")
        shop.container.pushes.cancel(shop.tenant_id, push.id)
        assert shop.work(push.id).status is PushStatus.CANCELLED

    def test_comes_where_no_key_opens_the_shops_secret(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.stockline.sql("UPDATE shopify_connection SET secret = 'x' WHERE tenant_id = %s", shop.tenant_id)
        push = shop.push("A-1")
        assert (push.status, push.remaining) == (PushStatus.PAUSED, 1)
        assert push.reason.code == "encryption_unavailable"

    def test_comes_for_a_tenant_that_was_deactivated_before_anything_is_asked_of_the_shop(
        self, shop: Shopkeeper
    ):
        shop.sell("A-1")
        push = shop.begin("A-1")
        shop.stockline.set(active=False)
        push = shop.work(push.id)
        assert (push.status, push.reason.code, shop.calls) == (PushStatus.PAUSED, "tenant_inactive", [])
        shop.stockline.set(active=True)
        shop.container.pushes.resume(shop.tenant_id, push.id)
        assert shop.work(push.id).status is PushStatus.COMPLETED

    def test_of_a_push_that_was_just_cancelled_is_its_end(self, shop: Shopkeeper, monkeypatch):
        shop.sell("A-1")
        shop.sell("A-2")
        push = shop.begin("A-1", "A-2")
        real = shop.server.simulator.graphql

        def cancelling(domain, version, request):
            if b"productSet" in request.body:
                shop.container.pushes.cancel(shop.tenant_id, push.id)
                shop.fault("revoke_app")
            return real(domain, version, request)

        monkeypatch.setattr(shop.server.simulator, "graphql", cancelling)
        push = shop.work(push.id)
        assert (push.status, push.remaining, push.reason) == (PushStatus.CANCELLED, 2, None)
        assert shop.stockline.count("dispatch") == 0

    def test_that_has_ended_cannot_be_ended_again(self, shop: Shopkeeper):
        shop.sell("A-1")
        push = shop.push("A-1")
        with pytest.raises(PushStateError):
            shop.container.pushes.resume(shop.tenant_id, push.id)


class TestADryRun:
    def test_shows_every_change_and_makes_none(self, shop: Shopkeeper):
        shop.sell("A-1", price="10.00", stock=5)
        shop.sell("A-2")
        shop.sell("A-3")
        shop.push("A-1", "A-3")
        shop.edit("A-1", price="12.50", stock=8)
        before = shop.products
        assert shop.dry_run("A-1", "A-2", "A-3", "NOPE") == [
            {
                "partNumber": "A-1",
                "action": "update",
                "changes": [
                    {"field": "price", "from": "10.00", "to": "12.50"},
                    {"field": "stock", "from": 5, "to": 8},
                ],
            },
            {"partNumber": "A-2", "action": "create", "changes": []},
            {"partNumber": "A-3", "action": "none", "changes": []},
            {
                "partNumber": "NOPE",
                "action": "none",
                "changes": [],
                "error": {"code": "unknown_part", "message": "you sell no such part"},
            },
        ]
        assert shop.products == before

    def test_says_what_stands_in_the_way(self, shop: Shopkeeper):
        shop.act("createProduct", title="One", sku="A-1", price="1.00")
        shop.act("createProduct", title="Two", sku="A-1", price="1.00")
        shop.sell("A-1")
        (shown,) = shop.dry_run("A-1")
        assert shown["error"]["code"] == "sku_exists"

    def test_tells_members_of_a_group_apart(self, shop: Shopkeeper):
        shop.sell("G-1")
        shop.sell("G-2")
        shop.group("G", {"G-1": "Red"})
        shop.push("G-1")
        shop.group("G", {"G-1": "Red", "G-2": "Blue"})
        assert [one["action"] for one in shop.dry_run("G-1", "G-2")] == ["none", "create"]


class TestPublishing:
    def test_shows_new_products_in_the_online_store(self, shop: Shopkeeper):
        shop.stockline.sql(
            "UPDATE shopify_connection SET publish = true WHERE tenant_id = %s", shop.tenant_id
        )
        shop.sell("A-1")
        assert shop.push("A-1").succeeded == 1
        (held,) = shop.store.shop.products.values()
        names = [shop.store.shop.publications[one].name for one in held.published]
        assert names == ["Online Store"]

    def test_leaves_to_the_merchant_what_is_theirs(self, shop: Shopkeeper):
        shop.stockline.sql(
            "UPDATE shopify_connection SET publish = true WHERE tenant_id = %s", shop.tenant_id
        )
        shop.act("createProduct", title="Theirs", sku="A-1", price="1.00")
        shop.sell("A-1")
        assert shop.push("A-1").succeeded == 1
        (held,) = shop.store.shop.products.values()
        assert not held.published

    def test_is_not_done_unasked(self, shop: Shopkeeper):
        shop.sell("A-1")
        shop.push("A-1")
        (held,) = shop.store.shop.products.values()
        assert not held.published


class TestStock:
    def test_is_compared_before_it_is_set(self, shop: Shopkeeper, monkeypatch):
        """A sale between our look and our word is seen: it is looked at again, and set on what is there then."""
        shop.sell("A-1", stock=5)
        shop.push("A-1")
        shop.edit("A-1", stock=9)
        real, sold = shop.server.simulator.graphql, []

        def selling(domain, version, request):
            if b"inventorySetQuantities" in request.body and not sold:
                sold.append(
                    shop.act("sell", lines=[{"sku": "A-1", "quantity": 2}], location="Main warehouse")
                )
            return real(domain, version, request)

        monkeypatch.setattr(shop.server.simulator, "graphql", selling)
        assert shop.push("A-1").succeeded == 1
        assert shop.stock("A-1") == 9
        assert shop.operations().count("inventorySetQuantities") == 2

    def test_that_never_rests_fails_with_a_sentence(self, shop: Shopkeeper, monkeypatch):
        shop.sell("A-1", stock=5)
        shop.push("A-1")
        shop.edit("A-1", stock=900)
        real = shop.server.simulator.graphql

        def counting(domain, version, request):
            if b"inventorySetQuantities" in request.body:
                shop.act("setStock", sku="A-1", quantity=shop.stock("A-1") + 1, location="Main warehouse")
            return real(domain, version, request)

        monkeypatch.setattr(shop.server.simulator, "graphql", counting)
        assert shop.failures(shop.push("A-1")) == {"A-1": "stock_changing"}

    def test_is_recorded_before_the_shop_is_called(self, shop: Shopkeeper, monkeypatch):
        shop.sell("A-1", stock=5)
        seen = []
        real = shop.server.simulator.graphql

        def looking(domain, version, request):
            if b"productSet(" in request.body:
                seen.append(shop.mapping("A-1")["last_push_hash"])
            return real(domain, version, request)

        monkeypatch.setattr(shop.server.simulator, "graphql", looking)
        shop.push("A-1")
        assert seen == ["stock:5"]

    def test_that_was_pushed_comes_back_as_an_echo(self, shop: Shopkeeper):
        shop.sell("A-1", stock=5)
        shop.push("A-1")
        result = shop.stockline.stock_feed({"partNumber": "A-1", "stock": 5})
        assert (result["echoSkipped"], result["updated"]) == (1, 0)
        assert shop.stockline.stock_feed({"partNumber": "A-1", "stock": 4})["updated"] == 1
