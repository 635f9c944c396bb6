"""`/api/app/shopify/push-grants`: which distributors may push which brands, and every change of that."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.domain.tenancy.tenant import Scope
from tests.distributors import Distributor, call, grant, ok, revoke
from tests.stockline import Stockline

VIEW = ("distributorId", "name", "brands", "since", "changedAt", "changedBy")
CHANGE = ("distributorId", "brand", "granted", "changedAt", "changedBy")


@pytest.fixture
def distributor(stockline: Stockline) -> Distributor:
    return Distributor(stockline.another("DISTRIBUTOR"))


@pytest.fixture
def reseller(stockline: Stockline) -> Stockline:
    return stockline.another("RESELLER")


def get(reseller: Stockline, of: Distributor) -> dict[str, Any]:
    return ok(call(reseller, "GET", f"/push-grants/{of.id}"))


def put(reseller: Stockline, to: Distributor, **options: Any) -> TestResponse:
    return call(reseller, "PUT", f"/push-grants/{to.id}", **options)


def all_of(reseller: Stockline, path: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Every page of a list."""
    found, cursor, joint = [], "", "&" if "?" in path else "?"
    while cursor is not None:
        page = ok(
            call(reseller, "GET", f"/push-grants{path}{joint}limit={limit}{cursor and '&cursor=' + cursor}")
        )
        assert len(page["data"]) <= limit
        found, cursor = found + page["data"], page["nextCursor"]
    return found


def history(reseller: Stockline, query: str = "") -> list[tuple[str, bool]]:
    """Brand and whether it was granted, oldest first."""
    return [(one["brand"], one["granted"]) for one in reversed(all_of(reseller, f"/history{query}"))]


def assert_error(response: TestResponse, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code), response.text


class TestAGrant:
    def test_nothing_is_granted_before_a_word_is_said(self, reseller: Stockline, distributor: Distributor):
        found = get(reseller, distributor)
        assert list(found) == list(VIEW)
        assert [found[name] for name in VIEW[2:]] == [[], None, None, None]
        assert all_of(reseller) == []

    def test_it_tells_what_since_when_and_by_whom(self, reseller: Stockline, distributor: Distributor):
        granted = grant(reseller, distributor, "KTM", "Öhlins")
        assert granted["brands"] == ["KTM", "Öhlins"]
        assert granted["since"] <= granted["changedAt"]
        (key,) = reseller.database.execute(
            "SELECT id FROM api_key WHERE tenant_id = %s", (reseller.tenant_id,)
        ).fetchone()
        assert granted["changedBy"] == f"key {key}"
        assert get(reseller, distributor) == granted
        assert all_of(reseller) == [granted]

    def test_it_is_the_whole_list_and_what_is_left_out_is_taken_back(
        self, reseller: Stockline, distributor: Distributor
    ):
        first = grant(reseller, distributor, "KTM", "Öhlins")
        after = grant(reseller, distributor, "Öhlins", "Brembo")
        assert after["brands"] == ["Brembo", "Öhlins"]
        assert after["since"] >= first["since"]
        assert history(reseller) == [("KTM", True), ("Öhlins", True), ("KTM", False), ("Brembo", True)]

    @pytest.mark.parametrize(
        ("given", "again"),
        [("KTM", " ktm "), ("ÖHLINS", "öhlins"), ("Straße", "STRASSE"), ("Ö", "O\u0308"), ("ΣΙΓΜΑΣ", "σιγμας"), ("İ", "i\u0307")],
    )  # fmt: skip
    def test_a_brand_is_the_same_in_any_case_and_keeps_its_first_spelling(
        self, reseller: Stockline, distributor: Distributor, given: str, again: str
    ):
        first = grant(reseller, distributor, given)
        assert grant(reseller, distributor, again) == first
        assert grant(reseller, distributor, again, given)["brands"] == [given]
        assert history(reseller) == [(given, True)]

    def test_none_revokes_and_so_does_delete_and_either_may_be_repeated(
        self, reseller: Stockline, distributor: Distributor
    ):
        for _ in range(2):
            grant(reseller, distributor, "KTM")
            assert grant(reseller, distributor)["brands"] == []
            grant(reseller, distributor, "KTM")
            revoke(reseller, distributor)
            revoke(reseller, distributor)
        assert [granted for _, granted in history(reseller)] == [True, False] * 4
        assert all_of(reseller) == []
        assert get(reseller, distributor)["since"] is None

    def test_a_revocation_of_what_was_never_granted_leaves_no_trace(
        self, reseller: Stockline, distributor: Distributor
    ):
        revoke(reseller, distributor)
        assert history(reseller) == []

    @pytest.mark.parametrize("type_", ["STANDARD", "HYBRID", "RETAIL", "MANUFACTURER", "DISTRIBUTOR"])
    def test_whoever_may_have_a_shop_may_grant(
        self, stockline: Stockline, distributor: Distributor, type_: str
    ):
        tenant = stockline.another(type_)
        grant(tenant, distributor, "KTM")
        assert distributor.rights() == {str(tenant.tenant_id): ["KTM"]}

    def test_grants_at_the_same_moment_leave_one_of_their_lists(
        self, reseller: Stockline, distributor: Distributor
    ):
        wishes = [("A", "B"), ("C",), ("B", "D")] * 8
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda brands: grant(reseller, distributor, *brands), wishes))
        standing = get(reseller, distributor)["brands"]
        assert tuple(standing) in wishes
        replayed: set[str] = set()
        for brand, granted in history(reseller):
            assert (brand in replayed) != granted
            replayed ^= {brand}
        assert replayed == set(standing)


