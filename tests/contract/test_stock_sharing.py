"""`/api/app/stock-sharing`: what a reseller lets each manufacturer show, and every change of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from app.domain.network.collation import sort_key
from app.domain.tenancy.tenant import Scope
from tests.network import Network, sharing
from tests.stockline import Stockline

VIEW = ("manufacturerId", "name", "precision", "changedAt", "changedBy", "dealers")
CHANGE = ("manufacturerId", "from", "to", "changedAt", "changedBy")


@pytest.fixture
def reseller(stockline: Stockline) -> Stockline:
    return stockline.another("RESELLER")


@pytest.fixture
def manufacturer(stockline: Stockline) -> Network:
    return Network(stockline.another("MANUFACTURER"))


def set_(reseller: Stockline, to: Network | UUID, **body: Any) -> TestResponse:
    return sharing(reseller, "PUT", f"/{to.id if isinstance(to, Network) else to}", json=body)


def revoke(reseller: Stockline, to: Network) -> TestResponse:
    return sharing(reseller, "DELETE", f"/{to.id}")


def get(reseller: Stockline, to: Network) -> dict[str, Any]:
    response = sharing(reseller, "GET", f"/{to.id}")
    assert response.status_code == 200, response.text
    return response.json


def pages(reseller: Stockline, path: str = "", limit: int = 200) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list."""
    joint, cursor = "&" if "?" in path else "?", ""
    while cursor is not None:
        response = sharing(reseller, "GET", f"{path}{joint}limit={limit}{cursor and '&cursor=' + cursor}")
        assert response.status_code == 200, response.text
        yield response.json["data"]
        cursor = response.json["nextCursor"]


def all_of(reseller: Stockline, path: str = "", limit: int = 200) -> list[dict[str, Any]]:
    return [one for page in pages(reseller, path, limit) for one in page]


def history(reseller: Stockline, of: Network | None = None) -> list[tuple[str, str]]:
    """From and to, oldest first."""
    path = f"/history?manufacturerId={of.id}" if of else "/history"
    return [(change["from"], change["to"]) for change in reversed(all_of(reseller, path))]


def assert_error(response: TestResponse, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code), response.text


