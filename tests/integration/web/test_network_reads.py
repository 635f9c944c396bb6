"""Contract sections 4 and 7: a tenant's dealers, and which of them near the visitor have a part."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.bootstrap import Container
from app.domain.network.nearby import EARTH_RADIUS_KM
from app.domain.tenancy.tenant import Scope
from tests.integration.web.test_documented import assert_documented
from tests.network import ALWAYS, CARD, NEVER, PART, Network
from tests.stockline import Stockline, open_stockline

QUARTER_KM = EARTH_RADIUS_KM * 3.141592653589793 / 2
ROW_LENGTH = 29
ABOUT = "/dealers/stock?partNumber=P&"


@pytest.fixture
def network(container: Container, application: Flask, operator: psycopg.Connection) -> Network:
    """A manufacturer's."""
    return Network(open_stockline(container, application, operator, "MANUFACTURER"))


def of_type(network: Network, type_: str) -> Network:
    return Network(network.owner.another(type_))


def with_own_stores(network: Network, stock: int, *names: str) -> list[str]:
    stores = [network.dealer(name=name) for name in names]
    rows = [{"dealerId": store, "partNumber": PART, "stock": stock} for store in stores]
    network.owner.send("location-stock", rows)
    return stores


class TestDealers:
    def test_a_dealer_has_exactly_the_contracts_fields_in_their_order(self, network: Network):
        told = {
            "name": "Möto",
            "address": "Gatan 1",
            "city": "Umeå",
            "postal_code": "90326",
            "country": "SE",
            "phone": "+46 90",
            "website": "https://x.example",
            "lat": 63.82,
            "lng": 20.26,
        }
        network.dealer(**told)
        (dealer,) = network.get("/dealers").json
        assert dealer == dict(zip(CARD, told.values(), strict=True))
        assert list(dealer) == list(CARD)

    def test_what_is_unset_is_an_empty_text_and_coordinates_null(self, network: Network):
        network.dealer(name="Bare", lat=None, lng=None)
        assert network.get("/dealers").json == [
            dict.fromkeys(CARD, "") | {"name": "Bare", "lat": None, "lng": None}
        ]

    def test_they_come_by_country_then_by_name_as_people_sort_it(self, network: Network):
        for country, name in [
            ("SE", "b"),
            ("SE", "Ähre"),
            ("SE", "a"),
            ("FI", "z"),
            ("", "no country"),
            ("SE", "B"),
        ]:
            network.dealer(name=name, country=country)
        listed = [(one["country"], one["name"]) for one in network.get("/dealers").json]
        assert listed == [
            ("", "no country"),
            ("FI", "z"),
            *(("SE", name) for name in ("a", "Ähre", "b", "B")),
        ]

    def test_inactive_ones_and_other_tenants_are_not_there(self, network: Network):
        network.edit(network.dealer(name="closed"), active=False)
        of_type(network, "MANUFACTURER").dealer(name="theirs", of=network.owner)
        assert network.get("/dealers").json == []

    def test_every_change_is_there_at_once(self, network: Network):
        dealer = network.dealer(name="before")
        assert network.get("/dealers").json[0]["name"] == "before"
        network.edit(dealer, name="after")
        assert network.get("/dealers").json[0]["name"] == "after"
        network.delete(dealer)
        assert network.get("/dealers").json == []

    def test_one_without_coordinates_is_placed_by_its_postal_code(self, network: Network):
        network.dealer(lat=None, lng=None, postal_code="90326", country="SE")
        (dealer,) = network.get("/dealers").json
        assert (round(dealer["lat"]), round(dealer["lng"])) == (64, 20)


