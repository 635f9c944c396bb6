"""Contract §2 and §3: how a feed is taken in, waited for, and sent again; what is refused and how."""

import gzip
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from app.adapters.postgres import unit_of_work
from app.adapters.postgres.unit_of_work import engine_for
from app.bootstrap import Container
from app.domain.tenancy.tenant import Scope
from app.web.feeds import WAITING_ROOM
from tests.stockline import Stockline, until, zipped

ROWS = [{"partNumber": "A", "stock": 5}]
SURFACES = ["stock-feed", "location-stock", "price-feed"]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def shop(stockline: Stockline) -> Stockline:
    """With one item, and callers who do not wait unless they ask to."""
    stockline.activate("A")
    stockline.set(feed_wait_s=0)
    return stockline


def assert_error(response, status: int, code: str) -> None:
    assert (response.status_code, response.mimetype) == (status, "application/json"), response.text
    assert response.json["code"] == code
    assert " " in response.json["error"]


class TestWaiting:
    def test_200_with_the_result_if_the_workers_finish_within_the_wait(self, shop: Stockline):
        shop.set(feed_wait_s=None)
        with shop.worker():
            response = shop.post("stock-feed", ROWS)
        assert (response.status_code, response.json["updated"]) == (200, 1)
        assert "Preference-Applied" not in response.headers

    def test_else_202_with_its_location(self, shop: Stockline):
        response = shop.post("stock-feed", ROWS)
        feed_id = response.json["feedId"]
        url = f"/api/integrations/feeds/{feed_id}"
        assert response.status_code == 202
        assert response.json == {"feedId": feed_id, "status": "queued", "statusUrl": url}
        assert response.headers["Location"] == url
        assert shop.feed(feed_id)["status"] == "queued"

    def test_the_feed_is_committed_before_the_answer(self, shop: Stockline):
        feed_id = shop.post("stock-feed", ROWS).json["feedId"]
        assert (shop.count("feed"), shop.count("dispatch"), shop.count("feed_chunk")) == (1, 1, 1)
        shop.drain()
        assert shop.result(feed_id)["changed"] == 1

    def test_the_wait_ends_when_it_is_over(self, shop: Stockline):
        shop.set(feed_wait_s=0.3)
        started = monotonic()
        assert shop.post("stock-feed", ROWS).status_code == 202
        assert 0.3 <= monotonic() - started < 5

    def test_respond_async_is_answered_at_once(self, shop: Stockline):
        shop.set(feed_wait_s=60)
        response = shop.post("stock-feed", ROWS, Prefer="respond-async")
        assert (response.status_code, response.headers["Preference-Applied"]) == (202, "respond-async")

    def test_wait_n_waits_that_long(self, shop: Stockline):
        with shop.worker():
            response = shop.post("stock-feed", ROWS, Prefer="wait=30")
        assert (response.status_code, response.headers["Preference-Applied"]) == (200, "wait=30")

    def test_wait_0_does_not_wait(self, shop: Stockline):
        shop.set(feed_wait_s=60)
        response = shop.post("stock-feed", ROWS, Prefer="wait=0")
        assert (response.status_code, response.headers["Preference-Applied"]) == (202, "wait=0")

    def test_wait_is_capped_at_60(self, shop: Stockline):
        with shop.worker():
            response = shop.post("stock-feed", ROWS, Prefer="wait=3600")
        assert response.headers["Preference-Applied"] == "wait=60"

    def test_what_is_no_preference_of_ours_is_ignored(self, shop: Stockline):
        response = shop.post("stock-feed", ROWS, Prefer="handling=lenient, wait=soon")
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers

    def test_nobody_waits_when_too_many_already_do(self, shop: Stockline, build: Callable[..., Container]):
        crowded = shop.over(build(web_threads=2))
        room = crowded.application.extensions[WAITING_ROOM]
        with ThreadPoolExecutor() as pool:
            first = pool.submit(crowded.post, "stock-feed", ROWS, Prefer="wait=30")
            until(lambda: not room._seats._value, "the first caller waiting")
            second = crowded.post("stock-feed", ROWS, Prefer="wait=30")
            assert second.status_code == 202
            assert second.headers["Preference-Applied"] == "respond-async"
            shop.drain()
            assert first.result().status_code == 200
        assert shop.result(second.json["feedId"])["updated"] == 1

    def test_a_dry_run_does_not_crowd_in_either(self, shop: Stockline, build: Callable[..., Container]):
        crowded = shop.over(build(web_threads=2))
        with crowded.application.extensions[WAITING_ROOM].seat():
            response = crowded.post("stock-feed?dryRun=true", ROWS)
        assert_error(response, 503, "busy")
        assert int(response.headers["Retry-After"]) > 0

    def test_after_an_answer_the_seat_is_free_again(self, shop: Stockline, build: Callable[..., Container]):
        crowded = shop.over(build(web_threads=2))
        with shop.worker():
            assert {crowded.post("stock-feed", ROWS, Prefer="wait=30").status_code for _ in range(4)} == {200}


