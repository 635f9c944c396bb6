"""What a reseller shares with whom, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.portal.house import House
from tests.network import sharing
from tests.stockline import Stockline

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('m')</script>"


@pytest.fixture
def maker(house: House) -> Stockline:
    """A manufacturer with a name that no page should run, and a reseller that has 7 of a part to show."""
    house.stockline.set(low_stock_threshold=5, safety_stock=2)
    house.stockline.activate("55716013", stock=9)
    house.stockline.sql("UPDATE part SET name = %s WHERE part_number = '55716013'", HOSTILE)
    made = house.stockline.another("MANUFACTURER")
    made.set(name=f"Maker {HOSTILE}")
    return made


def test_each_choice_shows_what_a_customer_would_read_and_a_change_is_kept_with_its_history(
    house: House, maker: Stockline
):
    page = house.open("/portal/sharing")
    article = page.locator("article.consent").filter(has_text=f"Maker {HOSTILE}")
    expect(article.get_by_label("Off")).to_be_checked()
    for choice, line in (("Off", "Not listed"), ("Level", "In stock"), ("Exact", "7 in stock")):
        expect(article.locator("label").filter(has_text=choice).locator(".badge")).to_have_text(line)

    article.get_by_label("Exact").check()
    article.get_by_role("button", name="Save").click()

    expect(page.locator("#notices")).to_contain_text("shows how many you have from now on")
    expect(article.get_by_label("Exact")).to_be_checked()
    told = sharing(house.stockline, "GET", f"/{maker.tenant_id}").json
    assert (told["precision"], told["changedBy"]) == ("EXACT", "owner@example.com")
    page.get_by_role("link", name="History of changes").click()
    row = page.get_by_role("row").filter(has_text=f"Maker {HOSTILE}")
    expect(row).to_contain_text(re.compile(r"owner@example.com.*Off.*Exact"))


def test_who_does_not_own_reads_and_has_nothing_to_press(house: House, maker: Stockline):
    page = house.open("/portal/sharing", "operator")

    expect(page.get_by_text("Only an owner can change what is shared.")).to_be_visible()
    expect(page.locator("article.consent button, article.consent input")).to_have_count(0)


def test_sharing_is_accessible(house: House, maker: Stockline):
    sharing(house.stockline, "PUT", f"/{maker.tenant_id}", json={"precision": "LEVEL"})
    house.accessible("/portal/sharing", "sharing")
    house.accessible("/portal/sharing/history", "sharing-history")
