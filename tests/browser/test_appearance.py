"""How the elements look and read: four languages, light and dark, wide and narrow, by keyboard and by ear."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.serving import StandIn, dealer
from tests.browser.shop import PHONE, Shop

ROWS = [
    dealer(),
    dealer(
        "Pirkan Kelkka ja Kone",
        address="Pitkäniemenkatu 12",
        city="Nokia",
        postalCode="37100",
        distanceKm=14.3,
        stockLevel="low",
        openNow=False,
        website="http://pirkankelkka.example",
    ),
    dealer(
        "Nordic Powersport Haparanda AB",
        address="Storgatan 4",
        city="Haparanda",
        postalCode="953 31",
        country="SE",
        distanceKm=412.7,
        approximate=True,
        precision="EXACT",
        stock=1200,
        openNow=None,
        website="",
    ),
]
SCHEMES = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
}
WORDS = {
    "en-GB": [
        "3 dealers near you stock this part",
        "1.2 km away",
        "1,200 in stock",
        "5 minutes ago",
        "Open now",
    ],
    "sv-SE": [
        "3 återförsäljare nära dig har delen i lager",
        "1,2 km bort",
        "1 200 i lager",
        "för 5 minuter sedan",
        "Öppet nu",
    ],
    "fi-FI": [
        "Osaa on varastossa 3 jälleenmyyjällä lähelläsi",
        "Etäisyys 1,2 km",
        "1 200 kpl varastossa",
        "5 minuuttia sitten",
        "Nyt avoinna",
    ],
    "de-DE": [
        "3 Händler in Ihrer Nähe haben dieses Teil auf Lager",
        "1,2 km entfernt",
        "1.200 auf Lager",
        "vor 5 Minuten",
        "Jetzt geöffnet",
    ],
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_state_is_accessible(shop: Shop, stand_in: StandIn, scheme: str):
    store = shop.open(country="FI", options=SCHEMES[scheme])
    states = {}

    states["idle"] = store.violations_of_access()
    store.picture(f"{scheme}-idle")
    stand_in.answers(ROWS)
    store.search()
    store.shows(*[row["name"] for row in ROWS])
    states["dealers"] = store.violations_of_access()
    store.picture(f"{scheme}-dealers")
    stand_in.refuses(404, "unknown_postal_code")
    store.search("99999")
    store.says(re.compile("99999"))
    states["problem"] = store.violations_of_access()
    store.picture(f"{scheme}-problem")
    stand_in.hold("slow")
    store.set("part-number", "slow")
    store.search()
    states["searching"] = store.violations_of_access()
    store.picture(f"{scheme}-searching")

    assert not any(states.values()), states


@pytest.mark.parametrize("locale", WORDS)
def test_it_speaks_the_browsers_language(shop: Shop, stand_in: StandIn, locale: str):
    stand_in.answers(ROWS)
    store = shop.open(options={"locale": locale})
    store.search()
    expect(store.dealers).to_have_count(3)
    store.picture(f"language-{locale}")

    shown = re.sub(r"\s", " ", store.element.locator("section").inner_text())
    for words in WORDS[locale]:
        assert words in shown
    expect(store.element.locator("section")).to_have_attribute("lang", locale)


def test_the_browsers_language_is_the_default_whatever_the_pages(shop: Shop):
    store = shop.open(page_language="fi", options={"locale": "de-DE"})

    expect(store.element.get_by_role("button", name="Suchen")).to_be_visible()


def test_the_elements_language_goes_before_the_browsers_and_may_change(shop: Shop, stand_in: StandIn):
    stand_in.answers(ROWS[:1])
    store = shop.open(page_language="fi", lang="de")
    store.search()
    store.says("1 Händler in Ihrer Nähe hat dieses Teil auf Lager")

    store.set("lang", "sv-FI")

    store.says("1 återförsäljare nära dig har delen i lager")
    expect(store.element.get_by_label("Postnummer")).to_have_value("33100")


@pytest.mark.parametrize("language", ["fr", "fi_FI", "x", "fil"])
def test_a_language_it_does_not_speak_leaves_the_browsers(shop: Shop, language: str):
    store = shop.open(lang=language, options={"locale": "sv-SE"})

    expect(store.element.get_by_role("button", name="Sök")).to_be_visible()


def test_a_shopper_needs_no_mouse(shop: Shop, stand_in: StandIn):
    stand_in.answers(ROWS[:1])
    store = shop.open(country="FI")
    keys = store.page.keyboard

    keys.press("Tab")
    assert store.focused() == "postalCode"
    keys.type("33100")
    keys.press("Enter")
    store.shows("Arctic Motors")
    assert store.focused() == "postalCode"
    walked = []
    for _ in range(5):
        keys.press("Tab")
        walked.append(store.focused())
    store.picture("keyboard")

    assert walked == ["country", "button search", "button locate", "phone", "website"]
    outline = store.element.locator("[part=website]").evaluate("link => getComputedStyle(link).outlineWidth")
    assert outline == "2px"


def test_what_it_shows_is_read_out_politely_and_a_refresh_is_not(shop: Shop, stand_in: StandIn):
    stand_in.answers(ROWS)
    store = shop.open(before=lambda page: page.clock.install())
    store.search()
    expect(store.dealers).to_have_count(3)
    store.status.evaluate(
        "status => new MutationObserver(() => window.readOut = true).observe(status, {childList: true, subtree: true})"
    )

    store.page.clock.fast_forward(60_100)
    stand_in.await_searches(2)
    expect(store.dealers.first).to_contain_text("6 minutes ago")

    assert store.page.evaluate("window.readOut") is None


def test_headings_and_the_list_have_their_place_in_the_page(shop: Shop, stand_in: StandIn):
    stand_in.answers(ROWS)
    store = shop.open(heading_level="3")
    store.search()

    expect(store.element.get_by_role("heading", level=3)).to_have_text("Check stock near you")
    expect(store.element.get_by_role("heading", level=4)).to_have_count(3)
    expect(store.element.get_by_role("list", name="Check stock near you")).to_be_visible()


def test_a_merchants_fonts_and_colours_reach_it(shop: Shop, stand_in: StandIn):
    stand_in.answers(ROWS)
    store = shop.open(country="FI", options={"color_scheme": "dark"}, theme="light")
    store.page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`body { font-family: serif } nearby-stock { --nearby-stock-accent: rgb(120, 30, 90);
            --nearby-stock-radius: 0; border: 0; --nearby-stock-surface: rgb(250, 246, 240) }
            nearby-stock::part(badge) { border-radius: 2px }`);
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    store.search()
    expect(store.dealers).to_have_count(3)
    store.picture("themed")

    def style(part: str, name: str) -> str:
        return store.element.locator(f"[part~={part}]").first.evaluate(
            "(node, name) => getComputedStyle(node)[name]", name
        )

    assert style("search", "backgroundColor") == "rgb(120, 30, 90)"
    assert style("search", "fontFamily") == style("name", "fontFamily") == "serif"
    assert style("search", "borderRadius") == "0px"
    assert style("badge", "borderRadius") == "2px"
    assert style("name", "color") == "rgb(27, 31, 36)"


def test_it_fits_the_smallest_screen(shop: Shop, stand_in: StandIn):
    stand_in.answers(
        [dealer("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")]
    )
    store = shop.open(country="FI", options={"viewport": {"width": 320, "height": 600}, "locale": "de-DE"})
    store.search()
    expect(store.dealers).to_have_count(1)
    store.picture("phone-320")

    assert store.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_theme_that_shrinks_the_roots_font_does_not_shrink_it(shop: Shop):
    store = shop.open()
    button = store.element.locator("[part~=search]")
    before = button.bounding_box()

    store.page.evaluate(
        "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('html { font-size: 10px }');"
        " document.adoptedStyleSheets.push(sheet) }"
    )

    assert before is not None
    assert button.bounding_box()["height"] == before["height"] >= 44
