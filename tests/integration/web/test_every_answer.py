"""Contract section 2, sentence by sentence, over the wire format."""

import gzip
import zlib

import psycopg
import pytest
from flask.testing import FlaskClient

from app.domain.tenancy.tenant import Scope
from app.web.auth import HEADER
from tests.integration.web.shop import Shop, open_shop

PROBE = "/api/integrations/probe"


def post(shop: Shop, body: bytes, **headers: str):
    sent = {"X-API-Key": shop.key, "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.client.post(PROBE, data=body, headers=sent)


def assert_error(response, status: int, code: str) -> None:
    assert response.status_code == status, response.data
    assert response.mimetype == "application/json"
    assert response.json["code"] == code
    assert set(response.json) <= {"error", "code", "details"}
    assert " " in response.json["error"]


class TestErrors:
    def test_an_unknown_path_is_a_json_404(self, client: FlaskClient):
        assert_error(client.get("/api/nothing"), 404, "not_found")

    def test_a_wrong_method_is_a_json_405_that_tells_the_right_ones(self, client: FlaskClient):
        response = client.delete("/api/t/config")
        assert_error(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"

    def test_a_defect_is_a_json_500_without_its_text(self, client: FlaskClient):
        response = client.get("/api/integrations/probe/failure")
        assert_error(response, 500, "internal_error")
        assert b"secret" not in response.data
        assert response.headers["X-Request-Id"] in response.json["error"]

    def test_a_head_request_answers_like_get_without_the_body(self, shop: Shop):
        response = shop.client.head("/api/t/config", headers={"X-API-Key": shop.key})
        assert (response.status_code, response.data) == (200, b"")
        assert response.headers["Content-Length"] == str(len(shop.get("/api/t/config").data))


class TestRequestIds:
    def test_a_sane_one_comes_back(self, client: FlaskClient):
        response = client.get("/healthz", headers={"X-Request-Id": "a.B_c-9"})
        assert response.headers["X-Request-Id"] == "a.B_c-9"

    @pytest.mark.parametrize("sent", ["", "with space", "x" * 129, "ümlaut", "a;b"])
    def test_another_is_replaced(self, client: FlaskClient, sent: str):
        told = client.get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
        assert told != sent
        assert told

    def test_every_answer_has_its_own(self, client: FlaskClient):
        ids = {client.get("/api/nothing").headers["X-Request-Id"] for _ in range(5)}
        assert len(ids) == 5


class TestKeys:
    @pytest.mark.parametrize(
        "key", [None, "", "nonsense", "pst_live_" + "a" * 12 + "_" + "b" * 32 + "00000000"]
    )
    def test_a_missing_malformed_or_unknown_key_is_401(self, client: FlaskClient, key: str | None):
        response = client.get("/api/t/config", headers={} if key is None else {HEADER: key})
        assert_error(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"].startswith("ApiKey ")

    def test_a_revoked_key_is_401(self, shop: Shop):
        assert shop.get("/api/t/config").status_code == 200
        shop.connection.execute("UPDATE api_key SET revoked_at = now()")
        assert_error(shop.get("/api/t/config"), 401, "unauthorized")

    def test_an_inactive_tenant_is_401(self, shop: Shop):
        shop.set_tenant(active=False)
        assert_error(shop.get("/api/t/config"), 401, "unauthorized")

    def test_a_key_without_the_scope_is_403(self, shop: Shop):
        shop.key = shop.new_key(Scope.INTEGRATIONS)
        assert_error(shop.get("/api/t/config"), 403, "insufficient_scope")
        shop.key = shop.new_key(Scope.STOREFRONT)
        assert_error(post(shop, b"[]"), 403, "insufficient_scope")


class TestAllowedDomains:
    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://shop.example.com", 200),
            ("https://SHOP.example.com", 200),
            ("http://shop.example.com", 200),
            ("https://evil.example.com", 403),
            ("https://shop.example.com.evil.net", 403),
            ("https://notshop.example.com", 403),
            ("null", 403),
            ("", 403),
        ],
    )
    def test_the_origin_must_be_one_of_them(self, shop: Shop, origin: str, status: int):
        shop.set_tenant(allowed_domains=["shop.example.com"])
        response = shop.get("/api/t/config", Origin=origin)
        assert response.status_code == status
        if status == 403:
            assert_error(response, 403, "origin_not_allowed")

    def test_a_request_without_an_origin_is_not_affected(self, shop: Shop):
        shop.set_tenant(allowed_domains=["shop.example.com"])
        assert shop.get("/api/t/config").status_code == 200

    def test_without_domains_any_origin_may_call(self, shop: Shop):
        assert shop.get("/api/t/config", Origin="https://anywhere.example").status_code == 200


class TestCors:
    @pytest.mark.parametrize("path", ["/api/t/config", PROBE, "/api/t/parts/A%2FB"])
    def test_a_preflight_needs_no_key(self, client: FlaskClient, path: str):
        asked = {
            "Origin": "https://shop.example.com",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-api-key",
        }
        response = client.options(path, headers=asked)
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
        assert ("POST" if path == PROBE else "GET") in response.headers["Access-Control-Allow-Methods"]

    def test_errors_are_readable_for_a_page_too(self, client: FlaskClient):
        for path in ("/api/t/config", "/api/t/nothing", "/api/integrations/probe/failure"):
            response = client.get(path)
            assert response.status_code >= 400
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]

    def test_other_paths_stay_closed(self, client: FlaskClient):
        assert "Access-Control-Allow-Origin" not in client.get("/readyz").headers


