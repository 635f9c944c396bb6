"""The portal's pages of the rules for orders: added, changed and taken away by who may, errors beside their fields."""

import threading
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.adapters.postgres.orders import PostgresOrderTransaction
from app.bootstrap import Container
from app.domain.orders import rule_list
from app.domain.orders.rules import Action, Rule, RuleName
from app.local.engines import Engines
from tests.locks import waiting
from tests.stockline import DEADLINE_S, Stockline, until
from tests.visitor import Visitor, person

PATH = "/portal/orders/rules"
HOSTILE = '"><script>alert(1)</script>'
LIMIT = {"rule": "quantity_over", "action": "flag", "channel": "web", "account": "", "value": "10"}
KEPT = {"rule": "quantity_over", "action": "flag", "channel": "web", "account": "", "value": 10}
WAS = {"was-rule": "quantity_over", "was-channel": "web", "was-account": ""}


@pytest.fixture
def shop(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    return stockline.over(build(secret_key="what-cookies-of-tests-are-signed-with"))


@pytest.fixture
def operator(shop: Stockline) -> Visitor:
    return person(shop.application, shop.tenant_id, "operator")


def kept(visitor: Visitor) -> list[dict[str, Any]]:
    return visitor.json("GET", "/api/app/orders/rules").json["rules"]


def saved(answer: TestResponse) -> None:
    assert (answer.status_code, answer.headers.get("Location")) == (303, PATH), answer.text


def test_a_rule_is_added_changed_and_taken_away_and_the_others_stay(operator: Visitor):
    other = {"rule": "unknown_part", "action": "ignore", "channel": "", "account": HOSTILE, "value": None}
    saved(operator.post(f"{PATH}/new", other | {"value": ""}))

    saved(operator.post(f"{PATH}/new", LIMIT))
    assert sorted(kept(operator), key=str) == sorted([other, KEPT], key=str)
    form = operator.get(f"{PATH}/one?rule=quantity_over&channel=web&account=").text
    assert ('name="channel" type="text" value="web"' in form, 'value="10"' in form) == (True, True)

    saved(operator.post(f"{PATH}/one", WAS | LIMIT | {"channel": "pos", "value": "12", "action": "refuse"}))
    changed = KEPT | {"channel": "pos", "value": 12, "action": "refuse"}
    assert sorted(kept(operator), key=str) == sorted([other, changed], key=str)

    saved(operator.post(f"{PATH}/remove", {"rule": "quantity_over", "channel": "pos", "account": ""}))
    assert kept(operator) == [other]
    page = operator.get(PATH).text
    assert (HOSTILE in page, HOSTILE in unescape(page)) == (False, True)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("value", "", "Say how many units of a part are allowed."),
        ("value", "many", "Type a whole number of units"),
        ("value", "0", "Type a whole number of units"),
        ("channel", f"a/{HOSTILE}", "no slash"),
        ("account", "a" * 300, "At most"),
        ("account", "a\0", "At most"),
        ("rule", "never", "Choose one of the list."),
        ("action", "", "Choose one of the list."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    operator: Visitor, field: str, typed: str, said: str
):
    answer = operator.post(f"{PATH}/new", LIMIT | {"account": "KEEP-ME"} | {field: typed}, HX_Request="true")

    page = unescape(answer.text)
    beside = page.partition(f'id="h-{field}"')[2].partition("</")[0]
    assert (answer.status_code, said in beside) == (400, True), page
    assert ("KEEP-ME" in page) is (field != "account")
    assert (HOSTILE in answer.text, typed in page or field in {"rule", "action"}) == (False, True)
    assert kept(operator) == []


def test_a_limit_belongs_to_the_rule_of_units_alone(operator: Visitor):
    answer = operator.post(f"{PATH}/new", LIMIT | {"rule": "missing_sku"})

    assert (answer.status_code, "leave it empty" in answer.text, kept(operator)) == (400, True, [])


def test_a_rule_that_is_there_already_is_not_added_twice_nor_changed_into_another(operator: Visitor):
    saved(operator.post(f"{PATH}/new", LIMIT))
    saved(operator.post(f"{PATH}/new", LIMIT | {"channel": "pos"}))

    again = operator.post(f"{PATH}/new", LIMIT | {"value": "99"})
    into = operator.post(f"{PATH}/one", WAS | LIMIT | {"channel": "pos"})

    assert (again.status_code, into.status_code) == (409, 409)
    assert ("change that one" in again.text, 'value="99"' in again.text) == (True, True)
    assert [one["value"] for one in kept(operator)] == [10, 10]


def test_a_rule_that_somebody_took_away_meanwhile_is_not_brought_back(operator: Visitor):
    for path, form in (("one", WAS | LIMIT), ("remove", LIMIT)):
        assert operator.post(f"{PATH}/{path}", form).status_code == 404
    assert operator.get(f"{PATH}/one?rule=quantity_over&channel=web").status_code == 404
    assert kept(operator) == []


def test_no_more_rules_are_added_than_may_be(operator: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rule_list, "RULES_MAX", 1)
    saved(operator.post(f"{PATH}/new", LIMIT))

    full = operator.post(f"{PATH}/new", LIMIT | {"channel": "pos"})

    assert (full.status_code, len(kept(operator))) == (400, 1)


def test_two_who_add_a_rule_at_once_both_have_theirs(shop: Stockline, operator: Visitor, engines: Engines):
    desk = shop.container.orders
    other = Rule(RuleName.MISSING_SKU, Action.REFUSE, "", "", None)
    late = threading.Thread(target=desk.save_rule, args=(shop.tenant_id, other))
    with shop.container.unit_of_work.tenant(shop.tenant_id) as connection:
        first = PostgresOrderTransaction(connection, shop.tenant_id)
        first.save_rules([Rule(RuleName.QUANTITY_OVER, Action.FLAG, "web", "", 10)])
        late.start()
        until(lambda: waiting(engines) == 1, "the second to wait for the first")
    late.join(DEADLINE_S)
    assert [one["rule"] for one in kept(operator)] == ["missing_sku", "quantity_over"]


def test_a_rule_where_yours_are_silent_is_where_your_own_begins(operator: Visitor):
    page = unescape(operator.get(PATH).text)
    assert f"{PATH}/new?rule=unknown_part&channel=shopify&account=&action=ignore" in page

    form = operator.get(f"{PATH}/new?rule=unknown_part&channel=shopify&action=ignore").text

    assert 'name="rule" value="unknown_part" checked' in form
    assert 'name="action" value="ignore" checked' in form


def test_a_viewer_reads_the_rules_and_changes_none(shop: Stockline, operator: Visitor):
    saved(operator.post(f"{PATH}/new", LIMIT))
    viewer = person(shop.application, shop.tenant_id, "viewer")

    page = viewer.get(PATH).text
    assert ("More units of a part" in page, "Take away" in page, "rules/new" in page) == (True, False, False)
    for path, form in (("new", LIMIT | {"channel": "x"}), ("one", WAS | LIMIT), ("remove", LIMIT)):
        assert viewer.post(f"{PATH}/{path}", form).status_code == 403
    assert viewer.get(f"{PATH}/new").status_code == 403
    assert kept(operator) == [KEPT]


def test_nobody_elses_rules_are_shown_or_changed(shop: Stockline, operator: Visitor):
    saved(operator.post(f"{PATH}/new", LIMIT))
    stranger = person(shop.application, shop.another().tenant_id)

    assert stranger.post(f"{PATH}/remove", LIMIT).status_code == 404
    assert "None of your own" in stranger.get(PATH).text
    assert kept(operator) == [KEPT]