class TestIdempotencyKey:
    def test_the_same_body_answers_for_the_first_ones_feed(self, shop: Stockline):
        first = shop.post("stock-feed", ROWS, Idempotency_Key="k")
        again = shop.post("stock-feed", ROWS, Idempotency_Key="k")
        assert first.json == again.json
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert shop.count("feed") == 1

    def test_it_answers_with_the_result_once_there_is_one(self, shop: Stockline):
        feed_id = shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        shop.drain()
        shop.stock_feed({"partNumber": "A", "stock": 9})
        again = shop.post("stock-feed", ROWS, Idempotency_Key="k")
        assert (again.status_code, again.json) == (200, shop.result(feed_id))
        assert shop.stock() == {"A": 9}

    def test_a_result_at_once_is_not_called_asynchronous(self, shop: Stockline):
        shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        shop.drain()
        again = shop.post("stock-feed", ROWS, Idempotency_Key="k", Prefer="respond-async")
        assert again.status_code == 200
        assert "Preference-Applied" not in again.headers

    def test_while_the_first_is_in_flight_it_waits_too(self, shop: Stockline):
        feed_id = shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        with ThreadPoolExecutor() as pool:
            again = pool.submit(shop.post, "stock-feed", ROWS, Idempotency_Key="k", Prefer="wait=30")
            with shop.worker():
                assert (again.result().status_code, again.result().json["feedId"]) == (200, feed_id)

    def test_twins_at_the_same_moment_make_one_feed(self, shop: Stockline):
        together = threading.Barrier(6)

        def send(_):
            together.wait()
            return shop.post("stock-feed", ROWS, Idempotency_Key="k")

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(send, range(6)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json["feedId"] for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
        assert shop.count("feed") == 1

    @pytest.mark.parametrize("body", [b'[{"partNumber":"A","stock":6}]', b' [{"partNumber":"A","stock":5}]'])
    def test_another_body_is_422(self, shop: Stockline, body: bytes):
        shop.post("stock-feed", b'[{"partNumber":"A","stock":5}]', Idempotency_Key="k")
        assert_error(shop.post("stock-feed", body, Idempotency_Key="k"), 422, "idempotency_key_reused")
        assert shop.count("feed") == 1

    def test_the_same_body_zipped_is_the_same_body(self, shop: Stockline):
        first = shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        assert shop.accept("stock-feed", zipped(ROWS), Idempotency_Key="k", Content_Encoding="gzip") == first

    def test_another_key_makes_another_feed(self, shop: Stockline):
        first = shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        assert shop.accept("stock-feed", ROWS, Idempotency_Key="K") != first

    def test_no_key_makes_another_feed(self, shop: Stockline):
        assert shop.accept("stock-feed", ROWS) != shop.accept("stock-feed", ROWS)

    def test_another_tenants_key_is_another(self, shop: Stockline):
        other = shop.another()
        assert shop.accept("stock-feed", ROWS, Idempotency_Key="k") != other.accept(
            "stock-feed", [{"partNumber": "B", "stock": 1}], Idempotency_Key="k"
        )

    def test_a_held_feed_is_answered_for_as_held(self, shop: Stockline):
        shop.stock_feed({"partNumber": "A", "stock": 5})
        shop.set(shrink_guard_percent=0)
        emptying = [{"partNumber": "A", "stock": 0}]
        feed_id = shop.accept("stock-feed", emptying, Idempotency_Key="k")
        shop.drain()
        again = shop.post("stock-feed", emptying, Idempotency_Key="k", Prefer="wait=30")
        assert (again.status_code, again.json["status"], again.json["feedId"]) == (202, "held", feed_id)

    def test_it_lives_24_hours(self, shop: Stockline):
        first = shop.accept("stock-feed", ROWS, Idempotency_Key="k")
        shop.sql("UPDATE idempotency_key SET created_at = now() - interval '23 h 59 min'")
        assert shop.accept("stock-feed", ROWS, Idempotency_Key="k") == first
        shop.sql("UPDATE idempotency_key SET created_at = now() - interval '24 h 1 s'")
        second = shop.accept("stock-feed", [{"partNumber": "A", "stock": 6}], Idempotency_Key="k")
        assert second != first
        assert_error(shop.post("stock-feed", ROWS, Idempotency_Key="k"), 422, "idempotency_key_reused")

    def test_keeping_house_forgets_only_what_expired(self, shop: Stockline):
        old, young = (shop.accept("stock-feed", ROWS, Idempotency_Key=key) for key in ("old", "young"))
        shop.sql("UPDATE idempotency_key SET created_at = now() - interval '26 h' WHERE key = 'old'")
        shop.container.housekeeping()
        assert shop.accept("stock-feed", ROWS, Idempotency_Key="young") == young
        assert shop.accept("stock-feed", ROWS, Idempotency_Key="old") != old

    def test_a_refused_call_does_not_use_it_up(self, shop: Stockline):
        assert shop.post("stock-feed", b"{}", Idempotency_Key="k").status_code == 400
        assert shop.post("stock-feed", ROWS, Idempotency_Key="k").status_code == 202

    def test_255_characters_are_enough(self, shop: Stockline):
        assert shop.post("stock-feed", ROWS, Idempotency_Key="k" * 255).status_code == 202

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "ü"], ids=["empty", "256", "tab", "not ASCII"])
    def test_what_is_no_key_is_400(self, shop: Stockline, key: str):
        assert_error(shop.post("stock-feed", ROWS, Idempotency_Key=key), 400, "invalid_request")
        assert shop.count("feed") == 0


