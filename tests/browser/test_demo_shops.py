"""scripts/run with its demo: the shops on an origin of their own, as a visitor of Munich sees them."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import AXE, PHONE, SCREENSHOTS, VIOLATIONS
from tests.e2e.running import Running, eventually, start_with_demo

pytestmark = pytest.mark.xdist_group("systems")
MUNICH = {"latitude": 48.137, "longitude": 11.575}
PRODUCT = "/kestrel/parts/kestrel-brake-disc"


@pytest.fixture(scope="module")
def system() -> Iterator[Running]:
    parent = Path(tempfile.mkdtemp(prefix="stockline-e2e-", dir="/var/tmp"))
    parent.chmod(0o755)
    running = start_with_demo(parent / "data dir")
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def shops(system: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=system.record["shopUrl"], trust_env=False) as client:
        yield client


@pytest.fixture
def page(browser: Browser, system: Running) -> Iterator[Page]:
    """A visitor's who shares the location; fails for what went wrong in it."""
    faults: list[str] = []
    context = browser.new_context(
        base_url=system.record["shopUrl"],
        locale="de-DE",
        geolocation=MUNICH,
        permissions=["geolocation"],
        reduced_motion="reduce",
    )
    context.add_init_script(VIOLATIONS)
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    faults += opened.evaluate("window.violations")
    context.close()
    assert not faults


def test_the_shops_have_an_origin_of_their_own_and_are_told_on_stdout(system: Running, shops: httpx.Client):
    told = system.data_dir.with_suffix(".stdout").read_text()
    assert f"demo shops     {system.record['shopUrl']}\n" in told
    assert "visitor in Munich finds DEMO-00001 at " in told
    assert urlsplit(system.record["shopUrl"]).netloc != urlsplit(system.record["url"]).netloc
    policy = shops.get("/en/").headers["Content-Security-Policy"]
    assert f"script-src 'self' {system.record['url']};" in policy


@pytest.mark.parametrize("shop", ["kestrel", "fjellrad", "boreal", "nordlys"])
def test_the_key_in_a_page_reads_the_storefront_and_does_nothing_else(
    system: Running, shops: httpx.Client, shop: str
):
    shown = re.search(r'api-key="(pst_live_\w+)"', shops.get(f"/en/{shop}/dealers").text)
    assert shown
    url, headers = system.record["url"], {"X-API-Key": shown[1]}
    assert len(httpx.get(f"{url}/api/t/dealers", headers=headers).json()) >= 5
    feed = [{"partNumber": "DEMO-00001", "stock": 1}]
    for path in ("stock-feed", "location-stock", "price-feed"):
        assert httpx.post(f"{url}/api/integrations/{path}", json=feed, headers=headers).status_code == 403
    assert httpx.get(f"{url}/api/integrations/activity", headers=headers).status_code == 403


def test_a_killed_shop_is_there_again_within_5_s(system: Running, shops: httpx.Client):
    before = system.record["pids"]["shop"]
    os.kill(before, signal.SIGKILL)

    def serves() -> bool:
        try:
            return shops.get("/en/").status_code == 200
        except httpx.TransportError:
            return False

    eventually(lambda: system.record["pids"]["shop"] != before, 5)
    eventually(serves, 30)


def test_a_visitor_of_munich_finds_dealers_for_each_variant_and_language(page: Page):
    page.goto(f"/de{PRODUCT}")
    page.locator("[part~=locate]").click()
    dealers = page.locator("nearby-stock li")
    expect(dealers).to_have_count(5)
    expect(dealers.first).to_contain_text("München")
    with page.expect_response(re.compile("partNumber=DEMO-00011")):
        page.get_by_text("320 mm").click()
    expect(page.locator("nearby-stock")).to_have_attribute("part-number", "DEMO-00011")
    page.get_by_role("link", name="sv", exact=True).click()
    expect(page.get_by_label("320 mm")).to_be_checked()
    expect(page.locator("nearby-stock [part=heading]")).to_have_text("Se lager nära dig")


def test_the_locator_shows_all_dealers_of_the_manufacturer(page: Page):
    page.goto("/en/boreal/dealers")
    expect(page.locator("store-locator [role=status]")).to_have_text("69 dealers")
    page.locator("store-locator input").fill("rovaniemi")
    expect(page.locator("store-locator li")).to_have_count(1)


def test_the_retailers_page_finds_its_own_stores(page: Page):
    page.goto("/en/nordlys/parts/kestrel-sprocket")
    page.locator("[part~=locate]").click()
    expect(page.locator("nearby-stock li").first).to_contain_text("Nordlys")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/en/", "/sv/fjellrad/", f"/de{PRODUCT}", "/fi/boreal/dealers"])
def test_the_pages_are_for_everybody(page: Page, path: str, scheme: str):
    page.emulate_media(color_scheme=scheme)
    for name, size in (("wide", {"width": 1200, "height": 850}), ("phone", PHONE)):
        page.set_viewport_size(size)
        page.goto(path)
        if "parts" in path:
            page.locator("[part~=locate]").click()
            expect(page.locator("nearby-stock li").first).to_be_visible()
        elif "dealers" in path:
            expect(page.locator("store-locator li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.evaluate(f"(() => {{ {AXE} }})()")
        found = page.evaluate("axe.run(document)")["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        kind = path.strip("/").replace("/", "-")
        page.screenshot(
            path=SCREENSHOTS / f"demo-{kind}-{name}-{scheme}.png", full_page="dealers" not in path
        )
