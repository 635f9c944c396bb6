"""<store-locator>: all dealers as a list, on a map where the shop has a token, and with stock where it names a part."""

import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.serving import StandIn, dealer
from tests.browser.shop import PHONE, TAMPERE, Shop

TOKEN = "pk.test"
TOWNS = [
    ("Arctic Motors", "Tampere", "FI", 61.4978, 23.7610),
    ("Helsingin Kone", "Helsinki", "FI", 60.1699, 24.9384),
    ("Lapin Kelkka", "Rovaniemi", "FI", 66.5039, 25.7294),
    ("Nordic Powersport", "Haparanda", "SE", 65.8355, 24.1368),
    ("Somewhere Else", "Umeå", "SE", None, None),
]


def listed(name: str, city: str, country: str, lat: float | None, lng: float | None) -> dict[str, Any]:
    """One row of `/dealers`."""
    row = dealer(name, city=city, country=country, lat=lat, lng=lng, postalCode="", address="Kauppakatu 1")
    return {key: value for key, value in row.items() if key in LISTED}


LISTED = {"name", "address", "city", "postalCode", "country", "phone", "website", "lat", "lng"}
DEALERS = [listed(*town) for town in TOWNS]


def tile(size: int = 64) -> bytes:
    """A PNG in the colour of a calm map."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\xd8\xe6\xe0" * (size - 1) + b"\xc8\xd8\xd0"
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * size))
        + chunk(b"IEND", b"")
    )


class Mapbox:
    """Tiles without the internet."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, page: Page) -> None:
        page.route("https://api.mapbox.com/**", self._answer)

    def _answer(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.fulfill(body=tile(), content_type="image/png")


@pytest.fixture(autouse=True)
def _dealers(stand_in: StandIn) -> None:
    stand_in.dealers = DEALERS


def locator(shop: Shop, **given: Any):
    return shop.open("store-locator", **{"part_number": None} | given)


def test_without_a_token_it_is_a_plain_list(shop: Shop):
    mapbox = Mapbox()
    store = locator(shop, before=mapbox)

    store.shows(*[name for name, *_ in TOWNS])
    store.says("5 dealers")
    expect(store.element.locator("[part=map]")).to_be_hidden()
    expect(store.dealers.first).to_contain_text("Kauppakatu 1, Tampere, Finland")
    store.picture("locator-list")
    assert store.violations_of_access() == []
    assert mapbox.asked == []


def test_a_name_or_town_narrows_the_list(shop: Shop):
    store = locator(shop)
    filter_ = store.element.get_by_label("Name or town")

    filter_.fill("umeå else")
    store.shows("Somewhere Else")
    store.says("1 dealer")
    filter_.fill("nobody")
    store.says("No dealer matches. Try another name or town.")
    filter_.fill("")
    store.says("5 dealers")


def test_a_shared_location_sorts_the_list(shop: Shop):
    store = locator(shop, options={"geolocation": TAMPERE, "permissions": ["geolocation"]})
    store.says("5 dealers")

    store.element.get_by_role("button", name="Use my location").click()

    store.shows("Arctic Motors", "Helsingin Kone", "Nordic Powersport", "Lapin Kelkka")
    expect(store.dealers.nth(1)).to_contain_text("161 km away")


def test_a_refused_location_leaves_the_list(shop: Shop):
    store = locator(shop)
    store.says("5 dealers")

    store.element.get_by_role("button", name="Use my location").click()

    store.says("Your browser did not share your location. Type the name of your town instead.")
    expect(store.dealers).to_have_count(5)


def test_a_long_list_comes_in_pages(shop: Shop, stand_in: StandIn):
    stand_in.dealers = [listed(f"Dealer {number:03}", *TOWNS[0][1:]) for number in range(120)]
    store = locator(shop)
    names = store.element.locator("[part=name]")

    expect(names).to_have_count(50)
    store.says("120 dealers")
    store.element.get_by_role("button", name="Show more").press("Enter")
    expect(names).to_have_count(100)
    store.element.get_by_role("button", name="Show more").press("Enter")
    expect(names).to_have_count(120)
    assert store.focused() == "phone"


@pytest.mark.parametrize(
    "scheme", [{}, {"viewport": PHONE, "color_scheme": "dark"}], ids=["wide", "phone-dark"]
)
def test_with_a_token_it_draws_a_map(shop: Shop, stand_in: StandIn, scheme: dict[str, Any]):
    stand_in.token = TOKEN
    mapbox = Mapbox()
    store = locator(shop, before=mapbox, options=scheme)
    map_ = store.element.get_by_role("region", name="Map of dealers")

    expect(map_.locator("path.pin")).to_have_count(4)
    expect(map_).to_contain_text("© Mapbox © OpenStreetMap")
    expect(map_.locator("img.leaflet-tile-loaded").first).to_be_visible()
    assert all(
        url.startswith("https://api.mapbox.com/styles/v1/mapbox/streets-v12/tiles/512/")
        and url.endswith(f"@2x?access_token={TOKEN}")
        for url in mapbox.asked
    )
    store.picture(f"locator-map-{'phone-dark' if scheme else 'wide'}")
    assert store.violations_of_access() == []


def test_a_dealer_of_the_list_is_shown_on_the_map(shop: Shop, stand_in: StandIn):
    stand_in.token = TOKEN
    store = locator(shop, before=Mapbox())
    button = store.dealers.nth(2).get_by_role("button", name="Show on map")

    button.press("Enter")

    expect(store.element.locator(".leaflet-popup")).to_contain_text("Lapin Kelkka")
    expect(store.dealers.nth(4).get_by_role("button", name="Show on map")).to_have_count(0)
    store.picture("locator-popup")


def test_a_pin_tells_whose_it_is(shop: Shop, stand_in: StandIn):
    name = "<img src=x onerror='window.pwned=1'>"
    stand_in.token = TOKEN
    stand_in.dealers = [listed(name, *TOWNS[0][1:])]
    store = locator(shop, before=Mapbox())

    store.element.locator("path.pin").click()

    expect(store.element.locator(".leaflet-popup .name")).to_have_text(name)
    assert store.page.evaluate("window.pwned") is None


@pytest.mark.parametrize("theirs", ["undefined", "'their own map'"])
def test_the_map_leaves_the_pages_globals(shop: Shop, stand_in: StandIn, theirs: str):
    def before(page: Page) -> None:
        page.add_init_script(f"window.L = {theirs}; window.define = () => 0; define.amd = {{}}")
        Mapbox()(page)

    stand_in.token = TOKEN
    store = locator(shop, before=before)
    expect(store.element.locator("path.pin")).to_have_count(4)

    assert store.page.evaluate(f"L === {theirs} && typeof leaflet == 'undefined'")


def test_it_may_be_moved_in_the_page(shop: Shop, stand_in: StandIn):
    stand_in.token = TOKEN
    store = locator(shop, before=Mapbox())
    expect(store.element.locator("path.pin")).to_have_count(4)

    store.element.evaluate("element => { element.remove(); document.querySelector('main').prepend(element) }")

    expect(store.element.locator("path.pin")).to_have_count(4)
    expect(store.element.locator("img.leaflet-tile-loaded").first).to_be_visible()


def test_the_key_may_come_after_the_element(shop: Shop, stand_in: StandIn):
    store = locator(shop, before=Mapbox(), api_key=None)
    expect(store.dealers).to_have_count(5)

    stand_in.token = TOKEN
    store.set("api-key", "pst_live_late")

    expect(store.element.locator("path.pin")).to_have_count(4)
    assert stand_in.asked[-1].key == "pst_live_late"


def test_with_a_part_it_shows_who_has_it(shop: Shop, stand_in: StandIn):
    stand_in.token = TOKEN
    stand_in.answers([dealer(), dealer("Nokian Kone", lat=61.48, lng=23.5, stockLevel="low")])
    store = locator(shop, before=Mapbox(), part_number="417300571")
    expect(store.dealers).to_have_count(0)

    store.search()

    store.shows("Arctic Motors", "Nokian Kone")
    expect(store.element.locator("path.pin")).to_have_count(2)
    store.picture("locator-part")


def test_choosing_a_part_turns_the_list_into_a_search(shop: Shop, stand_in: StandIn):
    store = locator(shop)
    store.says("5 dealers")

    store.set("part-number", "417300571")

    expect(store.element.get_by_label("Postal code")).to_be_visible()
    expect(store.dealers).to_have_count(0)


def test_dealers_that_cannot_be_loaded_are_told_and_tried_again(shop: Shop):
    page_fails = "**/api/t/dealers?*"
    store = locator(shop, before=lambda page: page.route(page_fails, lambda route: route.abort()))
    store.says("The dealers cannot be loaded at the moment. Check your connection, or try again shortly.")

    store.page.unroute(page_fails)
    store.element.get_by_role("button", name="Try again").click()

    store.says("5 dealers")


@pytest.mark.parametrize(
    ("locale", "words"),
    [("sv-SE", "5 återförsäljare"), ("fi-FI", "5 jälleenmyyjää"), ("de-DE", "5 Händler")],
)
def test_it_speaks_the_browsers_language(shop: Shop, locale: str, words: str):
    store = locator(shop, options={"locale": locale})

    store.says(words)