class TestOneAnswer:
    def test_under_exact_it_has_exactly_the_contracts_fields_in_their_order(self, network: Network):
        network.dealer(network.reseller(12, "EXACT"), country="SE")
        (one,) = network.nearby()
        more = ["distanceKm", "asOf", "openNow", "approximate", "stockLevel", "precision", "stock"]
        assert list(one) == [*CARD, *more]
        as_of = one.pop("asOf")
        assert datetime.now(UTC) - datetime.fromisoformat(as_of) < timedelta(minutes=1)
        assert [one[name] for name in more if name in one] == [0.0, None, False, "in-stock", "EXACT", 12]

    def test_under_level_there_is_no_number(self, network: Network):
        network.dealer(network.reseller(12, "LEVEL"))
        (one,) = network.nearby()
        assert "stock" not in one
        assert (one["precision"], one["stockLevel"]) == ("LEVEL", "in-stock")

    def test_under_none_there_is_no_dealer(self, network: Network):
        network.dealer(network.reseller(12, "NONE"))
        network.dealer(network.reseller(12))
        assert network.nearby() == []

    @pytest.mark.parametrize(
        ("stock", "safety", "threshold", "level"),
        [(1, 0, 10, "low"), (9, 0, 10, "low"), (10, 0, 10, "in-stock"), (14, 5, 10, "low"), (15, 5, 10, "in-stock"),
         (1, 0, 1, "in-stock"), (1, 0, 0, "in-stock"), (5, 5, 10, None), (4, 5, 10, None), (0, 0, 10, None)],
    )  # fmt: skip
    @pytest.mark.parametrize("precision", ["EXACT", "LEVEL"])
    def test_the_owners_threshold_and_safety_stock_decide_the_level(
        self, network: Network, stock, safety, threshold, level, precision
    ):
        network.dealer(network.reseller(stock, precision, safety_stock=safety, low_stock_threshold=threshold))
        assert [one["stockLevel"] for one in network.nearby()] == ([level] if level else [])
        if level and precision == "EXACT":
            assert network.nearby()[0]["stock"] == stock - safety

    def test_as_of_is_what_the_feed_said(self, network: Network):
        reseller = network.reseller(precision="LEVEL")
        reseller.activate(PART)
        network.dealer(reseller)
        reseller.stock_feed({"partNumber": PART, "stock": 3, "asOf": "2026-01-02T03:04:05.678901+02:00"})
        assert network.nearby()[0]["asOf"] == "2026-01-02T01:04:05.678901Z"

    def test_a_value_that_no_feed_confirmed_has_no_as_of(self, network: Network):
        reseller = network.reseller(precision="LEVEL")
        reseller.activate(PART, stock=3)
        network.dealer(reseller)
        assert network.nearby()[0]["asOf"] is None

    def test_own_parts_of_a_reseller_with_the_same_number_are_not_shown(self, network: Network):
        reseller = network.reseller(precision="EXACT")
        reseller.own(PART, stock=7)
        network.dealer(reseller)
        assert network.nearby() == []
        reseller.activate(PART, stock=3)
        network.dealer(reseller)
        assert [one["stock"] for one in network.nearby()] == [3, 3]


