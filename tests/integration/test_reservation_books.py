"""`scripts/admin reservations reconcile`: what the books say beside the counts."""

import json
from uuid import uuid4

import pytest

from app.admin import answers, main
from app.domain.orders.reconcile import reconcile
from tests.orders import OrderBook
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture
def book(stockline: Stockline) -> OrderBook:
    book = OrderBook(stockline)
    supplier = book.supplier()
    book.stock_id = book.lists(supplier, "A", 5)
    book.lists(supplier, "B", 5)
    book.take("1", ("A", 3), ("B", 1))
    book.take("2", ("A", 1))
    book.settle("fulfil", "2")
    return book


def test_counts_that_are_the_sums_are_no_drift(book: OrderBook):
    books = book.stockline.container.reservation_books
    assert reconcile(books, book.stockline.tenant_id, repair=True) == {
        "checked": 2,
        "drift": [],
        "repaired": 0,
    }


def test_a_drift_is_told_and_repaired_when_asked(book: OrderBook):
    books, tenant_id = book.stockline.container.reservation_books, book.stockline.tenant_id
    book.stockline.sql("UPDATE supplier_stock SET reserved = 1, shipped = 2 WHERE id = %s", book.stock_id)
    (drift,) = reconcile(books, tenant_id, repair=False)["drift"]
    assert (drift["sku"], drift["reserved"], drift["shipped"]) == ("A", 1, 2)
    assert drift["expected"] == {"reserved": 3, "shipped": 1, "shortage": 0}
    assert reconcile(books, tenant_id, repair=True)["repaired"] == 1
    assert reconcile(books, tenant_id, repair=True) == {"checked": 2, "drift": [], "repaired": 0}
    assert book.drift() is None


def test_the_command_prints_it(book: OrderBook, settings, monkeypatch, capsys):
    monkeypatch.setattr(answers, "settings_of", lambda *_: settings)
    assert main.main(["reservations", "reconcile", "--tenant", str(book.stockline.tenant_id)]) == 0
    assert json.loads(capsys.readouterr().out) == {"checked": 2, "drift": []}
    assert main.main(["reservations", "reconcile"]) == 0
    assert json.loads(capsys.readouterr().out)["checked"] >= 2


def test_an_unknown_tenant_is_no_empty_one(book: OrderBook, settings, monkeypatch, capsys):
    monkeypatch.setattr(answers, "settings_of", lambda *_: settings)
    assert main.main(["reservations", "reconcile", "--tenant", str(uuid4())]) == 1
    assert "no" in capsys.readouterr().err
