"""Sources are read with what lets us in, over all their pages, and only when there is something new."""

from datetime import UTC, datetime
from itertools import product

import pytest

from app.domain.suppliers.reading import read_report
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError
from app.domain.suppliers.supplier import described
from app.local.simulated.answer import Answer, of_json
from app.local.supplier_sim.stock import FORMATS, PAGINATIONS

STOCK = {"A": 5, "B": 0, "C": 17}
HOST = "http://api.example"


def read(web, supplier, **conditions):
    """The supplier by its own file, as the rows that come of it."""
    source, fetched = fetch(web, supplier, **conditions)
    report = read_report(source, fetched.pages, now=datetime.now(UTC))
    assert report.malformed_count == 0
    return {row.sku: row.quantity for row in report.rows}


def fetch(web, supplier, **conditions):
    file = described(supplier.file(HOST))
    return file.supplier.source, web.fetcher.fetch(file.supplier.source, file.secrets, **conditions)


@pytest.mark.parametrize("auth", ["none", "header", "query", "basic", "oauth2"])
def test_every_way_in_is_known(web, supplier, auth):
    assert read(web, supplier(auth=auth)) == STOCK


@pytest.mark.parametrize("auth", ["header", "query", "basic", "oauth2"])
def test_a_wrong_secret_is_refused_until_somebody_mends_it(web, supplier, auth):
    made = supplier(auth=auth)
    file = described(made.file(HOST))
    wrong = dict.fromkeys(file.secrets, "wrong")

    with pytest.raises(SourceRefusedError) as told:
        web.fetcher.fetch(file.supplier.source, wrong)

    assert told.value.reason in {"unauthorized", "token_refused"}


@pytest.mark.parametrize(
    ("form", "pagination"), sorted({*product(FORMATS, PAGINATIONS)} - {("csv", "cursor")})
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_shape_is_read_over_every_kind_of_pages(web, supplier, form, pagination, size):
    assert read(web, supplier(format=form, pagination=pagination, page_size=size, gzip=True)) == STOCK


def test_a_key_goes_along_to_every_page(web, supplier):
    made = supplier(auth="query", pagination="link", page_size=1)
    read(web, made)

    assert [call.query["key"] for call in made.calls] == ["sesame"] * 3


# --- OAuth -------------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_for_many_readings(web, supplier):
    made = supplier(auth="oauth2", pagination="page", page_size=1)
    read(web, made)
    read(web, made)

    assert made.token_calls == 1


def test_a_token_is_renewed_a_minute_before_it_runs_out(web, supplier):
    made = supplier(auth="oauth2", token_lasts_s=600.0)
    read(web, made)
    web.now = 539.0
    read(web, made)
    assert made.token_calls == 1

    web.now = 541.0
    read(web, made)
    assert made.token_calls == 2


def test_a_token_that_counts_no_more_is_replaced_in_the_same_reading(web, supplier):
    made = supplier(auth="oauth2")
    read(web, made)
    made.order({"kind": "expire_token"})

    assert read(web, made) == STOCK
    assert made.token_calls == 2


def test_a_changed_secret_does_not_go_by_the_old_ones_token(web, supplier):
    made = supplier(auth="oauth2")
    read(web, made)
    made.secret = "another"

    assert read(web, made) == STOCK
    assert made.token_calls == 2


def test_a_token_server_that_knows_the_form_only_is_asked_so(scripted, scripted_port):
    from tests.outbound import Web

    def told(request):
        if request.path == "/token":
            named = b"client_secret=s" in request.body
            return of_json({"access_token": "t"}) if named else of_json({"error": "invalid_client"}, 401)
        return Answer(200 if request.headers.get("authorization") == "Bearer t" else 401, b"[]")

    scripted.told = told
    auth = {"type": "oauth2", "tokenUrl": f"{HOST}/token", "clientId": "c", "clientSecret": "s"}

    assert Web(scripted_port).fetch({"url": f"{HOST}/", "auth": auth}).pages == [b"[]"]


# --- conditional requests ----------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(web, supplier):
    made = supplier()
    _, before = fetch(web, made)
    _, after = fetch(web, made, etag=before.etag, last_modified=before.last_modified)

    assert (before.status, after.status, list(after.pages)) == (200, 304, [])
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified)


def test_what_has_changed_is_sent(web, supplier):
    made = supplier()
    _, before = fetch(web, made)
    made.put("A", 6)

    assert read(web, made, etag=before.etag)["A"] == 6


def test_a_report_of_several_pages_is_always_read_whole(web, supplier):
    made = supplier(pagination="page", page_size=2)
    _, before = fetch(web, made, etag='"2"')

    assert (before.status, len(before.pages), before.etag) == (200, 2, None)
    assert not any("if-none-match" in call.headers for call in made.calls)


# --- what an answer means ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_what_may_pass_is_tried_again_later(web, supplier, status):
    made = supplier()
    made.order({"kind": "status", "status": status})

    with pytest.raises(SourceTransientError) as told:
        read(web, made)
    assert told.value.status == status


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "refused"),
        (403, "forbidden"),
        (404, "not_found"),
        (410, "not_found"),
        (204, "refused"),
        (304, "refused"),
    ],
)
def test_what_does_not_pass_is_for_a_person(web, supplier, status, reason):
    made = supplier()
    made.order({"kind": "status", "status": status})

    with pytest.raises(SourceRefusedError) as told:
        read(web, made)
    assert (told.value.reason, told.value.status) == (reason, status)


@pytest.mark.parametrize(
    ("said", "after_s"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("999999999", 86_400.0),
        ("nan", 0.0),
        ("soon", 0.0),
    ],
)
def test_a_source_may_say_when_to_come_again(web, supplier, said, after_s):
    made = supplier()
    made.order({"kind": "rate_limit", "retryAfter": said})

    with pytest.raises(SourceTransientError) as told:
        read(web, made)
    assert told.value.retry_after_s == after_s


def test_a_source_may_say_so_by_a_date(web, supplier):
    made = supplier()
    made.order({"kind": "rate_limit", "retryAfter": "Fri, 31 Dec 2100 23:59:59 GMT"})

    with pytest.raises(SourceTransientError) as told:
        read(web, made)
    assert told.value.retry_after_s == 86_400.0


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_broken_line_may_hold_the_next_time(web, supplier, kind):
    made = supplier()
    made.order({"kind": kind})
    with pytest.raises(SourceTransientError):
        read(web, made)

    assert read(web, made) == STOCK


@pytest.mark.parametrize("kind", ["garbage", "wrong_type"])
def test_an_answer_of_another_shape_is_no_report(web, supplier, kind):
    made = supplier(format="nested")
    made.order({"kind": kind})

    with pytest.raises(SourceRefusedError) as told:
        read(web, made)
    assert told.value.reason == "unreadable"