class TestWhichAndInWhatOrder:
    @pytest.fixture
    def reseller(self, network: Network) -> Stockline:
        return network.reseller(20, "EXACT")

    def test_the_nearest_come_first_with_one_decimal_of_the_way(self, network: Network, reseller: Stockline):
        for name, lat in [("far", 61.0), ("here", 59.0), ("near", 59.4567)]:
            network.dealer(reseller, name=name, lat=lat)
        found = [(one["name"], one["distanceKm"]) for one in network.nearby()]
        assert found == [("here", 0.0), ("near", 50.8), ("far", 222.4)]

    def test_miles_take_the_place_of_kilometres(self, network: Network, reseller: Stockline):
        network.dealer(reseller, lat=60.0)
        (one,) = network.nearby(unit="mi")
        assert one["distanceMi"] == 69.1
        assert "distanceKm" not in one

    def test_ties_go_by_dealer_id(self, network: Network, reseller: Stockline):
        ids = [network.dealer(reseller, lat=60.0, website=f"https://{n}.example") for n in range(60)]
        by_id = sorted(range(60), key=lambda n: ids[n])
        for limit in (1, 7, 50):
            found = [one["website"] for one in network.nearby(limit=limit)]
            assert found == [f"https://{n}.example" for n in by_id[:limit]]

    def test_five_unless_asked_for_more(self, network: Network, reseller: Stockline):
        for n in range(55):
            network.dealer(reseller, name=f"{n:02}", lat=59 + n / 100)
        names = [f"{n:02}" for n in range(55)]
        assert network.names() == names[:5]
        assert [network.names(limit=limit) for limit in (1, 50)] == [names[:1], names[:50]]

    def test_a_radius_is_in_kilometres_whatever_the_unit(self, network: Network, reseller: Stockline):
        for name, lat in [("55 km", 59.5), ("111 km", 60.0), ("222 km", 61.0)]:
            network.dealer(reseller, name=name, lat=lat)
        assert network.names(radiusKm=112) == ["55 km", "111 km"]
        assert network.names(radiusKm=112, unit="mi") == ["55 km", "111 km"]
        assert network.names(radiusKm=111.0) == ["55 km"]
        assert network.names(radiusKm=0.001) == []
        assert len(network.names(radiusKm=20040)) == 3

    def test_a_dealer_on_the_spot_is_within_any_radius(self, network: Network, reseller: Stockline):
        network.dealer(reseller)
        assert len(network.nearby(radiusKm=1e-9)) == 1

    def test_open_now_leaves_out_the_closed_and_those_without_hours(
        self, network: Network, reseller: Stockline
    ):
        for name, hours, lat in [("closed", NEVER, 59.1), ("unknown", None, 59.2), ("open", ALWAYS, 59.3)]:
            network.dealer(reseller, name=name, hours=hours, lat=lat)
        told = {one["name"]: one["openNow"] for one in network.nearby()}
        assert told == {"closed": False, "unknown": None, "open": True}
        assert network.names(openNow="true") == ["open"]
        assert network.names(openNow="false") == ["closed", "unknown", "open"]

    def test_open_now_looks_past_the_nearest_that_are_closed(self, network: Network, reseller: Stockline):
        for n in range(30):
            network.dealer(reseller, name=f"{n}", hours=ALWAYS if n % 10 == 9 else NEVER, lat=59 + n / 100)
        assert network.names(openNow="true", limit=2) == ["9", "19"]

    def test_a_dealer_opens_and_closes_by_its_own_clock(
        self, network: Network, reseller: Stockline, monkeypatch: pytest.MonkeyPatch
    ):
        network.dealer(reseller, hours={"mon": [["09:00", "17:00"]]})
        for utc, is_open in [("07:59", False), ("08:00", True), ("15:59", True), ("16:00", False)]:
            monkeypatch.setattr("app.web.nearby.datetime", _Clock(f"2026-01-05T{utc}:00+00:00"))
            assert network.nearby()[0]["openNow"] is is_open

    def test_one_without_coordinates_is_left_out_and_the_rest_is_not(
        self, network: Network, reseller: Stockline
    ):
        network.dealer(reseller, name="nowhere", lat=None, lng=None)
        network.dealer(reseller, name="unknown code", lat=None, lng=None, postal_code="1", country="SE")
        network.dealer(reseller, name="somewhere")
        assert network.names() == ["somewhere"]

    def test_across_the_antimeridian_is_near(self, network: Network, reseller: Stockline):
        network.dealer(reseller, name="east", lat=0.0, lng=179.9)
        network.dealer(reseller, name="west", lat=0.0, lng=-179.7)
        found = network.nearby(lat=0, lng=180)
        assert [(one["name"], one["distanceKm"]) for one in found] == [("east", 11.1), ("west", 33.4)]
        assert network.nearby(lat=0, lng=-180) == found

    def test_at_a_pole_every_longitude_is_the_same_place(self, network: Network, reseller: Stockline):
        network.dealer(reseller, name="pole", lat=90.0, lng=77.0)
        network.dealer(reseller, name="equator", lat=0.0, lng=-10.0)
        for lng in (-180, 0, 103):
            found = network.nearby(lat=90, lng=lng)
            assert [one["distanceKm"] for one in found] == [0.0, round(QUARTER_KM, 1)]
        assert network.nearby(lat=-90, lng=0)[-1]["distanceKm"] == round(2 * QUARTER_KM, 1)

    def test_the_antipode_is_half_the_way_round(self, network: Network, reseller: Stockline):
        network.dealer(reseller, lat=-59.0, lng=-162.0)
        (one,) = network.nearby(radiusKm=20040)
        assert one["distanceKm"] == round(2 * QUARTER_KM, 1)

    def test_one_reseller_behind_two_dealers_is_shown_at_both(self, network: Network, reseller: Stockline):
        network.dealer(reseller, name="a")
        network.dealer(reseller, name="b", lat=60.0)
        network.dealer(name="nobody's")
        assert network.names() == ["a", "b"]


