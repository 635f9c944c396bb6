"""Pages for owners and for those who run the platform, without a browser."""

import pytest

PAGES = ["/portal/people", "/portal/keys", "/portal/settings"]
OPERATIONS = ["/portal/operations", "/portal/operations/tenants", "/portal/operations/dead-letters"]


@pytest.mark.parametrize("path", PAGES)
def test_an_owners_page_opens(owner, path):
    page = owner.get(path)
    assert page.status_code == 200, page.text


@pytest.mark.parametrize("path", OPERATIONS)
def test_a_page_of_operations_opens_for_who_runs_the_platform(somebody, path):
    page = somebody("viewer", platform=True).get(path)
    assert page.status_code == 200, page.text
