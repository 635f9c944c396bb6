"""The pages of who may push into a shop, and of a distributor's pushes into many."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.bootstrap import Container
from tests.distributors import Distributor, grant, shop_of
from tests.stockline import Stockline
from tests.visitor import Visitor, person

HOSTILE = "<script>x</script>"
_MADE: dict[int, Any] = {}


@pytest.fixture
def desk(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    """A tenant at an application in which people sign in."""
    container = build(secret_key="what-cookies-of-tests-are-signed-with")
    over = _MADE.setdefault(id(container), stockline.over(container))
    stockline.container, stockline.application = over.container, over.application
    return stockline


@pytest.fixture
def distributor(desk: Stockline) -> Distributor:
    return Distributor(desk.another("DISTRIBUTOR"))


def someone(tenant: Stockline, role: str = "owner") -> Visitor:
    return person(tenant.application, tenant.tenant_id, role)


def test_an_owner_grants_brands_and_takes_them_back(desk: Stockline, distributor: Distributor):
    distributor.stockline.set(name=HOSTILE)
    owner = someone(desk)
    found = owner.get(f"/portal/push-grants/find?id=+{distributor.id}+")
    assert found.headers["Location"] == f"/portal/push-grants/{distributor.id}"
    form = owner.get(found.headers["Location"])
    assert "&lt;script&gt;x" in form.text
    assert HOSTILE not in form.text
    assert owner.post(found.headers["Location"], {"brands": "KTM\r\n\r\n Öhlins "}).status_code == 303
    assert distributor.rights() == {str(desk.tenant_id): ["KTM", "Öhlins"]}
    assert "KTM, Öhlins" in someone(desk, "viewer").get("/portal/push-grants").text
    assert owner.post(found.headers["Location"]).status_code == 303
    assert distributor.rights() == {}
    assert owner.get("/portal/push-grants").text.count("Taken back") == 2


def test_only_owners_grant_and_only_to_distributors(desk: Stockline, distributor: Distributor):
    path = f"/portal/push-grants/{distributor.id}"
    assert someone(desk, "operator").post(path, {"brands": "KTM"}).status_code == 403
    assert "textarea" not in someone(desk, "operator").get(path).text
    assert someone(desk).get(f"/portal/push-grants/{desk.tenant_id}").status_code == 404
    assert someone(desk).get("/portal/push-grants/find?id=nobody").status_code == 400


def test_a_distributor_pushes_into_the_shops_that_let_it_and_watches_them_as_one(distributor: Distributor):
    parts = {"A-1": "KTM", "A-2": "Other"}
    first = shop_of(distributor.stockline, distributor, parts, "KTM")
    second = distributor.stockline.another("RESELLER")
    grant(second, distributor, "KTM")
    operator = someone(distributor.stockline, "operator")
    assert f'value="{first.stockline.tenant_id}" checked' in operator.get("/portal/push-batches/new").text
    begun = operator.post(
        "/portal/push-batches",
        {"parts": "A-1\r\nA-2\r\n", "reseller": [str(first.stockline.tenant_id), str(second.tenant_id)]},
    )
    assert begun.status_code == 303
    distributor.stockline.drain()
    first.stockline.drain()
    page = operator.get(begun.headers["Location"]).text
    assert re.findall(r'data-counter="(\w+)">(\d+)', page) == [
        ("succeeded", "1"),
        ("failed", "1"),
        ("skipped", "0"),
        ("remaining", "0"),
    ]
    assert "brand_not_granted" in page
    assert "not_connected" in page
    assert begun.headers["Location"] in operator.get("/portal/push-batches").text


def test_histories_name_keys_and_distributors_and_never_tell_an_id(distributor: Distributor):
    distributor.stockline.set(name="Fjord Parts")
    shop = shop_of(distributor.stockline, distributor, {"A-1": "KTM"}, "KTM")
    distributor.spread("A-1")
    owner = someone(shop.stockline)
    (key,) = shop.stockline.container.tenancy.keys(shop.stockline.tenant_id)
    changes, pushes = owner.get("/portal/push-grants").text, owner.get("/portal/pushes").text
    assert (f"key pst_live_{key.prefix}…" in changes, str(key.id) in changes) == (True, False)
    assert ("<td>Fjord Parts</td>" in pushes, str(distributor.id) in pushes) == (True, False)


def test_a_section_of_one_page_has_its_heading_too(distributor: Distributor):
    menu = someone(distributor.stockline).get("/portal/push-batches").text
    assert re.findall(r"<h2>(\w+)</h2>", menu.partition("<main")[0]) == [
        "Feeds",
        "Catalog",
        "Network",
        "Shopify",
        "Supply",
        "Company",
    ]


def test_a_batch_is_stopped_by_operators_only(distributor: Distributor):
    shop_of(distributor.stockline, distributor, {"A-1": "KTM"}, "KTM")
    batch = f"/portal/push-batches/{distributor.order('A-1')}"
    viewer, operator = (someone(distributor.stockline, role) for role in ("viewer", "operator"))
    assert "Cancel" not in viewer.get(batch).text
    assert viewer.post(f"{batch}/cancel").status_code == 403
    assert operator.post(f"{batch}/cancel").status_code == 303
    assert "Cancelled" in operator.get(batch).text
    assert operator.post(f"{batch}/cancel").status_code == 409


def test_without_a_reseller_nothing_begins(distributor: Distributor):
    operator = someone(distributor.stockline, "operator")
    assert operator.post("/portal/push-batches", {"parts": "A-1"}).status_code == 400
    assert "No reseller lets you push yet" in operator.get("/portal/push-batches").text


def test_who_is_no_distributor_has_no_such_pages(desk: Stockline):
    for path in ("", "/new"):
        assert someone(desk).get(f"/portal/push-batches{path}").status_code == 403
