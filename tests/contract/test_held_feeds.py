"""What a held feed would do, before a person decides: counted and row by row, against the stock of that moment."""

from collections.abc import Callable
from typing import Any

import pytest

from app.bootstrap import Container
from app.domain.stock import preview
from tests.stockline import Stockline, stamp
from tests.visitor import Visitor, person

HOSTILE = "<script>alert(1)</script>"
ROWS = [
    {"partNumber": "A", "stock": 0},
    {"partNumber": "B", "stock": 3},
    {"partNumber": "C", "stock": 9},
    {"partNumber": "D", "stock": 5},
    {"partNumber": HOSTILE, "stock": 0},
    {"partNumber": "E", "stock": "many"},
    {"partNumber": "alias-of-F", "stock": 0},
    {"partNumber": "G", "stock": 0, "asOf": stamp(days=2)},
]
EFFECTS = ["empty", "lower", "raise", "leave", "skip", "skip", "empty", "skip"]


@pytest.fixture
def shop(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    """Where all parts have five, and chunks are three rows."""
    stockline.activate(*"ABCDEFG")
    shop = stockline.over(build(secret_key="what-cookies-of-tests-are-signed-with", feed_chunk_rows=3))
    shop.alias("alias-of-F", "F")
    shop.stock_feed(*({"partNumber": one, "stock": 5} for one in "ABCDEFG"))
    shop.set(shrink_guard_percent=20)
    return shop


@pytest.fixture
def viewer(shop: Stockline) -> Visitor:
    return person(shop.application, shop.tenant_id, "viewer")


def hold(shop: Stockline, rows: list[dict[str, Any]]) -> str:
    feed_id = shop.accept("stock-feed", rows)
    shop.drain()
    assert shop.feed(feed_id)["status"] == "held"
    return feed_id


def rows_of(viewer: Visitor, feed_id: str, query: str = "") -> list[dict[str, Any]]:
    """All pages of them."""
    seen, cursor = [], ""
    while cursor is not None:
        answer = viewer.json("GET", f"/api/app/feeds/{feed_id}/preview/rows?{query}{cursor}")
        assert answer.status_code == 200, answer.text
        seen += answer.json["data"]
        cursor = answer.json["nextCursor"] and f"&cursor={answer.json['nextCursor']}"
    return seen


def test_it_is_counted_what_the_rows_would_do(shop: Stockline, viewer: Visitor):
    feed_id = hold(shop, ROWS)

    told = viewer.json("GET", f"/api/app/feeds/{feed_id}/preview").json

    assert told["effects"] == {"empty": 2, "lower": 1, "raise": 1, "leave": 1, "skip": 3}
    assert (told["rowsTotal"], told["rowsCounted"], told["inStock"]) == (8, 8, 7)
    assert f"set {told['effects']['empty']} items" in shop.feed(feed_id)["error"]


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_each_row_stands_beside_the_stock_of_this_moment(shop: Stockline, viewer: Visitor, limit: int):
    feed_id = hold(shop, ROWS)

    told = rows_of(viewer, feed_id, f"limit={limit}")

    assert [row["index"] for row in told] == list(range(8))
    assert [row["effect"] for row in told] == EFFECTS
    assert [row["standing"] for row in told] == [5, 5, 5, 5, None, None, 5, 5]
    assert [row["outcome"] for row in told][4:] == ["notFound", "rejected", "changed", "stale"]


@pytest.mark.parametrize("effect", sorted(set(EFFECTS)))
def test_those_of_one_effect_are_read_page_by_page(shop: Stockline, viewer: Visitor, effect: str):
    feed_id = hold(shop, ROWS)

    told = rows_of(viewer, feed_id, f"effect={effect}&limit=1")

    assert [row["index"] for row in told] == [at for at, one in enumerate(EFFECTS) if one == effect]


def test_what_is_told_is_what_a_release_then_does(shop: Stockline, viewer: Visitor):
    feed_id = hold(shop, ROWS)
    written, only_confirmed = {"partNumber": "B", "stock": 2}, {"partNumber": "C", "stock": 5}
    shop.stock_feed({"partNumber": "A", "stock": 0}, written, only_confirmed)
    told = {row["index"]: row["outcome"] for row in rows_of(viewer, feed_id)}

    shop.request("POST", f"/feeds/{feed_id}/release")
    shop.drain()

    assert told == {row["index"]: row["outcome"] for row in shop.rows(feed_id)}
    assert [told[index] for index in range(3)] == ["stale"] * 3


def test_a_row_that_loses_to_another_name_of_its_part_is_told_to_do_nothing(shop: Stockline, viewer: Visitor):
    sent = (("A", 0), ("alias-of-F", 0), ("B", 0), ("F", 4))
    feed_id = hold(shop, [{"partNumber": name, "stock": stock} for name, stock in sent])

    assert [row["effect"] for row in rows_of(viewer, feed_id)] == ["empty", "skip", "empty", "lower"]
    assert [row["outcome"] for row in rows_of(viewer, feed_id)][1] == "duplicate"


def test_a_look_changes_nothing(shop: Stockline, viewer: Visitor):
    feed_id = hold(shop, ROWS)
    before = shop.stock()

    viewer.get(f"/portal/feeds/{feed_id}")
    viewer.get(f"/portal/feeds/{feed_id}/effects")

    assert (shop.stock(), shop.feed(feed_id)["status"]) == (before, "held")


def test_of_very_many_rows_the_first_are_counted_and_that_is_said(
    shop: Stockline, viewer: Visitor, monkeypatch: pytest.MonkeyPatch
):
    feed_id = hold(shop, ROWS)
    monkeypatch.setattr(preview, "COUNTED_ROWS_MAX", 2)
    monkeypatch.setattr(preview, "LOOKED_THROUGH_MAX", 2)

    assert viewer.json("GET", f"/api/app/feeds/{feed_id}/preview").json["rowsCounted"] == 3
    assert "Counted are the first 3 rows" in viewer.get(f"/portal/feeds/{feed_id}/effects").text
    first = viewer.json("GET", f"/api/app/feeds/{feed_id}/preview/rows?effect=skip").json
    assert (first["data"], first["nextCursor"] is None) == ([], False)
    assert [row["index"] for row in rows_of(viewer, feed_id, "effect=skip")] == [4, 5, 7]


def test_the_page_has_the_rows_that_it_would_empty_and_others_on_demand(shop: Stockline, viewer: Visitor):
    path = f"/portal/feeds/{hold(shop, ROWS)}"

    emptied, everything = viewer.get(path).text, viewer.get(f"{path}?effect=all").text
    piece, page = viewer.get(f"{path}/effects", HX_Request="true").text, viewer.get(f"{path}/effects").text

    assert ("<code>A</code>" in emptied, "<code>B</code>" in emptied) == (True, False)
    assert emptied.count("<code>alias-of-F</code>") == 1
    assert (HOSTILE in everything, "<code>&lt;script&gt;" in everything) == (False, True)
    assert "7 parts are in stock now, of which it would empty 2 (28.6 %)" in piece
    assert ("<html" in piece, "<html" in page, piece in page) == (False, True, True)
    assert viewer.get(f"{path}?effect=none").status_code == 400


def test_there_is_nothing_to_see_of_what_is_decided_gone_or_somebody_elses(shop: Stockline, viewer: Visitor):
    applied = shop.send("stock-feed", [{"partNumber": "A", "stock": 5}])["feedId"]
    held = hold(shop, ROWS)
    stranger = person(shop.application, shop.another().tenant_id)

    def codes(visitor: Visitor, feed_id: str) -> list[int]:
        paths = ("preview", "preview/rows")
        return [visitor.json("GET", f"/api/app/feeds/{feed_id}/{path}").status_code for path in paths]

    assert (codes(viewer, applied), codes(stranger, held)) == ([409, 409], [404, 404])
    shop.sql("DELETE FROM feed_chunk WHERE feed_id = %s", held)
    assert codes(viewer, held) == [409, 409]
    assert "discard it and send it again" in viewer.get(f"/portal/feeds/{held}").text
