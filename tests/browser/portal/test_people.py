"""People, keys and settings in a browser: links and keys shown once, and who may not see them."""

import re

from playwright.sync_api import Page, expect

from app.domain.tenancy.users import Role
from tests.browser.portal.house import PASSWORD, House

HOSTILE = '<script>x</script> "><img src=x onerror=alert(1)>'


def crowd(house: House) -> None:
    """A company with people in every state, and a hostile name."""
    people, tenant_id = house.stockline.container.people, house.stockline.tenant_id
    people.create(tenant_id, "boss@crowd.example", PASSWORD)
    for name, role in (("Bjørn Åsen", Role.OPERATOR), (HOSTILE, Role.VIEWER)):
        user = people.create(tenant_id, f"{role}@crowd.example", PASSWORD, role)
        people.change(tenant_id, user.id, name=name, active=role is Role.OPERATOR)
    people.invite(tenant_id, "waiting@example.com", Role.OPERATOR, invited_by=HOSTILE)


def shown_once(page: Page, label: str) -> str:
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("readonly", "")
    return field.input_value()


def test_an_owner_invites_somebody_who_joins(house: House):
    page = house.open("/portal/people", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("E-mail").fill("nelly@example.com")
    page.locator("#f-role").select_option("operator")
    page.get_by_role("button", name="Make a link").click()
    link = shown_once(page, "Link")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link

    newcomer = house.visitor()
    newcomer.goto("/portal/" + link.partition("/portal/")[2])
    newcomer.get_by_label("Password").fill(PASSWORD)
    newcomer.get_by_label("The same again").fill(PASSWORD)
    newcomer.get_by_role("button", name="Join").click()
    expect(newcomer.locator(".who summary")).to_have_text("nelly@example.com")
    expect(newcomer.get_by_role("link", name="People")).to_have_count(0)

    page.reload()
    expect(page.locator("body")).not_to_contain_text(link)
    row = page.get_by_role("row", name=re.compile("nelly"))
    row.get_by_role("button", name="Shut out").click()
    expect(page.get_by_text("nelly@example.com is shut out.")).to_be_visible()
    newcomer.goto("/portal")
    expect(newcomer.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_is_refused_is_told_beside_the_form_and_the_input_stays(house: House):
    page = house.open("/portal/people")
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_role("button", name="Make a link").click()

    expect(page.locator("#notices")).to_contain_text("is a user already")
    expect(page.get_by_label("E-mail")).to_have_value("owner@example.com")


def test_a_key_is_made_shown_once_and_revoked(house: House):
    page = house.open("/portal/keys")
    page.get_by_label("Name").fill(HOSTILE)
    page.get_by_role("button", name="Make it").click()
    key = shown_once(page, "The new key")
    assert key.startswith("pst_live_")
    house.picture(page, "key-made")
    page.reload()
    expect(page.get_by_label("The new key")).to_have_count(0)

    page.get_by_role("row", name=re.compile("<script>")).get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("The key is revoked.")).to_be_visible()
    assert house.stockline.container.authenticate(key) is None


def test_settings_are_saved_and_a_wrong_one_is_told(house: House):
    page = house.open("/portal/settings")
    page.get_by_label("Low stock below").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("a whole number")

    page.get_by_label("Low stock below").fill("4")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    expect(page.get_by_label("Low stock below")).to_have_value("4")


def test_the_owners_pages_are_accessible(house: House):
    crowd(house)
    house.accessible("/portal/people", "people")
    house.accessible("/portal/keys", "keys")
    house.accessible("/portal/settings", "settings")
