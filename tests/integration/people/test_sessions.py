"""A session's end, and the token that every change of it carries."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.sessions import CSRF_HEADER
from tests.stockline import Stockline
from tests.visitor import PASSWORD, Visitor

PAGE = "/portal/account"
ROUTE = "/api/app/session"


def is_in(visitor: Visitor) -> bool:
    page, route = visitor.get(PAGE).status_code, visitor.get(ROUTE).status_code
    assert (page, route) in {(200, 200), (303, 401)}, "pages and routes agree"
    return page == 200


class TestTheEnd:
    def test_it_is_over_after_12_hours_without_a_click(self, owner: Visitor, stockline: Stockline):
        self._seen(stockline, "11 hours 59 minutes")
        assert is_in(owner)
        self._seen(stockline, "12 hours 1 minute")
        assert not is_in(owner)

    def test_a_click_counts_as_activity(self, owner: Visitor, stockline: Stockline):
        self._seen(stockline, "11 hours")
        is_in(owner)
        sql = "SELECT seen_at > now() - interval '1 minute' FROM app_session WHERE tenant_id = %s"
        assert stockline.database.execute(sql, (stockline.tenant_id,)).fetchall() == [(True,)]

    def test_a_page_that_looks_again_by_itself_is_no_click(self, owner: Visitor, stockline: Stockline):
        self._seen(stockline, "11 hours")
        assert owner.get("/portal/live", HX_Request="true").status_code == 200
        sql = "SELECT seen_at < now() - interval '10 hours' FROM app_session WHERE tenant_id = %s"
        assert stockline.database.execute(sql, (stockline.tenant_id,)).fetchall() == [(True,)]

        owner.get("/portal/feeds", HX_Request="true", HX_Boosted="true")
        assert stockline.database.execute(sql, (stockline.tenant_id,)).fetchall() == [(False,)]

    def test_it_is_over_after_30_days_however_busy(self, owner: Visitor, stockline: Stockline):
        sql = (
            "UPDATE app_session SET expires_at = expires_at - make_interval(secs => %s)"
            " WHERE tenant_id = %s AND expires_at BETWEEN now() + interval '29 d' AND now() + interval '30 d'"
        )
        stockline.sql(sql, 30 * 86_400 - 60, stockline.tenant_id)
        assert is_in(owner)
        stockline.sql("UPDATE app_session SET expires_at = now() WHERE tenant_id = %s", stockline.tenant_id)
        assert not is_in(owner)

    def test_whoever_is_shut_out_is_out_at_the_next_click(
        self, owner: Visitor, somebody: Callable[..., Visitor]
    ):
        viewer = somebody("viewer")
        owner.post(f"/portal/people/{viewer.user.id}/active", {"active": "no"})
        assert not is_in(viewer)
        assert is_in(owner)

    def test_letting_somebody_in_again_does_not_open_old_sessions(
        self, owner: Visitor, somebody: Callable[..., Visitor]
    ):
        viewer = somebody("viewer")
        for active in ("no", "yes"):
            owner.post(f"/portal/people/{viewer.user.id}/active", {"active": active})
        assert not is_in(viewer)

    def test_a_shut_out_user_is_out_though_a_session_was_left(self, owner: Visitor, stockline: Stockline):
        stockline.sql("UPDATE app_user SET active = false WHERE id = %s", owner.user.id)
        assert not is_in(owner)

    def test_a_deactivated_tenants_people_are_out_at_once(self, owner: Visitor, stockline: Stockline):
        owner.container.tenancy.set_active(stockline.tenant_id, active=False)
        assert not is_in(owner)

    def test_another_role_holds_from_the_next_click_on(
        self, owner: Visitor, somebody: Callable[..., Visitor]
    ):
        other = somebody("owner", email="other@example.com")
        assert other.get("/portal/people").status_code == 200
        owner.post(f"/portal/people/{other.user.id}/role", {"role": "operator"})
        assert other.get("/portal/people").status_code == 403

    def test_signing_out_ends_the_row_and_not_only_the_cookie(self, owner: Visitor, portal: Flask):
        stolen = Visitor(portal)
        stolen.client.set_cookie("stockline_session", owner.client.get_cookie("stockline_session").value)
        assert is_in(stolen)
        owner.post("/portal/sign-out")
        assert not is_in(stolen)

    def _seen(self, stockline: Stockline, ago: str) -> None:
        sql = "UPDATE app_session SET seen_at = now() - CAST(%s AS interval) WHERE tenant_id = %s"
        stockline.sql(sql, ago, stockline.tenant_id)


class TestForgedChanges:
    """Another site can make a browser send a form or JSON with its cookie, and cannot read the token."""

    FORMS = ("/portal/people/invitations", {"email": "new@example.com", "role": "viewer"})
    JSON = ("/api/app/invitations", {"email": "new@example.com", "role": "viewer"})

    @pytest.fixture(params=["page", "JSON"])
    def send(self, request: pytest.FixtureRequest, owner: Visitor) -> Callable[[str | None], int]:
        def form(token: str | None) -> int:
            path, data = self.FORMS
            return owner.client.post(
                path, data=data | ({} if token is None else {"csrf_token": token})
            ).status_code

        def json(token: str | None) -> int:
            path, body = self.JSON
            headers = {} if token is None else {CSRF_HEADER: token}
            return owner.client.post(path, json=body, headers=headers).status_code

        return form if request.param == "page" else json

    def test_without_a_token_nothing_is_changed(self, send, owner: Visitor, stockline: Stockline):
        assert send(None) == 403
        assert owner.container.people.invitations(stockline.tenant_id) == []

    def test_with_a_made_up_one_nothing_is_changed(self, send, owner: Visitor, stockline: Stockline):
        assert send("made up") == 403
        assert owner.container.people.invitations(stockline.tenant_id) == []

    def test_another_sessions_does_not_do(self, send, portal: Flask, somebody: Callable[..., Visitor]):
        assert send(Visitor(portal).token) == 403
        assert send(somebody("viewer").token) == 403

    def test_the_sessions_own_does(self, send, owner: Visitor):
        assert send(owner.token) in {200, 201}

    def test_the_token_that_a_route_tells_does_too(self, send, owner: Visitor):
        assert send(owner.get(ROUTE).json["csrfToken"]) in {200, 201}

    def test_with_a_key_no_token_is_needed(self, portal: Flask, stockline: Stockline):
        client: FlaskClient = portal.test_client()
        answer = client.post("/api/app/alerts/acknowledge-all", headers={"X-API-Key": stockline.key})
        assert answer.status_code == 200

    def test_a_bad_key_beside_a_good_session_is_a_bad_key(self, owner: Visitor):
        assert owner.get("/api/app/alerts", X_API_Key="nonsense").status_code == 401

    def test_signing_in_needs_one_so_that_nobody_is_signed_in_as_somebody_else(
        self, portal: Flask, anna: str
    ):
        client = portal.test_client()
        assert client.post("/portal/sign-in", data={"email": anna, "password": PASSWORD}).status_code == 403

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_reading_needs_none(self, owner: Visitor, method: str):
        assert owner.client.open("/api/app/users", method=method).status_code == 200


def test_a_route_tells_who_is_signed_in(owner: Visitor, stockline: Stockline):
    told = owner.get(ROUTE).json
    assert told["csrfToken"]
    assert (told["email"], told["role"], told["platform"]) == (owner.user.email, "owner", False)
    assert told["tenant"] == {"tenantId": str(stockline.tenant_id), "name": "T", "type": "HYBRID"}
