"""Getting in: passwords, the count of wrong ones, rates, the way on, the cookie."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from flask import Flask

from app.adapters.secrets.passwords import Argon2Passwords
from app.bootstrap import Container
from app.domain.errors import InvalidInputError, TransientError
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.users import WrongPasswordError, checked_email, checked_password
from app.web.app import create_app
from app.web.sessions import COOKIE
from tests.integration.people.conftest import QuickPasswords
from tests.stockline import Stockline
from tests.visitor import PASSWORD, Visitor

SIGN_IN = "/portal/sign-in"


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

        with pytest.raises(TransientError) as told:
            entry.check(anna, PASSWORD, now())
        assert told.value.retry_after_s == 900

    def test_the_lock_ends_after_15_minutes_and_not_before(self, entry: EntryService, anna: str):
        guess(entry, anna, 10)

        with pytest.raises(TransientError):
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
        assert sign_in(Visitor(without_redis), anna).status_code == 429
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
