"""`/api/app/shopify/profile`: what a push writes, field by field."""

from typing import Any

import pytest

from app.domain.push.profile import CONTENT, Field
from tests.portal import Portal, open_portal
from tests.stockline import Stockline


@pytest.fixture
def portal(stockline: Stockline) -> Portal:
    return open_portal(stockline)


def put(portal: Portal, profile: Any) -> Any:
    return portal.request("PUT", "/profile", json=profile)


def profile_of(portal: Portal) -> dict[str, Any]:
    response = portal.get("/profile")
    assert response.status_code == 200
    return response.json


def test_by_default_a_new_product_gets_everything_and_one_that_is_there_no_content(portal: Portal):
    profile = profile_of(portal)
    assert list(profile) == [field.value for field in Field]
    assert all(rule["create"] for rule in profile.values())
    left = {name for name, rule in profile.items() if rule["update"] == "leave-alone"}
    assert left == {field.value for field in CONTENT}


def test_it_is_what_was_put_last_as_a_whole(portal: Portal):
    wanted = profile_of(portal)
    wanted["title"] = {"create": False, "update": "overwrite"}
    wanted["stock"] = {"create": True, "update": "leave-alone"}
    response = put(portal, wanted)
    assert (response.status_code, response.json) == (200, wanted)
    assert profile_of(portal) == wanted


def test_each_tenant_has_its_own(portal: Portal):
    wanted = profile_of(portal) | {"title": {"create": False, "update": "overwrite"}}
    put(portal, wanted)
    other = open_portal(portal.stockline.another())
    assert profile_of(other)["title"] == {"create": True, "update": "leave-alone"}


def test_a_push_goes_by_it(portal: Portal):
    portal.stockline.activate("A")
    put(portal, profile_of(portal) | {"vendor": {"create": False, "update": "overwrite"}})
    portal.stockline.sql("UPDATE part SET brand = 'KTM' WHERE part_number = 'A'")
    portal.done("A")
    (product,) = portal.shop.products.values()
    assert Field.TITLE in product.values
    assert Field.VENDOR not in product.values


@pytest.mark.parametrize(
    "change",
    [
        {"colour": {"create": True, "update": "overwrite"}},
        {"title": None},
        {"title": {"create": True}},
        {"title": {"create": "true", "update": "overwrite"}},
        {"title": {"create": 1, "update": "overwrite"}},
        {"title": {"create": True, "update": "merge"}},
        {"title": {"create": True, "update": []}},
        {"title": {"create": True, "update": None}},
        {"title": {"create": True, "update": "overwrite", "more": 1}},
    ],
)
def test_anything_else_is_400_and_changes_nothing(portal: Portal, change: dict[str, Any]):
    before = profile_of(portal)
    for wanted in (before | change, change):
        response = put(portal, wanted)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request"), response.text
    assert profile_of(portal) == before


def test_so_is_one_that_lacks_a_field(portal: Portal):
    before = profile_of(portal)
    for name in before:
        response = put(portal, {field: rule for field, rule in before.items() if field != name})
        assert response.status_code == 400
        assert name in response.json["error"]


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff", b'"title"'])
def test_a_body_that_is_no_object_is_400(portal: Portal, data: bytes):
    headers = {"Content-Type": "application/json"}
    response = portal.request("PUT", "/profile", data=data, headers=headers)
    assert (response.status_code, response.json["code"]) == (400, "invalid_request")


def test_another_content_type_is_415(portal: Portal):
    response = portal.request("PUT", "/profile", data=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415
