"""Contract §3, GET /feeds…: how feeds went, row by row if need be."""

from datetime import datetime

import msgspec
import pytest

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from tests.stockline import Stockline, stamp


def row(part_number, stock=1, **more):
    return {"partNumber": part_number, "stock": stock, **more}


class TestOneFeed:
    def test_a_queued_one_has_no_result_yet(self, stockline: Stockline):
        feed_id = stockline.accept("stock-feed", [row("A"), row("B"), row("")])
        feed = stockline.feed(feed_id)
        assert datetime.fromisoformat(feed.pop("acceptedAt")).tzinfo
        assert feed == {
            "feedId": feed_id,
            "kind": "stock-feed",
            "status": "queued",
            "startedAt": None,
            "appliedAt": None,
            "rowsTotal": 3,
            "rowsApplied": 0,
            "result": None,
            "error": None,
        }

    def test_one_in_the_middle_shows_how_far_it_is(
        self, stockline: Stockline, monkeypatch: pytest.MonkeyPatch
    ):
        stockline.activate("A")
        feed_id = stockline.accept("stock-feed", [row(name) for name in "ABCDEFG"])
        only_one_chunk(monkeypatch)
        stockline.drain()
        feed = stockline.feed(feed_id)
        assert (feed["status"], feed["rowsApplied"], feed["rowsTotal"]) == ("applying", 3, 7)
        assert (feed["result"], feed["appliedAt"]) == (None, None)
        assert feed["startedAt"] >= feed["acceptedAt"]

    def test_an_applied_one_has_the_body_of_the_200(self, stockline: Stockline):
        stockline.activate("A")
        with stockline.worker():
            answer = stockline.post("stock-feed", [row("A"), row("B"), row("")])
        feed = stockline.feed(answer.json["feedId"])
        assert (feed["status"], feed["result"]) == ("applied", answer.json)
        assert feed["rowsApplied"] == feed["rowsTotal"] == 3
        assert feed["acceptedAt"] <= feed["startedAt"] <= feed["appliedAt"]

    @pytest.mark.parametrize(
        ("surface", "rows"),
        [
            ("stock-feed", [row("A")]),
            ("location-stock", [row("A", dealerId="x")]),
            ("price-feed", [{"partNumber": "A", "price": 1}]),
        ],
    )
    def test_its_kind_is_its_surface(self, stockline: Stockline, surface: str, rows):
        assert stockline.feed(stockline.accept(surface, rows))["kind"] == surface

    def test_another_tenants_is_404(self, stockline: Stockline):
        response = stockline.another().get(f"/feeds/{stockline.accept('stock-feed', [row('A')])}")
        assert (response.status_code, response.json["code"]) == (404, "not_found")

    @pytest.mark.parametrize("feed_id", ["01980000-0000-7000-8000-000000000000", "5", "x", "%00", "..%2F"])
    def test_what_does_not_exist_is_404(self, stockline: Stockline, feed_id: str):
        response = stockline.get(f"/feeds/{feed_id}")
        assert (response.status_code, response.json["code"]) == (404, "not_found")


