"""The people of a company: invited, given another role, shut out; by page and by route."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from structlog.testing import capture_logs

from app.adapters.postgres.accounts import PostgresAccounts
from app.domain.errors import ConflictError, NotFoundError, StocklineError
from app.domain.tenancy import people as people_module
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.people import Invited, PeopleService
from app.domain.tenancy.users import NotAllowedError, Role, WrongPasswordError
from app.local.engines import Engines
from tests.locks import waiting
from tests.stockline import DEADLINE_S, Stockline, until
from tests.visitor import PASSWORD, Visitor, user_of

NEXT_PAGE = re.compile('<p class="more"><a href="([^"]+)"')
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


def shut_out_at_once(
    people: PeopleService, pair: list[tuple[UUID, UUID]], *, platform: bool = False
) -> list[str]:
    """What became of each of two, who were shut out in the same moment."""
    together, told = threading.Barrier(2), []

    def shut_out(tenant_id: UUID, user_id: UUID) -> None:
        together.wait(30)
        try:
            people.change(tenant_id, user_id, active=False, platform=platform)
            told.append("done")
        except StocklineError as error:
            told.append(type(error).__name__)

    threads = [threading.Thread(target=shut_out, args=one) for one in pair]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return told


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
        told = shut_out_at_once(people, [(stockline.tenant_id, one) for one in pair])
        assert sorted(told) == ["ConflictError", "done"]
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


class TestWhoRunsThePlatform:
    @pytest.fixture
    def staff(self, somebody: Callable[..., Visitor]) -> Visitor:
        return somebody("viewer", platform=True)

    @pytest.fixture
    def colleague(self, somebody: Callable[..., Visitor]) -> Visitor:
        return somebody("owner", platform=True)

    @pytest.mark.parametrize(
        "change", [{"role": "viewer"}, {"active": False}, {"active": True}, {"name": "x"}]
    )
    def test_an_owner_changes_nothing_of_theirs(self, owner: Visitor, staff: Visitor, change):
        before = users(owner)[staff.user.email]
        answer = owner.json("PATCH", f"/api/app/users/{staff.user.id}", change)
        assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
        for action, form in (("role", {"role": "viewer"}), ("active", {"active": "no"})):
            assert owner.post(f"/portal/people/{staff.user.id}/{action}", form).status_code == 403
        assert users(owner)[staff.user.email] == before

    def test_the_page_offers_an_owner_none_of_it(self, owner: Visitor, staff: Visitor, colleague: Visitor):
        action = f'action="/portal/people/{staff.user.id}/'
        assert action not in owner.get("/portal/people").text
        assert colleague.get("/portal/people").text.count(action) == 3

    def test_somebody_else_who_runs_it_does(self, colleague: Visitor, staff: Visitor):
        path = f"/api/app/users/{staff.user.id}"
        assert colleague.json("PATCH", path, {"role": "operator"}).json["role"] == "operator"
        for active in ("no", "yes"):
            form = {"active": active}
            assert colleague.post(f"/portal/people/{staff.user.id}/active", form).status_code == 303
            assert users(colleague)[staff.user.email]["active"] is (active == "yes")

    @pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
    def test_the_last_one_who_can_work_there_cannot_go(
        self, owner: Visitor, staff: Visitor, colleague: Visitor, stockline: Stockline, change
    ):
        stockline.sql(
            "UPDATE app_user SET active = false WHERE platform AND tenant_id <> %s", stockline.tenant_id
        )
        path = f"/api/app/users/{colleague.user.id}"

        answer = colleague.json("PATCH", path, change)

        assert (answer.status_code, answer.json["code"]) == (409, "conflict"), "a viewer is not enough"
        assert users(owner)[colleague.user.email]["active"]
        assert (
            colleague.json("PATCH", f"/api/app/users/{staff.user.id}", {"role": "operator"}).status_code
            == 200
        )
        assert colleague.json("PATCH", path, change).status_code == 200

    def test_two_at_two_companies_who_shut_each_other_out_at_once_leave_one(
        self, people: PeopleService, colleague: Visitor, stockline: Stockline
    ):
        stockline.sql(
            "UPDATE app_user SET active = false WHERE platform AND tenant_id <> %s", stockline.tenant_id
        )
        elsewhere = stockline.another().tenant_id
        people.create(elsewhere, "o@example.com", PASSWORD)
        far = people.create(elsewhere, "far@example.com", PASSWORD, platform=True)
        pair = [(stockline.tenant_id, colleague.user.id), (elsewhere, far.id)]
        people.create(stockline.tenant_id, "o@example.com", PASSWORD)
        assert sorted(shut_out_at_once(people, pair, platform=True)) == ["ConflictError", "done"]

    def test_who_shuts_out_an_operator_waits_for_whoever_is_at_it(
        self, people: PeopleService, colleague: Visitor, stockline: Stockline, engines: Engines
    ):
        tenant_id, uow = stockline.tenant_id, stockline.container.unit_of_work
        stockline.sql("UPDATE app_user SET active = false WHERE platform AND tenant_id <> %s", tenant_id)
        people.create(tenant_id, "stays@example.com", PASSWORD)
        second = people.create(stockline.another().tenant_id, "second@example.com", PASSWORD, platform=True)
        told: list[str] = []

        def shut_out() -> None:
            try:
                people.change(tenant_id, colleague.user.id, active=False, platform=True)
            except ConflictError as error:
                told.append(str(error))

        late = threading.Thread(target=shut_out)
        with PostgresAccounts(uow).platform() as tx:
            tx.platform_operators()
            tx.write_user(second.id, active=False)
            late.start()
            until(lambda: waiting(engines) == 1 or not late.is_alive(), "the second to wait for the first")
        late.join(DEADLINE_S)
        assert len(told) == 1

    def test_nobody_shuts_out_the_company_they_work_for(self, colleague: Visitor, stockline: Stockline):
        path = f"/tenants/{stockline.tenant_id}/active"
        answer = colleague.json("POST", f"/api/app/operations{path}", {"active": False})
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
        assert colleague.post(f"/portal/operations{path}", {"active": "no"}).status_code == 409
        assert colleague.get("/portal/account").status_code == 200


class TestLinksOfWhoIsGone:
    """An owner who kept the link of an invitation would come back by it, as whomever they like."""

    @pytest.fixture
    def leaving(self, somebody: Callable[..., Visitor]) -> Visitor:
        return somebody("owner", email="leaving@example.com")

    @pytest.mark.parametrize("change", [{"active": False}, {"role": "operator"}])
    def test_what_they_made_opens_no_more_and_what_others_made_does(
        self, owner: Visitor, leaving: Visitor, entry: EntryService, change
    ):
        tokens = []
        for who in (owner, leaving):
            body = {"email": f"by-{who.user.email}", "role": "owner"}
            tokens.append(who.json("POST", "/api/app/invitations", body).json["url"].rpartition("/")[2])
        assert owner.json("PATCH", f"/api/app/users/{leaving.user.id}", change).status_code == 200

        assert entry.invitation(tokens[0])
        with pytest.raises(NotFoundError):
            entry.invitation(tokens[1])

    def test_another_name_leaves_them_open(self, owner: Visitor, leaving: Visitor, entry: EntryService):
        body = {"email": "n@example.com", "role": "owner"}
        made = leaving.json("POST", "/api/app/invitations", body).json
        change = {"name": "L", "role": "owner"}
        assert owner.json("PATCH", f"/api/app/users/{leaving.user.id}", change).status_code == 200
        assert entry.invitation(made["url"].rpartition("/")[2])


class TestLongLists:
    def test_people_come_a_page_at_a_time_each_once_by_page_and_by_route(
        self, owner: Visitor, people: PeopleService, stockline: Stockline
    ):
        for n in range(4):
            people.create(stockline.tenant_id, f"{n}@many.example", PASSWORD)
        everybody = [one.email for one in people.users(stockline.tenant_id)]

        told, cursor = [], ""
        while cursor is not None:
            answer = owner.get(f"/api/app/users?limit=2{cursor and f'&cursor={cursor}'}").json
            told += [one["email"] for one in answer["data"]]
            cursor = answer["nextCursor"]
        shown, page = [], "/portal/people?limit=2"
        while page:
            text = owner.get(page).text
            shown += [one for one in everybody if f"Role of {one}" in text]
            page = NEXT_PAGE.search(text) and unescape(NEXT_PAGE.search(text)[1])

        assert told == shown == everybody
        assert len(everybody) == 5

    def test_after_a_form_the_list_goes_on_under_its_own_address(
        self, owner: Visitor, people: PeopleService, stockline: Stockline
    ):
        for n in range(60):
            user_of(owner.container, stockline.tenant_id, email=f"{n}@many.example")
        page = owner.post("/portal/people/invitations", {"email": "x@example.com", "role": "viewer"}).text
        assert owner.get(unescape(NEXT_PAGE.search(page)[1])).status_code == 200

    def test_a_company_has_two_hundred_open_links_at_most(
        self, owner: Visitor, people: PeopleService, stockline: Stockline, monkeypatch
    ):
        monkeypatch.setattr(people_module, "INVITATIONS_MAX", 2)
        for email in ("a@example.com", "b@example.com", "b@example.com"):
            people.invite(stockline.tenant_id, email, Role.VIEWER, invited_by="o")
        body = {"email": "c@example.com", "role": "viewer"}
        assert owner.json("POST", "/api/app/invitations", body).json["code"] == "conflict"
        assert len(people.invitations(stockline.tenant_id)) == 2


class TestPasswordLinks:
    def test_the_old_one_holds_until_a_new_one_is_chosen_and_then_everybody_is_out(
        self, owner: Visitor, entry: EntryService, people: PeopleService, anna: str, stockline: Stockline
    ):
        account = entry.check(anna, PASSWORD, datetime.now(UTC))[0]
        user_id, elsewhere = account.user.id, entry.sign_in(account, None, "").token
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

    def test_it_is_void_once_the_password_was_changed_with_the_old_one(
        self, portal: Flask, owner: Visitor, entry: EntryService, anna: str, stockline: Stockline
    ):
        anna_herself = Visitor(portal).enter(entry.check(anna, PASSWORD, datetime.now(UTC))[0].user)
        url = owner.json("POST", f"/api/app/users/{anna_herself.user.id}/password-link").json["url"]
        form = {"old": PASSWORD, "new": "another horse", "again": "another horse"}
        assert anna_herself.post("/portal/account/password", form).status_code == 303

        with pytest.raises(NotFoundError):
            entry.accept(url.rpartition("/")[2], "", "a third horse", "")
        assert owner.get("/api/app/invitations").json["data"] == []

    def test_one_from_before_somebody_was_shut_out_opens_nothing_after_they_were_let_in_again(
        self, entry: EntryService, people: PeopleService, anna: str, owner: Visitor, stockline: Stockline
    ):
        user = next(one for one in people.users(stockline.tenant_id) if one.email == anna)
        made = people.reset(stockline.tenant_id, user.id, invited_by="o")
        for active in (False, True):
            people.change(stockline.tenant_id, user.id, active=active)
        with pytest.raises(NotFoundError):
            entry.accept(made.token, "", "another horse", "")

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