class TestBodies:
    def test_plain_and_gzip_arrive_alike(self, shop: Shop):
        body = b'[{"partNumber": "A"}]'
        assert post(shop, body).json == post(shop, gzip.compress(body), Content_Encoding="gzip").json

    def test_a_gzip_of_several_members_is_one_body(self, shop: Shop):
        body = gzip.compress(b"[1,") + gzip.compress(b"2]")
        assert post(shop, body, Content_Encoding="gzip").json["start"] == "[1,2]"

    def test_a_byte_order_mark_is_dropped(self, shop: Shop):
        assert post(shop, b"\xef\xbb\xbf[]").json["start"] == "[]"

    @pytest.mark.parametrize(
        "type_", ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
    )
    def test_another_type_is_415(self, shop: Shop, type_: str):
        assert_error(post(shop, b"[]", Content_Type=type_), 415, "unsupported_media_type")

    @pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
    def test_another_encoding_is_415(self, shop: Shop, encoding: str):
        assert_error(post(shop, b"[]", Content_Encoding=encoding), 415, "unsupported_encoding")

    def test_a_body_over_the_limit_is_413_on_the_wire(self, shop: Shop):
        assert post(shop, b" " * 100_000).status_code == 200
        assert_error(post(shop, b" " * 100_001), 413, "body_too_large")

    def test_a_body_over_the_limit_is_413_decompressed(self, shop: Shop):
        assert post(shop, gzip.compress(b" " * 100_000), Content_Encoding="gzip").status_code == 200
        bomb = gzip.compress(b" " * 50_000_000)
        assert_error(post(shop, bomb, Content_Encoding="gzip"), 413, "body_too_large")

    @pytest.mark.parametrize(
        "body",
        [b"not gzip", gzip.compress(b"[1]")[:-4], gzip.compress(b"[1]") + b"garbage", zlib.compress(b"[]")],
        ids=["no gzip", "cut", "trailing garbage", "zlib"],
    )
    def test_what_cannot_be_decoded_is_400(self, shop: Shop, body: bytes):
        assert_error(post(shop, body, Content_Encoding="gzip"), 400, "undecodable_body")


class TestRates:
    def test_over_the_tenants_rate_is_429_and_tells_when(self, shop: Shop):
        shop.set_tenant(rate_limit_per_s=0.01, rate_limit_burst=2)
        assert [post(shop, b"[]").status_code for _ in range(2)] == [200, 200]
        response = post(shop, b"[]")
        assert_error(response, 429, "rate_limited")
        assert 80 <= int(response.headers["Retry-After"]) <= 100

    def test_reads_have_a_bucket_of_their_own_25_times_as_large(self, shop: Shop):
        shop.set_tenant(rate_limit_per_s=0.01, rate_limit_burst=1)
        assert {shop.get("/api/t/config").status_code for _ in range(25)} == {200}
        assert_error(shop.get("/api/t/config"), 429, "rate_limited")
        assert post(shop, b"[]").status_code == 200

    def test_tenants_do_not_share(self, shop: Shop, operator: psycopg.Connection):
        shop.set_tenant(rate_limit_per_s=0.01, rate_limit_burst=1)
        other = open_shop(operator, shop.client)
        assert [post(shop, b"[]").status_code for _ in range(2)] == [200, 429]
        assert post(other, b"[]").status_code == 200


class TestWithoutRedis:
    def test_reads_come_from_postgresql_and_readiness_says_degraded(self, shop: Shop, without_redis):
        shop.activate("A", stock=3)
        shop.client = without_redis
        assert shop.get("/api/t/parts/A").json["stock"] == 3
        assert shop.get("/api/t/stock?partNumbers=A").json[0]["stock"] == 3
        ready = shop.client.get("/readyz")
        assert (ready.status_code, ready.json["degraded"]) == (200, ["redis"])

    def test_the_rate_is_not_limited(self, shop: Shop, without_redis):
        shop.set_tenant(rate_limit_per_s=0.01, rate_limit_burst=1)
        shop.client = without_redis
        assert {shop.get("/api/t/config").status_code for _ in range(40)} == {200}


class TestOperations:
    def test_healthz_and_readyz_are_well(self, client: FlaskClient):
        assert client.get("/healthz").json == {"status": "ok"}
        assert client.get("/readyz").json == {"status": "ok", "degraded": [], "missing": []}

    def test_missing_migrations_are_named(self, client: FlaskClient, operator: psycopg.Connection):
        (revision,) = operator.execute("SELECT version_num FROM alembic_version").fetchone()
        operator.execute("UPDATE alembic_version SET version_num = '0000'")
        try:
            response = client.get("/readyz")
        finally:
            operator.execute("UPDATE alembic_version SET version_num = %s", (revision,))
        assert (response.status_code, response.json["missing"]) == (503, ["migrations"])
        assert response.json["code"] == "not_ready"
        assert int(response.headers["Retry-After"]) > 0

    def test_metrics_count_requests_by_route_and_status(self, shop: Shop):
        shop.get("/api/t/config")
        page = shop.client.get("/metrics")
        assert page.mimetype == "text/plain"
        line = 'stockline_http_requests_seconds_count{route="/api/t/config",status="200"} 1.0'
        assert line in page.text
        assert "stockline_queue_depth" in page.text


def test_without_postgresql_nothing_is_accepted_and_503_says_so(shop: Shop, without_postgresql: FlaskClient):
    shop.client = without_postgresql
    response = shop.get("/api/t/config")
    assert_error(response, 503, "database_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    ready = shop.get("/readyz")
    assert (ready.status_code, ready.json["missing"]) == (503, ["postgresql"])
    assert shop.get("/healthz").status_code == 200
    assert shop.get("/metrics").status_code == 200