class TestWhatIsWrong:
    @pytest.mark.parametrize("type_", ["STANDARD", "RESELLER", "HYBRID", "MANUFACTURER"])
    def test_who_is_no_distributor_is_404_like_nobody(
        self, reseller: Stockline, stockline: Stockline, type_: str
    ):
        for one in (Distributor(stockline.another(type_)).id, uuid4()):
            path = f"/push-grants/{one}"
            assert_error(call(reseller, "GET", path), 404, "not_found")
            assert_error(call(reseller, "PUT", path, json={"brands": ["KTM"]}), 404, "not_found")
            assert_error(call(reseller, "PUT", path, json={"brands": []}), 404, "not_found")
            assert_error(call(reseller, "DELETE", path), 404, "not_found")

    def test_an_inactive_distributor_gets_nothing_and_can_still_be_revoked(
        self, reseller: Stockline, stockline: Stockline, distributor: Distributor
    ):
        never = Distributor(stockline.another("DISTRIBUTOR"))
        grant(reseller, distributor, "KTM")
        for one in (never, distributor):
            one.stockline.set(active=False)
            assert_error(put(reseller, one, json={"brands": ["KTM"]}), 404, "not_found")
        assert [one["brands"] for one in all_of(reseller)] == [["KTM"]]
        revoke(reseller, distributor)
        assert all_of(reseller) == []

    def test_oneself_is_400(self, distributor: Distributor):
        assert_error(
            put(distributor.stockline, distributor, json={"brands": ["KTM"]}), 400, "invalid_request"
        )

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"{}", b'{"brands": "KTM"}', b'{"brands": null}', b'{"brands": [1]}', b'{"brands": [""]}',
         b'{"brands": ["  "]}', b'{"brands": ["a\\u0000"]}', b'{"brands": ["\\ud800"]}', b'{"brands": [], "more": 1}'],
    )  # fmt: skip
    def test_a_body_that_is_none_is_400_and_changes_nothing(
        self, reseller: Stockline, distributor: Distributor, body: bytes
    ):
        grant(reseller, distributor, "KTM")
        headers = {"Content-Type": "application/json"}
        assert_error(put(reseller, distributor, data=body, headers=headers), 400, "invalid_request")
        assert get(reseller, distributor)["brands"] == ["KTM"]

    def test_200_brands_of_255_characters_are_the_most(self, reseller: Stockline, distributor: Distributor):
        brands = [f"{number:03}" + "x" * 252 for number in range(200)]
        assert grant(reseller, distributor, *brands)["brands"] == brands
        assert put(reseller, distributor, json={"brands": [*brands, "one more"]}).status_code == 400
        assert put(reseller, distributor, json={"brands": ["x" * 256]}).status_code == 400

    def test_a_key_for_storefronts_is_403_and_none_is_401(
        self, reseller: Stockline, distributor: Distributor
    ):
        storefront = {"X-API-Key": reseller.new_key(Scope.STOREFRONT)}
        assert put(reseller, distributor, json={"brands": []}, headers=storefront).status_code == 403
        assert put(reseller, distributor, json={"brands": []}, headers={"X-API-Key": ""}).status_code == 401

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "cursor=W10"])
    @pytest.mark.parametrize("path", ["", "/history"])
    def test_a_page_that_is_none_is_400(self, reseller: Stockline, path: str, query: str):
        assert_error(call(reseller, "GET", f"/push-grants{path}?{query}"), 400, "invalid_request")


