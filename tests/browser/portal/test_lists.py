"""Lists on a phone: rows are cards, nothing is off the screen, and to a screen reader they stay tables."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.bootstrap import Container
from app.domain.alerts.channel import ChannelKind
from app.domain.tenancy.users import Role
from app.web.app import create_app
from app.web.context import EXTENSION
from tests.browser.portal.house import PASSWORD, PHONE, House
from tests.buyer import Buyer
from tests.orders import OrderBook

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('l')</script>"
RUNS_OFF = """() => [...document.querySelectorAll(".scroll, .scroll :is(td, a, button, input, select)")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"
                  || one.getBoundingClientRect().right > innerWidth)
    .map((one) => one.outerHTML.slice(0, 200))"""
POLLS = """
    INSERT INTO supplier_poll (supplier_id, tenant_id, due_at, started_at, finished_at, outcome, status, rows, changed,
                               error)
    SELECT %(supplier)s, %(tenant)s, at, at, at + interval '2 s', outcome, 200, 1200, 40, error
    FROM (VALUES (now() - interval '19 min', 'applied', NULL), (now() - interval '34 min', 'failed', %(error)s))
         AS v(at, outcome, error)
"""


@pytest.fixture(scope="module")
def portal_application(build: Callable[..., Container]) -> Flask:
    """One that sends mail, so that a channel can be added."""
    return create_app(build(secret_key="signs the cookies of tests", smtp_url="smtp://127.0.0.1:9"))


@pytest.fixture
def nord(house: House) -> UUID:
    """A supplier of a company where something is in every list; whatever others may fill in is hostile."""
    stockline = house.stockline
    buyer, book = Buyer(stockline), OrderBook(stockline)
    nord = buyer.supplier("nord", name=f"Nord {HOSTILE}", last_error=f"HTTP 500 {HOSTILE}", failures=5)
    buyer.stock(nord, **{"NS-1": 100, "NS-2": 0, HOSTILE[:40]: 7})
    stockline.own("P-NS-1", stock=3)
    stockline.sql(POLLS, supplier=nord, tenant=stockline.tenant_id, error=f"HTTP 500 {HOSTILE}")
    book.take(f"10/01{HOSTILE}"[:120], ("P-NS-1", 2), channel="web", account=HOSTILE)
    container = house.application.extensions[EXTENSION]
    container.alerts.add(stockline.tenant_id, ChannelKind.EMAIL, "alerts@example.com")
    container.people.create(stockline.tenant_id, "a.rather.long.name@example.com", PASSWORD, Role.VIEWER)
    return nord


def look(house: House, page: Page, path: str, of: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    house.picture(page, f"{of}-phone")
    assert (path, page.evaluate(RUNS_OFF)) == (path, [])
    assert (path, house.violations_of_access(page)) == (path, [])


def test_on_a_phone_every_row_is_a_card_and_still_a_row(house: House, nord: UUID):
    page = house.open("/portal/people", viewport=PHONE)
    row = page.get_by_role("row").filter(has_text="a.rather.long.name")

    expect(page.get_by_role("table").first.get_by_role("columnheader")).to_have_count(5)
    expect(row.get_by_role("cell")).to_have_count(5)
    expect(row.locator("td[role=cell]").nth(2)).to_have_attribute("data-label", "Last sign-in")
    expect(page.locator("table[role=table] > tbody[role=rowgroup] > tr[role=row]").first).to_be_visible()
    row.get_by_role("button", name="Shut out").click()
    expect(page.get_by_role("button", name="Let in again")).to_be_in_viewport()
    expect(row.get_by_role("cell").nth(3)).to_have_text("shut out")


def test_on_a_phone_nothing_of_a_list_is_off_the_screen(house: House, nord: UUID):
    page = house.person(platform=True, viewport=PHONE)
    page.goto("/portal/orders")
    order = page.get_by_role("row").nth(1).get_by_role("link").get_attribute("href")
    page.goto("/portal/alert-channels")
    channel = page.get_by_role("row").nth(1).get_by_role("link").get_attribute("href")
    assert order
    assert channel
    for path, of in (
        ("/portal/people", "people-cards"),
        ("/portal/operations/tenants", "tenants-cards"),
        ("/portal/inventory", "inventory-cards"),
        ("/portal/suppliers", "suppliers-cards"),
        ("/portal/suppliers/reliability", "suppliers-ranking"),
        (f"/portal/suppliers/{nord}/polls", "supplier-polls"),
        (f"/portal/suppliers/{nord}/skus", "supplier-skus"),
        ("/portal/orders", "orders-cards"),
        (order, "order"),
        ("/portal/orders/rules", "order-rules"),
        ("/portal/alert-channels", "channels"),
        (channel, "channel"),
    ):
        look(house, page, path, of)
