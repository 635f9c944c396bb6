"""Contract sections 4 and 7: parts, stock and config as a shop reads them."""

from urllib.parse import quote

import psycopg
import pytest

from app.bootstrap import Container
from tests.integration.web.shop import Shop, open_shop


class TestParts:
    def test_an_activated_part_has_exactly_the_contracts_fields(self, shop: Shop):
        shop.activate(
            "BRK-1",
            stock=7,
            price="12.50",
            name="Brake",
            brand="ACME",
            category="Brakes",
            weight_kg="0.3500",
            oem_part_number="45105",
            image_url="https://x.example/i.png",
            manual_url="https://x.example/m.pdf",
            description="<p>Good</p>",
        )
        assert shop.get("/api/t/parts/BRK-1").json == {
            "partNumber": "BRK-1",
            "oemPartNumber": "45105",
            "brand": "ACME",
            "name": "Brake",
            "category": "Brakes",
            "description": "<p>Good</p>",
            "imageUrl": "https://x.example/i.png",
            "manualUrl": "https://x.example/m.pdf",
            "weightKg": 0.35,
            "price": 12.5,
            "stock": 7,
        }

    def test_what_is_unset_is_null(self, shop: Shop):
        shop.own("OWN-1")
        part = shop.get("/api/t/parts/OWN-1").json
        assert {name for name, value in part.items() if value is None} == {
            "oemPartNumber",
            "brand",
            "category",
            "description",
            "imageUrl",
            "manualUrl",
            "weightKg",
            "price",
        }

    def test_a_catalog_part_goes_before_an_own_part_before_an_alias(self, shop: Shop):
        own = shop.own("X", name="own")
        shop.alias("Y", own)
        shop.own("Y", name="own Y")
        shop.activate("X", name="catalog")
        assert shop.get("/api/t/parts/X").json["name"] == "catalog"
        assert shop.get("/api/t/parts/Y").json["name"] == "own Y"

    def test_an_alias_returns_the_canonical_part_number(self, shop: Shop):
        shop.alias("OLD", shop.activate("NEW", stock=1))
        assert shop.get("/api/t/parts/OLD").json == shop.get("/api/t/parts/NEW").json

    def test_another_tenants_part_does_not_exist(self, shop: Shop, operator: psycopg.Connection):
        open_shop(operator, shop.client).activate("THEIRS")
        response = shop.get("/api/t/parts/THEIRS")
        assert (response.status_code, response.json["code"]) == (404, "not_found")

    @pytest.mark.parametrize("number", ["A/B", "/A", "A//B", "A/", "ÄÖ 1", "a%2Fb", "A+B", "A,B", ".."])
    def test_any_part_number_can_be_asked_for(self, shop: Shop, number: str):
        shop.own(number)
        assert shop.get("/api/t/parts/" + quote(number, safe="")).json["partNumber"] == number

    def test_slashes_may_stand_unencoded(self, shop: Shop):
        shop.own("A/B//C")
        assert shop.get("/api/t/parts/A/B//C").status_code == 200

    def test_part_numbers_are_trimmed_and_case_sensitive(self, shop: Shop):
        shop.own("Ab")
        assert shop.get("/api/t/parts/%20Ab%20").status_code == 200
        assert shop.get("/api/t/parts/AB").status_code == 404

    @pytest.mark.parametrize("path", ["%00", "%20", "x" * 129, "%FF"])
    def test_what_cannot_be_a_part_number_is_404(self, shop: Shop, path: str):
        assert shop.get("/api/t/parts/" + path).status_code == 404

    def test_the_description_is_sanitised(self, shop: Shop):
        shop.own(
            "D",
            description='<p onclick="x()">a<script>alert(1)</script><img src="x"><a href="javascript:x">b</a>'
            '<b style="color:red">c</b></p>',
        )
        told = shop.get("/api/t/parts/D").json["description"]
        assert told == '<p>a<a rel="noopener noreferrer nofollow">b</a><b>c</b></p>'