class _Clock:
    """The web's clock at an instant."""

    def __init__(self, at: str) -> None:
        self._at = datetime.fromisoformat(at)

    def now(self, _zone: Any) -> datetime:
        return self._at


class TestPostalCodes:
    @pytest.fixture(autouse=True)
    def _dealer(self, network: Network) -> None:
        network.dealer(network.reseller(20, "LEVEL"), name="Umeå", lat=63.82, lng=20.26)

    @pytest.mark.parametrize(
        ("code", "country"), [("90326", "SE"), ("903 26", "se"), ("se-903 26", "SE"), (" 90326 ", " Se ")]
    )
    def test_the_visitor_may_be_where_a_postal_code_is(self, network: Network, code: str, country: str):
        (one,) = network.nearby(postalCode=code, country=country)
        assert one["distanceKm"] < 20
        assert one["approximate"] is True

    def test_a_dealer_may_be_where_its_postal_code_is(self, network: Network):
        reseller = network.reseller(20, "LEVEL")
        network.dealer(reseller, name="by code", lat=None, lng=None, postal_code="903 26", country="SE")
        told = {one["name"]: one["approximate"] for one in network.nearby()}
        assert told == {"Umeå": False, "by code": True}

    @pytest.mark.parametrize("code", ["00000", "nonsense", "🏍", "9" * 400])
    def test_an_unknown_one_is_404(self, network: Network, code: str):
        response = network.ask(postalCode=code, country="SE")
        assert (response.status_code, response.json["code"]) == (404, "unknown_postal_code")
        assert response.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("country", ["XX", "SWE", "1", "Ö"])
    def test_a_country_that_is_none_is_400(self, network: Network, country: str):
        response = network.ask(postalCode="90326", country=country)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")


class TestPartNumbers:
    @pytest.mark.parametrize(
        "number", ["A,B", "A/B", " ", "/", "A B", "ÄÖ-雪", "🏍", "a+b&c=d", "%2F", "x" * 128]
    )
    def test_any_may_be_asked_for(self, network: Network, number: str):
        reseller = network.reseller(precision="LEVEL")
        if number.strip():
            reseller.activate(number, stock=5)
        network.dealer(reseller)
        assert len(network.nearby(number)) == bool(number.strip())

    def test_they_are_trimmed_and_case_sensitive(self, network: Network):
        reseller = network.reseller(precision="LEVEL")
        reseller.activate("Ab", stock=5)
        network.dealer(reseller)
        assert [len(network.nearby(number)) for number in (" Ab ", "AB", "ab", "Ab")] == [1, 0, 0, 1]

    @pytest.mark.parametrize("number", ["nope", "\0", "x" * 129, "x" * 5000])
    def test_what_nobody_knows_is_an_empty_list(self, network: Network, number: str):
        network.dealer(network.reseller(5, "EXACT"))
        assert network.nearby(number) == []

    def test_the_askers_alias_leads_to_its_part(self, network: Network):
        network.dealer(network.reseller(5, "EXACT"))
        network.owner.activate(PART)
        network.owner.alias("OLD", PART)
        assert network.nearby("OLD") == network.nearby(PART) != []

    def test_anothers_alias_leads_nowhere(self, network: Network):
        reseller = network.reseller(5, "EXACT")
        network.dealer(reseller)
        reseller.alias("OLD", PART)
        assert network.nearby("OLD") == []

    def test_a_part_of_ones_own_goes_before_an_alias(self, network: Network):
        reseller = network.reseller(5, "EXACT")
        network.dealer(reseller)
        reseller.activate("BOTH", stock=1)
        network.owner.activate(PART, "BOTH")
        network.owner.alias("BOTH", PART)
        assert [one["stock"] for one in network.nearby("BOTH")] == [1]

    def test_a_part_named_like_an_alias_takes_its_place_at_once(self, network: Network):
        network.dealer(network.reseller(5, "EXACT"))
        network.owner.activate(PART)
        network.owner.alias("BOTH", PART)
        assert [row["stock"] for row in network.nearby("BOTH")] == [5]
        network.owner.container.catalog.import_own_parts(network.id, "own.csv", ["partNumber\n", "BOTH\n"])
        assert network.nearby("BOTH") == []

    def test_an_alias_that_is_made_or_turned_is_followed_at_once(self, network: Network):
        reseller = network.reseller(5, "EXACT")
        network.dealer(reseller)
        reseller.activate("Q", stock=9)
        network.owner.activate(PART, "Q")
        assert network.nearby("OLD") == []
        network.owner.alias("OLD", PART)
        assert network.nearby("OLD")[0]["stock"] == 5
        network.owner.sql(
            "UPDATE tenant_sku_alias SET item_id = (SELECT id FROM stock_item WHERE tenant_id = %s AND part_number = 'Q')"
            " WHERE tenant_id = %s",
            network.id,
            network.id,
        )
        assert network.nearby("OLD")[0]["stock"] == 9


