"""`/api/app/orders*`: rules, refusals and their replays, shortages, the list."""

import pytest

from app.domain.orders.rules import DEFAULTS, RuleName
from tests.orders import OrderBook
from tests.stockline import Stockline


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    return OrderBook(stockline)


def rule(name: str, action: str, channel: str = "", account: str = "", value: int | None = None):
    return {"rule": name, "action": action, "channel": channel, "account": account, "value": value}


class TestRules:
    def test_every_rule_has_a_default(self, book: OrderBook):
        assert {one.rule for one in DEFAULTS} == set(RuleName)
        shown = book.desk("GET", "/rules").json
        assert (shown["rules"], len(shown["defaults"])) == ([], len(DEFAULTS))

    def test_they_are_set_as_a_whole(self, book: OrderBook):
        book.rules(rule("unknown_part", "flag"), rule("quantity_over", "refuse", "web", "", 5))
        assert book.rules(rule("unknown_part", "ignore"))["rules"] == [rule("unknown_part", "ignore")]
        assert book.desk("GET", "/rules").json["rules"] == [rule("unknown_part", "ignore")]

    @pytest.mark.parametrize(
        "rules",
        [
            [rule("unknown_part", "flag"), rule("unknown_part", "refuse")],
            [rule("quantity_over", "flag")],
            [rule("unknown_part", "flag", value=3)],
            [rule("another", "flag")],
            [rule("unknown_part", "shout")],
        ],
    )
    def test_what_is_no_rule_changes_nothing(self, book: OrderBook, rules):
        book.rules(rule("unknown_part", "ignore"))
        assert book.desk("PUT", "/rules", json={"rules": rules}).status_code == 400
        assert book.desk("GET", "/rules").json["rules"] == [rule("unknown_part", "ignore")]

    def test_the_nearest_rule_holds(self, book: OrderBook):
        book.lists(book.supplier(), "A", 100)
        book.rules(
            rule("quantity_over", "refuse", value=1),
            rule("quantity_over", "refuse", "", "big", 2),
            rule("quantity_over", "refuse", "b2b", "", 3),
            rule("quantity_over", "refuse", "b2b", "big", 4),
        )
        for channel, account, most in (
            ("web", None, 1),
            ("web", "big", 2),
            ("b2b", "x", 3),
            ("b2b", "big", 4),
        ):
            more = {"channel": channel} | ({"account": account} if account else {})
            refused = book.refused(f"{account} over", ("A", most + 1), **more)
            assert (refused["code"], refused["details"]) == (
                "quantity_over", [{"partNumber": "A", "requested": most + 1, "allowed": most}],
            )  # fmt: skip
            book.take(f"{account} just", ("A", most), **more)

    @pytest.mark.parametrize(
        ("flagged", "lines", "flag"),
        [
            (rule("unknown_part", "flag"), [("A", 1), ("Z", 2)], {"partNumber": "Z", "requested": 2}),
            (
                rule("insufficient_stock", "flag"),
                [("A", 1), ("B", 2)],
                {"partNumber": "B", "requested": 2, "available": 1},
            ),
            (rule("duplicate_lines", "flag"), [("A", 1), ("A", 1)], {"partNumber": "A"}),
            (
                rule("quantity_over", "flag", value=1),
                [("A", 2)],
                {"partNumber": "A", "requested": 2, "allowed": 1},
            ),
        ],
    )
    def test_what_is_flagged_is_taken_and_seen(self, book: OrderBook, flagged, lines, flag):
        supplier = book.supplier()
        book.lists(supplier, "A", 5)
        book.lists(supplier, "B", 1)
        book.rules(flagged)
        order = book.take("1", *lines)
        assert order["flags"] == [{"rule": flagged["rule"]} | flag]
        assert [one["partNumber"] for one in order["lines"]] == ["A"]
        again = book.post("1", *lines)
        assert (again.status_code, again.json) == (200, order)

    def test_what_is_ignored_is_taken_and_not_seen(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        book.rules(rule("unknown_part", "ignore"))
        assert book.take("1", ("A", 1), ("Z", 1))["flags"] == []

    def test_an_order_of_which_nothing_is_left_is_refused(self, book: OrderBook):
        book.rules(rule("unknown_part", "ignore"))
        assert book.refused("1", ("Z", 1))["code"] == "nothing_to_reserve"
        (refusal,) = book.refusals()
        assert book.desk("POST", f"/refusals/{refusal['id']}/replay").json["refusal"]["state"] == "open"

    def test_each_tenant_has_rules_of_its_own(self, book: OrderBook):
        book.rules(rule("unknown_part", "ignore"))
        assert OrderBook(book.stockline.another()).desk("GET", "/rules").json["rules"] == []


class TestRefusals:
    def test_they_are_ranked_by_what_is_at_stake(self, book: OrderBook):
        (item,) = book.stockline.own("dear")
        book.stockline.sql("UPDATE stock_item SET price = 100 WHERE id = %s", item)
        for order_id, name, quantity in (("few", "cheap", 2), ("dear", "dear", 3), ("many", "cheap", 50)):
            book.refused(order_id, (name, quantity))
        ranked = [(one["orderId"], one["stake"], one["units"]) for one in book.refusals()]
        assert ranked == [("dear", "300.00", 3), ("many", "0.00", 50), ("few", "0.00", 2)]

    def test_they_come_in_pages(self, book: OrderBook):
        for number in range(5):
            book.refused(str(number), ("Z", 1))
        found, cursor = [], ""
        while cursor is not None:
            page = book.desk("GET", f"/refusals?limit=2{cursor and '&cursor=' + cursor}").json
            found += [one["orderId"] for one in page["data"]]
            cursor = page["nextCursor"]
        assert sorted(found) == list("01234")

    def test_the_same_order_again_is_one_refusal(self, book: OrderBook):
        for _ in range(3):
            book.refused("1", ("Z", 1))
        (refusal,) = book.refusals()
        assert (refusal["times"], refusal["code"]) == (3, "unknown_part")

    def test_a_replay_takes_it_once_the_data_is_mended(self, book: OrderBook):
        book.refused("1", ("A", 2))
        stock = book.lists(book.supplier(), "A", 5)
        (refusal,) = book.refusals()
        replayed = book.desk("POST", f"/refusals/{refusal['id']}/replay")
        assert (replayed.status_code, replayed.json["refusal"]["state"]) == (200, "resolved")
        assert replayed.json["order"] == book.get("1").json
        assert (book.available(stock), book.refusals()) == (3, [])

    def test_a_replay_takes_it_once_the_rule_is_mended(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        book.refused("1", ("A", 2), ("Z", 1))
        book.rules(rule("unknown_part", "flag"))
        (refusal,) = book.refusals()
        assert book.desk("POST", f"/refusals/{refusal['id']}/replay").json["order"]["flags"]

    def test_a_replay_that_fails_says_why_and_stays(self, book: OrderBook):
        book.refused("1", ("A", 2))
        book.lists(book.supplier(), "A", 1)
        (refusal,) = book.refusals()
        replayed = book.desk("POST", f"/refusals/{refusal['id']}/replay").json
        assert replayed["order"] is None
        assert (replayed["refusal"]["state"], replayed["refusal"]["code"]) == ("open", "insufficient_stock")
        assert replayed["refusal"]["details"] == [{"partNumber": "A", "requested": 2, "available": 1}]

    def test_all_are_replayed_those_with_most_at_stake_first(self, book: OrderBook):
        (item,) = book.stockline.own("A")
        book.stockline.sql("UPDATE stock_item SET price = 10 WHERE id = %s", item)
        for order_id, quantity in (("small", 2), ("large", 4)):
            book.refused(order_id, ("A", quantity))
        book.lists(book.supplier(), "A", 5)
        done = book.desk("POST", "/refusals/replay").json
        assert (done["taken"], done["refused"]) == (1, 1)
        assert [(one["refusal"]["orderId"], one["order"] is not None) for one in done["data"]] == [
            ("large", True), ("small", False),
        ]  # fmt: skip

    def test_sent_again_and_taken_it_is_off_the_list(self, book: OrderBook):
        book.refused("1", ("A", 2))
        book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        assert book.refusals() == []
        assert [one["orderId"] for one in book.refusals("resolved")] == ["1"]

    def test_what_is_dismissed_is_off_the_list_until_it_is_refused_again(self, book: OrderBook):
        book.refused("1", ("Z", 2))
        path = f"/refusals/{book.refusals()[0]['id']}"
        assert book.desk("POST", f"{path}/dismiss").json["state"] == "dismissed"
        for word in ("dismiss", "replay"):
            wrong = book.desk("POST", f"{path}/{word}")
            assert (wrong.status_code, wrong.json["code"]) == (409, "refusal_state")
        assert book.refusals() == []
        book.refused("1", ("Z", 2))
        assert len(book.refusals()) == 1

    def test_another_tenants_are_not_there(self, book: OrderBook):
        book.refused("1", ("Z", 1))
        other = OrderBook(book.stockline.another())
        assert other.refusals() == []
        assert other.desk("POST", f"/refusals/{book.refusals()[0]['id']}/replay").status_code == 404


class TestShortages:
    def test_a_report_below_what_is_promised_is_a_shortage_with_its_orders_oldest_first(
        self, book: OrderBook
    ):
        stock = book.lists(book.supplier(), "A", 5)
        for order_id, quantity in (("1", 2), ("2", 1), ("3", 1)):
            book.take(order_id, ("A", quantity))
        book.settle("fulfil", "2")
        book.settle("cancel", "3")
        book.stockline.sql("UPDATE supplier_stock SET quantity = 1, shortage = 2 WHERE id = %s", stock)
        (short,) = book.desk("GET", "/shortages").json["data"]
        assert (short["sku"], short["quantity"], short["reserved"], short["shipped"], short["shortage"]) == (
            "A", 1, 2, 1, 2,
        )  # fmt: skip
        assert [(one["orderId"], one["quantity"], one["state"]) for one in short["orders"]] == [
            ("1", 2, "open"), ("2", 1, "shipped"),
        ]  # fmt: skip
        assert book.stock(stock)["available"] == 0

    def test_a_cancellation_makes_it_smaller_until_it_is_gone(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        for order_id in "12":
            book.take(order_id, ("A", 2))
        book.reports(stock, 1)
        for order_id, shortage in (("1", 1), ("2", 0)):
            book.settle("cancel", order_id)
            assert book.stock(stock)["shortage"] == shortage
        assert (book.available(stock), book.desk("GET", "/shortages").json["data"]) == (1, [])

    def test_nothing_is_reserved_of_what_is_short(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        book.reports(stock, 1)
        assert book.refused("2", ("A", 1))["details"] == [{"partNumber": "A", "requested": 1, "available": 0}]

    def test_they_come_in_pages(self, book: OrderBook):
        supplier = book.supplier()
        for number in range(3):
            stock = book.lists(supplier, str(number), 1)
            book.take(str(number), (str(number), 1))
            book.reports(stock, 0)
        first = book.desk("GET", "/shortages?limit=2").json
        rest = book.desk("GET", f"/shortages?cursor={first['nextCursor']}").json
        assert [one["sku"] for one in first["data"] + rest["data"]] == list("012")


class TestList:
    def test_orders_come_newest_first_in_pages(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        for number in range(3):
            book.take(str(number), ("A", 1))
        first = book.desk("GET", "?limit=2").json
        rest = book.desk("GET", f"?limit=2&cursor={first['nextCursor']}").json
        assert [one["orderId"] for one in first["data"] + rest["data"]] == list("210")
        assert rest["nextCursor"] is None

    def test_those_of_a_status_or_a_channel(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 1))
        book.take("2", ("A", 1), channel="b2b")
        book.settle("fulfil", "1")
        assert [one["orderId"] for one in book.desk("GET", "?status=fulfilled").json["data"]] == ["1"]
        assert [one["orderId"] for one in book.desk("GET", "?channel=b2b").json["data"]] == ["2"]
