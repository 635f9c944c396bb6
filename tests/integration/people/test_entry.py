"""Getting in: passwords, the count of wrong ones, rates, the way on, the cookie."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from flask import Flask

from app.adapters.secrets.passwords import Argon2Passwords
from app.bootstrap import Container
from app.domain.errors import InvalidInputError
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.users import WrongPasswordError, checked_email, checked_password
from app.web.app import create_app
from app.web.portal import entry as entry_pages
from app.web.sessions import COOKIE, HOST_ONLY
from tests.integration.people.conftest import QuickPasswords
from tests.stockline import Stockline
from tests.visitor import PASSWORD, Visitor

SIGN_IN = "/portal/sign-in"
_CHOICE = re.compile('name="choice" value="([^"]+)"')
_TOKEN = re.compile(r'(?<=name="csrf-token" content=")[^"]+|(?<=name="csrf_token" value=")[^"]+')


@pytest.fixture
def entry(portal: Flask) -> EntryService:
    return Visitor(portal).container.entry


def now() -> datetime:
    return datetime.now(UTC)


def guess(entry: EntryService, email: str, times: int) -> None:
    for number in range(times):
        with pytest.raises(WrongPasswordError):
            entry.check(email, f"wrong {number}", now())


def sign_in(visitor: Visitor, email: str, password: str = PASSWORD, **form: str):
    return visitor.post(SIGN_IN, {"email": email, "password": password, **form})


class TestPasswords:
    def test_the_right_one_opens_in_any_case_of_the_address(self, entry: EntryService, anna: str):
        assert [one.user.email for one in entry.check(f" {anna.upper()} ", PASSWORD, now())] == [anna]

    def test_nine_wrong_ones_leave_a_try_and_the_tenth_locks_the_right_one_out(
        self, entry: EntryService, anna: str
    ):
        guess(entry, anna, 9)
        assert entry.check(anna, PASSWORD, now())
        guess(entry, anna, 1)

        with pytest.raises(WrongPasswordError):
            entry.check(anna, PASSWORD, now())

    def test_the_lock_ends_after_15_minutes_and_not_before(self, entry: EntryService, anna: str):
        guess(entry, anna, 10)

        with pytest.raises(WrongPasswordError):
            entry.check(anna, PASSWORD, now() + timedelta(minutes=14, seconds=50))
        assert entry.check(anna, PASSWORD, now() + timedelta(minutes=15, seconds=1))

    def test_somebody_who_got_in_starts_to_count_anew(self, entry: EntryService, anna: str):
        guess(entry, anna, 9)
        entry.sign_in(entry.check(anna, PASSWORD, now())[0], PASSWORD, "")
        guess(entry, anna, 9)

        assert entry.check(anna, PASSWORD, now())

    def test_an_unknown_address_costs_a_comparison_too(
        self, entry: EntryService, passwords: QuickPasswords, anna: str
    ):
        for email in (anna, f"nobody@{uuid4()}.example"):
            passwords.compared.clear()
            with pytest.raises(WrongPasswordError) as told:
                entry.check(email, "wrong", now())
            assert len(passwords.compared) == 1
            assert told.value.message.startswith("e-mail or password is wrong")

    def test_a_locked_account_and_an_unknown_address_answer_alike_and_after_as_much_work(
        self, portal: Flask, entry: EntryService, passwords: QuickPasswords, anna: str
    ):
        guess(entry, anna, 10)
        told = {}
        for email in (anna, f"nobody@{uuid4()}.example"):
            passwords.compared.clear()
            answer = sign_in(Visitor(portal), email)
            text = answer.text.replace(email, "…")
            told[email] = answer.status_code, _TOKEN.sub("", text), len(passwords.compared)

        assert told[anna][0] == 401
        assert len(set(told.values())) == 1

    def test_a_count_of_wrong_ones_does_not_wait_for_the_disk_which_would_tell_by_its_time(
        self, entry: EntryService, anna: str
    ):
        with entry._transactions.platform() as tx:
            tx._connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
            tx.count_failure([])
            assert tx._connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off"

    def test_one_that_is_far_too_long_is_not_even_compared(
        self, entry: EntryService, passwords: QuickPasswords, anna: str
    ):
        passwords.compared.clear()
        with pytest.raises(WrongPasswordError):
            entry.check(anna, "x" * 257, now())
        assert passwords.compared == []

    def test_a_weaker_hash_is_made_anew_at_the_next_sign_in(
        self, entry: EntryService, anna: str, stockline: Stockline
    ):
        stockline.sql("UPDATE app_user SET password_hash = %s WHERE email = %s", f"old:{PASSWORD}", anna)
        entry.sign_in(entry.check(anna, PASSWORD, now())[0], PASSWORD, "")

        found = stockline.database.execute(
            "SELECT password_hash FROM app_user WHERE email = %s", (anna,)
        ).fetchone()
        assert found == (f"quick:{PASSWORD}",)

    @pytest.mark.parametrize("text", ["1234567", "x" * 257, "anna@example.com", " ANNA@example.com "])
    def test_a_bad_one_is_refused(self, text: str):
        with pytest.raises(InvalidInputError):
            checked_password(text, "anna@example.com")

    @pytest.mark.parametrize("text", ["12345678", "x" * 256, "ünïcödé 安娜", "        ."])
    def test_length_is_all_that_a_good_one_needs(self, text: str):
        assert checked_password(text, "anna@example.com") == text

    @pytest.mark.parametrize(
        "text",
        ["", "anna", "a@b", "a b@c.de", "a@b.c@d.de", "a@b.de\n", "a\x00@b.de", "a@b..", "x" * 250 + "@b.de"],
    )
    def test_what_is_no_address_is_refused(self, text: str):
        with pytest.raises(InvalidInputError):
            checked_email(text if text != "a@b.de\n" else "a@b\n.de")

    def test_they_are_kept_as_argon2id_as_rfc_9106_has_it(self, build: Callable[..., Container]):
        passwords = build().entry._passwords
        assert isinstance(passwords, Argon2Passwords)
        told = extract_parameters(passwords.hashed(PASSWORD))
        assert (told.type, told.memory_cost, told.time_cost, told.parallelism) == (Type.ID, 65536, 3, 4)
        assert (told.hash_len, told.salt_len) == (32, 16)

    def test_a_hash_fits_its_password_alone(self):
        passwords = Argon2Passwords()
        made = passwords.hashed(PASSWORD)
        assert [passwords.fits(made, one) for one in (PASSWORD, PASSWORD + " ")] == [True, False]
        assert not passwords.fits("no hash", PASSWORD)


class TestRates:
    @pytest.fixture
    def host(self) -> dict[str, str]:
        """An address that no other test calls from."""
        return {"REMOTE_ADDR": f"host-{uuid4()}"}

    def _try(self, portal: Flask, email: str, host: dict[str, str]) -> int:
        visitor = Visitor(portal)
        form = {"csrf_token": visitor.token, "email": email, "password": "wrong"}
        return visitor.client.post(SIGN_IN, data=form, environ_base=host).status_code

    def test_an_address_has_20_tries_from_wherever_they_come(self, portal: Flask):
        email = f"nobody@{uuid4()}.example"
        told = [self._try(portal, email, {"REMOTE_ADDR": f"host-{uuid4()}"}) for _ in range(21)]
        assert (set(told[:20]), told[20]) == ({401}, 429)

    def test_a_host_has_20_tries_for_whatever_addresses(self, portal: Flask, host: dict[str, str]):
        told = [self._try(portal, f"nobody@{uuid4()}.example", host) for _ in range(21)]
        assert (set(told[:20]), told[20]) == ({401}, 429)

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "last"),
        [(0, "{}", 429), (1, "made up, {}", 401), (1, "{}, the same", 429)],
    )
    def test_behind_a_proxy_the_host_is_whom_the_proxy_names_and_nobody_else(
        self,
        quick: Callable[..., Container],
        host: dict[str, str],
        proxies: int,
        forwarded: str,
        last: int,
    ):
        behind = create_app(quick(web_proxies=proxies))
        told = [
            self._try(
                behind,
                f"nobody@{uuid4()}.example",
                host | {"HTTP_X_FORWARDED_FOR": forwarded.format(uuid4())},
            )
            for _ in range(21)
        ]
        assert (set(told[:20]), told[20]) == ({401}, last)

    def test_ones_own_password_is_not_guessed_for_ever_either(self, somebody: Callable[..., Visitor]):
        viewer = somebody("viewer", email=f"{uuid4()}@example.com")
        form = {"old": "wrong", "new": PASSWORD, "again": PASSWORD}
        told = [viewer.post("/portal/account/password", form).status_code for _ in range(21)]
        assert (set(told[:20]), told[20]) == ({400}, 429)

    def test_while_redis_is_away_people_get_in_and_the_count_of_wrong_ones_holds(
        self, quick: Callable[..., Container], anna: str
    ):
        without_redis = create_app(quick(redis_url="redis://127.0.0.1:1/0"))
        told = [sign_in(Visitor(without_redis), anna, "wrong").status_code for _ in range(10)]

        assert set(told) == {401}
        assert sign_in(Visitor(without_redis), anna).status_code == 401
        assert sign_in(Visitor(without_redis), f"nobody@{uuid4()}.example").status_code == 401


class TestTheWayOn:
    @pytest.mark.parametrize("place", ["/portal", "/portal/account", "/portal/feeds?state=held&q=a%2Fb"])
    def test_it_leads_to_the_page_that_was_asked_for(self, portal: Flask, anna: str, place: str):
        assert sign_in(Visitor(portal), anna, next=place).headers["Location"] == place

    @pytest.mark.parametrize(
        "place",
        [
            "//[",
            "http://[",
            "//evil.example",
            "//evil.example/portal",
            "///evil.example/portal",
            "/\\evil.example",
            "\\\\evil.example",
            "/portal/\\evil.example",
            "/portal//evil.example",
            "https://evil.example/portal",
            "https:/portal",
            "HTTPS://evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/portal.evil.example",
            "/portal@evil.example",
            "portal",
            "/api/docs",
            "/portal/\r\nSet-Cookie: a=b",
            "/portal/\tx",
            " //evil.example",
        ],
    )
    def test_it_never_leads_elsewhere(self, portal: Flask, anna: str, place: str):
        assert sign_in(Visitor(portal), anna, next=place).headers["Location"] == "/portal"

    def test_an_address_that_nobody_can_have_is_refused_like_a_form_that_is_wrong(self, portal: Flask):
        assert sign_in(Visitor(portal), "a\0@example.com").status_code == 400

    def test_whoever_is_signed_in_is_sent_on_to_no_other_site_either(self, owner: Visitor):
        assert owner.get(f"{SIGN_IN}?next=//evil.example").headers["Location"] == "/portal"


class TestTheCookie:
    def test_it_is_for_this_site_over_tls_and_for_no_script(self, portal: Flask, anna: str):
        (cookie,) = [
            one
            for one in sign_in(Visitor(portal), anna).headers.getlist("Set-Cookie")
            if one.startswith(COOKIE)
        ]
        flags = {one.strip() for one in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= flags
        assert not any(one.startswith("Domain") for one in flags)

    @pytest.mark.parametrize(("public_url", "prefix"), [("https://x.example", HOST_ONLY), ("http://x", "")])
    def test_no_other_host_can_plant_it_where_the_world_comes_over_tls(
        self, quick: Callable[..., Container], anna: str, public_url: str, prefix: str
    ):
        visitor = Visitor(create_app(quick(public_url=public_url)))
        assert sign_in(visitor, anna).status_code == 303
        assert visitor.get("/portal/account").status_code == 200
        named = [one for one in ("", HOST_ONLY) if visitor.client.get_cookie(f"{one}{COOKIE}")]
        assert named == [prefix]

    def test_it_is_another_one_after_signing_in(self, portal: Flask, anna: str):
        visitor = Visitor(portal)
        token = visitor.token
        before = visitor.client.get_cookie(COOKIE).value
        sign_in(visitor, anna)

        after = visitor.client.get_cookie(COOKIE).value
        assert after != before
        assert visitor.client.post("/portal/sign-out", data={"csrf_token": token}).status_code == 403

    def test_a_cookie_that_somebody_planted_gets_nobody_in(self, portal: Flask, anna: str):
        attacker, victim = Visitor(portal), Visitor(portal)
        attacker.get(SIGN_IN)
        planted = attacker.client.get_cookie(COOKIE).value
        victim.client.set_cookie(COOKIE, planted)
        sign_in(victim, anna)

        assert attacker.get("/portal/account").status_code == 303

    def test_one_with_a_forged_signature_is_nobodys(self, portal: Flask, owner: Visitor):
        value = owner.client.get_cookie(COOKIE).value
        forger = Visitor(portal)
        forger.client.set_cookie(COOKIE, value[:-4] + ("AAAA" if not value.endswith("AAAA") else "BBBB"))
        assert forger.get("/portal/account").status_code == 303


class TestSeveralCompanies:
    @pytest.fixture
    def both(self, portal: Flask, stockline: Stockline, anna: str) -> str:
        Visitor(portal).container.people.create(stockline.another().tenant_id, anna, PASSWORD)
        return anna

    def _choices(self, visitor: Visitor, email: str) -> list[str]:
        found = _CHOICE.findall(sign_in(visitor, email).text)
        assert len(found) == 2
        return found

    def _choose(self, visitor: Visitor, choice: str) -> bool:
        visitor.post(f"{SIGN_IN}/company", {"choice": choice})
        return visitor.get("/portal/account").status_code == 200

    def test_one_is_chosen_after_the_password_and_before_that_nobody_is_in(self, portal: Flask, both: str):
        visitor = Visitor(portal)
        choice = self._choices(visitor, both)[1]
        assert visitor.get("/portal/account").status_code == 303
        assert self._choose(visitor, choice)

    def test_a_choice_is_good_in_the_browser_that_had_the_password_alone(self, portal: Flask, both: str):
        visitor, thief = Visitor(portal), Visitor(portal)
        choice = self._choices(visitor, both)[0]
        assert not self._choose(thief, choice)
        self._choices(thief, both)
        assert not self._choose(thief, choice), "nor in one that has choices of its own"
        assert self._choose(visitor, choice)

    def test_a_choice_is_good_once(self, portal: Flask, entry: EntryService, both: str):
        visitor = Visitor(portal)
        first, second = self._choices(visitor, both)
        kept = visitor.client.get_cookie(COOKIE).value
        assert self._choose(visitor, first)
        visitor.user = entry.check(both, PASSWORD, now())[0].user
        assert visitor.post("/portal/sign-out").status_code == 303
        visitor.user = None
        assert not self._choose(visitor, second), "the other one went with the mark"
        visitor.client.set_cookie(COOKIE, kept)
        assert not self._choose(visitor, first), "though the browser kept its mark"

    def test_a_choice_ends_with_the_password(self, portal: Flask, both: str, stockline: Stockline):
        visitor = Visitor(portal)
        choices = self._choices(visitor, both)
        stockline.sql("UPDATE app_user SET password_hash = 'quick:another' WHERE email = %s", both)
        assert not any(self._choose(visitor, one) for one in choices)

    def test_a_made_up_or_an_old_choice_leads_back_to_the_sign_in(
        self, portal: Flask, both: str, monkeypatch
    ):
        visitor = Visitor(portal)
        choice = self._choices(visitor, both)[0]
        assert not self._choose(visitor, f"{choice}x")
        monkeypatch.setattr(entry_pages, "CHOICE_LIVES_S", -1)
        assert not self._choose(visitor, choice)


class TestMeanwhile:
    """Between the look at a password and the session, somebody else decides."""

    def test_a_password_that_was_changed_opens_no_session(
        self, entry: EntryService, anna: str, stockline: Stockline
    ):
        checked = entry.check(anna, PASSWORD, now())[0]
        stockline.sql("UPDATE app_user SET password_hash = 'quick:another' WHERE email = %s", anna)
        with pytest.raises(WrongPasswordError):
            entry.sign_in(checked, PASSWORD, "")

    def test_who_was_shut_out_gets_no_session(self, entry: EntryService, anna: str, stockline: Stockline):
        checked = entry.check(anna, PASSWORD, now())[0]
        stockline.sql("UPDATE app_user SET active = false WHERE email = %s", anna)
        with pytest.raises(WrongPasswordError):
            entry.sign_in(checked, PASSWORD, "")


def test_without_a_secret_key_pages_say_503_and_the_api_serves_on(
    build: Callable[..., Container], stockline: Stockline
):
    closed = stockline.over(build())
    client = closed.application.test_client()

    for path in ("/", "/portal", SIGN_IN, "/portal/people"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "SECRET_KEY" in answer.text
    assert client.post(SIGN_IN, data={}).status_code == 503
    assert closed.get("/activity").status_code == 200
    assert client.get("/api/app/session").status_code == 401
