"""A tenant's dealers in a browser: the list and its map, one of them, the form, the file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal.house import House
from tests.network import Network
from tests.stockline import until

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('d')</script>"
HOURS = {"mon": [["09:00", "18:00"]], "sat": [], "exceptions": {"2026-12-24": []}}


@pytest.fixture
def network(house: House) -> Network:
    """Two dealers on the map, one of them with everything that a file may have told, and one nowhere."""
    made = Network(house.stockline)
    made.dealer(
        name=f"Umeå {HOSTILE}",
        code=HOSTILE,
        address=HOSTILE,
        city=HOSTILE,
        postal_code=HOSTILE[:20],
        phone=HOSTILE[:50],
        website="https://shop.example/?a=\"'<b>",
        lat=63.8,
        lng=20.2,
        hours=HOURS,
    )
    made.dealer(name="Åre", country="SE", lat=63.4, lng=13.1)
    made.dealer(name="Nowhere", country="SE", lat=None, lng=None)
    return made


def choose(page: Page, path: Path, content: str) -> None:
    path.write_text(content)
    page.get_by_label("File", exact=True).set_input_files(path)


def test_dealers_are_listed_found_and_on_a_map_whose_points_lead_to_them(house: House, network: Network):
    page = house.open("/portal/dealers", "viewer")
    expect(page.get_by_role("img", name="Map of 2 dealers")).to_be_visible()
    until(lambda: page.evaluate("document.querySelector('.land').getBBox().width") > 10_000)
    expect(page.get_by_role("row").filter(has_text="Nowhere")).to_contain_text("unknown")
    expect(page.get_by_role("rowheader").first).to_have_text(f"Umeå {HOSTILE}")
    expect(page.get_by_role("button", name="Add a dealer")).to_have_count(0)

    page.get_by_label("Search").fill("umeå")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.locator(".dealer-map circle").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Umeå {HOSTILE}")
    expect(page.get_by_role("row").filter(has_text="Monday")).to_contain_text("09:00-18:00")
    expect(page.get_by_role("row").filter(has_text="Saturday")).to_contain_text("closed")
    expect(page.get_by_role("row").filter(has_text="2026-12-24")).to_contain_text("closed")
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)


def test_one_is_added_mended_after_a_mistake_edited_and_removed(house: House):
    reseller = house.stockline.another("RESELLER")
    page = house.open("/portal/dealers", "operator")
    page.get_by_role("button", name="Add a dealer").click()
    page.get_by_label("Name", exact=True).fill("Umeå Skoter")
    page.get_by_label("Linked reseller").fill(str(reseller.tenant_id))
    page.get_by_label("Time zone").fill("Europe/Stockholm")
    page.get_by_label("Monday").fill("9-12, 13:00–18.30")
    page.get_by_label("Tuesday").fill("nine to five")
    page.get_by_label("Other days").fill("2026-12-24 closed\n2026-12-31: 10:00-14:00")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#notices")).to_contain_text("Tuesday: 'nine to five' is not of the form 09:00-17:00")

    page.get_by_label("Tuesday").fill("closed")
    page.get_by_role("button", name="Add").click()

    expect(page.locator("#notices")).to_contain_text("Umeå Skoter is added")
    expect(page.get_by_role("row").filter(has_text="Monday")).to_contain_text("09:00-12:00, 13:00-18:30")
    expect(page.get_by_text(str(reseller.tenant_id))).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Monday")).to_have_value("09:00-12:00, 13:00-18:30")
    expect(page.get_by_label("Other days")).to_have_value("2026-12-24 closed\n2026-12-31 10:00-14:00")
    page.get_by_label("Name", exact=True).fill("Umeå Motor")
    page.get_by_label("Shown to shoppers").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Umeå Motor\s+hidden"))
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have no dealers yet.")).to_be_visible()


def test_a_file_is_looked_at_before_it_is_written_and_only_as_it_was_looked_at(house: House, tmp_path: Path):
    file = tmp_path / "dealers.csv"
    page = house.open("/portal/dealers/import", "operator")
    choose(
        page, file, f"code,name,country\nA,Anna,SE\nB,{HOSTILE.replace(chr(34), '')},Sweden!\nA,Again,SE\n"
    )
    page.get_by_role("button", name="Look at what it would do").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text(
        re.compile(r"To create\s*1\s*To update\s*0\s*Unchanged\s*0\s*Refused\s*2")
    )
    expect(preview.get_by_role("row").nth(1)).to_contain_text(re.compile(r"3\s*country"))
    expect(preview.get_by_role("row").nth(2)).to_contain_text("'A' is on line 2 already")
    assert house.stockline.count("dealer") == 0

    choose(page, file, "code,name\nC,Carl\nD,Dora\n")
    page.get_by_role("button", name="Import 1 dealer").click()
    expect(preview).to_contain_text("The file is not the one you looked at, so nothing was written.")
    assert house.stockline.count("dealer") == 0
    page.get_by_role("button", name="Import 2 dealers").click()

    expect(preview).to_contain_text("Done.")
    assert house.stockline.count("dealer") == 2
    page.get_by_role("link", name="See the dealers").click()
    expect(page.get_by_role("rowheader", name="Carl")).to_be_visible()


def test_streets_come_under_the_points_by_the_tenants_token_and_go_when_there_are_none(
    house: House, network: Network
):
    house.stockline.set(mapbox_token="pk.test")
    page = house.person("viewer")
    page.route(
        "https://api.mapbox.com/**", lambda route: route.fulfill(path="app/web/static/portal/icon.svg")
    )
    page.goto("/portal/dealers")
    page.locator(".dealer-map path.leaflet-interactive").last.click()
    expect(page.locator(".leaflet-popup-content a")).to_have_text(re.compile("Åre|Umeå"))
    expect(page.locator(".dealer-map > svg")).to_be_hidden()

    page.route("https://api.mapbox.com/**", lambda route: route.abort())
    page.reload()

    expect(page.get_by_role("img", name="Map of 2 dealers")).to_be_visible()


def test_the_pages_of_dealers_are_accessible(house: House, network: Network):
    (dealer,) = network.owner.database.execute(
        "SELECT id FROM dealer WHERE tenant_id = %s AND name LIKE 'Ume%%'", (network.id,)
    ).fetchone() or ("",)
    house.accessible("/portal/dealers", "dealers")
    house.accessible(f"/portal/dealers/{dealer}", "dealer")
    house.accessible(f"/portal/dealers/{dealer}/edit", "dealer-form")
    house.accessible("/portal/dealers/import", "dealers-import")
