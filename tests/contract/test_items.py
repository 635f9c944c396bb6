"""`/api/app/items*` and the grid's pages behind a browser: found, paged both ways, corrected by hand."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from app.bootstrap import Container
from tests.stockline import Stockline, stamp
from tests.visitor import person

HOSTILE = '<script>x</script>"><img src=x onerror=y>'


@pytest.fixture(scope="module")
def _portal(build: Callable[..., Container]) -> Container:
    return build(secret_key="what-cookies-of-tests-are-signed-with")


_MADE: dict[int, Any] = {}


@pytest.fixture
def desk(stockline: Stockline, _portal: Container) -> Stockline:
    """The tenant at an application in which people sign in."""
    over = _MADE.setdefault(id(_portal), stockline.over(_portal))
    stockline.container, stockline.application = over.container, over.application
    return stockline


@pytest.fixture
def catalog(desk: Stockline) -> Stockline:
    """Eight central parts in two brands, some of them in stock, some with a price; and one own part."""
    for number in range(8):
        name = f"C/{number}"
        desk.activate(name, stock=number * 3)
        desk.sql(
            "UPDATE part SET name = %s, brand = %s, category = %s WHERE part_number = %s",
            f"Lever {'Öl' if number % 2 else 'Gas'} {9 - number}",
            "KTM" if number < 4 else "Brembo",
            "Brakes" if number % 2 else None,
            name,
        )
        desk.sql(
            "UPDATE stock_item SET price = %s WHERE tenant_id = %s AND part_number = %s",
            None if number == 2 else 10 - number,
            desk.tenant_id,
            name,
        )
    desk.own("OWN", stock=4)
    return desk


def call(desk: Stockline, method: str, path: str, **options: Any) -> Any:
    return desk.application.test_client().open(
        f"/api/app/items{path}", method=method, headers={"X-API-Key": desk.key}, **options
    )


def names(desk: Stockline, query: str = "") -> list[str]:
    """Part numbers over all pages of three."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = call(desk, "GET", f"?limit=3{query}{cursor and '&cursor=' + cursor}")
        assert page.status_code == 200, page.text
        found += [one["partNumber"] for one in page.json["data"]]
        cursor = page.json["nextCursor"]
    return found


def numbers(text: str) -> list[str]:
    return [f"C/{one}" for one in text]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "01234567"),
        ("&q=C/3", "3"),
        ("&q=öl", "1357"),
        ("&q=BREM+gas", "46"),
        ("&q=%25", ""),
        ("&level=out", "0"),
        ("&level=low", "123"),
        ("&level=in-stock", "4567"),
        ("&brand=ktm", "0123"),
        ("&category=brakes&brand=brembo", "57"),
        ("&priced=false", "2"),
        ("&inShop=true", ""),
        ("&inShop=false&priced=true", "0134567"),
        ("&sort=name", "64207531"),
        ("&sort=stock&direction=desc", "76543210"),
        ("&sort=price", "27654310"),
        ("&sort=price&direction=desc", "01345672"),
        ("&sort=updated", "01234567"),
    ],
)
def test_items_are_found_and_every_order_can_be_paged_through(catalog: Stockline, query: str, expected: str):
    assert names(catalog, query) == numbers(expected)


def test_own_parts_and_others_tenants_are_kept_apart(catalog: Stockline):
    assert names(catalog, "&source=own") == ["OWN"]
    assert names(catalog, "&source=own&q=own") == ["OWN"]
    assert names(catalog.another()) == []
    assert call(catalog.another(), "GET", "/catalog/C/1").status_code == 404


@pytest.mark.parametrize("query", ["&sort=stock&cursor=W251bGxd", "&sort=size", "&level=full", "&q=%00"])
def test_what_is_no_query_is_refused(catalog: Stockline, query: str):
    assert call(catalog, "GET", f"?limit=3{query}").status_code == 400


def test_one_item_tells_all_that_is_known_of_it(catalog: Stockline):
    catalog.alias("other", "C/1")
    (item,) = catalog.activate("G", stock=1)
    catalog.pushed(item, 1, seconds_ago=5)
    found = call(catalog, "GET", "/catalog/C/1").json
    assert (found["name"], found["level"], found["aliases"]) == ("Lever Öl 8", "low", ["other"])
    assert call(catalog, "GET", "/catalog/G").json["shop"]["lastPushHash"] == "stock:1"
    assert call(catalog, "GET", "/own/C/1").status_code == 404


def test_a_corrected_value_holds_against_feeds_accepted_before_and_yields_to_later_ones(catalog: Stockline):
    earlier = catalog.accept("stock-feed", [{"partNumber": "C/1", "stock": 77}])
    changed = call(catalog, "PATCH", "/catalog/C/1", json={"stock": 5, "price": "12.50"})
    assert (changed.json["stock"], changed.json["price"]) == (5, "12.50")
    catalog.drain()
    assert catalog.result(earlier)["stale"] == 1
    assert catalog.stock()["C/1"] == 5
    catalog.stock_feed({"partNumber": "C/1", "stock": 6, "asOf": stamp(hours=1)})
    assert catalog.stock()["C/1"] == 5
    catalog.stock_feed({"partNumber": "C/1", "stock": 6})
    assert catalog.stock()["C/1"] == 6


