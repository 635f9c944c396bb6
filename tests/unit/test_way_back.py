"""Every page of the portal leads back to where it is listed."""

from pathlib import Path

import pytest

TEMPLATES = Path("app/web/templates/portal")
STARTS = {  # in the menu, on the way in, or whatever went wrong
    "account",
    "alerts/channels",
    "alerts/list",
    "catalog/grid",
    "choose",
    "dealers/list",
    "error",
    "feeds/aliases",
    "feeds/list",
    "feeds/not_found",
    "home/overview",
    "invitation",
    "operations/letters",
    "operations/tenants",
    "operations/work",
    "people/keys",
    "people/people",
    "people/settings",
    "purchasing/list",
    "push_batches/list",
    "push_grants/list",
    "pushes/list",
    "sharing/sharing",
    "shop/profile",
    "shop/shop",
    "sign_in",
    "suppliers/list",
}


def pages() -> dict[str, str]:
    """The text of each template that is a whole page, by its name."""
    texts = {
        str(path.relative_to(TEMPLATES).with_suffix("")): path.read_text()
        for path in TEMPLATES.rglob("*.html")
    }
    return {name: text for name, text in texts.items() if 'extends "portal/base.html"' in text}


@pytest.mark.parametrize("name", sorted(pages().keys() - STARTS))
def test_a_page_that_is_not_in_the_menu_leads_back(name):
    text = pages()[name]
    assert '<p class="back">' in text or "{{ tabs(" in text


def test_what_needs_no_way_back_is_there():
    assert pages().keys() >= STARTS