@pytest.mark.parametrize("surface", SURFACES)
class TestBodies:
    def test_gzip_is_accepted(self, shop: Stockline, surface: str):
        rows = [{"partNumber": "A", "stock": 5, "price": 1, "dealerId": "x"}]
        assert shop.send(surface, zipped(rows), Content_Encoding="gzip")["received"] == 1

    @pytest.mark.parametrize(
        "body", [b"[]", zipped(ROWS)[:-5], zipped(ROWS) + b"x"], ids=["plain", "cut", "more"]
    )
    def test_what_is_no_gzip_is_400(self, shop: Stockline, surface: str, body: bytes):
        assert_error(shop.post(surface, body, Content_Encoding="gzip"), 400, "undecodable_body")

    def test_a_bomb_is_413(self, shop: Stockline, surface: str):
        bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
        assert_error(shop.post(surface, bomb, Content_Encoding="gzip"), 413, "body_too_large")

    def test_too_much_on_the_wire_is_413(self, shop: Stockline, surface: str):
        assert_error(shop.post(surface, b" " * 200_001), 413, "body_too_large")

    @pytest.mark.parametrize("type_", ["text/csv", "text/plain", ""])
    def test_another_content_type_is_415(self, shop: Stockline, surface: str, type_: str):
        assert_error(shop.post(surface, ROWS, Content_Type=type_), 415, "unsupported_media_type")

    def test_another_encoding_is_415(self, shop: Stockline, surface: str):
        assert_error(shop.post(surface, ROWS, Content_Encoding="br"), 415, "unsupported_encoding")

    @pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b"[1]"])
    def test_no_array_or_no_valid_row_is_400(self, shop: Stockline, surface: str, body: bytes):
        assert_error(shop.post(surface, body), 400, "invalid_request")


@pytest.mark.parametrize("surface", SURFACES)
class TestWhoMayCall:
    def test_without_a_key_it_is_401(self, shop: Stockline, surface: str):
        shop.key = ""
        response = shop.post(surface, ROWS)
        assert_error(response, 401, "unauthorized")
        assert "WWW-Authenticate" in response.headers

    def test_an_unknown_key_is_401(self, shop: Stockline, surface: str):
        shop.key = shop.key[:-1] + ("a" if shop.key[-1] != "a" else "b")
        assert_error(shop.post(surface, ROWS), 401, "unauthorized")

    def test_an_inactive_tenant_is_401(self, shop: Stockline, surface: str):
        shop.set(active=False)
        assert_error(shop.post(surface, ROWS), 401, "unauthorized")

    def test_a_storefront_key_is_403(self, shop: Stockline, surface: str):
        shop.key = shop.new_key(Scope.STOREFRONT)
        assert_error(shop.post(surface, ROWS), 403, "insufficient_scope")

    def test_a_foreign_origin_is_403_where_domains_are_set(self, shop: Stockline, surface: str):
        shop.set(allowed_domains=["shop.example"])
        assert_error(shop.post(surface, ROWS, Origin="https://evil.example"), 403, "origin_not_allowed")
        assert shop.post(surface, b"{", Origin="https://shop.example").status_code == 400
        assert shop.post(surface, b"{").status_code == 400

    def test_get_is_405(self, shop: Stockline, surface: str):
        response = shop.get(f"/{surface}")
        assert_error(response, 405, "method_not_allowed")
        assert "POST" in response.headers["Allow"]


def test_an_unknown_path_is_404(shop: Stockline):
    assert_error(shop.post("stock-feeds", ROWS), 404, "not_found")


