"""My Catalog, My Parts and pushes from them, as people use them."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.bootstrap import Container
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


def test_parts_are_found_selected_compared_and_pushed(house: House, shop: Portal):
    page = house.open("/portal/catalog", "operator")
    page.get_by_label("Search").fill("p-")
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
        expect(dialog.locator("[data-counter=remaining]")).to_have_text("2")
    expect(dialog.locator("[data-counter=succeeded]")).to_have_text("2")