class TestAConsent:
    def test_nothing_is_shared_before_a_word_is_said(self, reseller: Stockline, manufacturer: Network):
        consent = get(reseller, manufacturer)
        assert list(consent) == list(VIEW)
        assert [consent[name] for name in VIEW[2:]] == ["NONE", None, None, 0]
        assert history(reseller) == []

    def test_it_is_level_unless_it_says_otherwise(self, reseller: Stockline, manufacturer: Network):
        response = set_(reseller, manufacturer)
        assert response.status_code == 200
        assert response.json["precision"] == "LEVEL"

    @pytest.mark.parametrize("precision", ["EXACT", "LEVEL", "NONE"])
    def test_it_is_what_was_said_last(self, reseller: Stockline, manufacturer: Network, precision: str):
        set_(reseller, manufacturer, precision="LEVEL" if precision == "EXACT" else "EXACT")
        assert set_(reseller, manufacturer, precision=precision).json["precision"] == precision
        assert get(reseller, manufacturer)["precision"] == precision

    def test_it_tells_who_changed_it_and_when(self, reseller: Stockline, manufacturer: Network):
        consent = set_(reseller, manufacturer).json
        age = datetime.now(UTC) - datetime.fromisoformat(consent["changedAt"])
        assert timedelta(0) <= age < timedelta(minutes=1)
        row = reseller.database.execute("SELECT id FROM api_key WHERE tenant_id = %s", (reseller.tenant_id,))
        assert consent["changedBy"] == f"key {row.fetchone()[0]}"

    def test_it_counts_the_manufacturers_active_dealers_of_this_reseller(
        self, reseller: Stockline, manufacturer: Network
    ):
        manufacturer.dealer(reseller)
        manufacturer.edit(manufacturer.dealer(reseller), active=False)
        manufacturer.dealer()
        assert get(reseller, manufacturer)["dealers"] == 1

    def test_it_shows_at_once_and_is_gone_at_once(self, reseller: Stockline, manufacturer: Network):
        manufacturer.dealer(reseller)
        reseller.activate("P", stock=3)
        for precision, shown in [
            ("EXACT", ["EXACT"]),
            ("LEVEL", ["LEVEL"]),
            ("NONE", []),
            ("LEVEL", ["LEVEL"]),
        ]:
            set_(reseller, manufacturer, precision=precision)
            assert [one["precision"] for one in manufacturer.nearby()] == shown

    def test_a_revocation_may_be_repeated(self, reseller: Stockline, manufacturer: Network):
        set_(reseller, manufacturer)
        for _ in range(2):
            response = revoke(reseller, manufacturer)
            assert (response.status_code, response.data) == (204, b"")
        assert get(reseller, manufacturer)["precision"] == "NONE"
        assert history(reseller) == [("NONE", "LEVEL"), ("LEVEL", "NONE")]

    def test_a_revocation_of_what_was_never_given_leaves_no_trace(
        self, reseller: Stockline, manufacturer: Network
    ):
        assert revoke(reseller, manufacturer).status_code == 204
        assert get(reseller, manufacturer)["changedAt"] is None
        assert history(reseller) == []

    def test_saying_the_same_again_changes_nothing(self, reseller: Stockline, manufacturer: Network):
        first, again = set_(reseller, manufacturer).json, set_(reseller, manufacturer).json
        assert again == first
        assert history(reseller) == [("NONE", "LEVEL")]

    def test_any_tenant_with_dealers_may_be_given_one(self, reseller: Stockline, stockline: Stockline):
        for type_ in ("RETAIL", "HYBRID", "DISTRIBUTOR"):
            assert set_(reseller, stockline.another(type_).tenant_id).status_code == 200

    def test_a_hybrid_gives_and_is_given(
        self, stockline: Stockline, reseller: Stockline, manufacturer: Network
    ):
        assert set_(stockline, manufacturer).status_code == 200
        assert set_(reseller, Network(stockline)).status_code == 200
        assert history(stockline) == history(reseller) == [("NONE", "LEVEL")]


