"""Suppliers described, watched and mended, all stock in one view, orders, alerts and purchase orders, in a browser."""

import json
import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.domain.suppliers.kept import Payload
from tests.browser.portal.house import House
from tests.buyer import Buyer
from tests.orders import OrderBook

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('s')</script>"
REPORT = {"rows": [{"no": f"NS-{HOSTILE}", "free": "12", "due": 4}, {"no": "NS-2", "free": f"?{HOSTILE}"}]}
DAYS = """
    INSERT INTO supplier_day (supplier_id, day, tenant_id, polls, answered, latency_s, delay_s, delays, stock_outs,
                              shrinks, listed)
    SELECT %s, (now() AT TIME ZONE 'UTC')::date - d, %s, 96, 96 - d %% 7, 96 * (1 + d %% 5), 96 * 60 * (1 + d %% 3), 96,
           d %% 4, (d %% 11 = 0)::int, 120
    FROM generate_series(0, 29) d WHERE d NOT IN (12, 13)
"""
POLLS = """
    INSERT INTO supplier_poll (supplier_id, tenant_id, due_at, started_at, finished_at, outcome, status, rows, changed,
                               dropped, malformed, malformed_sample, error, held)
    SELECT %(supplier)s, %(tenant)s, at, at, at + interval '2 s', outcome, 200, 1200, 40, 7, 2, %(sample)s, error, held
    FROM (VALUES (now() - interval '4 min', 'held', 'it would drop 1,130 of 1,200 SKUs', %(held)s::bytea),
                 (now() - interval '19 min', 'applied', NULL, NULL),
                 (now() - interval '34 min', 'failed', %(error)s, NULL)) AS v(at, outcome, error, held)
"""


@dataclass
class Supply:
    """What there is to see: one supplier that fills in whatever it may with hostile text, one that is asked in vain."""

    house: House
    buyer: Buyer
    nord: UUID
    south: UUID


@pytest.fixture
def supply(house: House) -> Supply:
    stockline = house.stockline
    buyer, book = Buyer(stockline), OrderBook(stockline)
    nord = buyer.supplier("nord", name="Nordparts", low_stock_threshold=10)
    south = buyer.supplier(
        "south", name=f"South {HOSTILE}", last_error=f"the source says {HOSTILE}", failures=5
    )
    buyer.set("supplier", nord, confirmed_at="2026-11-01T10:00:00Z")
    stockline.sql("UPDATE supplier SET confirmed_at = now() - interval '4 min' WHERE id = %s", nord)
    stockline.sql("UPDATE supplier SET circuit_open_until = now() + interval '9 min' WHERE id = %s", south)
    buyer.stock(nord, **{"NS-1": 100, "NS-2": 100, "NS-3": 100})
    buyer.sku(south, HOSTILE, 40, part_number=HOSTILE[:40])
    stockline.own("P-NS-1", stock=3)
    stockline.sql(DAYS, nord, stockline.tenant_id)
    sample = json.dumps([{"index": 3, "reason": f"the quantity {HOSTILE} is no number"}])
    held = Payload([json.dumps([{"sku": HOSTILE, "qty": 3}, {"sku": "B", "qty": HOSTILE}]).encode()]).packed()
    stockline.sql(
        POLLS,
        supplier=nord,
        tenant=stockline.tenant_id,
        sample=sample,
        error=f"HTTP 500 {HOSTILE}",
        held=held,
    )
    book.take(f"10/01{HOSTILE}"[:120], ("P-NS-1", 2), channel="web", account=HOSTILE)
    book.take("1002", ("P-NS-2", 90), channel="web")
    book.refused(f"1003{HOSTILE}", ("P-NS-3", 900), account=HOSTILE)
    return Supply(house, buyer, nord, south)


@pytest.fixture
def low(supply: Supply) -> Supply:
    """Where SKUs fell to their order point, and orders were promised more than there is."""
    supply.buyer.stockline.sql("UPDATE supplier_stock SET quantity = 3 WHERE sku IN ('NS-1', 'NS-3')")
    supply.buyer.stockline.sql("UPDATE supplier_stock SET quantity = 60, shortage = 30 WHERE sku = 'NS-2'")
    supply.buyer.stockline.container.work.sweep()
    supply.buyer.stockline.drain()
    return supply


