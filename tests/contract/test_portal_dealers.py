"""Pages of dealers without a browser: what a form without script gets, and what a form may not do."""

import io
import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from app.bootstrap import Container
from tests.network import Network
from tests.stockline import Stockline
from tests.visitor import Visitor, person

CSV = b"code,name\nA,Anna\nB,\n"


@pytest.fixture
def house(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    container = build(secret_key="signs the cookies of tests")
    return stockline.over(container)


@pytest.fixture
def operator(house: Stockline) -> Visitor:
    return person(house.application, house.tenant_id, "operator")


def send(visitor: Visitor, body: bytes, name: str = "dealers.csv", **fields: str) -> TestResponse:
    return visitor.post("/portal/dealers/import", {"file": (io.BytesIO(body), name), **fields})


def test_without_script_the_preview_is_a_page_and_its_button_confirms_that_file_alone(
    house: Stockline, operator: Visitor
):
    page = send(operator, CSV)
    assert page.text.startswith("<!doctype html>")
    assert "name must not be empty" in page.text
    assert house.count("dealer") == 0
    (confirm,) = re.findall(r'name="confirm" value="([0-9a-f]{64})"', page.text)

    assert "nothing was written" in send(operator, CSV + b"C,Carl\n", confirm=confirm).text
    assert house.count("dealer") == 0
    assert "Done." in send(operator, CSV, confirm=confirm).text
    assert house.count("dealer") == 1


def test_a_byte_order_mark_is_understood_and_hostile_reasons_are_text(operator: Visitor):
    page = send(operator, "\ufeffcode,name,country\nA,Anna,<script>x</script>\n".encode())
    assert page.status_code == 200
    page = send(operator, b"code,<script>x</script>\nA,1\n")
    assert page.status_code == 400
    assert "<script>x" not in page.text
    assert "unknown columns" in page.text.lower()


@pytest.mark.parametrize(
    ("body", "name", "status", "told"),
    [
        (CSV, "dealers.xlsx", 400, "an import file ends in .csv or .jsonl"),
        (b"", "", 400, "choose a file first"),
        (b"code,name\n" + b"x" * 200_000, "big.csv", 413, "the form is larger than"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(
    operator: Visitor, body: bytes, name: str, status: int, told: str
):
    page = send(operator, body, name)
    assert (page.status_code, told in page.text.lower()) == (status, True)


def test_another_tenants_dealer_is_not_there(house: Stockline, operator: Visitor):
    theirs = Network(house.another()).dealer()
    for path in (f"/portal/dealers/{theirs}", f"/portal/dealers/{theirs}/edit"):
        assert operator.get(path).status_code == 404
    for path in ("edit", "remove"):
        assert operator.post(f"/portal/dealers/{theirs}/{path}", {"name": "Mine"}).status_code == 404


def test_hours_that_were_kept_are_kept_by_a_form_that_is_saved_as_it_is(house: Stockline, operator: Visitor):
    hours = {"mon": [["09:00", "12:00"]], "wed": [], "exceptions": {"2026-12-24": []}}
    made = house.container.network.create_dealer(
        house.tenant_id,
        {"name": "D", "timezone": "Europe/Stockholm", "openingHours": hours, "lat": 1, "lng": 2},
    )
    form = operator.get(f"/portal/dealers/{made.id}/edit").text
    fields = dict(re.findall(r'<input id="f-\w+" name="(\w+)" type="\w+" value="([^"]*)"', form))
    exceptions = form.partition('aria-describedby="h-exceptions">')[2].partition("</textarea>")[0]

    operator.post(f"/portal/dealers/{made.id}/edit", {**fields, "exceptions": exceptions, "active": "on"})

    assert house.container.network.dealer(house.tenant_id, made.id).dealer == made.dealer


def test_a_thousand_dealers_are_a_page_of_fifty_and_one_map(house: Stockline, operator: Visitor):
    lines = b"".join(b'{"code": "%d", "name": "D %d", "lat": 60, "lng": 18}\n' % (n, n) for n in range(1100))
    house.container.network.import_dealers(
        house.tenant_id, "x.jsonl", lines.decode().splitlines(keepends=True)
    )
    page = operator.get("/portal/dealers").text
    assert (page.count('<th scope="row">'), page.count("<circle")) == (50, 1000)
    assert "The map has the first thousand" in page
    (following,) = re.findall(r'href="(/portal/dealers\?[^"]+)"', page)
    after = operator.get(following.replace("&amp;", "&")).text
    assert after.count('<th scope="row">') == 50
    assert "<circle" not in after