def only_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second chunk of whatever comes fails."""
    checkpoint, chunks = PostgresFeedTransaction.checkpoint, iter([True])

    def fails_the_second(self, *arguments):
        if not next(chunks, None):
            raise RuntimeError("no")
        checkpoint(self, *arguments)

    monkeypatch.setattr(PostgresFeedTransaction, "checkpoint", fails_the_second)


class TestTheList:
    @pytest.fixture
    def ids(self, stockline: Stockline) -> list[str]:
        """Seven feeds, newest first."""
        return [stockline.accept("stock-feed", [row("A", stock)]) for stock in range(7)][::-1]

    def test_it_is_newest_first(self, stockline: Stockline, ids: list[str]):
        page = stockline.get("/feeds").json
        assert [feed["feedId"] for feed in page["data"]] == ids
        assert page["nextCursor"] is None

    def test_an_entry_is_the_feed(self, stockline: Stockline, ids: list[str]):
        assert stockline.get("/feeds").json["data"][0] == stockline.feed(ids[0])

    def test_it_is_empty_without_feeds(self, stockline: Stockline):
        assert stockline.get("/feeds").json == {"data": [], "nextCursor": None}

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    def test_pages_follow_each_other(self, stockline: Stockline, ids: list[str], limit: int):
        assert list(self.pages(stockline, limit)) == ids

    def test_feeds_arriving_meanwhile_shift_nothing(self, stockline: Stockline, ids: list[str]):
        found = []
        for feed_id in self.pages(stockline, 2):
            found.append(feed_id)
            stockline.accept("stock-feed", [row("A")])
        assert found == ids

    def pages(self, stockline: Stockline, limit: int):
        path = f"/feeds?limit={limit}"
        while path:
            page = stockline.get(path).json
            assert len(page["data"]) <= limit
            yield from [feed["feedId"] for feed in page["data"]]
            path = page["nextCursor"] and f"/feeds?limit={limit}&cursor={page['nextCursor']}"

    def test_fifty_are_a_page_by_default(self, stockline: Stockline):
        stockline.sql(
            "INSERT INTO feed (tenant_id, kind, accepted_at, seq, received, rejected, chunks, request_id)"
            " SELECT %s, 'stock-feed', now() - make_interval(secs => n), n, 1, 0, 1, 'r'"
            " FROM generate_series(1, 201) n",
            stockline.tenant_id,
        )
        assert len(stockline.get("/feeds").json["data"]) == 50
        assert len(stockline.get("/feeds?limit=200").json["data"]) == 200

    @pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "", "1.5", "9" * 30])
    def test_a_limit_out_of_range_is_400(self, stockline: Stockline, limit: str):
        response = stockline.get(f"/feeds?limit={limit}")
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")

    @pytest.mark.parametrize("cursor", ["x", "%00", "WzFd", "bnVsbA", "ü", "!!!", "W10", "A" * 5000])
    def test_a_cursor_that_is_not_ours_is_400(self, stockline: Stockline, cursor: str):
        response = stockline.get(f"/feeds?cursor={cursor}")
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")

    def test_other_tenants_see_their_own_even_with_our_cursor(self, stockline: Stockline, ids: list[str]):
        other = stockline.another()
        cursor = stockline.get("/feeds?limit=1").json["nextCursor"]
        assert other.get("/feeds").json["data"] == []
        assert other.get(f"/feeds?cursor={cursor}").json["data"] == []


class TestRows:
    @pytest.fixture
    def feed_id(self, stockline: Stockline) -> str:
        """A feed with every outcome that a stock feed can have."""
        (echoed, *_) = stockline.activate(*"EABC", stock=4)
        stockline.alias("x", "A")
        stockline.pushed(echoed, 7, seconds_ago=10)
        stockline.stock_feed(row("C", 1))
        return stockline.stock_feed(
            row(""),
            row(" x ", 5),
            row("E", 7),
            5,
            row("B", 4.9),
            row("none", 2),
            row("D", True),
            row("C", 9, asOf=stamp(hours=1)),
            row("A", 3, asOf=stamp(hours=1)),
            row("Z", -1),
        )["feedId"]

    EVERY = (
        (0, "", 1, "rejected"),
        (1, " x ", 5, "changed"),
        (2, "E", 7, "echoSkipped"),
        (3, None, None, "rejected"),
        (4, "B", 4, "updated"),
        (5, "none", 2, "notFound"),
        (6, "D", True, "rejected"),
        (7, "C", 9, "stale"),
        (8, "A", 3, "duplicate"),
        (9, "Z", -1, "rejected"),
    )

    def test_they_come_in_payload_order_with_their_outcomes(self, stockline: Stockline, feed_id: str):
        found = stockline.rows(feed_id)
        assert all(set(one) == {"index", "partNumber", "stock", "outcome", "detail"} for one in found)
        assert [tuple(one.values())[:4] for one in found] == list(self.EVERY)

    def test_they_are_ndjson(self, stockline: Stockline, feed_id: str):
        response = stockline.get(f"/feeds/{feed_id}/rows")
        assert response.mimetype == "application/x-ndjson"
        assert response.data.endswith(b"\n")
        assert len([msgspec.json.decode(line) for line in response.data.splitlines()]) == 10

    def test_the_detail_tells_why(self, stockline: Stockline, feed_id: str):
        details = {one["index"]: one["detail"] for one in stockline.rows(feed_id)}
        assert details[0] == "partNumber is empty"
        assert details[1] == "resolved through an alias"
        assert details[4] is None
        assert "alias" in details[5]
        assert "older" in details[7]

    @pytest.mark.parametrize(
        ("outcome", "indexes"),
        [
            ("updated", [1, 4]),
            ("changed", [1]),
            ("echoSkipped", [2]),
            ("notFound", [5]),
            ("duplicate", [8]),
            ("stale", [7]),
            ("rejected", [0, 3, 6, 9]),
            ("invalidDealer", []),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 2, 1000])
    def test_an_outcome_picks_its_rows(
        self, stockline: Stockline, feed_id: str, outcome: str, indexes: list[int], limit: int
    ):
        found = stockline.rows(feed_id, outcome=outcome, limit=limit)
        assert [one["index"] for one in found] == indexes

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 10])
    def test_pages_follow_each_other_by_link(self, stockline: Stockline, feed_id: str, limit: int):
        first = stockline.get(f"/feeds/{feed_id}/rows?limit={limit}")
        assert len(first.data.splitlines()) == limit
        assert [one["index"] for one in stockline.rows(feed_id, limit=limit)] == list(range(10))

    def test_the_last_page_has_no_link(self, stockline: Stockline, feed_id: str):
        assert "Link" not in stockline.get(f"/feeds/{feed_id}/rows").headers

    def test_a_link_survives_whatever_else_was_asked(self, stockline: Stockline, feed_id: str):
        page = stockline.get(f"/feeds/{feed_id}/rows?limit=1&x=%26limit%3D0%0d%0aA:b%3E;%20rel&y=ü")
        assert page.status_code == 200
        following = page.headers["Link"].split(">")[0].removeprefix("</api/integrations")
        (line,) = stockline.get(following).data.splitlines()
        assert msgspec.json.decode(line)["index"] == 1

    def test_many_chunks_are_paged_through(self, stockline: Stockline):
        rows = [row("" if number % 5 == 0 else f"N{number}", number) for number in range(150)]
        feed_id = stockline.stock_feed(*rows)["feedId"]
        assert [one["index"] for one in stockline.rows(feed_id)] == list(range(150))
        rejected = stockline.rows(feed_id, outcome="rejected", limit=7)
        assert [one["index"] for one in rejected] == list(range(0, 150, 5))
        assert stockline.rows(feed_id, outcome="stale") == []

    def test_rows_without_an_outcome_yet_are_left_out_and_rejected_ones_shown(
        self, stockline: Stockline, monkeypatch: pytest.MonkeyPatch
    ):
        feed_id = stockline.accept("stock-feed", [row("A"), row(""), row("B"), row("C"), row("D"), row("")])
        assert [one["outcome"] for one in stockline.rows(feed_id)] == ["rejected", "rejected"]
        only_one_chunk(monkeypatch)
        stockline.drain()
        assert [one["index"] for one in stockline.rows(feed_id)] == [0, 1, 2, 3, 5]

    def test_another_tenants_are_404(self, stockline: Stockline, feed_id: str):
        assert stockline.another().get(f"/feeds/{feed_id}/rows").status_code == 404

    @pytest.mark.parametrize(
        "query", ["outcome=wrong", "outcome=", "limit=0", "limit=x", "cursor=x", "cursor=WyJ4Il0"]
    )
    def test_a_wrong_question_is_400(self, stockline: Stockline, feed_id: str, query: str):
        response = stockline.get(f"/feeds/{feed_id}/rows?{query}")
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")

    @pytest.mark.parametrize("days", [6, 9])
    def test_they_are_kept_seven_days(self, stockline: Stockline, days: int):
        feed_id = stockline.stock_feed(row("A"))["feedId"]
        age(stockline, feed_id, days)
        stockline.container.housekeeping()
        assert len(stockline.rows(feed_id)) == (1 if days < 7 else 0)
        assert stockline.feed(feed_id)["status"] == "applied"


def age(stockline: Stockline, feed_id: str, days: int) -> None:
    """As if the feed had come that long ago, in a partition of that day as the clock would have made it."""
    stockline.sql(
        f"""
        DO $$ DECLARE day date := (now() AT TIME ZONE 'UTC')::date - {days};
              name text := 'feed_chunk_' || to_char(day, 'YYYYMMDD');
        BEGIN
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF feed_chunk FOR VALUES FROM (%L) TO (%L)',
                           name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        END $$
        """
    )
    for table, column in (("feed_chunk", "feed_id"), ("feed", "id")):
        stockline.sql(
            f"UPDATE {table} SET accepted_at = accepted_at - make_interval(days => %s) WHERE {column} = %s",
            days,
            feed_id,
        )