def go(page: Page, path: str, heading: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def test_a_supplier_is_described_tried_on_a_report_and_added(house: House):
    page = house.open("/portal/suppliers")
    page.get_by_role("button", name="Add a supplier").click()
    fill(page, Code="north", Name="North Sled", Address="http://127.0.0.1/stock")
    page.get_by_label("Where the rows are").fill("rows")
    fill(page, SKU="no", Quantity="free")
    page.get_by_label("Incoming (if there is one)").fill("due")
    expect(page.get_by_label("User name")).to_be_hidden()
    page.get_by_label("What lets us in").select_option("basic")
    expect(page.get_by_label("User name")).to_be_visible()
    page.get_by_label("What lets us in").select_option("none")

    page.get_by_label("Paste a report").fill(json.dumps(REPORT))
    expect(page.get_by_role("region", name="Rows as they would be read")).to_contain_text(f"NS-{HOSTILE}")
    expect(page.get_by_role("region", name="Rows that are not understood")).to_contain_text("is no number")
    page.get_by_label("Where the rows are").fill("nothing")
    expect(page.locator("#preview")).to_contain_text("nothing")
    page.get_by_role("button", name="Ask the source itself").click()
    expect(page.locator("#preview .notice")).to_contain_text("127.0.0.1")
    house.picture(page, "supplier-preview")
    assert house.violations_of_access(page) == []

    page.get_by_label("Order up to").fill("3")
    page.get_by_label("Order at").fill("5")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("#notices")).to_contain_text("targetStock must be above reorderPoint")
    expect(page.get_by_label("Name", exact=True)).to_have_value("North Sled")
    page.get_by_label("Order up to").fill("30")
    page.get_by_role("button", name="Add it").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("North Sled")
    expect(page.locator("#notices")).to_contain_text("Kept")


def test_suppliers_are_seen_at_a_glance_and_what_is_held_is_decided(supply: Supply):
    viewer = supply.house.open("/portal/suppliers", "viewer")
    expect(viewer.get_by_role("heading", name="a report waits for you")).to_contain_text("Nordparts")
    expect(viewer.get_by_role("row").filter(has_text="South")).to_contain_text(f"the source says {HOSTILE}")
    expect(viewer.get_by_role("button", name=re.compile("Let it through|Discard|Add"))).to_have_count(0)

    page = supply.house.open("/portal/suppliers", "operator")
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("#notices")).to_contain_text("what stood before stands")
    expect(page.get_by_role("heading", name="a report waits for you")).to_have_count(0)
    page.get_by_role("link", name="Readings").click()
    expect(page.get_by_role("row").filter(has_text="failed")).to_contain_text(f"HTTP 500 {HOSTILE}")
    page.get_by_role("row").filter(has_text="applied").get_by_role("link").click()
    expect(page.get_by_role("region", name="Rows that could not be read")).to_contain_text(HOSTILE)


def test_a_skus_terms_are_changed_in_a_dialog(supply: Supply):
    page = supply.house.open(f"/portal/suppliers/{supply.nord}/skus", "operator")
    page.get_by_role("link", name="Change NS-2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Low below").fill("77")
    supply.house.picture(page, "supplier-sku-dialog")
    assert supply.house.violations_of_access(page) == []
    dialog.get_by_role("button", name="Save").click()

    expect(page.locator("#notices")).to_contain_text("NS-2: Changed.")
    expect(page.get_by_role("row").filter(has_text="NS-2")).to_contain_text("77")


def test_all_stock_is_filtered_and_leads_to_its_supplier(supply: Supply):
    page = supply.house.open("/portal/inventory", "viewer")
    expect(page.get_by_role("row").filter(has_text="own stock")).to_contain_text("low")
    page.get_by_label("Part or SKU").fill("NS-2")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").nth(1)).to_contain_text("90")
    page.get_by_role("link", name="nord").click()
    expect(page.locator("main").get_by_role("heading", name="NS-2")).to_be_visible()


def test_orders_are_settled_and_refusals_tried_again(supply: Supply):
    page = supply.house.open("/portal/orders", "operator")
    page.get_by_role("link", name="1002", exact=True).click()
    expect(page.get_by_role("region", name="Reservations")).to_contain_text("nord")
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator("#notices")).to_contain_text("what it held is free again")
    expect(page.get_by_role("button", name="It was shipped")).to_have_count(0)

    go(page, "/portal/orders/refusals", "Orders")
    expect(page.get_by_role("row").nth(1)).to_contain_text(f"1003{HOSTILE}")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notices")).to_contain_text("is refused again")
    viewer = supply.house.open("/portal/orders/refusals", "viewer")
    expect(viewer.get_by_role("button", name=re.compile("again|Let go"))).to_have_count(0)


