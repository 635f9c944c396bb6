"""Contract §3, POST /price-feed: its own sentences; what it shares with the stock feed is tested there."""

import pytest

from tests.stockline import Stockline, stamp


def row(part_number="A", price="1.00", **more):
    return {"partNumber": part_number, "price": price, **more}


def send(stockline: Stockline, *rows):
    return stockline.send("price-feed", rows)


class TestPrices:
    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            ("129.90", "129.90"),
            ("0", "0.00"),
            ("5", "5.00"),
            ("5.5", "5.50"),
            (" 5.50 ", "5.50"),
            ("0005.50", "5.50"),
            ("9999999999.99", "9999999999.99"),
            (129.9, "129.90"),
            (0.1, "0.10"),
            (1e3, "1000.00"),
            (0, "0.00"),
            (None, None),
        ],
    )
    def test_strings_and_numbers_are_read_to_the_cent(self, stockline: Stockline, sent, stored):
        stockline.activate("A")
        assert send(stockline, row("A", sent))["updated"] == 1
        assert stockline.prices("A")[0] == stored

    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            ("1.005", "price has more than 2 decimals"),
            (1.005, "price has more than 2 decimals"),
            (1e-400 + 0.001, "price has more than 2 decimals"),
            ("-1", "price is neither a decimal nor null"),
            (-1, "price is negative"),
            (-0.01, "price is negative"),
            ("10000000000.00", "price is larger than 9999999999.99"),
            (1e300, "price is larger than 9999999999.99"),
            ("", "price is neither a decimal nor null"),
            ("1,50", "price is neither a decimal nor null"),
            ("€ 5", "price is neither a decimal nor null"),
            ("1e3", "price is neither a decimal nor null"),
            ("NaN", "price is neither a decimal nor null"),
            ("٣", "price is neither a decimal nor null"),
            (True, "price is neither a decimal nor null"),
            ([1], "price is neither a decimal nor null"),
        ],
    )
    @pytest.mark.parametrize("field", ["price", "compareAtPrice", "costPrice"])
    def test_any_other_row_is_malformed(self, stockline: Stockline, field: str, sent, reason: str):
        stockline.activate("A", "B")
        result = send(stockline, row("A"), row("B") | {field: sent})
        assert result["rejectedSample"] == [{"index": 1, "reason": reason.replace("price", field, 1)}]
        assert stockline.prices("B") == (None, None, None)

    @pytest.mark.parametrize(
        "literal", [b"1." + b"0" * 40 + b"1", b"1e-999999999", b"0." + b"0" * 400 + b"1"]
    )
    def test_a_third_decimal_is_seen_however_far_out(self, stockline: Stockline, literal: bytes):
        stockline.activate("A")
        body = b'[{"partNumber":"A","price":"1"},{"partNumber":"A","price":%b}]' % literal
        assert stockline.send("price-feed", body)["rejected"] == 1

    def test_price_must_be_there(self, stockline: Stockline):
        result = send(stockline, row(), {"partNumber": "A", "costPrice": "1"})
        assert result["rejectedSample"] == [{"index": 1, "reason": "price is missing"}]

    def test_null_clears(self, stockline: Stockline):
        stockline.activate("A")
        send(stockline, row("A", "5", compareAtPrice="6", costPrice="3"))
        assert send(stockline, row("A", None, compareAtPrice=None))["changed"] == 1
        assert stockline.prices("A") == (None, None, "3.00")

    def test_what_is_absent_stays(self, stockline: Stockline):
        stockline.activate("A")
        send(stockline, row("A", "5", compareAtPrice="6", costPrice="3"))
        send(stockline, row("A", "4", costPrice="2"))
        assert stockline.prices("A") == ("4.00", "6.00", "2.00")

    def test_stock_is_not_touched(self, stockline: Stockline):
        stockline.activate("A", stock=5)
        send(stockline, row("A", "4"))
        assert stockline.stock() == {"A": 5}


