"""A company's keys, by page and by route: shown once, used, revoked."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.bootstrap import Container
from app.domain.tenancy.tenant import Scope
from tests.stockline import Stockline
from tests.visitor import Visitor

HOSTILE = '<script>x</script> "><img src=x onerror=alert(1)>'


def made_by_page(owner: Visitor, **form: object) -> str:
    """The key that the page shows."""
    page = owner.post("/portal/keys", {"name": "ERP", "scope": ["integrations"], **form})
    assert page.status_code == 200, page.text
    return page.text.partition('id="once-key" value="')[2].partition('"')[0]


def calls(owner: Visitor, key: str, path: str = "/api/integrations/activity") -> int:
    client: FlaskClient = owner.application.test_client()
    return client.get(path, headers={"X-API-Key": key}).status_code


def listed(owner: Visitor, name: str) -> dict:
    return next(one for one in owner.get("/api/app/keys").json["data"] if one["name"] == name)


def test_the_page_shows_a_new_key_once_and_it_works(owner: Visitor):
    key = made_by_page(owner)

    assert calls(owner, key) == 200
    page = owner.get("/portal/keys").text
    assert key not in page
    assert key[:21] in page
    assert f"by {owner.user.email}" in page


def test_it_may_do_what_was_chosen_and_no_more(owner: Visitor):
    key = made_by_page(owner, scope=["storefront"])
    assert (calls(owner, key, "/api/t/config"), calls(owner, key)) == (200, 403)


def test_without_a_choice_none_is_made(owner: Visitor):
    before = len(owner.get("/api/app/keys").json["data"])
    assert owner.post("/portal/keys", {"name": "x"}).status_code == 400
    assert owner.json("POST", "/api/app/keys", {"name": "x", "scopes": []}).status_code == 400
    assert owner.json("POST", "/api/app/keys", {"name": "x", "scopes": ["all"]}).status_code == 400
    assert len(owner.get("/api/app/keys").json["data"]) == before


def test_a_revoked_one_is_refused_and_stays_in_the_list(owner: Visitor):
    made = owner.json("POST", "/api/app/keys", {"name": "old", "scopes": ["integrations"]}).json
    assert calls(owner, made["apiKey"]) == 200

    assert owner.post(f"/portal/keys/{made['keyId']}/revoke").status_code == 303

    assert calls(owner, made["apiKey"]) == 401
    assert listed(owner, "old")["revokedAt"]
    assert owner.json("DELETE", f"/api/app/keys/{made['keyId']}").status_code == 204


def test_the_list_goes_on_page_by_page_the_live_ones_first_and_each_key_once(owner: Visitor):
    made = [
        owner.json("POST", "/api/app/keys", {"name": str(n), "scopes": ["integrations"]}).json["keyId"]
        for n in range(4)
    ]
    for one in (made[0], made[2]):
        owner.json("DELETE", f"/api/app/keys/{one}")

    told, cursor = [], ""
    while cursor is not None:
        answer = owner.get(f"/api/app/keys?limit=1{cursor and f'&cursor={cursor}'}").json
        told += [one["keyId"] for one in answer["data"]]
        cursor = answer["nextCursor"]
    assert [one for one in told if one in made] == [made[3], made[1], made[2], made[0]]
    assert len(told) == len(set(told)) == 5
    page = owner.get("/portal/keys?limit=2").text
    assert [one for one in made if one in page] == [made[1], made[3]]
    assert "Next page" in page


def test_another_tenants_is_not_there_and_lives_on(owner: Visitor, stockline: Stockline):
    other = stockline.another()
    (foreign,) = owner.container.tenancy.keys(other.tenant_id)
    assert str(foreign.id) not in owner.get("/api/app/keys").text
    assert owner.json("DELETE", f"/api/app/keys/{foreign.id}").status_code == 404
    assert owner.post(f"/portal/keys/{foreign.id}/revoke").status_code == 404
    assert calls(owner, other.key) == 200


def test_a_name_is_shown_as_text(owner: Visitor):
    made_by_page(owner, name=HOSTILE)
    page = owner.get("/portal/keys").text
    assert "<script>x" not in page
    assert "<img" not in page


class TestLastUsed:
    @pytest.fixture
    def key(self, owner: Visitor) -> dict:
        return owner.json("POST", "/api/app/keys", {"name": "k", "scopes": ["integrations"]}).json

    def used_ago(self, stockline: Stockline, key: dict) -> float | None:
        sql = "SELECT extract(epoch FROM now() - last_used_at)::float8 FROM api_key WHERE id = %s"
        row = stockline.database.execute(sql, (UUID(key["keyId"]),)).fetchone()
        assert row
        return row[0]

    def test_it_is_never_before_the_first_call_and_then_now(
        self, owner: Visitor, stockline: Stockline, key: dict
    ):
        assert listed(owner, "k")["lastUsedAt"] is None
        calls(owner, key["apiKey"])
        assert self.used_ago(stockline, key) < 20
        assert listed(owner, "k")["lastUsedAt"]

    @pytest.mark.parametrize(("ago_s", "written"), [(50, False), (70, True)])
    def test_it_is_written_once_a_minute(
        self, owner: Visitor, stockline: Stockline, key: dict, ago_s: int, *, written: bool
    ):
        sql = "UPDATE api_key SET last_used_at = now() - make_interval(secs => %s) WHERE id = %s"
        stockline.sql(sql, ago_s, UUID(key["keyId"]))
        calls(owner, key["apiKey"])
        assert (self.used_ago(stockline, key) < 20) is written

    def test_a_refused_call_is_no_use(self, owner: Visitor, stockline: Stockline, key: dict):
        stockline.sql("UPDATE api_key SET revoked_at = now() WHERE id = %s", UUID(key["keyId"]))
        assert calls(owner, key["apiKey"]) == 401
        assert self.used_ago(stockline, key) is None


def test_the_operators_keys_say_who_made_them(
    owner: Visitor, stockline: Stockline, build: Callable[..., Container]
):
    owner.container.tenancy.create_key(stockline.tenant_id, [Scope.STOREFRONT])
    assert "by the platform" in owner.get("/portal/keys").text
