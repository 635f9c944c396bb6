"""A supplier file is tried on a payload, or on its source, and nothing of it is kept."""

from dataclasses import replace

import pytest

from app.adapters.outbound.exchange import Internet
from app.adapters.outbound.fetcher import OutboundFetcher
from app.adapters.outbound.guard import Guard
from app.domain.suppliers.source import SourceTransientError
from app.local.supplier_sim.site import Server
from app.web.app import create_app
from tests.stockline import Stockline

FILE = {
    "code": "north",
    "name": "North",
    "url": "https://north.example/",
    "format": "csv",
    "fields": {"sku": "sku", "quantity": "qty", "price": "price"},
    "skus": {"A": "P-1"},
}


class Outside:
    """The application with a way out to this machine alone."""

    def __init__(self, stockline: Stockline) -> None:
        self.stockline = stockline
        internet = Internet(Guard(["127.0.0.1"]))
        fetcher = OutboundFetcher(internet, timeout_s=5.0, bytes_max=1_000_000)
        self.asked_by(fetcher)

    def asked_by(self, fetcher) -> None:
        container = replace(self.stockline.container, supplier_fetcher=fetcher)
        self.client = create_app(container).test_client()

    def preview(self, **body):
        answer = self.client.post(
            "/api/app/suppliers/preview", json=body, headers={"X-API-Key": self.stockline.key}
        )
        return answer.status_code, answer.get_json()


@pytest.fixture
def outside(stockline: Stockline) -> Outside:
    return Outside(stockline)


def test_a_pasted_payload_is_shown_in_our_terms(outside: Outside):
    payload = "sku;qty;price\nA;in stock;9,90\nB;?;\nC;3;soon\nC;4;\n"
    status, told = outside.preview(file=FILE, payload=payload)

    assert status == 200
    assert [(row["sku"], row["partNumber"], row["quantity"], row["price"]) for row in told["rows"]] == [
        ("A", "P-1", 1, "9.90"),
        ("C", None, 4, None),
    ]
    assert told["malformed"] == [
        {"index": 1, "reason": "B: the quantity '?' is no number, and no word that is known"}
    ]
    assert told["counts"] == {
        "received": 4,
        "rows": 2,
        "duplicates": 1,
        "malformed": 1,
        "ignored": {"price": 1},
    }
    assert (told["whole"], told["fetched"]) == (True, None)


def test_twenty_rows_are_shown_of_many(outside: Outside):
    payload = "sku,qty,price\n" + "".join(f"S{number},1,\n" for number in range(99))
    _, told = outside.preview(file=FILE, payload=payload)

    assert (len(told["rows"]), told["counts"]["rows"]) == (20, 99)


def test_a_source_is_asked_where_nothing_is_pasted(outside: Outside):
    server = Server()
    server.start()
    server.made.make(code="north", auth="oauth2", format="xml", items={"A": 5})
    status, told = outside.preview(file=server.made.suppliers["north"].file(server.url))
    server.stop()

    assert (status, told["rows"][0]["quantity"]) == (200, 5)
    assert told["fetched"]["pages"] == 1
    assert told["fetched"]["conditional"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "valid dictionary"),
        ({"file": {**FILE, "fields": {"sku": "s"}}}, "fields.quantity"),
        ({"file": FILE, "payload": 5}, "payload"),
        ({"file": FILE, "more": 1}, "a file, and a payload"),
        ({"file": {**FILE, "auth": {"type": "basic", "username": "u"}}}, "auth.password"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(outside: Outside, body, named):
    status, told = outside.preview(**body)

    assert (status, told["code"]) == (400, "invalid_request")
    assert named in told["error"]


def test_a_payload_that_is_something_else_says_so(outside: Outside):
    status, told = outside.preview(file=FILE, payload="<html>")

    assert (status, told["code"], told["details"]["reason"]) == (409, "source_refused", "unreadable")


def test_an_address_inside_is_not_asked_for_anybody(outside: Outside):
    status, told = outside.preview(file={**FILE, "url": "http://10.0.0.1/"})

    assert (status, told["details"]) == (409, {"reason": "blocked_address", "status": None})


def test_a_source_that_is_away_is_to_be_tried_again(outside: Outside):
    class Away:
        def fetch(self, *_args, **_options):
            raise SourceTransientError("nobody is there", retry_after_s=30.0)

    outside.asked_by(Away())
    status, told = outside.preview(file=FILE)

    assert (status, told["code"]) == (409, "source_unavailable")


def test_nothing_is_kept(outside: Outside):
    outside.preview(file=FILE, payload="sku,qty,price\nA,1,\n")

    assert outside.stockline._value("SELECT count(*) FROM supplier") == 0