def test_a_rule_for_orders_is_added_mended_and_taken_away(house: House):
    page = house.open("/portal/orders/rules", "operator")
    page.get_by_role("button", name="Add a rule").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a rule")
    page.get_by_label("More units of a part than a limit").check()
    page.get_by_label("Refuse the order").check()
    fill(page, Account=HOSTILE)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#h-value")).to_have_text("Say how many units of a part are allowed.")
    expect(page.get_by_label("Account", exact=True)).to_have_value(HOSTILE)
    house.picture(page, "orders-rule-wrong")
    assert house.violations_of_access(page) == []
    fill(page, Units_of_a_part_that_are_allowed="40")
    page.get_by_role("button", name="Add", exact=True).click()

    yours = page.get_by_role("region", name="Your rules")
    expect(yours.get_by_role("row").nth(1)).to_contain_text(HOSTILE)
    yours.get_by_role("button", name="Change: More units").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change a rule")
    fill(page, Units_of_a_part_that_are_allowed="60")
    page.get_by_role("button", name="Save").click()
    expect(yours.get_by_role("row").nth(1)).to_contain_text("60")
    house.accessible("/portal/orders/rules", "orders-rules", "operator")
    house.accessible("/portal/orders/rules/new", "orders-rule", "operator")
    yours.get_by_role("button", name="Take away").click()
    expect(page.get_by_text("None of your own")).to_be_visible()


def test_alerts_are_seen_one_by_one_or_all_at_once(low: Supply):
    page = low.house.open("/portal/alerts", "operator")
    before = page.get_by_role("button", name="Seen", exact=True).count()
    assert before >= 2
    page.get_by_role("button", name="Seen", exact=True).first.click()
    expect(page.get_by_role("button", name="Seen", exact=True)).to_have_count(before - 1)
    page.get_by_role("button", name="I have seen all").click()
    expect(page.locator("#notices")).to_contain_text("acknowledged")
    expect(page.get_by_text("Nothing that nobody has seen.")).to_be_visible()
    expect(page.get_by_role("link", name="Channels")).to_have_count(0)


def test_a_purchase_order_is_changed_approved_and_received(low: Supply, tmp_path):
    page = low.house.open("/portal/purchase-orders", "operator")
    page.get_by_role("region", name="Purchase orders").get_by_role("link").first.click()
    page.get_by_label("Units of NS-1").fill("17")
    page.get_by_role("row").filter(has_text="NS-1").get_by_role("button", name="Set").click()
    expect(page.get_by_role("row").filter(has_text="NS-1")).to_contain_text("set by hand")
    page.get_by_role("row").filter(has_text="NS-3").get_by_role("button", name="Take out").click()
    expect(page.get_by_role("row").filter(has_text="NS-3")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert "NS-1" in download.value.path().read_text()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Send to the supplier")).to_be_visible()

    low.buyer.stockline.sql("UPDATE purchase_order SET state = 'sent', sent_at = now()")
    page.reload()
    page.get_by_label("Units of NS-1 that came").fill("20")
    fill(page, Delivery_note=f"DN-{HOSTILE}")
    page.get_by_role("button", name="Note what came").click()
    expect(page.get_by_role("row").filter(has_text="3 too many")).to_contain_text("NS-1")
    came = page.get_by_role("region", name="What came")
    for told in (f"DN-{HOSTILE}", "20 × NS-1", "operator@example.com"):
        expect(came.get_by_role("row").nth(1)).to_contain_text(told)
    low.house.accessible(page.url.removeprefix(low.house.url), "purchase-order-received", "operator")


def test_every_page_is_pleasant_in_light_dark_and_on_a_phone(low: Supply):
    nord, house = f"/portal/suppliers/{low.nord}", low.house
    order = low.buyer.draft()["purchaseOrderId"]
    [held] = [
        one
        for one in house.stockline.container.suppliers.polls(house.stockline.tenant_id, low.nord, 9)
        if one.outcome == "held"
    ]
    for path, of in (
        ("/portal/suppliers", "suppliers"),
        (nord, "supplier"),
        (f"{nord}/polls/{held.id}", "supplier-held"),
        (f"{nord}/edit", "supplier-editor"),
        (f"{nord}/reliability", "supplier-reliability"),
        ("/portal/inventory", "inventory"),
        ("/portal/inventory/gaps?kind=sku", "inventory-gaps"),
        ("/portal/inventory/forecast", "inventory-forecast"),
        ("/portal/orders", "orders"),
        ("/portal/orders/shortages", "orders-shortages"),
        ("/portal/orders/refusals", "orders-refusals"),
        ("/portal/alerts", "alerts"),
        ("/portal/alert-channels/new", "alert-channel"),
        (f"/portal/purchase-orders/{order}", "purchase-order"),
    ):
        house.accessible(path, of)
