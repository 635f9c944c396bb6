"""The people of a company: invited, given another role, shut out; by page and by route."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask import Flask
from structlog.testing import capture_logs

from app.domain.errors import ConflictError, NotFoundError, StocklineError
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.people import Invited, PeopleService
from app.domain.tenancy.users import NotAllowedError, Role, WrongPasswordError
from tests.stockline import Stockline
from tests.visitor import PASSWORD, Visitor

HOSTILE = '<script>x</script> "><img src=x onerror=alert(1)>'


@pytest.fixture
def people(owner: Visitor) -> PeopleService:
    return owner.container.people


@pytest.fixture
def entry(owner: Visitor) -> EntryService:
    return owner.container.entry


@pytest.fixture
def invited(people: PeopleService, stockline: Stockline) -> Invited:
    email = f"new@{stockline.tenant_id}.example"
    return people.invite(stockline.tenant_id, email, Role.VIEWER, invited_by="owner@example.com")


def users(owner: Visitor) -> dict[str, dict]:
    return {one["email"]: one for one in owner.get("/api/app/users").json["data"]}


def opened_at_once(entry: EntryService, token: str) -> int:
    """How many of four got in."""
    together, told = threading.Barrier(4), []

    def open_it() -> None:
        together.wait(10)
        try:
            told.append(entry.accept(token, "", "another horse", "").token)
        except NotFoundError:
            told.append("")

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert len(told) == 4
    return sum(map(bool, told))


class TestInvitations:
    def test_a_newcomer_gets_in_with_the_role_that_was_meant(
        self, owner: Visitor, entry: EntryService, invited: Invited
    ):
        entry.accept(invited.token, " Nelly ", PASSWORD, "")

        made = users(owner)[invited.invitation.email]
        assert (made["name"], made["role"], made["active"], made["platform"]) == (
            "Nelly",
            "viewer",
            True,
            False,
        )
        assert owner.get("/api/app/invitations").json["data"] == []

    def test_a_link_opens_once(self, entry: EntryService, invited: Invited):
        entry.accept(invited.token, "", PASSWORD, "")
        with pytest.raises(NotFoundError):
            entry.accept(invited.token, "", PASSWORD, "")

    def test_no_log_has_what_opens_it(self, portal: Flask, invited: Invited):
        with capture_logs() as events:
            form = {"password": PASSWORD, "again": "another"}
            answer = Visitor(portal).post(f"/portal/invitation/{invited.token}", form)
        assert answer.status_code == 400, "it opens still"
        assert "/portal/invitation/<token>" in [event.get("path") for event in events]
        assert invited.token not in str(events)

    def test_of_several_who_open_it_at_once_one_gets_in(
        self, entry: EntryService, invited: Invited, owner: Visitor
    ):
        assert opened_at_once(entry, invited.token) == 1
        assert len(users(owner)) == 2

    def test_it_opens_for_seven_days(self, entry: EntryService, invited: Invited, stockline: Stockline):
        assert 6.99 < (invited.invitation.expires_at - datetime.now(UTC)).total_seconds() / 86_400 < 7.01
        stockline.sql("UPDATE app_invitation SET expires_at = now() WHERE id = %s", invited.invitation.id)
        with pytest.raises(NotFoundError):
            entry.accept(invited.token, "", PASSWORD, "")

    def test_inviting_again_voids_the_earlier_link(self, people, entry: EntryService, invited: Invited):
        offered = invited.invitation
        again = people.invite(offered.tenant_id, offered.email, Role.OWNER, invited_by="o")
        with pytest.raises(NotFoundError):
            entry.invitation(invited.token)
        assert entry.invitation(again.token).role is Role.OWNER

    def test_one_that_is_withdrawn_opens_no_more(self, owner: Visitor, entry: EntryService, invited: Invited):
        path = f"/portal/people/invitations/{invited.invitation.id}/withdraw"
        assert owner.post(path).status_code == 303
        with pytest.raises(NotFoundError):
            entry.invitation(invited.token)
        assert owner.post(path).status_code == 404

    def test_a_deactivated_tenants_link_opens_no_more(
        self, owner: Visitor, entry: EntryService, invited: Invited
    ):
        owner.container.tenancy.set_active(invited.invitation.tenant_id, active=False)
        with pytest.raises(NotFoundError):
            entry.invitation(invited.token)

    def test_who_is_a_user_already_is_not_invited(self, owner: Visitor):
        body = {"email": owner.user.email.upper(), "role": "viewer"}
        answer = owner.json("POST", "/api/app/invitations", body)
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")

    def test_the_page_shows_the_link_once(self, owner: Visitor, stockline: Stockline, portal: Flask):
        page = owner.post("/portal/people/invitations", {"email": "x@example.com", "role": "operator"})
        link = page.text.partition('id="once-link" value="')[2].partition('"')[0]

        assert link.startswith("http://")
        assert (
            Visitor(portal).get(link.partition("/portal")[1] + link.partition("/portal")[2]).status_code
            == 200
        )
        again = owner.get("/portal/people").text
        assert "x@example.com" in again
        assert link not in again

    def test_the_stored_row_does_not_open_it(self, invited: Invited, stockline: Stockline):
        row = stockline.database.execute(
            "SELECT * FROM app_invitation WHERE id = %s", (invited.invitation.id,)
        )
        assert invited.token not in str(row.fetchone())

    def test_a_route_invites_and_withdraws(self, owner: Visitor, entry: EntryService):
        made = owner.json("POST", "/api/app/invitations", {"email": "y@example.com", "role": "owner"}).json
        assert entry.invitation(made["url"].rpartition("/")[2]).email == "y@example.com"
        (listed,) = owner.get("/api/app/invitations").json["data"]
        assert listed == {name: value for name, value in made.items() if name != "url"}
        path = f"/api/app/invitations/{made['invitationId']}"
        assert owner.json("DELETE", path).status_code == 204
        assert owner.json("DELETE", path).status_code == 404


class TestChanges:
    def test_a_role_is_changed_by_page_and_by_route(self, owner: Visitor, somebody: Callable[..., Visitor]):
        viewer = somebody("viewer").user
        owner.post(f"/portal/people/{viewer.id}/role", {"role": "operator"})
        assert users(owner)[viewer.email]["role"] == "operator"
        answer = owner.json("PATCH", f"/api/app/users/{viewer.id}", {"role": "viewer", "name": "V"})
        assert (answer.json["role"], answer.json["name"]) == ("viewer", "V")

    @pytest.mark.parametrize(
        "body", [{"role": "king"}, {"role": "owner", "platform": True}, {"active": "no"}, []]
    )
    def test_what_is_no_change_is_refused(self, owner: Visitor, somebody: Callable[..., Visitor], body):
        viewer = somebody("viewer").user
        assert owner.json("PATCH", f"/api/app/users/{viewer.id}", body).status_code == 400
        assert users(owner)[viewer.email]["role"] == "viewer"

    @pytest.mark.parametrize("change", [{"role": "operator"}, {"active": False}])
    def test_the_last_owner_cannot_go(self, owner: Visitor, somebody: Callable[..., Visitor], change):
        somebody("operator")
        gone = somebody("owner", email="gone@example.com").user
        assert owner.json("PATCH", f"/api/app/users/{gone.id}", {"active": False}).status_code == 200

        answer = owner.json("PATCH", f"/api/app/users/{owner.user.id}", change)

        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
        assert users(owner)[owner.user.email] | {"lastSignInAt": None} == users(owner)[owner.user.email] | {
            "role": "owner",
            "active": True,
            "lastSignInAt": None,
        }

    def test_two_owners_who_shut_each_other_out_at_once_leave_one(
        self, people: PeopleService, owner: Visitor, somebody: Callable[..., Visitor], stockline: Stockline
    ):
        pair = [owner.user.id, somebody("owner", email="second@example.com").user.id]
        together, refused = threading.Barrier(2), []

        def shut_out(user_id: UUID) -> None:
            together.wait(10)
            try:
                people.change(stockline.tenant_id, user_id, active=False)
            except ConflictError as error:
                refused.append(error)

        threads = [threading.Thread(target=shut_out, args=(one,)) for one in pair]
        for one in threads:
            one.start()
        for one in threads:
            one.join(20)

        assert len(refused) == 1
        assert [one.active for one in people.users(stockline.tenant_id)].count(True) == 1

    def test_an_owner_who_steps_down_goes_home(self, owner: Visitor, somebody: Callable[..., Visitor]):
        somebody("owner", email="other@example.com")
        answer = owner.post(f"/portal/people/{owner.user.id}/role", {"role": "viewer"})
        assert answer.headers["Location"] == "/portal"

    def test_other_tenants_people_are_not_found(self, owner: Visitor, stockline: Stockline):
        stranger = owner.container.people.create(stockline.another().tenant_id, "s@example.com", PASSWORD)
        path = f"/api/app/users/{stranger.id}"
        for method, where, body in (
            ("PATCH", path, {"active": False}),
            ("POST", f"{path}/password-link", None),
            ("PATCH", f"/api/app/users/{uuid4()}", {"active": False}),
        ):
            assert owner.json(method, where, body).status_code == 404
        for action in ("role", "active", "password-link"):
            assert owner.post(f"/portal/people/{stranger.id}/{action}", {"role": "viewer"}).status_code == 404
        assert owner.container.entry.check("s@example.com", PASSWORD, datetime.now(UTC))

    def test_names_and_addresses_are_shown_as_text(
        self, owner: Visitor, people: PeopleService, stockline: Stockline
    ):
        people.change(stockline.tenant_id, owner.user.id, name=HOSTILE)
        people.invite(stockline.tenant_id, '"><img@example.com', Role.VIEWER, invited_by=HOSTILE)
        page = owner.get("/portal/people").text
        assert "<script>x" not in page
        assert "<img" not in page


class TestPasswordLinks:
    def test_the_old_one_holds_until_a_new_one_is_chosen_and_then_everybody_is_out(
        self, owner: Visitor, entry: EntryService, people: PeopleService, anna: str, stockline: Stockline
    ):
        user_id = entry.check(anna, PASSWORD, datetime.now(UTC))[0].user.id
        elsewhere = entry.choose(user_id, "").token
        url = owner.json("POST", f"/api/app/users/{user_id}/password-link").json["url"]
        assert entry.check(anna, PASSWORD, datetime.now(UTC))

        entry.accept(url.rpartition("/")[2], "", "another horse", "")

        assert entry.visit(elsewhere) is None
        assert entry.check(anna, "another horse", datetime.now(UTC))
        with pytest.raises(WrongPasswordError):
            entry.check(anna, PASSWORD, datetime.now(UTC))

    def test_it_opens_once_whoever_comes_at_once(self, entry, people, anna: str, stockline: Stockline):
        user = next(one for one in people.users(stockline.tenant_id) if one.email == anna)
        token = people.reset(stockline.tenant_id, user.id, invited_by="o").token
        assert opened_at_once(entry, token) == 1
        with pytest.raises(NotFoundError):
            entry.accept(token, "", "a third horse", "")

    def test_it_ends_the_lock_after_ten_wrong_ones(self, entry, people, anna: str, stockline: Stockline):
        for _ in range(10):
            with pytest.raises(WrongPasswordError):
                entry.check(anna, "wrong", datetime.now(UTC))
        user = next(one for one in people.users(stockline.tenant_id) if one.email == anna)
        entry.accept(
            people.reset(stockline.tenant_id, user.id, invited_by="o").token, "", "another horse", ""
        )
        assert entry.check(anna, "another horse", datetime.now(UTC))

    def test_a_shut_out_users_opens_nothing(
        self, entry, people, anna: str, owner: Visitor, stockline: Stockline
    ):
        user = next(one for one in people.users(stockline.tenant_id) if one.email == anna)
        made = people.reset(stockline.tenant_id, user.id, invited_by="o")
        people.change(stockline.tenant_id, user.id, active=False)
        with pytest.raises(StocklineError):
            entry.accept(made.token, "", "another horse", "")

    def test_an_owner_makes_none_for_somebody_who_runs_the_platform(
        self, owner: Visitor, somebody: Callable[..., Visitor], people: PeopleService, stockline: Stockline
    ):
        staff = somebody("viewer", platform=True)
        assert owner.json("POST", f"/api/app/users/{staff.user.id}/password-link").status_code == 403
        assert owner.post(f"/portal/people/{staff.user.id}/password-link").status_code == 403
        with pytest.raises(NotAllowedError):
            people.reset(stockline.tenant_id, staff.user.id, invited_by="o")
        colleague = somebody("owner", platform=True)
        assert colleague.json("POST", f"/api/app/users/{staff.user.id}/password-link").status_code == 201