class TestWhatIsWrong:
    @pytest.mark.parametrize("type_", ["STANDARD", "MANUFACTURER", "RETAIL", "DISTRIBUTOR", "DATA_PROVIDER"])
    def test_a_tenant_that_is_no_reseller_has_nothing_to_share(
        self, stockline: Stockline, manufacturer: Network, type_: str
    ):
        other, one = stockline.another(type_), f"/{manufacturer.id}"
        for method, path in [("GET", ""), ("GET", one), ("PUT", one), ("DELETE", one), ("GET", "/history")]:
            body = {"json": {}} if method == "PUT" else {}
            assert_error(sharing(other, method, path, **body), 403, "feature_not_available")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_nobody_is_404(self, reseller: Stockline, method: str):
        body = {"json": {}} if method == "PUT" else {}
        assert_error(sharing(reseller, method, f"/{uuid4()}", **body), 404, "not_found")
        assert sharing(reseller, method, "/no-id", **body).status_code == 404

    def test_so_is_an_inactive_tenant(self, reseller: Stockline, manufacturer: Network):
        manufacturer.owner.set(active=False)
        assert_error(set_(reseller, manufacturer), 404, "not_found")

    def test_oneself_is_400(self, reseller: Stockline):
        assert_error(set_(reseller, reseller.tenant_id), 400, "invalid_request")
        assert_error(sharing(reseller, "DELETE", f"/{reseller.tenant_id}"), 400, "invalid_request")

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b'"EXACT"', b'{"precision": "exact"}', b'{"precision": null}', b'{"precision": 1}',
         b'{"precision": "EXACT", "more": 1}', b'{"precision": ["EXACT"]}', b"\xff"],
    )  # fmt: skip
    def test_a_body_that_is_none_is_400_and_changes_nothing(
        self, reseller: Stockline, manufacturer: Network, body: bytes
    ):
        headers = {"Content-Type": "application/json"}
        response = sharing(reseller, "PUT", f"/{manufacturer.id}", data=body, headers=headers)
        assert_error(response, 400, "invalid_request")
        assert get(reseller, manufacturer)["precision"] == "NONE"

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_another_content_type_is_415(self, reseller: Stockline, manufacturer: Network, content_type: str):
        headers = {"Content-Type": content_type}
        response = sharing(reseller, "PUT", f"/{manufacturer.id}", data=b"{}", headers=headers)
        assert response.status_code == 415

    def test_a_key_for_storefronts_is_403_and_none_is_401(self, reseller: Stockline, manufacturer: Network):
        storefront = {"X-API-Key": reseller.new_key(Scope.STOREFRONT)}
        for method, body in [("GET", {}), ("PUT", {"json": {}}), ("DELETE", {})]:
            path = f"/{manufacturer.id}"
            assert_error(
                sharing(reseller, method, path, headers=storefront, **body), 403, "insufficient_scope"
            )
            assert_error(
                sharing(reseller, method, path, headers={"X-API-Key": ""}, **body), 401, "unauthorized"
            )

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=W10"])
    @pytest.mark.parametrize("path", ["", "/history"])
    def test_a_page_that_is_none_is_400(self, reseller: Stockline, path: str, query: str):
        assert_error(sharing(reseller, "GET", f"{path}?{query}"), 400, "invalid_request")


class TestLists:
    def test_all_manufacturers_are_listed_by_name_page_by_page(
        self, reseller: Stockline, stockline: Stockline
    ):
        for name in ("Ö", "z", "a", "Ä", "B"):
            stockline.another("MANUFACTURER").set(name=name)
        listed = all_of(reseller, limit=2)
        assert listed == all_of(reseller)
        assert all(len(page) <= 2 for page in pages(reseller, limit=2))
        places = [(sort_key(one["name"]), one["manufacturerId"]) for one in listed]
        assert places == sorted(places)
        assert {"Ö", "z", "a", "Ä", "B"} <= {one["name"] for one in listed}

    def test_also_whoever_attached_a_dealer_or_has_a_consent_and_nobody_else(
        self, reseller: Stockline, stockline: Stockline
    ):
        attached, given, stranger = (Network(stockline.another("RETAIL")) for _ in range(3))
        attached.dealer(reseller)
        set_(reseller, given)
        listed = {one["manufacturerId"]: one for one in all_of(reseller)}
        assert listed[str(attached.id)]["dealers"] == 1
        assert listed[str(given.id)]["precision"] == "LEVEL"
        assert str(stranger.id) not in listed
        assert str(reseller.tenant_id) not in listed

    def test_one_whose_consent_was_revoked_stays_listed_an_inactive_one_does_not(
        self, reseller: Stockline, stockline: Stockline
    ):
        revoked, inactive = (Network(stockline.another("RETAIL")) for _ in range(2))
        for one in (revoked, inactive):
            set_(reseller, one)
        revoke(reseller, revoked)
        inactive.owner.set(active=False)
        listed = {one["manufacturerId"] for one in all_of(reseller)}
        assert str(revoked.id) in listed
        assert str(inactive.id) not in listed

    def test_anothers_consents_are_not_seen(
        self, reseller: Stockline, stockline: Stockline, manufacturer: Network
    ):
        other = stockline.another("RESELLER")
        set_(other, manufacturer, precision="EXACT")
        assert get(reseller, manufacturer)["precision"] == "NONE"
        assert history(reseller) == []


