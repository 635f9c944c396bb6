"""My Catalog, My Parts and pushes from them, as people use them."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from app.bootstrap import Container
from app.domain.push.errors import ShopClosedError
from app.web.app import create_app
from tests.browser.portal.house import House
from tests.portal import BAD, MemoryShop, Portal, pushing
from tests.shops import SECRET, SHOP, FakeDesk, connections

HOSTILE = '<script>boom()</script>"><img src=x onerror=boom()>'


@pytest.fixture(scope="module")
def memory_shop() -> MemoryShop:
    """What all tenants of the module push into."""
    return MemoryShop()


@pytest.fixture(scope="module")
def portal_application(build: Callable[..., Container], memory_shop: MemoryShop) -> Flask:
    """The application with a shop in memory behind it."""
    return create_app(pushing(build(secret_key="what-cookies-of-tests-are-signed-with"), memory_shop))


@pytest.fixture
def shop(house: House, memory_shop: MemoryShop) -> Portal:
    """The house's tenant with its shop and ten parts, two of which the shop refuses."""
    memory_shop.products.clear()
    tenant = house.stockline
    connections(tenant, FakeDesk()).connect(tenant.tenant_id, SHOP, "client", SECRET)
    here = Portal(tenant.over(pushing(tenant.container, memory_shop)), memory_shop)
    numbers = [f"P-{number}" for number in range(8)] + [f"{BAD}-1", f"{BAD}-2"]
    house.stockline.activate(*numbers, stock=20)
    house.stockline.sql("UPDATE part SET brand = 'KTM' WHERE part_number = 'P-1'")
    return here


def select(page: Page, *part_numbers: str) -> None:
    for one in part_numbers:
        page.get_by_label(f"Select {one}", exact=True).check()


def push(page: Page, *part_numbers: str) -> Locator:
    """The dialog of a push of these, begun."""
    page.goto("/portal/catalog")
    select(page, *part_numbers)
    page.get_by_role("button", name="Push to Shopify…").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name=re.compile("Push [0-9]+ part")).click()
    expect(counter(dialog, "remaining")).to_have_text(str(len(part_numbers)))
    return dialog


def counter(dialog: Locator, name: str) -> Locator:
    return dialog.locator(f"[data-counter={name}]")