def test_a_corrected_value_is_what_the_storefront_shows_at_once(catalog: Stockline):
    def shown() -> Any:
        client = catalog.application.test_client()
        return client.get("/api/t/parts/C/1", headers={"X-API-Key": catalog.key}).json

    before = shown()
    call(catalog, "PATCH", "/catalog/C/1", json={"price": "77.00"})
    assert (before["price"], shown()["price"]) == (9, 77)


@pytest.mark.parametrize("change", [{"stock": -1}, {"price": "1.234"}, {"price": "much"}, {"name": "x"}])
def test_what_is_no_value_is_refused_and_changes_nothing(catalog: Stockline, change: dict[str, Any]):
    refused = call(catalog, "PATCH", "/catalog/C/1", json=change)
    assert refused.status_code == 400
    assert catalog.prices("C/1")[0] == "9.00"


def test_an_own_part_under_the_number_of_a_central_one_is_changed_by_itself(catalog: Stockline):
    catalog.own("C/1", stock=1)
    assert call(catalog, "PATCH", "/own/C/1", json={"stock": 9}).status_code == 200
    assert (catalog.stock("own")["C/1"], catalog.stock("catalog")["C/1"]) == (9, 3)


def rows(page: Any) -> list[str]:
    return re.findall(r'/item/([^"?]+)"', page.text)


def link(page: Any, text: str) -> str:
    found = re.search(rf'<a href="([^"]+)" role="button" class="secondary">{text}</a>', page.text)
    assert found, text
    return unescape(found[1])


def test_pages_go_forth_and_back_and_to_the_end(catalog: Stockline):
    viewer = person(catalog.application, catalog.tenant_id, "viewer")
    first = viewer.get("/portal/catalog?limit=3&sort=price&direction=desc")
    second = viewer.get(link(first, "Next page"))
    last = viewer.get(link(first, "Last"))
    assert [rows(one) for one in (first, second, last)] == [numbers("013"), numbers("456"), numbers("672")]
    assert rows(viewer.get(link(second, "Previous"))) == numbers("013")
    assert rows(viewer.get(link(last, "First"))) == numbers("013")
    assert "8</strong> parts" in viewer.get("/portal/catalog/count").text
    assert "Next page" not in last.text
    assert "Previous" not in first.text


def test_who_may_only_look_finds_no_field_and_no_button(catalog: Stockline):
    viewer = person(catalog.application, catalog.tenant_id, "viewer")
    page = viewer.get("/portal/catalog")
    assert "Push to Shopify" not in page.text
    assert 'name="stock"' not in page.text
    for path in ("catalog/values/C/1", "catalog/push", "catalog/push/check", "parts/item/OWN"):
        assert viewer.post(f"/portal/{path}", {"stock": "1"}).status_code == 403, path


def test_a_value_typed_in_a_browser_without_script_is_kept(catalog: Stockline):
    operator = person(catalog.application, catalog.tenant_id, "operator")
    assert operator.post("/portal/catalog/values/C/1", {"stock": "41"}).status_code == 303
    assert catalog.stock()["C/1"] == 41
    assert operator.post("/portal/catalog/values/C/1", {"stock": "x"}).status_code == 400
    assert operator.post("/portal/catalog/values/nothing", {"stock": "1"}).status_code == 404


def test_an_own_part_is_described_and_put_into_a_group_and_taken_out(catalog: Stockline):
    operator = person(catalog.application, catalog.tenant_id, "operator")
    group = {
        "name": HOSTILE,
        "tags": "a, b",
        "variantGroup": "G",
        "variantGroupName": "Lever",
        "option1Name": "Colour",
        "option1Value": "Red",
    }
    assert operator.post("/portal/parts/item/OWN", group).status_code == 303
    found = call(catalog, "GET", "/own/OWN").json
    assert (found["name"], found["content"]["tags"], found["group"]["optionValue"]) == (
        HOSTILE,
        ["a", "b"],
        "Red",
    )
    assert [one["partNumber"] for one in found["members"]] == ["OWN"]
    assert HOSTILE not in operator.get("/portal/parts/item/OWN").text
    assert operator.post("/portal/parts/item/OWN", group | {"variantGroup": ""}).status_code == 303
    assert call(catalog, "GET", "/own/OWN").json["group"] is None
    refused = operator.post("/portal/parts/item/OWN", {"name": "N", "ean": "12"})
    assert refused.status_code == 400
    assert "ean must be 8 or 12 or 13 or 14 digits" in refused.text
    assert operator.post("/portal/parts/item/none", {"name": "N"}).status_code == 404


def test_a_part_number_that_looks_like_a_way_leads_to_its_own_item_alone(catalog: Stockline):
    catalog.own("../../shopify/disconnect")
    operator = person(catalog.application, catalog.tenant_id, "operator")
    page = operator.get("/portal/parts?q=disconnect")
    ways = re.findall(r'hx-post="([^"]+/values/[^"]+)"', page.text)
    assert len(ways) == 2, "a stock and a price"
    assert not any("/" in way.partition("/values/")[2] for way in ways), "a browser would follow its dots"
    assert operator.post(ways[0], {"stock": "5"}).status_code == 303
    assert catalog.stock("own")["../../shopify/disconnect"] == 5


def test_what_is_ticked_at_one_company_is_not_carried_into_another(catalog: Stockline):
    page = person(catalog.application, catalog.tenant_id, "operator").get("/portal/catalog?q=C")
    assert f'data-of="{catalog.tenant_id} /portal/catalog?q=C"' in page.text