class TestWhatIsAskedWrongly:
    @pytest.mark.parametrize(
        "query",
        [
            "", "lat=59", "lng=18", "lat=&lng=", "lat=x&lng=1", "lat=91&lng=0", "lat=-90.1&lng=0", "lat=0&lng=181",
            "lat=0&lng=-180.5", "lat=nan&lng=0", "lat=0&lng=inf", "postalCode=90326", "country=SE",
            "lat=59&lng=18&postalCode=90326&country=SE", "lat=59&lng=18&country=SE",
            *(f"lat=59&lng=18&{more}" for more in (
                "limit=0", "limit=51", "limit=-1", "limit=x", "limit=1.5", "radiusKm=0", "radiusKm=-1", "radiusKm=nan",
                "radiusKm=inf", "radiusKm=20041", "unit=furlong", "openNow=maybe")),
        ],
    )  # fmt: skip
    def test_it_is_a_400_that_tells_why(self, network: Network, query: str):
        response = network.get(ABOUT + query)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")
        assert response.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "path", ["/dealers/stock?lat=59&lng=18", "/dealers/stock?partNumber=&lat=59&lng=18"]
    )
    def test_so_is_no_part_number(self, network: Network, path: str):
        assert network.get(path).status_code == 400

    @pytest.mark.parametrize(
        "query", ["lat=90&lng=180", "lat=-90&lng=-180", "lat=1e1&lng=-0", "lat=59&lng=18&limit=50"]
    )
    def test_the_bounds_themselves_are_right(self, network: Network, query: str):
        assert network.get(ABOUT + query).json == []


class TestOwnStores:
    @pytest.mark.parametrize("type_", ["RETAIL", "HYBRID"])
    def test_they_are_shown_by_what_they_have_on_the_shelf_with_its_number(
        self, network: Network, type_: str
    ):
        retail = of_type(network, type_)
        retail.owner.activate(PART, stock=99)
        with_own_stores(retail, 4, "a", "b")
        shown = [(one["name"], one["stock"], one["precision"], one["stockLevel"]) for one in retail.nearby()]
        assert sorted(shown) == [("a", 4, "EXACT", "low"), ("b", 4, "EXACT", "low")]

    def test_safety_stock_is_for_those_who_share_not_for_ones_own_shelf(self, network: Network):
        retail = of_type(network, "RETAIL")
        retail.owner.set(safety_stock=3, low_stock_threshold=4)
        with_own_stores(retail, 4, "a")
        assert [(one["stock"], one["stockLevel"]) for one in retail.nearby()] == [(4, "in-stock")]

    def test_a_store_linked_to_the_tenant_itself_is_its_own(self, network: Network):
        hybrid = of_type(network, "HYBRID")
        hybrid.owner.activate(PART, stock=50)
        (store,) = with_own_stores(hybrid, 4, "a")
        hybrid.edit(store, linked_tenant_id=hybrid.id)
        assert [one["stock"] for one in hybrid.nearby()] == [4]

    def test_an_empty_shelf_is_not_shown(self, network: Network):
        retail = of_type(network, "RETAIL")
        with_own_stores(retail, 0, "a")
        assert retail.nearby() == []

    def test_a_hybrids_linked_dealers_are_shown_by_their_catalog_stock(self, network: Network):
        hybrid = of_type(network, "HYBRID")
        with_own_stores(hybrid, 4, "own")
        reseller = hybrid.reseller(30, "LEVEL")
        linked = hybrid.dealer(reseller, name="linked", lat=60.0)
        hybrid.owner.send("location-stock", [{"dealerId": linked, "partNumber": PART, "stock": 77}])
        shown = [(one["name"], one["precision"], one.get("stock")) for one in hybrid.nearby()]
        assert shown == [("own", "EXACT", 4), ("linked", "LEVEL", None)]

    def test_a_linked_dealer_that_does_not_share_is_not_shown_by_the_shelf_either(self, network: Network):
        hybrid = of_type(network, "HYBRID")
        linked = hybrid.dealer(hybrid.reseller(30))
        hybrid.owner.send("location-stock", [{"dealerId": linked, "partNumber": PART, "stock": 77}])
        assert hybrid.nearby() == []

    def test_a_manufacturer_has_no_shelves(self, network: Network):
        (store,) = [network.dealer()]
        network.owner.sql(
            "INSERT INTO dealer_stock (tenant_id, dealer_id, part_number, stock) VALUES (%s, %s, 'P', 9)",
            network.id,
            store,
        )
        network.owner.activate(PART, stock=9)
        assert network.nearby() == []