def test_the_rate_is_one_for_all_processes(shop: Stockline, build: Callable[..., Container]):
    shop.set(rate_limit_per_s=0.01, rate_limit_burst=3)
    elsewhere = shop.over(build(web_threads=4))
    assert [one.post("stock-feed", ROWS).status_code for one in (shop, elsewhere, shop)] == [202] * 3
    for one in (shop, elsewhere):
        response = one.post("stock-feed", ROWS)
        assert_error(response, 429, "rate_limited")
        assert 0 < int(response.headers["Retry-After"]) <= 100
    assert shop.count("feed") == 3


class TestWithoutRedis:
    @pytest.fixture
    def alone(self, shop: Stockline, build: Callable[..., Container]) -> Stockline:
        return shop.over(build(redis_url=NOWHERE, broker_url=NOWHERE))

    def test_a_feed_is_accepted_with_202(self, alone: Stockline):
        response = alone.post("stock-feed", ROWS, Prefer="wait=1")
        assert (response.status_code, response.json["status"]) == (202, "queued")

    def test_it_is_applied_and_read_back(self, alone: Stockline):
        assert alone.send("stock-feed", ROWS)["changed"] == 1
        found = alone.application.test_client().get("/api/t/parts/A", headers={"X-API-Key": alone.key})
        assert (found.status_code, found.json["stock"]) == (200, 5)

    def test_who_waits_still_gets_200(self, alone: Stockline):
        with alone.worker():
            assert alone.post("stock-feed", ROWS, Prefer="wait=30").status_code == 200

    def test_the_same_key_still_makes_one_feed(self, alone: Stockline):
        first = alone.accept("stock-feed", ROWS, Idempotency_Key="k")
        assert alone.accept("stock-feed", ROWS, Idempotency_Key="k") == first


def test_without_postgresql_it_is_503_and_nothing_was_accepted(
    shop: Stockline, build: Callable[..., Container], monkeypatch: pytest.MonkeyPatch
):
    """The caller's key is still remembered, so that the feed's own transaction is the first to fail."""
    here = shop.over(build(key_cache_s=1.0))
    assert here.get("/feeds").status_code == 200
    away = engine_for("postgresql://a:a@127.0.0.1:1/none", pool_size=1, application_name="test")
    with monkeypatch.context() as patch:
        patch.setattr(here.container.unit_of_work, "engine", away)
        response = here.post("stock-feed", ROWS)
    assert_error(response, 503, "database_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert shop.count("feed") == 0


def test_postgresql_that_goes_away_while_the_caller_waits_takes_nothing_back(
    shop: Stockline, build: Callable[..., Container], monkeypatch: pytest.MonkeyPatch
):
    """The feed is accepted: a 503 would say that it is not."""
    here = shop.over(build(key_cache_s=1.0))
    away = engine_for("postgresql://a:a@127.0.0.1:1/none", pool_size=1, application_name="test")
    signals = here.container.feeds._signals
    wait = signals.wait

    with monkeypatch.context() as patch:

        def goes_away(*arguments):
            patch.setattr(here.container.unit_of_work, "engine", away)
            wait(*arguments)

        patch.setattr(signals, "wait", goes_away)
        response = here.post("stock-feed", ROWS, Prefer="wait=1")
    assert (response.status_code, response.json["status"]) == (202, "queued")
    shop.drain()
    assert shop.result(response.json["feedId"])["changed"] == 1


class TestABrokenCommit:
    """The connection breaks inside COMMIT: before or after it took effect, nobody here can know."""

    @pytest.fixture(params=["before", "after"])
    def broken(self, request, shop: Stockline, monkeypatch: pytest.MonkeyPatch) -> Stockline:
        commit, unbroken = unit_of_work._commit, [True]

        def breaks(connection):
            accepting = connection.exec_driver_sql("SELECT count(*) FROM feed").scalar_one()
            if accepting and unbroken and unbroken.pop():
                raw = connection.connection.dbapi_connection
                if request.param == "after":
                    raw.commit()
                raw.close()
            commit(connection)

        shop.sql("DELETE FROM feed")
        monkeypatch.setattr(unit_of_work, "_commit", breaks)
        return shop

    def test_it_is_503_outcome_unknown(self, broken: Stockline):
        response = broken.post("stock-feed", ROWS, Idempotency_Key="k")
        assert_error(response, 503, "outcome_unknown")
        assert int(response.headers["Retry-After"]) > 0
        assert "Idempotency-Key" in response.json["error"]

    def test_sent_again_with_the_same_key_it_is_one_feed(self, broken: Stockline):
        broken.post("stock-feed", ROWS, Idempotency_Key="k")
        assert broken.send("stock-feed", ROWS, Idempotency_Key="k")["updated"] == 1
        assert broken.count("feed") == 1