class TestHistory:
    def test_every_change_is_kept_with_who_and_when_newest_first(
        self, reseller: Stockline, manufacturer: Network
    ):
        key = reseller.key
        set_(reseller, manufacturer, precision="EXACT")
        reseller.key = reseller.new_key(Scope.INTEGRATIONS)
        revoke(reseller, manufacturer)
        newest, oldest = all_of(reseller, "/history")
        assert list(newest) == list(CHANGE)
        assert (newest["from"], newest["to"]) == ("EXACT", "NONE")
        assert (oldest["from"], oldest["to"]) == ("NONE", "EXACT")
        assert newest["changedAt"] > oldest["changedAt"]
        assert newest["changedBy"] != oldest["changedBy"]
        assert key not in oldest["changedBy"]

    def test_it_comes_in_pages_and_of_one_manufacturer_alone(
        self, reseller: Stockline, stockline: Stockline, manufacturer: Network
    ):
        other = Network(stockline.another("MANUFACTURER"))
        for precision in ("EXACT", "LEVEL", "NONE", "EXACT", "LEVEL"):
            for to in (manufacturer, other):
                set_(reseller, to, precision=precision)
        whole = all_of(reseller, "/history")
        assert len(whole) == 10
        for limit in (1, 3, 10):
            assert all_of(reseller, "/history", limit) == whole
        own = all_of(reseller, f"/history?manufacturerId={other.id}", 2)
        assert own == [change for change in whole if change["manufacturerId"] == str(other.id)]
        assert all_of(reseller, f"/history?manufacturerId={uuid4()}") == []

    def test_it_outlives_the_manufacturer(self, reseller: Stockline, manufacturer: Network):
        set_(reseller, manufacturer)
        manufacturer.owner.set(active=False)
        assert history(reseller) == [("NONE", "LEVEL")]

    def test_changes_at_the_same_moment_leave_one_chain_that_ends_where_things_stand(
        self, reseller: Stockline, manufacturer: Network
    ):
        wishes = ["EXACT", "LEVEL", "NONE"] * 10
        with ThreadPoolExecutor(8) as pool:
            statuses = [
                one.status_code
                for one in pool.map(lambda wish: set_(reseller, manufacturer, precision=wish), wishes)
            ]
        assert set(statuses) == {200}
        chain = history(reseller, manufacturer)
        assert chain[0][0] == "NONE"
        assert all(earlier[1] == later[0] for earlier, later in pairwise(chain))
        assert all(before != after for before, after in chain)
        assert chain[-1][1] == get(reseller, manufacturer)["precision"]


class TestASample:
    def sample(self, reseller: Stockline) -> TestResponse:
        return sharing(reseller, "GET", "/sample")

    def test_it_is_what_a_storefront_would_be_told_under_each_precision(
        self, reseller: Stockline, manufacturer: Network
    ):
        reseller.set(safety_stock=2, low_stock_threshold=5)
        reseller.activate("P", stock=9)
        reseller.activate("B", stock=2)  # first by number, and nothing above the safety stock
        reseller.own("A", stock=9)
        manufacturer.dealer(reseller)
        sample = self.sample(reseller).json
        assert (sample["partNumber"], sample["name"], sample["shown"]["NONE"]) == ("P", "P", None)
        for precision in ("LEVEL", "EXACT"):
            set_(reseller, manufacturer, precision=precision)
            (told,) = manufacturer.nearby()
            assert sample["shown"][precision] == {
                name: told[name] for name in ("stockLevel", "stock") if name in told
            }
        assert sample["shown"]["EXACT"] == {"stockLevel": "in-stock", "stock": 7}

    def test_without_anything_to_show_it_is_404(self, reseller: Stockline):
        reseller.activate("P", stock=0)
        assert_error(self.sample(reseller), 404, "not_found")

    def test_a_tenant_that_is_no_reseller_has_none(self, stockline: Stockline):
        assert_error(self.sample(stockline.another("RETAIL")), 403, "feature_not_available")
