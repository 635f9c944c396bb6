"""Feeds in a browser: the overview by itself, one feed as it goes, decisions, and part numbers nobody knew."""

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from tests.browser.portal.house import House
from tests.stockline import Stockline

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
ROWS = [
    {"partNumber": "55716013", "stock": 5},
    {"partNumber": "5571-6014", "stock": 7},
    {"partNumber": HOSTILE, "stock": 1},
    {"partNumber": "=1+1", "stock": 2},
    {"partNumber": "B", "stock": "many"},
]
HELD = [
    {"partNumber": "55716013", "stock": 0},
    {"partNumber": "B", "stock": 4},
    {"partNumber": HOSTILE, "stock": 3},
    {"partNumber": "B-unknown", "stock": HOSTILE},
]


@pytest.fixture
def shop(house: House) -> Stockline:
    house.stockline.activate("55716013", "55716014", "B")
    return house.stockline


def fail(shop: Stockline, monkeypatch: pytest.MonkeyPatch) -> str:
    def fails(self, feed, plan):
        raise RuntimeError(f"the disk is on fire {HOSTILE}")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresFeedTransaction, "write", fails)
        feed_id = shop.accept("stock-feed", ROWS)
        for _ in range(3):
            shop.sql("UPDATE dispatch SET not_before = now() WHERE state = 'ready'")
            shop.drain()
    return feed_id


def hold(shop: Stockline) -> str:
    shop.set(shrink_guard_percent=1)
    feed_id = shop.accept("stock-feed", HELD)
    shop.drain()
    return feed_id


def told(page: Page, text: str) -> None:
    expect(page.locator("#notices")).to_contain_text(text)


def test_a_new_company_is_told_what_to_do_first_and_then_sees_it_come_by_itself(
    house: House, shop: Stockline
):
    shop.sql("UPDATE api_key SET revoked_at = now() WHERE tenant_id = %s", shop.tenant_id)
    page = house.open("/portal")
    expect(page.get_by_role("link", name="Make one under Keys")).to_be_visible()
    expect(page.locator("pre")).to_contain_text(f"curl -X POST {house.url}/api/integrations/stock-feed")
    house.accessible("/portal", "overview-new")

    shop.sql("UPDATE api_key SET revoked_at = NULL WHERE tenant_id = %s", shop.tenant_id)
    shop.send("stock-feed", ROWS)

    expect(page.get_by_role("article", name="Stock feed")).to_contain_text("in time")
    expect(page.get_by_role("img", name=re.compile("4 in all, most this hour"))).to_be_visible()
    expect(page.locator("#t-unknown")).to_contain_text("3")


def test_the_overview_shows_what_is_silent_in_flight_held_failed_and_open(
    house: House, shop: Stockline, monkeypatch: pytest.MonkeyPatch
):
    shop.send("stock-feed", ROWS)
    fail(shop, monkeypatch)
    hold(shop)
    shop.send("price-feed", [{"partNumber": "B", "price": 3}])
    shop.sql(
        "UPDATE sync_activity SET last_sync_at = now() - interval '3 days'"
        " WHERE tenant_id = %s AND surface = 'stock-feed'",
        shop.tenant_id,
    )
    shop.sql(
        "INSERT INTO alert (tenant_id, kind, subject, message, details) VALUES (%s, 'out', 's', %s, '{}')",
        shop.tenant_id,
        HOSTILE,
    )
    shop.accept("location-stock", [{"dealerId": shop.dealer(), "partNumber": "B", "stock": 1}])

    page = house.open("/portal", "viewer")

    expect(page.locator(".notice.error")).to_contain_text("Stock feed is silent.")
    expect(page.locator(".notice.error")).to_contain_text("3 d ago; it is expected again within 1 day")
    for tile, count in (("flight", 1), ("held", 1), ("failed", 1), ("unknown", 3), ("alerts", 1)):
        expect(page.locator(f"#t-{tile} strong")).to_have_text(str(count))
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    house.accessible("/portal", "overview", "viewer")


def test_a_feed_is_watched_until_it_is_done_and_its_rows_appear(house: House, shop: Stockline):
    feed_id = shop.accept("stock-feed", ROWS)
    page = house.open(f"/portal/feeds/{feed_id}")
    expect(page.locator("progress")).to_have_attribute("max", "5")

    shop.drain()

    expect(page.locator("#state")).to_contain_text("applied")
    expect(page.locator("progress")).to_have_count(0)
    rows = page.get_by_role("region", name="Rows", exact=True).locator("tbody tr")
    expect(rows).to_have_count(5)
    page.get_by_label("Outcome", exact=True).select_option("notFound")
    page.locator("#rows").get_by_role("button", name="Show").click()
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text(HOSTILE)
    house.accessible(f"/portal/feeds/{feed_id}", "feed", "viewer")


def test_rows_are_downloaded_as_lines_and_as_a_table_that_runs_no_formula(
    house: House, shop: Stockline, tmp_path: Path
):
    feed_id = shop.send("stock-feed", ROWS)["feedId"]
    page = house.open(f"/portal/feeds/{feed_id}?outcome=notFound", "viewer")

    def download(name: str) -> str:
        with page.expect_download() as caught:
            page.get_by_role("button", name=name).click()
        path = tmp_path / caught.value.suggested_filename
        caught.value.save_as(path)
        return path.read_text(encoding="utf-8-sig")

    lines = [json.loads(line) for line in download("NDJSON").splitlines()]
    table = list(csv.DictReader(download("Download CSV").splitlines()))

    assert [line["partNumber"] for line in lines] == ["5571-6014", HOSTILE, "=1+1"]
    assert [row["partNumber"] for row in table] == ["5571-6014", HOSTILE, "'=1+1"]
    assert {row["outcome"] for row in table} == {"notFound"}


