"""Contract §3, POST /location-stock: its own sentences; what it shares with the stock feed is tested there."""

from uuid import uuid4

import pytest

from tests.stockline import Stockline, stamp


def row(dealer, part_number="A", stock=1, **more):
    return {"dealerId": dealer, "partNumber": part_number, "stock": stock, **more}


def send(stockline: Stockline, *rows):
    return stockline.send("location-stock", rows)


class TestTheAnswer:
    def test_it_has_these_fields(self, stockline: Stockline):
        dealer = stockline.dealer()
        result = send(stockline, row(dealer, "A", 5), row(dealer, "B", 0))
        assert result == {
            "feedId": result["feedId"],
            "received": 2,
            "updated": 2,
            "changed": 2,
            "duplicates": 0,
            "stale": 0,
            "rejected": 0,
            "rejectedSample": [],
            "invalidDealers": 0,
            "invalidDealerIds": [],
        }
        assert stockline.dealer_stock() == {(dealer, "A"): 5, (dealer, "B"): 0}

    def test_received_is_the_sum_of_the_outcomes(self, stockline: Stockline):
        dealer = stockline.dealer()
        send(stockline, row(dealer, "S", 1))
        result = send(
            stockline,
            row(dealer, "A", 1),
            row(dealer, "A", 2),
            row(dealer, "S", 3, asOf=stamp(hours=1)),
            row("nobody"),
            row(dealer, ""),
        )
        assert result["received"] == 4
        assert (result["updated"], result["duplicates"], result["stale"]) == (1, 1, 1)
        assert (result["invalidDealers"], result["rejected"]) == (1, 1)

    def test_changed_counts_new_ones_and_other_values(self, stockline: Stockline):
        dealer = stockline.dealer()
        assert send(stockline, row(dealer, "A", 0), row(dealer, "B", 2))["changed"] == 2
        assert send(stockline, row(dealer, "A", 0), row(dealer, "B", 3))["changed"] == 1


class TestUpsert:
    def test_it_is_on_dealer_and_part_number(self, stockline: Stockline):
        one, other = stockline.dealer("One"), stockline.dealer("Other")
        send(stockline, row(one, "A", 1), row(other, "A", 2), row(one, "B", 3))
        send(stockline, row(one, "A", 9))
        assert stockline.dealer_stock() == {(one, "A"): 9, (other, "A"): 2, (one, "B"): 3}

    def test_the_same_part_in_two_stores_is_no_duplicate(self, stockline: Stockline):
        one, other = stockline.dealer("One"), stockline.dealer("Other")
        assert send(stockline, row(one), row(other))["duplicates"] == 0

    @pytest.mark.parametrize("between", [0, 3, 8])
    def test_the_same_part_twice_in_one_store_is_settled_by_position(
        self, stockline: Stockline, between: int
    ):
        dealer = stockline.dealer()
        fillers = [row(dealer, f"N{number}") for number in range(between)]
        result = send(stockline, row(dealer, "A", 1), *fillers, row(dealer, " A ", 2))
        assert (result["duplicates"], stockline.dealer_stock()[dealer, "A"]) == (1, 2)

    def test_a_part_that_no_catalog_knows_is_taken(self, stockline: Stockline):
        dealer = stockline.dealer()
        assert send(stockline, row(dealer, "unheard of"))["updated"] == 1

    def test_aliases_are_not_resolved(self, stockline: Stockline):
        dealer = stockline.dealer()
        stockline.activate("A")
        stockline.alias("x", "A")
        result = send(stockline, row(dealer, "x", 1), row(dealer, "A", 2))
        assert result["duplicates"] == 0
        assert stockline.dealer_stock() == {(dealer, "x"): 1, (dealer, "A"): 2}

    def test_the_catalogs_own_stock_is_not_touched(self, stockline: Stockline):
        dealer = stockline.dealer()
        stockline.activate("A", stock=5)
        send(stockline, row(dealer, "A", 1))
        assert stockline.stock() == {"A": 5}

    def test_the_echo_guard_never_applies(self, stockline: Stockline):
        dealer = stockline.dealer()
        (item,) = stockline.activate("A")
        stockline.pushed(item, 7, seconds_ago=1)
        assert send(stockline, row(dealer, "A", 7))["updated"] == 1

    def test_as_of_orders_the_values(self, stockline: Stockline):
        dealer = stockline.dealer()
        send(stockline, row(dealer, "A", 1, asOf=stamp(hours=1)))
        assert send(stockline, row(dealer, "A", 2, asOf=stamp(hours=2)))["stale"] == 1
        assert send(stockline, row(dealer, "A", 3, asOf=stamp(minutes=5)))["changed"] == 1
        assert stockline.dealer_stock() == {(dealer, "A"): 3}


