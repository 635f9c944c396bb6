"""A company's settings, by page and by route."""

from collections.abc import Callable

import pytest

from app.domain.tenancy.settings import SETTINGS
from tests.stockline import Stockline
from tests.visitor import Visitor

PAGE, ROUTE = "/portal/settings", "/api/app/settings"
HOSTILE = '<script>x</script> "><img src=x onerror=alert(1)>'


def shown(owner: Visitor) -> dict[str, dict]:
    return {one["key"]: one for one in owner.get(ROUTE).json["data"]}


def test_every_setting_is_there_with_what_it_is_for_and_a_field(owner: Visitor):
    told, page = shown(owner), owner.get(PAGE).text
    assert set(told) == set(SETTINGS)
    for key, one in told.items():
        assert one["title"]
        assert one["explanation"]
        assert one["default"] or key == "name"
        assert f'name="{key}"' in page


def test_the_default_that_is_told_is_the_one_that_holds(owner: Visitor):
    for key, one in shown(owner).items():
        if one["value"] and key != "name":
            assert one["value"] == one["default"], key


def test_a_form_sets_what_was_changed_and_leaves_the_rest(owner: Visitor, stockline: Stockline):
    stockline.set(safety_stock=7, shrink_guard_percent="12.50")
    form = {
        "lowStockThreshold": "3",
        "was-lowStockThreshold": "10",
        "safetyStock": "0",
        "was-safetyStock": "0",
    }

    assert owner.post(PAGE, form).status_code == 303

    values = {key: one["value"] for key, one in shown(owner).items()}
    assert (values["lowStockThreshold"], values["safetyStock"]) == ("3", "7"), "another's change stands"
    assert values["shrinkGuardPercent"] == "12.5"


def test_an_empty_field_brings_the_default_back(owner: Visitor, stockline: Stockline):
    stockline.set(currency="NOK", allowed_domains=["a.example", "b.example:8443"])
    assert shown(owner)["allowedDomains"]["value"] == "a.example, b.example:8443"

    owner.post(PAGE, {"currency": "", "was-currency": "NOK", "allowedDomains": ""})

    assert (shown(owner)["currency"]["value"], shown(owner)["allowedDomains"]["value"]) == ("EUR", "")


@pytest.mark.parametrize(
    "bad",
    [
        {"lowStockThreshold": "-1"},
        {"currency": "euro"},
        {"name": ""},
        {"newProductStatus": "GONE"},
        {"no": "1"},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_is_set(owner: Visitor, bad: dict[str, str]):
    answer = owner.json("PUT", ROUTE, {"settings": {"safetyStock": "5", **bad}})
    assert answer.status_code == 400
    assert next(iter(bad)) in answer.json["error"]
    assert shown(owner)["safetyStock"]["value"] == "0"


def test_how_often_it_may_call_is_the_platforms_to_say(owner: Visitor, somebody: Callable[..., Visitor]):
    wish = {"settings": {"rateLimitPerS": "1000000"}}
    assert owner.json("PUT", ROUTE, wish).status_code == 403
    assert owner.post(PAGE, {"rateLimitPerS": "1000000"}).status_code == 403
    assert shown(owner)["rateLimitPerS"]["value"] == ""
    assert somebody("owner", platform=True).json("PUT", ROUTE, wish).status_code == 200


def test_a_setting_is_live_for_the_tenants_calls(owner: Visitor, stockline: Stockline):
    owner.json("PUT", ROUTE, {"settings": {"mapboxToken": "pk.one"}})
    client = owner.application.test_client()
    assert client.get("/api/t/config", headers={"X-API-Key": stockline.key}).json["mapboxToken"] == "pk.one"


def test_values_are_shown_as_text(owner: Visitor):
    owner.json("PUT", ROUTE, {"settings": {"name": HOSTILE, "mapboxToken": HOSTILE}})
    page = owner.get(PAGE).text
    assert "<script>x" not in page
    assert "<img" not in page