def test_parts_are_found_selected_compared_and_pushed(house: House, shop: Portal):
    page = house.open("/portal/catalog", "operator")
    page.get_by_label("Search", exact=True).fill("p-")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(8)
    select(page, "P-0", "P-1")
    expect(page.locator("#chosen")).to_have_text("2 selected")
    page.get_by_role("button", name="Push to Shopify…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("2 new, 0 to change, 0 as they should be.")).to_be_visible()
    assert house.violations_of_access(page) == []
    house.picture(page, "push-order")
    with shop.working():
        dialog.get_by_role("button", name="Push 2 parts").click()
        expect(counter(dialog, "remaining")).to_have_text("2")
        house.picture(page, "push-under-way")
    shop.stockline.drain()
    expect(counter(dialog, "succeeded")).to_have_text("2")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Last push: done, 2 succeeded.")).to_be_visible()


def test_without_a_shop_the_dialog_says_what_to_do(house: House):
    house.stockline.activate("P-0")
    page = house.open("/portal/catalog", "operator")
    page.get_by_role("button", name="Push to Shopify…").click()
    expect(page.get_by_text("nothing is selected; tick some parts first")).to_be_visible()
    select(page, "P-0")
    page.get_by_role("button", name="Push to Shopify…").click()
    expect(page.locator("#differences").get_by_role("alert")).to_contain_text("No shop is connected")
    page.get_by_role("button", name="Push 1 part").click()
    expect(page.locator("#dialog > article > p").get_by_text("No shop is connected")).to_be_visible()


def test_a_selection_lasts_over_pages_or_is_all_that_match(house: House, shop: Portal):
    page = house.open("/portal/catalog?limit=4", "operator")
    select(page, "BAD-1")
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_label("Select P-5")).to_be_visible()
    page.get_by_label("Select all on this page").check()
    expect(page.locator("#chosen")).to_have_text("5 selected")
    page.get_by_role("button", name="Push to Shopify…").click()
    expect(page.get_by_text("5 parts selected")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chosen")).to_have_text("None selected")
    expect(page.locator("#of-all")).to_have_text("10")
    page.locator("#every").check()
    page.get_by_role("button", name="Push to Shopify…").click()
    page.get_by_role("button", name="Push 10 parts").click()
    expect(page.locator("#dialog [data-counter=remaining]")).to_have_text("10")


def test_a_push_goes_on_when_it_is_closed_and_is_found_again_from_another_browser(house: House, shop: Portal):
    page = house.person("operator")
    with shop.working():
        dialog = push(page, "P-0", "P-1", "P-2")
        expect(counter(dialog, "remaining")).to_have_text("3")
        dialog.get_by_role("button", name="Close").click()
        other = house.open("/portal/parts", "viewer")
        other.get_by_role("link", name="Watch it").click()
        there = other.locator("#dialog")
        expect(counter(there, "remaining")).to_have_text("3")
        expect(there.get_by_role("button", name="Cancel")).to_have_count(0)
        shop.shop.turns.release()
        expect(counter(there, "succeeded")).to_have_text("1")
        page.get_by_role("link", name="Watch it").click()
        expect(counter(dialog, "succeeded")).to_have_text("1")
        with page.expect_response("**/cancel"):
            dialog.get_by_role("button", name="Cancel").click()
        shop.shop.turns.release()
        expect(dialog.get_by_text("Cancelled")).to_be_visible()
        expect(there.get_by_text("Cancelled")).to_be_visible()
        expect(counter(there, "remaining")).to_have_text("1")


def test_a_click_counts_though_the_figures_move_under_it(house: House, shop: Portal):
    page = house.person("operator")
    with shop.working():
        dialog = push(page, "P-0", "P-1")
        dialog.get_by_role("button", name="Cancel").hover()
        page.mouse.down()
        shop.shop.turns.release()
        expect(counter(dialog, "succeeded")).to_have_text("1")
        with page.expect_response("**/cancel"):
            page.mouse.up()
        shop.shop.turns.release()
        expect(dialog.get_by_text("Cancelled")).to_be_visible()


def test_what_fails_is_listed_and_can_be_pushed_again(house: House, shop: Portal):
    page = house.person("operator")
    dialog = push(page, "P-0", "BAD-1", "BAD-2")
    shop.stockline.drain()
    expect(counter(dialog, "failed")).to_have_text("2")
    expect(dialog.get_by_role("cell", name="BAD-1")).to_be_visible()
    dialog.get_by_role("button", name="Push the failed again").click()
    expect(counter(dialog, "remaining")).to_have_text("2")
    shop.stockline.drain()
    expect(counter(dialog, "failed")).to_have_text("2")
    dialog.get_by_role("link", name="Its own page").click()
    expect(page.get_by_role("heading", name="Push of 2 parts")).to_be_visible()
    page.get_by_role("link", name="Pushes").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_paused_push_tells_why_and_goes_on(house: House, shop: Portal):
    page = house.person("operator")
    dialog = push(page, "P-0")
    shop.shop.closed = ShopClosedError("missing_scope", "give the app write_products, then go on")
    try:
        shop.stockline.drain()
        expect(dialog.get_by_text("Give the app write_products, then go on")).to_be_visible()
    finally:
        shop.shop.closed = None
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("Waiting for a worker")).to_be_visible()
    shop.stockline.drain()
    expect(counter(dialog, "succeeded")).to_have_text("1")


