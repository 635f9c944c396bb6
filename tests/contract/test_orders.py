"""`/api/integrations/orders*`: what is reserved, from whom, how often, and what ends it."""

from collections.abc import Callable

import pytest

from app.adapters.postgres import unit_of_work
from app.adapters.postgres.unit_of_work import engine_for
from tests.orders import OrderBook
from tests.stockline import Stockline, stamp


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    return OrderBook(stockline)


class TestReserving:
    def test_an_order_is_reserved_line_by_line(self, book: OrderBook):
        supplier = book.supplier()
        stock = book.lists(supplier, "A", 5)
        assert book.take("1", ("A", 2)).items() >= {
            "orderId": "1", "channel": "web", "status": "reserved",
            "lines": [{"partNumber": "A", "quantity": 2, "supplierId": str(supplier)}],
        }.items()  # fmt: skip
        assert book.stock(stock) == {
            "quantity": 5,
            "reserved": 2,
            "shipped": 0,
            "shortage": 0,
            "available": 3,
        }

    def test_all_lines_or_none(self, book: OrderBook):
        supplier = book.supplier()
        first, second = book.lists(supplier, "A", 5), book.lists(supplier, "B", 1)
        refused = book.refused("1", ("A", 2), ("B", 3))
        assert refused["code"] == "insufficient_stock"
        assert refused["details"] == [{"partNumber": "B", "requested": 3, "available": 1}]
        assert (book.available(first), book.available(second)) == (5, 1)
        assert book.get("1").status_code == 404

    def test_a_part_that_no_supplier_lists_is_unknown(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        refused = book.refused("1", ("A", 1), ("Z", 1))
        assert (refused["code"], refused["details"]) == (
            "unknown_part",
            [{"partNumber": "Z", "requested": 1}],
        )

    def test_a_line_comes_from_the_supplier_with_most_available_then_by_code(self, book: OrderBook):
        b, a, c = book.supplier("b"), book.supplier("a"), book.supplier("c")
        for supplier, quantity in ((b, 4), (a, 4), (c, 3)):
            book.lists(supplier, "A", quantity)
        served = [book.take(str(n), ("A", 2))["lines"][0]["supplierId"] for n in range(3)]
        assert served == [str(a), str(b), str(c)]

    def test_a_line_is_not_split_over_suppliers(self, book: OrderBook):
        for code in "ab":
            book.lists(book.supplier(code), "A", 3)
        assert book.refused("1", ("A", 4))["details"] == [{"partNumber": "A", "requested": 4, "available": 3}]

    def test_lines_of_the_same_part_are_one(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        order = book.take("1", ("A", 2), ("A", 1))
        assert [(line["partNumber"], line["quantity"]) for line in order["lines"]] == [("A", 3)]
        assert book.available(stock) == 2

    def test_an_alias_is_the_part_it_stands_for(self, book: OrderBook):
        book.stockline.own("A")
        book.stockline.alias("old-A", "A")
        stock = book.lists(book.supplier(), "A", 5)
        assert book.take("1", ("old-A", 2))["lines"][0]["partNumber"] == "old-A"
        assert book.available(stock) == 3

    def test_a_part_and_its_alias_share_the_units(self, book: OrderBook):
        book.stockline.own("A")
        book.stockline.alias("old-A", "A")
        book.lists(book.supplier(), "A", 5)
        assert book.refused("1", ("A", 3), ("old-A", 3))["details"] == [
            {"partNumber": "old-A", "requested": 3, "available": 2}
        ]
        book.take("2", ("A", 3), ("old-A", 2))

    def test_a_supplier_that_is_switched_off_serves_nobody(self, book: OrderBook):
        book.lists(book.supplier(active=False), "A", 5)
        assert book.refused("1", ("A", 1))["details"] == [{"partNumber": "A", "requested": 1, "available": 0}]

    def test_another_tenants_suppliers_serve_nobody_else(self, book: OrderBook):
        other = OrderBook(book.stockline.another())
        other.lists(other.supplier(), "A", 5)
        assert book.refused("1", ("A", 1))["code"] == "unknown_part"

    @pytest.mark.parametrize(
        "changes",
        [
            {"channel": ""},
            {"channel": "a/b"},
            {"orderId": " "},
            {"orderId": "x" * 129},
            {"orderId": "a\0"},
            {"orderId": 7},
            {"lines": []},
            {"lines": [{"partNumber": "A", "quantity": 0}]},
            {"lines": [{"partNumber": "A", "quantity": 1.5}]},
            {"lines": [{"partNumber": "A", "quantity": True}]},
            {"lines": [{"partNumber": "A", "quantity": 1_000_001}]},
            {"lines": [{"partNumber": "", "quantity": 1}]},
            {"lines": [{"partNumber": "A", "quantity": 1}] * 501},
            {"expiresInS": 0},
        ],
    )
    def test_what_is_no_order_is_refused(self, book: OrderBook, changes):
        response = book.post("1", ("A", 1), **changes)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")


class TestOnce:
    def test_the_same_order_again_gets_the_first_answer(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        book.lists(book.supplier("T"), "B", 5)
        first = book.take("1", ("A", 2), ("B", 1))
        again = book.post("1", ("B", 1), ("A", 2))
        assert (again.status_code, again.json) == (200, first)
        assert book.available(stock) == 3

    def test_also_when_nothing_is_left_and_when_it_is_fulfilled(self, book: OrderBook):
        book.lists(book.supplier(), "A", 2)
        first = book.take("1", ("A", 2))
        assert book.post("1", ("A", 2)).json == first
        book.settle("fulfil", "1")
        assert book.post("1", ("A", 2)).json == first

    def test_with_other_lines_it_is_another_order(self, book: OrderBook):
        book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        for lines in ([("A", 3)], [("A", 2), ("B", 1)]):
            assert book.refused("1", *lines)["code"] == "order_conflict"

    def test_each_channel_has_ids_of_its_own(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 1))
        book.take("1", ("A", 1), channel="amazon")
        assert book.available(stock) == 3


class TestEnding:
    @pytest.mark.parametrize(
        ("word", "status", "available"), [("fulfil", "fulfilled", 3), ("cancel", "cancelled", 5)]
    )
    def test_it_ends_once_with_the_same_answer(self, book: OrderBook, word: str, status: str, available: int):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        first = book.settle(word, "1")
        assert (first.status_code, first.json["status"]) == (200, status)
        again = book.settle(word, "1")
        assert (again.status_code, again.json) == (200, first.json)
        assert book.get("1").json == first.json
        assert book.available(stock) == available

    @pytest.mark.parametrize(("first", "then"), [("fulfil", "cancel"), ("cancel", "fulfil")])
    def test_what_ended_otherwise_stays_so(self, book: OrderBook, first: str, then: str):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        book.settle(first, "1")
        before = book.stock(stock)
        wrong = book.settle(then, "1")
        assert (wrong.status_code, wrong.json["code"]) == (409, "order_state")
        assert book.stock(stock) == before

    @pytest.mark.parametrize("word", ["fulfil", "cancel"])
    def test_an_order_that_is_not_there_cannot_end(self, book: OrderBook, word: str):
        assert book.settle(word, "1").status_code == 404

    @pytest.mark.parametrize("path", ["a/b", "a%2Fb"])
    def test_an_id_may_have_slashes(self, book: OrderBook, path: str):
        book.lists(book.supplier(), "A", 5)
        book.take("a/b", ("A", 1))
        assert book.get(path).json["orderId"] == "a/b"
        assert book.settle("fulfil", path).json["status"] == "fulfilled"

    def test_a_report_younger_than_the_fulfilment_frees_what_left(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2))
        book.settle("fulfil", "1")
        book.reports(stock, 5, as_of=stamp(seconds=60))
        assert book.available(stock) == 3
        book.reports(stock, 3)
        assert book.available(stock) == 3
        assert book.stock(stock)["shipped"] == 0


class TestExpiring:
    def test_an_order_is_let_go_when_its_time_has_come(self, book: OrderBook):
        stock = book.lists(book.supplier(), "A", 5)
        assert book.take("1", ("A", 2), expiresInS=3600)["expiresAt"]
        book.stockline.drain()
        assert book.available(stock) == 3
        self.later(book)
        assert (book.get("1").json["status"], book.available(stock)) == ("expired", 5)
        assert book.settle("fulfil", "1").json["code"] == "order_state"

    @pytest.mark.parametrize("word", ["fulfil", "cancel"])
    def test_what_ended_before_stays_so(self, book: OrderBook, word: str):
        stock = book.lists(book.supplier(), "A", 5)
        book.take("1", ("A", 2), expiresInS=3600)
        ended = book.settle(word, "1").json
        before = book.stock(stock)
        self.later(book)
        assert (book.get("1").json, book.stock(stock)) == (ended, before)
        assert book.stockline.count("dispatch") == 0

    def later(self, book: OrderBook) -> None:
        book.stockline.sql(
            "UPDATE dispatch SET not_before = clock_timestamp() WHERE tenant_id = %s",
            book.stockline.tenant_id,
        )
        book.stockline.drain()


def test_the_activity_tells_of_orders(book: OrderBook):
    book.lists(book.supplier(), "A", 5)
    book.lists(book.supplier("T"), "B", 5)
    book.take("1", ("A", 2), ("B", 1))
    seen = book.stockline.activity("orders")
    assert (seen["lastResult"], seen["calls24h"], seen["rows24h"]) == ({"lines": 2, "units": 3}, 1, 2)


class TestABrokenCommit:
    """The connection breaks inside COMMIT, before it took effect or after."""

    @pytest.fixture
    def breaks(self, book: OrderBook, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        commit, whole = unit_of_work._commit, [True]

        def break_next(*, committed: bool, then: Callable[[], None] = lambda: None) -> None:
            def breaks(connection):
                taking = connection.exec_driver_sql(
                    "SELECT count(*) FROM stock_order WHERE tenant_id = %s", (book.stockline.tenant_id,)
                )
                if taking.scalar_one() and whole and whole.pop():
                    raw = connection.connection.dbapi_connection
                    if committed:
                        raw.commit()
                    raw.close()
                    then()
                commit(connection)

            monkeypatch.setattr(unit_of_work, "_commit", breaks)

        return break_next

    def test_of_an_order_that_is_not_there_nobody_knows_and_sent_again_it_is_reserved_once(
        self, book: OrderBook, breaks
    ):
        stock = book.lists(book.supplier(), "A", 5)
        breaks(committed=False)
        response = book.post("1", ("A", 2))
        assert (response.status_code, response.json["code"]) == (503, "outcome_unknown")
        assert int(response.headers["Retry-After"]) > 0
        assert book.available(stock) == 5
        first = book.take("1", ("A", 2))
        assert book.post("1", ("A", 2)).json == first
        assert book.stock(stock)["reserved"] == 2

    def test_an_order_that_is_there_is_found_and_answered(self, book: OrderBook, breaks):
        stock = book.lists(book.supplier(), "A", 5)
        breaks(committed=True)
        first = book.take("1", ("A", 2))
        again = book.post("1", ("A", 2))
        assert (again.status_code, again.json) == (200, first)
        assert book.stock(stock)["reserved"] == 2

    def test_where_it_cannot_be_looked_for_nobody_knows(
        self, book: OrderBook, breaks, monkeypatch: pytest.MonkeyPatch
    ):
        stock = book.lists(book.supplier(), "A", 5)
        here = book.stockline.container.unit_of_work
        away = engine_for("postgresql://a:a@127.0.0.1:1/none", pool_size=1, application_name="test")
        with monkeypatch.context() as patch:
            breaks(committed=True, then=lambda: patch.setattr(here, "engine", away))
            response = book.post("1", ("A", 2))
        assert (response.status_code, response.json["code"]) == (503, "outcome_unknown")
        assert book.post("1", ("A", 2)).status_code == 200
        assert book.stock(stock)["reserved"] == 2

    def test_a_rivals_order_under_the_same_id_is_a_conflict(self, book: OrderBook, breaks, build):
        book.lists(book.supplier(), "A", 5)
        other = book.stockline.over(build(web_threads=2))
        breaks(committed=False, then=lambda: OrderBook(other).take("1", ("A", 1)))
        assert book.refused("1", ("A", 2))["code"] == "order_conflict"