class TestOtherTenants:
    def test_the_database_shows_a_tenant_no_consent_and_no_stock_of_another(self, network: Network):
        """What its own statements reach; network_stock alone reaches further."""
        reseller = network.reseller(8, "EXACT")
        network.dealer(reseller)
        seen = {
            "SELECT count(*) FROM stock_share_consent": 0,
            "SELECT count(*) FROM stock_share_consent_change": 0,
            "SELECT count(*) FROM network_version WHERE tenant_id <> :me": 0,
            "SELECT count(*) FROM stock_item": 0,
            "SELECT count(*) FROM tenant WHERE id <> :me": 0,
            "SELECT count(*) FROM dealer": 1,
            "SELECT octet_length(network_stock('P'))": ROW_LENGTH,
            "SELECT current_setting('app.platform', true)": "",
            "SELECT count(DISTINCT tenant_id) FROM dealer": 1,
        }
        with network.owner.container.unit_of_work.tenant(network.id) as connection:
            for statement, expected in seen.items():
                found = connection.execute(text(statement), {"me": network.id}).scalar_one()
                assert found == expected, statement

    def test_network_stock_answers_for_the_tenant_of_the_scope_alone(self, network: Network):
        reseller = network.reseller(8, "EXACT")
        network.dealer(reseller)
        unit_of_work, stock = network.owner.container.unit_of_work, text("SELECT network_stock('P')")
        for tenant in (reseller, network.owner.another("MANUFACTURER")):
            with unit_of_work.tenant(tenant.tenant_id) as connection:
                assert connection.execute(stock).scalar_one() == b""
        with unit_of_work.platform() as connection:
            assert connection.execute(stock).scalar_one() == b""
        with unit_of_work.engine.connect() as connection:
            assert connection.execute(stock).scalar_one() == b""

    def test_each_sees_its_own_dealers_of_a_reseller_they_share(self, network: Network):
        other = of_type(network, "MANUFACTURER")
        reseller = network.reseller(8, "EXACT")
        other.shared_by(reseller, "LEVEL")
        network.dealer(reseller, name="mine")
        other.dealer(reseller, name="theirs")
        assert [(one["name"], one["precision"]) for one in network.nearby()] == [("mine", "EXACT")]
        assert [(one["name"], one["precision"]) for one in other.nearby()] == [("theirs", "LEVEL")]

    def test_a_consent_to_one_is_none_to_another(self, network: Network):
        other = of_type(network, "MANUFACTURER")
        other.dealer(network.reseller(8, "EXACT"))
        assert other.nearby() == []
        assert (
            other.owner.application.test_client()
            .get(f"/api/app/stock-sharing/{network.id}", headers={"X-API-Key": other.owner.key})
            .status_code
            == 403
        )

    def test_an_inactive_reseller_is_gone_and_comes_back(self, network: Network):
        reseller = network.reseller(8, "EXACT")
        network.dealer(reseller)
        for active, shown in [(True, 1), (False, 0), (True, 1)]:
            reseller.set(active=active)
            assert len(network.nearby()) == shown

    def test_anothers_location_feed_does_not_reach_ones_dealers(self, network: Network):
        retail, other = of_type(network, "RETAIL"), of_type(network, "RETAIL")
        (store,) = with_own_stores(retail, 4, "a")
        result = other.owner.send("location-stock", [{"dealerId": store, "partNumber": PART, "stock": 9}])
        assert result["invalidDealers"] == 1
        assert (retail.nearby()[0]["stock"], other.nearby()) == (4, [])


