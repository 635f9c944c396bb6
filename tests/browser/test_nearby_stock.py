"""What a shopper meets in <nearby-stock>: searching, the dealers, and each thing that can go wrong."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import StandIn, dealer
from tests.browser.shop import TAMPERE, Shop

WILLING = {"geolocation": TAMPERE, "permissions": ["geolocation"]}
REFUSED = "Your browser did not share your location. Enter your postal code instead, or allow location access and try again."
DOWN = "Stock cannot be loaded at the moment. Check your connection, or try again shortly."
CLOSED = "Stock cannot be shown on this page at the moment. Please contact the shop."
COUNT_LOCATIONS = """
window.located = 0;
const locate = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
navigator.geolocation.getCurrentPosition = (...all) => { window.located++; locate(...all); };
"""
HIDE = "Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'})"
COME_BACK = "delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))"


def frozen(page: Page) -> None:
    """Time that passes when the test says so."""
    page.clock.install()


# --- searching ---


def test_nothing_is_asked_before_the_shopper_does(shop: Shop, stand_in: StandIn):
    store = shop.open(before=lambda page: page.add_init_script(COUNT_LOCATIONS), options=WILLING)

    expect(store.element.get_by_role("button", name="Use my location")).to_be_visible()
    assert store.page.evaluate("window.located") == 0
    assert stand_in.asked == []


def test_a_shared_location_finds_the_nearest_dealers(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer(), dealer("Nokian Kone", distanceKm=14.25)])
    store = shop.open(options=WILLING, limit="3", radius_km="50", open_now="")

    store.element.get_by_role("button", name="Use my location").click()

    store.shows("Arctic Motors", "Nokian Kone")
    store.says("2 dealers near you stock this part")
    assert stand_in.asked[0].key == "pst_live_test"
    assert stand_in.searches() == [
        {
            "partNumber": "417300571",
            "lat": "61.498",
            "lng": "23.761",
            "limit": "3",
            "radiusKm": "50",
            "openNow": "true",
        }
    ]


def test_a_refused_location_leads_to_the_postal_code(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open()

    store.element.get_by_role("button", name="Use my location").click()
    store.says(REFUSED)
    expect(store.element.get_by_role("button", name="Try again")).to_be_visible()
    store.search()

    store.shows("Arctic Motors")


def test_a_postal_code_finds_the_nearest_dealers(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer(approximate=True, distanceKm=12.3)])
    store = shop.open(country="se")

    expect(store.element.get_by_label("Country")).to_have_value("SE")
    store.search(" 33100 ", "FI")

    expect(store.dealers).to_contain_text("about 12 km away")
    store.says("1 dealer near you stocks this part")
    assert stand_in.searches() == [{"partNumber": "417300571", "postalCode": "33100", "country": "FI"}]


def test_an_empty_postal_code_is_not_sent(shop: Shop, stand_in: StandIn):
    store = shop.open(country="FI")

    store.search("  ")

    assert store.element.locator("input[name=postalCode]").evaluate("input => input.validity.valid") is False
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("locale", "country"), [("fi-FI", "FI"), ("de-AT", "AT"), ("sv", "SE"), ("en-US", "")]
)
def test_the_browsers_region_is_the_first_guess_of_the_country(shop: Shop, locale: str, country: str):
    store = shop.open(options={"locale": locale})

    expect(store.element.locator("select")).to_have_value(country)


# --- the dealers ---


def test_a_dealer_can_be_called_and_visited(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer(), dealer("No Links", phone="", website="", openNow=None, asOf=None)])
    store = shop.open()
    store.search()
    first, second = store.dealers.first, store.dealers.last

    expect(first.get_by_role("link", name="+358 40 123 4567")).to_have_attribute("href", "tel:+358401234567")
    website = first.get_by_role("link", name="arcticmotors.example")
    expect(website).to_have_attribute("href", "https://www.arcticmotors.example/shop")
    expect(first).to_contain_text("Hatanpään valtatie 1, 33100 Tampere")
    expect(first).to_contain_text("1.2 km away · Open now")
    expect(first).to_contain_text("Stock confirmed 5 minutes ago")
    expect(second.get_by_role("link")).to_have_count(0)
    expect(second.locator("[part=confirmed], [part=hours]")).to_have_count(0)


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [("+46 (0)70-123 45 67", "+46701234567"), ("040 123", "040123"), ("(03) 12.34", "031234")],
)
def test_a_phone_number_is_dialled_as_it_is_meant(shop: Shop, stand_in: StandIn, phone: str, dialled: str):
    stand_in.answers([dealer(phone=phone)])
    store = shop.open()
    store.search()

    expect(store.element.get_by_role("link", name=phone)).to_have_attribute("href", f"tel:{dialled}")


def test_a_shared_level_is_a_badge_and_no_number(shop: Shop, stand_in: StandIn):
    levels = ["in-stock", "low", "out"]
    stand_in.answers([dealer(level, stockLevel=level, precision="LEVEL", stock=98765) for level in levels])
    store = shop.open()
    store.search()

    expect(store.dealers.locator(".badge")).to_have_text(["In stock", "Few left", "Out of stock"])
    assert "98765" not in store.text()


def test_a_shared_count_is_shown(shop: Shop, stand_in: StandIn):
    stand_in.answers(
        [dealer(precision="EXACT", stock=1234), dealer(precision="EXACT", stock=2, stockLevel="low")]
    )
    store = shop.open()
    store.search()

    expect(store.dealers.locator(".badge")).to_have_text(["1,234 in stock", "2 in stock"])


def test_distances_come_in_miles_where_they_are_asked_for(shop: Shop, stand_in: StandIn):
    row = dealer(distanceMi=3.4)
    del row["distanceKm"]
    stand_in.answers([row])
    store = shop.open(unit="mi")
    store.search()

    expect(store.dealers).to_contain_text("3.4 mi away")
    assert stand_in.searches()[0]["unit"] == "mi"


def test_a_dealer_across_the_border_names_its_country(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer(city="Haparanda", country="SE")])
    store = shop.open()
    store.search("95400", "FI")

    expect(store.dealers).to_contain_text("Haparanda, Sweden")


def test_a_dealers_name_is_never_markup(shop: Shop, stand_in: StandIn):
    name = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"
    hostile = dealer(name, address=name, city=name, phone=f"+1{name}", website="javascript:window.pwned=1")
    stand_in.answers([hostile, dealer("Data", website="data:text/html,<script>1</script>", stockLevel=name)])
    store = shop.open()
    store.search()

    store.shows(name, "Data")
    expect(store.element.locator("img, script, [part=website]")).to_have_count(0)
    assert store.page.evaluate("window.pwned") is None


def test_no_dealer_is_told_in_words(shop: Shop, stand_in: StandIn):
    store = shop.open()
    store.search()

    store.says("No dealer near you has this part in stock right now. Try another place, or look again later.")
    expect(store.element.get_by_role("button", name="Try again")).to_be_visible()


# --- what can go wrong ---


def test_an_unknown_postal_code_is_marked_and_can_be_corrected(shop: Shop, stand_in: StandIn):
    stand_in.refuses(404, "unknown_postal_code")
    store = shop.open()
    store.search("99999")
    code = store.element.get_by_label("Postal code")

    store.says(
        "We do not know the postal code 99999 (Finland). Check the code and the country, then search again."
    )
    expect(code).to_have_attribute("aria-invalid", "true")

    stand_in.answers([dealer()])
    store.search("33100")
    store.shows("Arctic Motors")
    assert code.get_attribute("aria-invalid") is None


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (503, "database_unavailable", DOWN),
        (500, "internal_error", DOWN),
        (401, "unauthorized", CLOSED),
        (403, "origin_not_allowed", CLOSED),
        (429, "rate_limited", "Many people are searching right now. Wait 30 seconds, then try again."),
    ],
)
def test_a_refusal_says_what_to_do_and_can_be_tried_again(
    shop: Shop, stand_in: StandIn, status: int, code: str, words: str
):
    stand_in.refuses(status, code, Retry_After="30")
    store = shop.open()
    store.page.evaluate("addEventListener('nearby-stock-error', ({detail}) => window.told = detail)")
    store.search()

    store.says(words)
    assert store.page.evaluate("window.told") == {"status": status, "code": code}

    stand_in.answers([dealer()])
    store.element.get_by_role("button", name="Try again").press("Enter")
    store.shows("Arctic Motors")
    assert store.focused() == "button search"


def test_a_server_that_cannot_be_reached_is_told(shop: Shop, stand_in: StandIn):
    store = shop.open()
    store.page.route("**/dealers/stock?*", lambda route: route.abort())
    store.search()

    store.says(DOWN)


def test_a_server_that_never_answers_is_given_up(shop: Shop, stand_in: StandIn):
    stand_in.hold("417300571")
    store = shop.open(before=frozen)
    store.search()
    stand_in.await_searches(1)
    store.says("Looking for dealers near you…")

    store.page.clock.fast_forward(15_100)

    store.says(DOWN)


# --- while the page stays open ---


def test_a_revoked_dealer_disappears(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer("Revoked"), dealer("Stays")])
    store = shop.open(before=frozen)
    store.search()
    store.shows("Revoked", "Stays")
    store.dealers.last.get_by_role("link", name="+358").focus()

    stand_in.answers([dealer("Stays")])
    store.page.clock.fast_forward(60_100)

    store.shows("Stays")
    assert store.focused() == "phone"


def test_who_stood_on_a_revoked_dealer_stands_on_the_list(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer("Revoked"), dealer("Stays")])
    store = shop.open(before=frozen)
    store.search()
    store.dealers.first.get_by_role("link", name="+358").focus()

    stand_in.answers([dealer("Stays")])
    store.page.clock.fast_forward(60_100)

    store.shows("Stays")
    assert store.focused() == "list"


def test_it_asks_again_when_the_page_comes_back_and_not_while_it_is_away(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open(before=frozen)
    store.search()
    store.shows("Arctic Motors")

    store.page.evaluate(HIDE)
    store.page.clock.fast_forward(300_000)
    assert len(stand_in.searches()) == 1

    stand_in.answers([])
    store.page.evaluate(COME_BACK)
    expect(store.dealers).to_have_count(0)


def test_a_short_outage_leaves_the_dealers_and_a_long_one_does_not(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open(before=frozen)
    store.search()
    store.shows("Arctic Motors")

    stand_in.refuses(503, "database_unavailable")
    for _ in range(4):
        with store.page.expect_response("**/dealers/stock?*") as refused:
            store.page.clock.fast_forward(60_100)
        refused.value.finished()
        store.shows("Arctic Motors")
    store.page.clock.fast_forward(60_100)
    store.says(DOWN)
    expect(store.dealers).to_have_count(0)


def test_a_revoked_key_shows_no_dealer_any_more(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open(before=frozen)
    store.search()
    store.shows("Arctic Motors")

    stand_in.refuses(401, "unauthorized")
    store.page.clock.fast_forward(60_100)

    store.says(CLOSED)
    expect(store.dealers).to_have_count(0)


def test_another_variant_is_looked_up_at_the_same_place(shop: Shop, stand_in: StandIn):
    stand_in.stock = lambda query: (200, [dealer(query["partNumber"])], {})
    store = shop.open()
    store.search()
    store.shows("417300571")

    store.set("part-number", "417300572")

    store.shows("417300572")
    assert stand_in.searches()[1]["postalCode"] == "33100"


def test_a_slower_older_answer_never_replaces_a_newer_one(shop: Shop, stand_in: StandIn):
    stand_in.stock = lambda query: (200, [dealer(query["partNumber"])], {})
    slow = stand_in.hold("slow")
    store = shop.open(part_number="slow")
    store.search()
    stand_in.await_searches(1)

    store.set("part-number", "fast")
    store.shows("fast")
    slow.set()

    store.page.wait_for_load_state("networkidle")
    store.shows("fast")


def test_while_another_variant_loads_the_old_ones_dealers_are_gone(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    stand_in.hold("slow")
    store = shop.open()
    store.search()
    store.shows("Arctic Motors")

    store.set("part-number", "slow")

    store.says("Looking for dealers near you…")
    expect(store.dealers).to_have_count(0)


def test_without_a_variant_it_asks_for_one(shop: Shop, stand_in: StandIn):
    store = shop.open(part_number="")
    store.search()

    store.says("Choose a variant to see who has it in stock.")
    assert stand_in.asked == []


def test_an_element_that_was_removed_asks_no_more(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open(before=frozen)
    store.search()
    store.shows("Arctic Motors")

    store.element.evaluate("element => { window.kept = element; element.remove() }")
    store.page.clock.fast_forward(300_000)
    store.page.evaluate(COME_BACK)
    assert len(stand_in.searches()) == 1

    store.page.evaluate("document.querySelector('main').append(window.kept)")
    store.shows("Arctic Motors")
    assert len(stand_in.searches()) == 2


def test_it_stores_nothing(shop: Shop, stand_in: StandIn):
    stand_in.answers([dealer()])
    store = shop.open()
    store.search()
    store.shows("Arctic Motors")

    assert store.page.context.cookies() == []
    assert store.page.evaluate("localStorage.length + sessionStorage.length") == 0