def test_a_value_is_entered_in_its_place_and_a_wrong_one_is_explained_beside_it(house: House, shop: Portal):
    page = house.open("/portal/catalog", "operator")
    stock = page.get_by_label("Stock of P-1")
    stock.fill("3")
    stock.press("Tab")
    expect(page.locator("td.value", has=page.get_by_label("Stock of P-1"))).to_contain_text("Low")
    assert house.stockline.stock()["P-1"] == 3
    price = page.get_by_label("Price of P-1")
    price.fill("12.345")
    price.press("Enter")
    cell = page.locator("td.value", has=page.get_by_label("Price of P-1"))
    expect(cell.get_by_role("alert")).to_have_text("price must have at most 2 decimals")
    assert house.violations_of_access(page) == []
    price.fill("12.34")
    price.press("Enter")
    expect(cell).to_contain_text("Saved")
    assert house.stockline.prices("P-1")[0] == "12.34"


def test_hostile_words_are_shown_as_words(house: House, shop: Portal):
    tenant = house.stockline
    (item,) = tenant.own(HOSTILE, stock=1)
    tenant.sql(
        "UPDATE tenant_part SET name = %s, brand = %s, category = %s, description = %s, tags = %s,"
        " image_url = %s WHERE item_id = %s",
        *(HOSTILE,) * 4,
        [HOSTILE],
        HOSTILE,
        item,
    )
    tenant.alias(f"{HOSTILE}2", HOSTILE)
    tenant.pushed(item, 1, seconds_ago=9)
    tenant.sql("UPDATE shopify_product_mapping SET product_id = %s WHERE item_id = %s", HOSTILE, item)
    page = house.open("/portal/parts", "operator")
    expect(page.get_by_role("cell", name=HOSTILE, exact=True).first).to_be_visible()
    page.get_by_role("link", name=HOSTILE).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    push_id = shop.begin(HOSTILE)
    tenant.sql(
        "UPDATE push_item SET outcome = 'failed', code = 'x', message = %s WHERE push_id = %s",
        HOSTILE,
        push_id,
    )
    tenant.sql("UPDATE push SET failed = 1, requested_by = %s WHERE id = %s", HOSTILE, push_id)
    shop.stockline.container.pushes.rebuilt(tenant.tenant_id, UUID(push_id))
    page.goto(f"/portal/pushes/{push_id}")
    expect(page.get_by_role("cell", name=HOSTILE).first).to_be_visible()


def test_the_grid_is_accessible(house: House, shop: Portal):
    house.accessible("/portal/catalog", "catalog", "operator")


def test_an_item_and_a_push_are_accessible(house: House, shop: Portal):
    house.stockline.own("OWN", stock=3)
    shop.done("P-0", "BAD-1")
    house.accessible("/portal/parts/item/OWN", "part", "operator")
    house.accessible("/portal/pushes", "pushes", "operator")


def test_a_distributor_pushes_its_selection_for_resellers(house: House, shop: Portal):
    distributor = house.stockline
    reseller = distributor.another("RESELLER")
    distributor.set(type="DISTRIBUTOR")
    connections(reseller, FakeDesk()).connect(reseller.tenant_id, SHOP, "client", SECRET)
    grants = distributor.container.push_grants
    grants.set(reseller.tenant_id, distributor.tenant_id, ["KTM"], changed_by="test")
    page = house.open("/portal/catalog", "operator")
    select(page, "P-1")
    page.get_by_role("button", name="Push for resellers…").click()
    expect(page.get_by_label("Part numbers")).to_have_value("P-1")
    page.get_by_role("button", name="Push", exact=True).click()
    expect(page.get_by_role("heading", name="Push for resellers")).to_be_visible()
    distributor.drain()
    expect(page.get_by_role("heading", name="Shop by shop")).to_be_visible()
    assert house.violations_of_access(page) == []
    house.picture(page, "push-batch")
    house.accessible("/portal/push-batches", "push-batches", "operator")
    house.accessible("/portal/push-grants", "push-grants")