class TestInvalidDealers:
    def test_rows_are_counted_and_distinct_ids_listed(self, stockline: Stockline):
        unknown = str(uuid4())
        result = send(
            stockline, *[row(unknown, name) for name in "ABC"], row("none"), row(stockline.dealer())
        )
        assert (result["invalidDealers"], result["updated"]) == (4, 1)
        assert result["invalidDealerIds"] == [unknown, "none"]

    def test_at_most_20_are_listed(self, stockline: Stockline):
        ids = [f"none-{number}" for number in range(25)]
        result = send(stockline, *[row(one) for one in ids + ids])
        assert (result["invalidDealers"], result["invalidDealerIds"]) == (50, ids[:20])

    def test_another_tenants_dealer_is_invalid_and_not_written(self, stockline: Stockline):
        other = stockline.another()
        theirs = other.dealer()
        result = send(stockline, row(theirs))
        assert (result["invalidDealers"], result["invalidDealerIds"]) == (1, [theirs])
        assert other.dealer_stock() == {}

    @pytest.mark.parametrize(
        "dealer", ["cm1x", "", " ", "00000000", "x" * 5000, "ünï", "'; DROP TABLE dealer"]
    )
    def test_what_is_no_id_at_all_is_invalid_and_not_malformed(self, stockline: Stockline, dealer: str):
        result = send(stockline, row(dealer))
        assert (result["invalidDealers"], result["rejected"]) == (1, 0)
        assert result["invalidDealerIds"] == [dealer]

    def test_an_id_in_upper_case_is_the_same_dealer(self, stockline: Stockline):
        dealer = stockline.dealer()
        result = send(stockline, row(dealer.upper(), "A", 1), row(dealer, "A", 2))
        assert (result["invalidDealers"], result["duplicates"]) == (0, 1)

    def test_the_list_repeats_what_was_sent(self, stockline: Stockline):
        unknown = str(uuid4()).upper()
        assert send(stockline, row(unknown))["invalidDealerIds"] == [unknown]

    @pytest.mark.parametrize(
        ("malformed", "reason"),
        [
            ({"partNumber": "A", "stock": 1}, "dealerId is missing"),
            (row(None), "dealerId is not a string"),
            (row(5), "dealerId is not a string"),
            (row("a\0"), "dealerId contains a NUL character"),
            (row("none", "A", -1), "stock is negative"),
            (row("none", " "), "partNumber is empty"),
        ],
    )
    def test_a_malformed_row_is_rejected(self, stockline: Stockline, malformed, reason: str):
        result = send(stockline, row(stockline.dealer()), malformed)
        assert result["rejectedSample"] == [{"index": 1, "reason": reason}]

    def test_the_same_invalid_row_twice_is_no_duplicate(self, stockline: Stockline):
        result = send(stockline, row("none"), row("none"))
        assert (result["invalidDealers"], result["duplicates"]) == (2, 0)


class TestTheWay:
    def test_it_is_answered_with_200_when_a_worker_is_at_hand(self, stockline: Stockline):
        dealer = stockline.dealer()
        with stockline.worker():
            response = stockline.post("location-stock", [row(dealer)])
        assert (response.status_code, response.json["updated"]) == (200, 1)

    def test_a_dry_run_equals_the_real_one_and_writes_nothing(self, stockline: Stockline):
        dealer = stockline.dealer()
        rows = [row(dealer, "A", 1), row("none"), row(dealer, "A", 2), row(dealer, "B", 3), row(dealer, "")]
        told = stockline.dry_run("location-stock", rows)
        assert (stockline.dealer_stock(), stockline.count("feed")) == ({}, 0)
        done = send(stockline, *rows)
        assert told == {"dryRun": True, "wouldHold": False} | {k: v for k, v in done.items() if k != "feedId"}

    def test_the_same_idempotency_key_makes_no_second_feed(self, stockline: Stockline):
        rows = [row(stockline.dealer())]
        first = stockline.accept("location-stock", rows, Idempotency_Key="k")
        assert stockline.accept("location-stock", rows, Idempotency_Key="k") == first
        assert stockline.count("feed") == 1

    def test_rows_show_their_dealer(self, stockline: Stockline):
        dealer = stockline.dealer()
        feed_id = send(stockline, row(dealer, "A", 5), row("none", "A", 6))["feedId"]
        shown = [(one["dealerId"], one["stock"], one["outcome"]) for one in stockline.rows(feed_id)]
        assert shown == [(dealer, 5, "changed"), ("none", 6, "invalidDealer")]

    @pytest.mark.parametrize(
        "type_", ["STANDARD", "MANUFACTURER", "RESELLER", "DISTRIBUTOR", "DATA_PROVIDER"]
    )
    def test_a_tenant_type_without_stores_is_403(self, stockline: Stockline, type_: str):
        response = stockline.another(type_).post("location-stock", [row("x")])
        assert (response.status_code, response.json["code"]) == (403, "feature_not_available")

    @pytest.mark.parametrize("type_", ["RETAIL", "HYBRID"])
    def test_a_tenant_type_with_stores_is_served(self, stockline: Stockline, type_: str):
        other = stockline.another(type_)
        assert send(other, row(other.dealer()))["updated"] == 1