class TestDocumented:
    def test_answers_are_as_the_document_says(self, network: Network):
        document = network.owner.application.test_client().get("/api/openapi.json").json
        network.dealer(network.reseller(5, "EXACT"), hours=ALWAYS)
        network.dealer(network.reseller(50, "LEVEL"), lat=None, lng=None, postal_code="90326", country="SE")
        for path, urls in {
            "/api/t/dealers": ["/dealers"],
            "/api/t/dealers/stock": [
                f"{ABOUT}lat=59&lng=18",
                f"{ABOUT}lat=59&lng=18&unit=mi",
                f"{ABOUT}postalCode=90326&country=SE",
                f"{ABOUT}postalCode=0&country=SE",
                ABOUT,
            ],
        }.items():
            for url in urls:
                assert_documented(document, path, network.get(url))
                assert_documented(document, path, network.get(url, headers={"X-API-Key": ""}))


class TestCachingAndAccess:
    PATHS = (
        ("/dealers", "private, max-age=300"),
        ("/dealers/stock?partNumber=P&lat=59&lng=18", "private, max-age=60"),
    )

    @pytest.mark.parametrize(("path", "cache_control"), PATHS)
    def test_an_answer_can_be_revalidated_and_never_mixes_tenants(
        self, network: Network, path: str, cache_control: str
    ):
        network.dealer(network.reseller(5, "LEVEL"))
        first = network.get(path)
        assert first.mimetype == "application/json"
        assert len(first.json) == 1
        for sent in (first.headers["ETag"], "W/" + first.headers["ETag"], "*"):
            again = network.get(path, headers={"If-None-Match": sent})
            assert (again.status_code, again.data) == (304, b"")
            for answer in (first, again):
                assert answer.headers["ETag"] == first.headers["ETag"]
                assert answer.headers["Cache-Control"] == cache_control
                assert answer.headers["Vary"] == "X-API-Key, Origin"
        assert network.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    @pytest.mark.parametrize(("path", "cache_control"), PATHS)
    def test_after_a_change_the_old_tag_is_worth_nothing(
        self, network: Network, path: str, cache_control: str
    ):
        dealer = network.dealer(network.reseller(5, "LEVEL"))
        old = network.get(path).headers["ETag"]
        network.edit(dealer, phone="+46")
        assert network.get(path, headers={"If-None-Match": old}).status_code == 200

    @pytest.mark.parametrize("path", [path for path, _ in PATHS])
    def test_it_takes_a_key_with_the_scope_storefront(self, network: Network, path: str):
        for key, status in [
            ("", 401),
            ("nonsense", 401),
            (network.owner.new_key(Scope.INTEGRATIONS), 403),
            (network.owner.new_key(Scope.STOREFRONT), 200),
        ]:
            assert network.get(path, headers={"X-API-Key": key}).status_code == status

    @pytest.mark.parametrize("path", [path for path, _ in PATHS])
    def test_any_page_may_call_unless_the_tenant_names_its_own(self, network: Network, path: str):
        stranger = {"Origin": "https://stranger.example"}
        assert network.get(path, headers=stranger).headers["Access-Control-Allow-Origin"] == "*"
        preflight = network.owner.application.test_client().options(f"/api/t{path}", headers=stranger)
        assert preflight.status_code == 204
        assert "X-API-Key" in preflight.headers["Access-Control-Allow-Headers"]
        network.owner.set(allowed_domains=["shop.example"])
        assert network.get(path, headers=stranger).status_code == 403
        assert network.get(path, headers={"Origin": "https://shop.example"}).status_code == 200

    @pytest.mark.parametrize("path", [path for path, _ in PATHS])
    def test_nothing_but_reading_is_allowed(self, network: Network, path: str):
        response = network.owner.application.test_client().post(
            f"/api/t{path}", headers={"X-API-Key": network.owner.key}
        )
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize("path", [path for path, _ in PATHS])
    def test_while_postgresql_is_away_nothing_is_made_up(
        self, network: Network, without_postgresql: FlaskClient, path: str
    ):
        response = without_postgresql.get(f"/api/t{path}", headers={"X-API-Key": network.owner.key})
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