def test_a_held_feed_says_why_and_is_released_and_another_discarded(house: House, shop: Stockline):
    shop.send("stock-feed", ROWS)
    first, second = hold(shop), hold(shop)
    page = house.open("/portal/feeds?status=held", "operator")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").last.click()
    expect(page.locator(".notice")).to_contain_text(
        "it would set 1 item from above zero to 0, more than the 1 % that"
    )
    counted = page.get_by_role("region", name="What it would do")
    expect(counted.get_by_role("row").filter(has_text="to zero")).to_contain_text("1")
    rows = page.get_by_role("region", name="Rows", exact=True).locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("55716013")
    page.get_by_label("Change", exact=True).select_option("all")
    page.locator("#rows").get_by_role("button", name="Show").click()
    expect(rows).to_have_count(len(HELD))
    expect(rows.nth(2)).to_contain_text(HOSTILE)
    house.accessible(f"/portal/feeds/{second}?effect=all", "feed-held", "operator")

    page.get_by_role("button", name="Release: apply it").click()

    told(page, "released")
    shop.drain()
    expect(page.locator("#state")).to_contain_text("applied")
    expect(page.locator("#state .facts")).to_contain_text("by operator@example.com")
    assert shop.stock()["55716013"] == 0
    page.goto(f"/portal/feeds/{second}")
    page.get_by_role("button", name="Discard it").click()
    told(page, "discarded")
    assert [shop.feed(one)["status"] for one in (first, second)] == ["applied", "discarded"]


def test_a_failed_feed_says_why_and_is_tried_again(
    house: House, shop: Stockline, monkeypatch: pytest.MonkeyPatch
):
    feed_id = fail(shop, monkeypatch)
    page = house.open(f"/portal/feeds/{feed_id}", "operator")
    expect(page.locator(".notice.error")).to_contain_text("the disk is on fire")

    page.get_by_role("button", name="Try it again").click()

    told(page, "tried again")
    shop.drain()
    expect(page.locator("#state")).to_contain_text("applied")


def test_an_unknown_part_number_becomes_an_alias_by_one_choice_and_what_was_sent_is_applied(
    house: House, shop: Stockline
):
    shop.send("stock-feed", ROWS)
    page = house.open("/portal/feeds/not-found", "operator")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("row", name=re.compile("5571-6014")).get_by_role("button", name="An alias of…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("button", name=re.compile("^55716014"))).to_be_visible()
    expect(dialog).to_contain_text("stock 7")
    assert house.violations_of_access(page) == []
    house.picture(page, "not-found-dialog")
    dialog.get_by_label("Part number or name").fill("zzz")
    expect(dialog).to_contain_text("None of your parts")
    dialog.get_by_label("Part number or name").fill("6014")

    dialog.get_by_role("button", name=re.compile("^55716014")).click()

    told(page, "5571-6014 now means 55716014. The next feed that names it will find it.")
    expect(page.locator("tbody tr")).to_have_count(2)
    shop.drain()
    assert shop.stock()["55716014"] == 7


def test_one_is_dismissed_found_among_the_dismissed_and_shown_again(house: House, shop: Stockline):
    shop.send("stock-feed", ROWS)
    page = house.open("/portal/feeds/not-found?q=SCRIPT", "operator")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Dismiss").click()
    told(page, f"{HOSTILE} is dismissed")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.get_by_role("link", name="Dismissed ones").click()
    page.get_by_role("button", name="Show again").click()

    told(page, "is in the list again")
    house.accessible("/portal/feeds/not-found", "not-found", "operator")


def test_aliases_are_added_with_a_sentence_for_a_mistake_and_taken_away(house: House, shop: Stockline):
    page = house.open("/portal/feeds/aliases", "operator")
    page.get_by_label("Alias", exact=True).fill(HOSTILE)
    page.get_by_label("Your part number").fill("nothing")
    page.get_by_role("button", name="Add it").click()
    told(page, "nothing")
    page.get_by_label("Your part number").fill("B")
    page.get_by_role("button", name="Add it").click()
    told(page, f"{HOSTILE} now means B")
    house.accessible("/portal/feeds/aliases", "aliases", "operator")

    page.get_by_role("button", name="Take away").click()

    told(page, "is no alias any more")


def test_a_viewer_looks_and_decides_nothing(house: House, shop: Stockline):
    shop.send("stock-feed", ROWS)
    held = hold(shop)
    page = house.open(f"/portal/feeds/{held}", "viewer")
    expect(page.locator("#state")).to_contain_text("An operator of your company releases or discards it")
    for path in (f"/portal/feeds/{held}", "/portal/feeds/not-found", "/portal/feeds/aliases"):
        page.goto(path)
        expect(page.locator("main form[method=post]")).to_have_count(0)
    expect(page.get_by_role("button", name="An alias of…")).to_have_count(0)


def test_the_history_is_filtered_and_accessible(house: House, shop: Stockline):
    shop.send("stock-feed", ROWS)
    shop.send("price-feed", [{"partNumber": "B", "price": 3}])
    hold(shop)
    page = house.open("/portal/feeds")
    page.get_by_label("From", exact=True).select_option("price-feed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Price feed")
    page.get_by_label("State").select_option("failed")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No feed is so.")).to_be_visible()
    page.get_by_role("link", name="All feeds").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    house.accessible("/portal/feeds", "feeds", "viewer")