class TestLists:
    def test_the_grants_that_stand_come_by_name_page_by_page(self, reseller: Stockline, stockline: Stockline):
        for name in ("Ö", "z", "a", "Ä", "B"):
            one = Distributor(stockline.another("DISTRIBUTOR"))
            one.stockline.set(name=name)
            grant(reseller, one, "KTM")
        assert [one["name"] for one in all_of(reseller, limit=2)] == ["a", "Ä", "B", "Ö", "z"]

    def test_history_comes_in_pages_newest_first_and_of_one_distributor_alone(
        self, reseller: Stockline, stockline: Stockline, distributor: Distributor
    ):
        other = Distributor(stockline.another("DISTRIBUTOR"))
        for to in (distributor, other):
            grant(reseller, to, "A", "B")
            revoke(reseller, to)
        whole = all_of(reseller, "/history")
        assert list(whole[0]) == list(CHANGE)
        assert [one["changedAt"] for one in whole] == sorted(
            (one["changedAt"] for one in whole), reverse=True
        )
        for limit in (1, 3):
            assert all_of(reseller, "/history", limit) == whole
        own = all_of(reseller, f"/history?distributorId={other.id}", 3)
        assert own == [one for one in whole if one["distributorId"] == str(other.id)]
        assert len(own) == 4

    def test_anothers_grants_are_not_seen(
        self, reseller: Stockline, stockline: Stockline, distributor: Distributor
    ):
        grant(stockline.another("RESELLER"), distributor, "KTM")
        assert get(reseller, distributor)["brands"] == []
        assert all_of(reseller) == history(reseller) == []


class TestRights:
    def test_a_distributor_sees_who_lets_it_and_nobody_else_does(
        self, reseller: Stockline, stockline: Stockline, distributor: Distributor
    ):
        other = Distributor(stockline.another("DISTRIBUTOR"))
        grant(reseller, distributor, "KTM", "Brembo")
        assert distributor.rights() == {str(reseller.tenant_id): ["Brembo", "KTM"]}
        assert other.rights() == {}

    def test_a_right_is_gone_with_the_grant_and_with_the_reseller(
        self, reseller: Stockline, stockline: Stockline, distributor: Distributor
    ):
        closed = stockline.another("RESELLER")
        grant(closed, distributor, "KTM")
        grant(reseller, distributor, "KTM")
        closed.set(active=False)
        assert list(distributor.rights()) == [str(reseller.tenant_id)]
        revoke(reseller, distributor)
        assert distributor.rights() == {}

    @pytest.mark.parametrize("type_", ["STANDARD", "RESELLER", "HYBRID"])
    def test_who_is_no_distributor_has_none(self, stockline: Stockline, type_: str):
        assert_error(call(stockline.another(type_), "GET", "/push-rights"), 403, "feature_not_available")
