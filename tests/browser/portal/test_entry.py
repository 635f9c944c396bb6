"""Signing in and out, links that let somebody in, and one's own password, in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.bootstrap import Container
from app.domain.tenancy.users import Role
from app.web.app import create_app
from tests.browser.portal.house import PASSWORD, PHONE, House
from tests.browser.serving import serving


def email_at(house: House) -> str:
    """Of somebody who is at no other company."""
    return f"anna@{house.stockline.tenant_id}.example"


def sign_in(house: House, page: Page, password: str = PASSWORD, path: str = "/portal") -> None:
    page.goto(path)
    page.get_by_label("E-mail").fill(email_at(house))
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def anna(house: House) -> Page:
    house.stockline.container.people.create(house.stockline.tenant_id, email_at(house), PASSWORD)
    return house.visitor()


def test_whoever_signs_in_sees_the_page_that_was_asked_for(house: House, anna: Page):
    sign_in(house, anna, path="/portal/account")

    expect(anna.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    cookie = next(one for one in anna.context.cookies() if one["name"] == "stockline_session")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")


def test_a_wrong_password_is_told_without_saying_which_was_wrong_and_the_address_stays(
    house: House, anna: Page
):
    sign_in(house, anna, password="no, another")

    expect(anna.get_by_role("alert")).to_have_text(re.compile("e-mail or password is wrong"))
    expect(anna.get_by_label("E-mail")).to_have_value(email_at(house))


def test_signing_out_ends_the_session_for_the_back_button_too(house: House, anna: Page):
    sign_in(house, anna)
    anna.locator(".who summary").click()
    anna.get_by_role("button", name="Sign out").click()
    expect(anna.get_by_role("heading", name="Sign in")).to_be_visible()

    anna.goto("/portal")

    expect(anna.get_by_role("heading", name="Sign in")).to_be_visible()


def test_somebody_at_two_companies_chooses_one(house: House, anna: Page):
    other = house.stockline.another()
    other.sql("UPDATE tenant SET name = 'Second company' WHERE id = %s", other.tenant_id)
    house.stockline.container.people.create(other.tenant_id, email_at(house), PASSWORD, Role.VIEWER)

    sign_in(house, anna)
    anna.get_by_role("button", name=re.compile("Second company")).click()

    expect(anna.locator(".company")).to_have_text("Second company")


def test_an_invitation_lets_somebody_in_once(house: House):
    people = house.stockline.container.people
    made = people.invite(house.stockline.tenant_id, email_at(house), Role.VIEWER, invited_by="<b>Olga</b>")
    page = house.visitor()
    page.goto(f"/portal/invitation/{made.token}")
    expect(page.get_by_text(f"<b>Olga</b> invites {email_at(house)}")).to_be_visible()
    house.picture(page, "invitation")
    assert house.violations_of_access(page) == []
    page.get_by_label("Your name").fill("Änna 安娜")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.locator(".who summary")).to_have_text("Änna 安娜")

    page.goto(f"/portal/invitation/{made.token}")

    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_a_changed_password_signs_other_browsers_out(house: House, anna: Page):
    sign_in(house, anna)
    elsewhere = house.visitor()
    sign_in(house, elsewhere)
    anna.goto("/portal/account")
    anna.get_by_label("Present password").fill(PASSWORD)
    anna.get_by_label("New password").fill("another horse")
    anna.get_by_label("The same again").fill("another horse")
    anna.get_by_role("button", name="Change it").click()
    expect(anna.get_by_text("The password is changed")).to_be_visible()

    elsewhere.goto("/portal/account")

    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()


def test_light_or_dark_is_kept(house: House, anna: Page):
    sign_in(house, anna)
    anna.locator(".who summary").click()
    anna.get_by_role("button", name="Dark").click()

    expect(anna.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_way_in_is_accessible(house: House):
    page = house.visitor()
    page.goto("/portal")
    house.picture(page, "sign-in")
    assert house.violations_of_access(page) == []


def test_the_account_is_accessible(house: House):
    house.accessible("/portal/account", "account")


def test_without_postgresql_a_page_says_what_to_do(house: House, build: Callable[..., Container]):
    secret_key = house.application.config["SECRET_KEY"]
    cut_off = create_app(build(secret_key=secret_key, database_url="postgresql://app:a@127.0.0.1:1/none"))
    with serving(cut_off) as port:
        away = House(house.browser, cut_off, f"http://127.0.0.1:{port}", house.stockline)
        page = away.open("/portal/feeds", viewport=PHONE)
        expect(page.get_by_role("heading", name="Not now")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        away.picture(page, "not-now-phone")
        assert away.violations_of_access(page) == []
        away.close()
