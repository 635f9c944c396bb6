"""The elements on a merchant's page, and behind them the application itself over the real engines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.admin import main as admin
from tests.browser.serving import Merchant, serving
from tests.browser.shop import TAMPERE, Shop, Storefront
from tests.browser.test_store_locator import Mapbox
from tests.stockline import Stockline

PART = "417300571"
WILLING = {"geolocation": TAMPERE, "permissions": ["geolocation"]}


@dataclass
class Network:
    """A manufacturer, and the resellers that it has attached to its dealers."""

    manufacturer: Stockline

    def dealer(
        self, name: str, lat: float, lng: float, *, stock: int = 0, precision: str = "NONE"
    ) -> Stockline:
        """A dealer whose reseller has so many of the part and shares them so."""
        reseller = self.manufacturer.another("RESELLER")
        reseller.activate(PART)
        reseller.stock_feed({"partNumber": PART, "stock": stock})
        self._admin(
            *(
                "dealer",
                "create",
                "--tenant",
                self.manufacturer.tenant_id,
                "--linked-tenant",
                reseller.tenant_id,
            ),
            *("--name", name, "--city", "Tampere", "--country", "FI", "--phone", "+358 40 123 4567"),
            *("--lat", lat, "--lng", lng),
        )
        self.share(reseller, precision)
        return reseller

    def share(self, reseller: Stockline, precision: str) -> None:
        self._admin(
            *("consent", "set", "--reseller", reseller.tenant_id),
            *("--manufacturer", self.manufacturer.tenant_id, "--precision", precision),
        )

    def _admin(self, *words: Any) -> None:
        """An operator's command, on the container of the application."""
        given = admin.parser().parse_args([str(word) for word in words])
        given.command(self.manufacturer.container, given)


@pytest.fixture
def network(stockline: Stockline) -> Network:
    manufacturer = stockline.another("MANUFACTURER")
    manufacturer.activate(PART)
    manufacturer.sql(
        "INSERT INTO postal_code (country, code, lat, lng, approximate) VALUES ('FI', '33100', 61.49, 23.76, true)"
        " ON CONFLICT (country, code) DO UPDATE SET lat = 61.49, lng = 23.76"
    )
    return Network(manufacturer)


@pytest.fixture
def real(browser: Browser, merchant: Merchant, stockline: Stockline) -> Iterator[Shop]:
    """Pages of a merchant whose API is the application."""
    with serving(stockline.application) as port:
        opened = Shop(browser, merchant, f"http://127.0.0.1:{port}")
        yield opened
        opened.close()


def visit(real: Shop, network: Network, **given: Any) -> Storefront:
    return real.open(**{"api_key": network.manufacturer.key, "part_number": PART, "options": WILLING} | given)


def locate(store: Storefront) -> None:
    store.element.get_by_role("button", name="Use my location").click()


def test_those_who_share_are_shown_nearest_first_and_as_they_share(real: Shop, network: Network):
    network.dealer("Far", 62.24, 25.75, stock=3, precision="EXACT")
    network.dealer("Near", 61.50, 23.80, stock=9876, precision="LEVEL")
    network.dealer("Secret", 61.50, 23.76, stock=5)
    network.dealer("Sold Out", 61.50, 23.76, stock=0, precision="EXACT")
    store = visit(real, network)

    locate(store)

    store.shows("Near", "Far")
    expect(store.dealers.locator(".badge")).to_have_text(["In stock", "3 in stock"])
    expect(store.dealers.first).to_contain_text("2.1 km away")
    expect(store.dealers.first).to_contain_text("Stock confirmed just now")
    assert "9876" not in store.text()
    assert "Secret" not in store.text()


def test_a_postal_code_is_near_enough(real: Shop, network: Network):
    network.dealer("Near", 61.50, 24.00, stock=20, precision="LEVEL")
    store = visit(real, network)

    store.search("33 100", "FI")
    store.shows("Near")
    expect(store.dealers).to_contain_text("about 13 km away")
    store.search("ABC-1", "FI")
    store.says(
        "We do not know the postal code ABC-1 (Finland). Check the code and the country, then search again."
    )


def test_a_reseller_that_revokes_disappears_from_the_open_page(real: Shop, network: Network):
    gone = network.dealer("Revokes", 61.50, 23.80, stock=20, precision="LEVEL")
    network.dealer("Stays", 61.60, 23.80, stock=20, precision="EXACT")
    store = visit(real, network, before=lambda page: page.clock.install())
    locate(store)
    store.shows("Revokes", "Stays")

    network.share(gone, "NONE")
    store.page.clock.fast_forward(60_100)

    store.shows("Stays")
    store.says("1 dealer near you stocks this part")


def test_a_sale_reaches_the_open_page(real: Shop, network: Network):
    reseller = network.dealer("Sells", 61.50, 23.80, stock=12, precision="EXACT")
    store = visit(real, network, before=lambda page: page.clock.install())
    locate(store)
    badge = store.dealers.locator(".badge")
    expect(badge).to_have_text("12 in stock")

    reseller.stock_feed({"partNumber": PART, "stock": 2})
    store.page.clock.fast_forward(60_100)

    expect(badge).to_have_text("2 in stock")
    expect(badge).to_have_class("badge low")


def test_a_part_that_nobody_has_is_told(real: Shop, network: Network):
    store = visit(real, network, part_number="nobody/has this?&")

    locate(store)

    store.says("No dealer near you has this part in stock right now. Try another place, or look again later.")


@pytest.mark.parametrize("key", ["", "nonsense", "pst_live_test", "ключ"])
def test_a_wrong_key_is_no_matter_of_the_shopper(real: Shop, network: Network, key: str):
    store = visit(real, network, api_key=key)

    locate(store)

    store.says("Stock cannot be shown on this page at the moment. Please contact the shop.")


def test_only_an_allowed_page_may_show_it(real: Shop, network: Network):
    network.dealer("Near", 61.50, 23.80, stock=20, precision="LEVEL")
    network.manufacturer.set(allowed_domains=["shop.example"])
    store = visit(real, network)
    locate(store)
    store.says("Stock cannot be shown on this page at the moment. Please contact the shop.")

    network.manufacturer.set(allowed_domains=["shop.example", "localhost"])
    store.element.get_by_role("button", name="Try again").click()

    store.shows("Near")


def test_the_locator_lists_all_dealers_on_the_shops_map(real: Shop, network: Network):
    network.dealer("Sells Nothing", 61.50, 23.80)
    network.dealer("Far", 62.24, 25.75, stock=3, precision="EXACT")
    network.manufacturer.set(mapbox_token="pk.test")
    store = visit(real, network, element="store-locator", part_number=None, before=Mapbox())

    store.shows("Far", "Sells Nothing")
    expect(store.element.locator("path.pin")).to_have_count(2)