class TestStock:
    @pytest.mark.parametrize(
        "query",
        ["partNumbers=%C3%85%20%2B1,B", "partNumbers=Å+%2B1,B", "x=1&partNumbers=Å%20%2B1&partNumber=B"],
    )
    def test_a_query_is_read_encoded_or_not(self, shop: Shop, query: str):
        shop.activate("Å +1", stock=3)
        shop.activate("B", stock=4)
        raw = {"QUERY_STRING": query.encode().decode("latin-1")}
        answer = shop.client.get("/api/t/stock", headers={"X-API-Key": shop.key}, environ_overrides=raw)
        assert [line["stock"] for line in answer.json] == [3, 4]

    def test_lines_come_in_the_order_asked_each_once_without_the_unknown(self, shop: Shop):
        shop.activate("A", stock=0)
        shop.own("B", stock=9)
        shop.alias("ALIAS", shop.own("C", stock=10))
        lines = shop.get("/api/t/stock?partNumbers=C,nope,A,,B,C,ALIAS").json
        assert lines == [
            {"partNumber": "C", "stock": 10, "stockLevel": "in-stock"},
            {"partNumber": "A", "stock": 0, "stockLevel": "out"},
            {"partNumber": "B", "stock": 9, "stockLevel": "low"},
        ]

    def test_a_part_number_with_a_comma_is_asked_by_partNumber(self, shop: Shop):  # noqa: N802
        shop.own("A,B", stock=1)
        shop.own("C", stock=2)
        lines = shop.get("/api/t/stock?partNumber=A%2CB&partNumber=C").json
        assert [line["partNumber"] for line in lines] == ["A,B", "C"]

    def test_a_hundred_may_be_asked_and_not_one_more(self, shop: Shop):
        asked = [f"P{i}" for i in range(101)]
        assert shop.get("/api/t/stock?partNumbers=" + ",".join(asked[:100])).json == []
        response = shop.get("/api/t/stock?partNumbers=" + ",".join(asked))
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")

    @pytest.mark.parametrize("query", ["", "?partNumbers=", "?partNumbers=,%20,", "?other=1"])
    def test_none_is_400(self, shop: Shop, query: str):
        assert shop.get("/api/t/stock" + query).status_code == 400

    def test_what_cannot_be_a_part_number_is_left_out(self, shop: Shop):
        shop.own("A", stock=1)
        assert len(shop.get("/api/t/stock?partNumbers=%00,A," + "x" * 129).json) == 1

    def test_the_owners_threshold_decides_what_is_low(self, shop: Shop):
        shop.set_tenant(low_stock_threshold=3)
        shop.own("A", stock=3)
        assert shop.get("/api/t/stock?partNumbers=A").json[0]["stockLevel"] == "in-stock"


class TestConfig:
    def test_it_has_the_mapbox_token(self, shop: Shop):
        assert shop.get("/api/t/config").json == {"mapboxToken": ""}
        shop.set_tenant(mapbox_token="pk.1")
        assert shop.get("/api/t/config").json == {"mapboxToken": "pk.1"}


class TestCaching:
    @pytest.mark.parametrize(
        ("path", "cache_control"),
        [
            ("/api/t/config", "private, max-age=300"),
            ("/api/t/parts/A", "private, no-cache"),
            ("/api/t/stock?partNumbers=A", "private, no-cache"),
        ],
    )
    def test_every_answer_can_be_revalidated_and_never_mixes_tenants(self, shop: Shop, path, cache_control):
        shop.own("A")
        first = shop.get(path)
        assert first.headers["Cache-Control"] == cache_control
        assert first.headers["Vary"] == "X-API-Key, Origin"
        for sent in (
            first.headers["ETag"],
            "W/" + first.headers["ETag"],
            '"other", ' + first.headers["ETag"],
            "*",
        ):
            again = shop.get(path, If_None_Match=sent)
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == cache_control
            assert again.headers["Vary"] == "X-API-Key, Origin"
        assert shop.get(path, If_None_Match='"other"').status_code == 200

    def test_an_error_is_not_kept(self, shop: Shop):
        response = shop.get("/api/t/parts/none")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Vary"] == "X-API-Key, Origin"


class TestFreshness:
    def test_a_warm_read_does_not_see_a_change_until_it_is_told(self, shop: Shop, container: Container):
        shop.alias("OLD", shop.activate("A", stock=1))
        paths = ("/api/t/parts/A", "/api/t/parts/OLD", "/api/t/stock?partNumbers=A")
        before = [shop.get(path).headers["ETag"] for path in paths]
        shop.set_stock("A", 2)
        assert [shop.get(path).headers["ETag"] for path in paths] == before
        container.projection.forget_items(shop.tenant_id, ["A"])
        after = [shop.get(path).json for path in paths]
        assert [after[0]["stock"], after[1]["stock"], after[2][0]["stock"]] == [2, 2, 2]

    def test_an_unknown_part_is_remembered_as_such_until_the_tenant_is_forgotten(self, shop, container):
        assert shop.get("/api/t/parts/NEW").status_code == 404
        item = shop.own("LONG", stock=1)
        shop.alias("NEW", item)
        assert shop.get("/api/t/parts/NEW").status_code == 404
        container.projection.forget_tenant(shop.tenant_id)
        assert shop.get("/api/t/parts/NEW").json["partNumber"] == "LONG"

    def test_a_changed_catalog_is_seen_once_all_is_forgotten(self, shop: Shop, container: Container):
        shop.activate("A", name="before")
        assert shop.get("/api/t/parts/A").json["name"] == "before"
        shop.connection.execute("UPDATE part SET name = 'after'")
        container.projection.forget_all()
        assert shop.get("/api/t/parts/A").json["name"] == "after"
