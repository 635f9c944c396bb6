"""Connecting a shop in a browser, step by step and with every mistake; its settings; what a push writes."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.bootstrap import Container
from app.local.shopify_sim.server import Server
from app.web.app import create_app
from tests.browser.portal.house import House
from tests.browser.serving import serving
from tests.shopkeeper import KEYS, RICH, simulated
from tests.stockline import Stockline

SECRET = "shpss_5ecret-of-the-tests"
DOMAIN = "north.myshopify.com"
HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('s')</script>"


@pytest.fixture
def simulator() -> Iterator[Server]:
    with simulated() as server:
        server.simulator.make_shop(
            DOMAIN, client_secret=SECRET, restore_rate=RICH, locations=("Main", f"Quay {HOSTILE}")
        )
        yield server


@pytest.fixture
def house(
    browser: Browser, build: Callable[..., Container], simulator: Server, stockline: Stockline
) -> Iterator[House]:
    """A house whose shops are the simulator's."""
    container = build(
        secret_key="what-cookies-of-tests-are-signed-with",
        encryption_keys=KEYS,
        shopify_url_template=simulator.template,
    )
    application = create_app(container)
    with serving(application) as port:
        opened = House(browser, application, f"http://127.0.0.1:{port}", stockline.over(container))
        yield opened
        opened.close()


def connect(page: Page, shop: str = DOMAIN, client: str = "client", secret: str = SECRET) -> None:
    page.get_by_label("Shop domain").fill(shop)
    page.get_by_label("Client ID").fill(client)
    page.get_by_label("Client secret").fill(secret)
    page.get_by_role("button", name="Sign in and connect").click()


def connected(house: House) -> None:
    house.stockline.container.connections.connect(house.stockline.tenant_id, DOMAIN, "client", SECRET)


def test_a_shop_is_connected_once_every_mistake_was_told_by_its_cause_and_no_page_has_the_secret(
    house: House, simulator: Server
):
    simulator.simulator.make_shop("other.myshopify.com", client_secret=SECRET, same_organisation=False)
    simulator.simulator.make_shop("bare.myshopify.com", client_secret=SECRET, installed=False)
    simulator.simulator.make_shop("poor.myshopify.com", client_secret=SECRET, scopes=("read_products",))
    page = house.person()
    seen: list[str] = []
    page.on("response", lambda answer: seen.append(answer.text()) if answer.status != 303 else None)
    page.goto("/portal/shopify")
    expect(page.get_by_label("Scopes, to copy")).to_have_value(
        "write_products,read_products,read_inventory,write_inventory,read_files,read_locations,read_orders,"
        "write_publications"
    )
    for given, told in (
        ({"shop": HOSTILE}, "is no shop domain"),
        ({"secret": "shpss_wrong"}, "The client ID or the client secret is wrong."),
        ({"client": "nobody"}, "The client ID or the client secret is wrong."),
        ({"shop": "nowhere.myshopify.com"}, "There is no shop with this domain."),
        ({"shop": "other.myshopify.com"}, "belong to different organisations"),
        ({"shop": "bare.myshopify.com"}, "The app is not installed on this shop."),
        ({"shop": "poor.myshopify.com"}, "The app was not given everything that it needs."),
    ):
        connect(page, **given)
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(page.get_by_label("Client secret")).to_have_value("")
        expect(page.get_by_label("Shop domain")).to_have_value(given.get("shop", DOMAIN))

    connect(page)

    expect(page.get_by_role("heading", name=DOMAIN)).to_contain_text("connected")
    expect(page.locator("#notices")).to_contain_text("Stock goes to Main.")
    expect(page.get_by_label("Where stock goes")).to_have_value(
        "gid://shopify/Location/" + main_of(simulator)
    )
    assert len(seen) > 8
    assert not [one for one in seen if SECRET in one]


def main_of(simulator: Server) -> str:
    locations = simulator.simulator.store(DOMAIN).shop.locations.values()
    return next(one.gid for one in locations if one.name == "Main").rpartition("/")[2]


def test_a_test_tells_what_became_of_the_connection_and_how_it_is_used_is_changed(
    house: House, simulator: Server
):
    connected(house)
    page = house.open("/portal/shopify")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#check")).to_contain_text("All is well: a push may begin.")

    page.get_by_label("Where stock goes").select_option(label=f"Quay {HOSTILE}")
    page.get_by_role("button", name="Choose").click()
    expect(page.locator("#notices")).to_contain_text(f"Stock goes to Quay {HOSTILE} from now on.")
    page.get_by_label("Show new products").check()
    page.get_by_label("Reserve").fill("25")
    page.get_by_label("Read stock").select_option("900")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Stock is read from the shop next at")).to_be_visible()
    kept = house.stockline.container.connections.get(house.stockline.tenant_id)
    assert (kept.publish, kept.reserve_percent, kept.pull_interval_s) == (True, 25, 900)

    simulator.simulator.store(DOMAIN).shop.apps["client"].scopes.remove("read_orders")
    page.get_by_role("button", name="Subscribe again").click()
    expect(page.locator("#topics .badge")).to_have_text(
        ["subscribed", "refused", "refused", "refused", "subscribed", "subscribed"]
    )
    simulator.simulator.store(DOMAIN).shop.apps["client"].secrets[:] = ["rotated"]
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#check")).to_contain_text("The client ID or the client secret is wrong.")


def test_disconnecting_asks_first(house: House):
    connected(house)
    page = house.open("/portal/shopify")
    page.get_by_role("button", name="Disconnect…").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Disconnect…").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()

    expect(page.locator("#notices")).to_contain_text("its secret is forgotten")
    expect(page.get_by_role("heading", name="Connect your shop")).to_be_visible()
    assert house.stockline.count("shopify_connection") == 0


def test_an_operator_tests_and_a_viewer_looks(house: House):
    connected(house)
    page = house.open("/portal/shopify", "operator")
    expect(page.locator("main").get_by_role("button")).to_have_text(["Test the connection"])
    page = house.open("/portal/shopify", "viewer")
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    page.goto("/portal/shopify/profile")
    expect(page.locator("main").locator("button, input, select")).to_have_count(1)  # the token


def test_what_a_push_writes_is_set_by_field_and_by_preset(house: House):
    page = house.open("/portal/shopify/profile")
    page.get_by_label("Title of products that are there", exact=True).select_option("overwrite")
    page.get_by_label("Write the barcode of new products").uncheck()
    page.get_by_label("Stock of products that are there").select_option("leave-alone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("Saved.")
    profile = house.stockline.container.pushes.profile(house.stockline.tenant_id).shown()
    assert profile["title"] == {"create": True, "update": "overwrite"}
    assert profile["ean"] == {"create": False, "update": "overwrite"}
    assert profile["stock"] == {"create": True, "update": "leave-alone"}

    page.get_by_role("link", name="Fill in this default").first.click()
    expect(page.get_by_text("filled in, and not saved yet")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("Saved.")

    profile = house.stockline.container.pushes.profile(house.stockline.tenant_id).shown()
    assert profile["title"] == {"create": True, "update": "leave-alone"}
    assert profile["ean"] == {"create": False, "update": "overwrite"}
    assert profile["stock"] == {"create": True, "update": "leave-alone"}


def test_the_pages_of_the_shop_are_accessible(house: House):
    house.accessible("/portal/shopify", "shop-connect")
    connected(house)
    house.accessible("/portal/shopify", "shop")
    house.accessible("/portal/shopify/profile", "push-profile")