class TestAsTheStockFeed:
    def test_the_answer_has_the_same_fields(self, stockline: Stockline):
        stockline.activate("A")
        price, stock = send(stockline, row("A")), stockline.stock_feed({"partNumber": "A", "stock": 0})
        assert price.keys() == stock.keys()

    def test_resolution_and_counters_are_the_same(self, stockline: Stockline):
        stockline.activate("A", "S")
        stockline.own("B", "A")
        stockline.alias("x", "B")
        send(stockline, row("S"))
        result = send(
            stockline,
            row("A", "1"),
            row("x", "2"),
            row("none"),
            row("S", "9", asOf=stamp(hours=1)),
            row("B", "3"),
            row(""),
        )
        assert (result["received"], result["updated"], result["changed"]) == (5, 2, 2)
        assert (result["notFound"], result["duplicates"], result["stale"], result["rejected"]) == (1, 1, 1, 1)
        assert (result["resolvedViaAlias"], result["notFoundSample"]) == (0, ["none"])
        assert stockline.prices("B")[0] == "3.00"

    def test_an_unchanged_price_is_updated_and_not_changed(self, stockline: Stockline):
        stockline.activate("A")
        send(stockline, row("A", "5", costPrice="1"))
        assert send(stockline, row("A", 5.00))["changed"] == 0

    def test_as_of_orders_the_prices_and_not_the_stock(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed({"partNumber": "A", "stock": 5})
        assert send(stockline, row("A", "5", asOf=stamp(hours=1)))["changed"] == 1
        assert send(stockline, row("A", "6", asOf=stamp(hours=2)))["stale"] == 1

    def test_there_is_no_echo_guard(self, stockline: Stockline):
        (item,) = stockline.activate("A")
        stockline.pushed(item, 5, seconds_ago=1)
        result = send(stockline, row("A", 5))
        assert (result["echoSkipped"], result["updated"]) == (0, 1)

    def test_a_dry_run_equals_the_real_one_and_writes_nothing(self, stockline: Stockline):
        stockline.activate("A", "B")
        rows = [row("A", "1"), row("none"), row("A", None), row("B", "2.50"), row("B", "x")]
        told = stockline.dry_run("price-feed", rows)
        assert (stockline.prices("B"), stockline.count("feed")) == ((None, None, None), 0)
        done = send(stockline, *rows)
        assert told == {"dryRun": True, "wouldHold": False} | {k: v for k, v in done.items() if k != "feedId"}

    def test_it_is_answered_with_200_when_a_worker_is_at_hand(self, stockline: Stockline):
        stockline.activate("A")
        with stockline.worker():
            response = stockline.post("price-feed", [row("A")])
        assert (response.status_code, response.json["changed"]) == (200, 1)

    def test_an_idempotency_key_is_one_per_surface(self, stockline: Stockline):
        stockline.activate("A")
        one = stockline.accept("price-feed", [row("A")], Idempotency_Key="k")
        other = stockline.accept("stock-feed", [{"partNumber": "A", "stock": 1}], Idempotency_Key="k")
        assert one != other
        assert stockline.accept("price-feed", [row("A")], Idempotency_Key="k") == one

    def test_rows_show_the_prices_that_were_sent(self, stockline: Stockline):
        stockline.activate("A")
        feed_id = send(stockline, row("A", "5", costPrice=None), row("B", "x"))["feedId"]
        changed, rejected = stockline.rows(feed_id)
        assert (changed["price"], changed["costPrice"], changed["outcome"]) == ("5.00", None, "changed")
        assert "compareAtPrice" not in changed
        assert (rejected["price"], rejected["outcome"]) == ("x", "rejected")

    def test_every_tenant_type_has_it(self, stockline: Stockline):
        for type_ in ("STANDARD", "MANUFACTURER", "RESELLER", "DISTRIBUTOR", "DATA_PROVIDER"):
            other = stockline.another(type_)
            other.own("A")
            assert send(other, row("A"))["updated"] == 1
