"""Every fault there is: what can be outlived is outlived, within bounds, and nothing is done twice."""

import pytest

from app.adapters.shopify.wire import http_client
from app.domain.push.errors import ShopClosedError, ShopRefusedError, ShopUnavailableError
from app.domain.push.product import Level, VariantInput
from app.domain.push.profile import Field
from app.local.shopify_sim.faults import KINDS
from tests.unit.shopify.shopfront import KEY, Front, group, only, part

BRIEF = 0.3
LATE = {"seconds": 2 * BRIEF}
MET = {"expire_token", "revoke_app"}
OUTLIVED = sorted(set(KINDS) - MET)


@pytest.fixture
def hurried(simulator, server, http) -> Front:
    """With little patience, so that a slow answer is one that does not come."""
    return Front(simulator, server, http, timeout_s=BRIEF)


@pytest.mark.parametrize("kind", OUTLIVED)
def test_a_reading_outlives_it(hurried: Front, kind: str):
    made = hurried.shop().create(KEY, part())
    hurried.fault(kind, "product", **LATE)

    assert hurried.shop().product(made.id, variants=1) == made


@pytest.mark.parametrize("kind", OUTLIVED)
def test_a_creation_outlives_it_and_makes_one_product(hurried: Front, kind: str):
    hurried.shop().prepare()
    hurried.fault(kind, "productSet", **LATE)
    made = hurried.shop().create(KEY, part(quantity=5))

    assert [one.gid for one in hurried.store.shop.products.values()] == [made.id]
    assert (made.key, only(made).available) == (KEY, 5)


@pytest.mark.parametrize("kind", ["drop_after", "status_after"])
def test_a_creation_whose_answer_was_lost_does_not_set_the_stock_again(front: Front, kind: str):
    front.shop().prepare()
    front.fault(kind, "productSet")
    front.before("query ProductByKey", lambda: front.act("sell", lines=[{"sku": "A-1", "quantity": 3}]))
    made = front.shop().create(KEY, part(quantity=5))

    assert (only(made).available, front.stock("A-1")) == (2, 2)
    assert front.operations().count("productSet") == 1


@pytest.mark.parametrize("kind", OUTLIVED)
def test_stock_is_set_once_through_it(hurried: Front, kind: str):
    made = hurried.shop().create(KEY, part(quantity=5))
    hurried.fault(kind, "inventorySetQuantities", **LATE)
    hurried.shop().set_stock([Level(only(made).inventory_item_id, 9, 5)], KEY)

    assert hurried.stock("A-1") == 9


@pytest.mark.parametrize("kind", OUTLIVED)
def test_changes_and_deletions_outlive_it(hurried: Front, kind: str):
    made = hurried.shop().create(KEY, group("red", "blue"))
    for operation in ("productVariantsBulkUpdate", "productSet", "productDelete"):
        hurried.fault(kind, operation, **LATE)
    dearer = VariantInput(made.variants[0].id, None, {Field.PRICE: "9.99"})
    hurried.shop().change_variants(made.id, [dearer])
    assert hurried.shop().product(made.id, variants=2).variants[0].values[Field.PRICE] == "9.99"
    hurried.shop().change(made.id, group("red", quantity=None))
    hurried.shop().delete_product(made.id)

    assert hurried.store.shop.products == {}


def test_tries_are_bounded_and_jittered(front: Front):
    front.shop().prepare()
    front.fault("status", times=99)
    with pytest.raises(ShopUnavailableError):
        front.shop().product("gid://shopify/Product/1", variants=1)

    assert front.operations().count("product") == 4
    assert len(front.slept) == 3
    assert sum(front.slept) <= 0.5 + 1 + 2


def test_a_decimal_retry_after_is_respected_up_to_a_bound(front: Front):
    front.shop().prepare()
    front.fault("rate_limit", "product", retryAfter="2.5")
    front.shop().product("gid://shopify/Product/1", variants=1)
    assert front.slept == [2.5]

    front.slept.clear()
    front.fault("rate_limit", "product", retryAfter="3600")
    front.shop().product("gid://shopify/Product/1", variants=1)
    assert sum(front.slept) == 10


def test_no_server_at_all_is_unavailable(front: Front):
    front.server.shutdown()
    front.server.server_close()
    front.shops._wire._http = http_client()

    with front.shops._wire._http, pytest.raises(ShopUnavailableError):
        front.shop().prepare()


@pytest.mark.parametrize(
    ("status", "reason"),
    [(402, "shop_frozen"), (403, "shop_forbids"), (404, "shop_not_found"), (423, "shop_locked")],
)
def test_what_a_person_must_see_to_is_not_tried_again(front: Front, status: int, reason: str):
    front.shop().prepare()
    front.fault("status", "product", status=status)
    with pytest.raises(ShopClosedError) as closed:
        front.shop().product("gid://shopify/Product/1", variants=1)

    assert closed.value.reason == reason
    assert front.operations().count("product") == 1


def test_other_refusals_are_not_tried_again(front: Front):
    front.shop().prepare()
    front.fault("status", "product", status=400)
    with pytest.raises(ShopRefusedError):
        front.shop().product("gid://shopify/Product/1", variants=1)

    assert front.operations().count("product") == 1
