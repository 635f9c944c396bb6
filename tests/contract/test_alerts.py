"""`/api/app/alerts` and `/api/app/alert-channels`: what happened, who saw it, and where it goes."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.domain.tenancy.tenant import Scope
from tests.alerted import Alerted, receiving
from tests.shopkeeper import KEYS

VIEW = {"alertId", "kind", "subject", "message", "details", "createdAt", "acknowledgedAt", "acknowledgedBy"}
CHANNEL = {
    "channelId",
    "kind",
    "target",
    "alerts",
    "urgentAlerts",
    "quietHours",
    "timezone",
    "dailyReportAt",
    "nextReportAt",
    "active",
    "stoppedBecause",
    "createdAt",
}
HOOK = {"kind": "webhook", "target": "https://93.184.215.14/hook"}


@pytest.fixture
def alerted(build, stockline):
    """A tenant whose receiver is real; mail goes to a server that nobody asks here."""
    container = build(encryption_keys=KEYS, outbound_allow_hosts="127.0.0.1", smtp_url="smtp://127.0.0.1:9")
    with receiving() as receiver:
        yield Alerted(stockline.over(container), receiver, None)  # type: ignore[arg-type]


def call(alerted: Alerted, method: str, path: str, json: Any = None) -> TestResponse:
    client = alerted.stockline.application.test_client()
    headers = {"X-API-Key": alerted.stockline.key}
    return client.open(f"/api/app{path}", method=method, headers=headers, json=json)


def ok(response: TestResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json


def refused(response: TestResponse, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code), response.text


@pytest.fixture
def happened(alerted: Alerted) -> Alerted:
    """Of five SKUs three are out and two are low."""
    acme = alerted.supplier()
    alerted.stocked(acme, *"ABCDE")
    alerted.reports(acme, 0, *"ABC")
    alerted.reports(acme, 3, *"DE")
    alerted.watch()
    return alerted


class TestAlerts:
    def test_they_come_newest_first_page_by_page(self, happened: Alerted):
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = ok(call(happened, "GET", f"/alerts?limit=2{cursor and '&cursor=' + cursor}"))
            found, cursor = found + page["data"], page["nextCursor"]
        assert [one["details"]["sku"] for one in found] == list("EDCBA")
        assert set(found[0]) == VIEW

    def test_they_are_picked_by_kind_supplier_and_whether_somebody_saw_them(self, happened: Alerted):
        def count(query: str) -> int:
            return len(ok(call(happened, "GET", f"/alerts?{query}"))["data"])

        first = ok(call(happened, "GET", "/alerts?kind=out"))["data"][0]
        ok(call(happened, "POST", f"/alerts/{first['alertId']}/acknowledge"))
        supplier = first["details"]["supplierId"]
        assert (count("kind=out"), count("kind=low"), count("kind=back")) == (3, 2, 0)
        assert (count("acknowledged=true"), count("acknowledged=false")) == (1, 4)
        assert (count(f"supplierId={supplier}"), count(f"supplierId={uuid4()}")) == (5, 0)

    def test_who_acknowledged_first_stays(self, happened: Alerted):
        path = f"/alerts/{ok(call(happened, 'GET', '/alerts'))['data'][0]['alertId']}/acknowledge"
        first = ok(call(happened, "POST", path))
        happened.stockline.key = happened.stockline.new_key()
        assert ok(call(happened, "POST", path)) == first
        assert first["acknowledgedBy"].startswith("key ")

    def test_all_are_acknowledged_up_to_what_was_seen(self, happened: Alerted):
        seen = ok(call(happened, "GET", "/alerts"))["data"][0]["createdAt"]
        late = happened.supplier(code="late")
        happened.stocked(late, "Z")
        happened.reports(late, 0)
        happened.watch()
        assert ok(call(happened, "POST", f"/alerts/acknowledge-all?kind=low&until={seen}")) == {
            "acknowledged": 2
        }
        assert ok(call(happened, "POST", f"/alerts/acknowledge-all?until={seen}")) == {"acknowledged": 3}
        assert ok(call(happened, "POST", "/alerts/acknowledge-all")) == {"acknowledged": 1}

    def test_another_tenants_are_not_there(self, happened: Alerted):
        alert = ok(call(happened, "GET", "/alerts"))["data"][0]["alertId"]
        happened.stockline.key = happened.stockline.another().key
        assert ok(call(happened, "GET", "/alerts"))["data"] == []
        refused(call(happened, "POST", f"/alerts/{alert}/acknowledge"), 404, "not_found")

    def test_a_storefront_key_sees_none(self, happened: Alerted):
        happened.stockline.key = happened.stockline.new_key(Scope.STOREFRONT)
        assert call(happened, "GET", "/alerts").status_code == 403


class TestChannels:
    def test_a_webhooks_secret_is_shown_once(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK), 201)
        assert made["secret"].startswith("whsec_")
        path = f"/alert-channels/{made['channelId']}"
        for answer in (
            ok(call(alerted, "GET", path)),
            ok(call(alerted, "PATCH", path, {"alerts": ["out"]})),
            ok(call(alerted, "GET", "/alert-channels"))["data"][0],
        ):
            assert set(answer) == CHANNEL
        assert made["secret"].encode() not in alerted.stockline._value(
            "SELECT secret FROM alert_channel WHERE id = %s", made["channelId"]
        )

    def test_a_secret_is_rotated_and_shown_once(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK), 201)
        again = ok(call(alerted, "POST", f"/alert-channels/{made['channelId']}/rotate-secret"))
        assert again["secret"] != made["secret"]

    def test_what_is_left_out_stays_and_null_takes_away(self, alerted: Alerted):
        given = {
            "kind": "email",
            "target": "ops@example.com",
            "alerts": ["out", "low"],
            "urgentAlerts": ["out"],
            "quietHours": {"from": "22:00", "until": "06:30"},
            "timezone": "Europe/Berlin",
            "dailyReportAt": "07:15",
        }
        made = ok(call(alerted, "POST", "/alert-channels", given), 201)
        assert {name: made[name] for name in given} == given
        assert made["secret"] is None
        assert made["nextReportAt"] is not None
        path = f"/alert-channels/{made['channelId']}"
        changed = ok(call(alerted, "PATCH", path, {"quietHours": None, "dailyReportAt": None}))
        assert (changed["quietHours"], changed["dailyReportAt"], changed["nextReportAt"]) == (
            None,
            None,
            None,
        )
        assert (changed["alerts"], changed["timezone"]) == (["out", "low"], "Europe/Berlin")

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "webhook", "target": "http://127.0.0.2/"},
            {"kind": "webhook", "target": "http://user:secret@93.184.215.14/"},
            {"kind": "webhook", "target": "ftp://93.184.215.14/"},
            {"kind": "email", "target": "nobody"},
            {"kind": "pigeon", "target": "x"},
            HOOK | {"timezone": "Middle/Earth"},
            HOOK | {"alerts": ["unheard-of"]},
            HOOK | {"quietHours": {"from": "22:00"}},
            HOOK | {"quietHours": {"from": "22:00", "until": "22:00"}},
            HOOK | {"quietHours": {"from": "24:00", "until": "06:00"}},
            HOOK | {"dailyReportAt": "07:00"},
            HOOK | {"secret": "mine"},
        ],
        ids=str,
    )
    def test_what_makes_no_sense_is_refused(self, alerted: Alerted, body):
        assert call(alerted, "POST", "/alert-channels", body).status_code == 400
        assert ok(call(alerted, "GET", "/alert-channels"))["data"] == []

    def test_a_test_says_what_came_of_it(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK | {"target": alerted.receiver.url}), 201)
        path = f"/alert-channels/{made['channelId']}/test"
        assert ok(call(alerted, "POST", path)) == {"ok": True, "message": "the receiver answered 200"}
        alerted.receiver.answer = lambda _call: 503
        assert ok(call(alerted, "POST", path)) == {"ok": False, "message": "the receiver answered 503"}
        assert alerted.receiver.calls[0].json["type"] == "test"

    def test_a_test_by_mail_says_that_no_server_answers(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", {"kind": "email", "target": "o@example.com"}), 201)
        tested = ok(call(alerted, "POST", f"/alert-channels/{made['channelId']}/test"))
        assert not tested["ok"]
        assert "mail server" in tested["message"]

    def test_deliveries_are_listed_with_what_became_of_them(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK | {"target": alerted.receiver.url}), 201)
        alerted.receiver.answer = lambda _call: 500
        acme = alerted.supplier()
        alerted.stocked(acme, "A", "B")
        alerted.reports(acme, 0)
        alerted.deliver()
        (one,) = ok(call(alerted, "GET", f"/alert-channels/{made['channelId']}/deliveries"))["data"]
        assert (one["state"], one["alerts"], one["tries"]) == ("queued", 2, 1)
        assert one["lastError"] == "the receiver answered 500"

    def test_a_removed_channel_is_gone_with_its_deliveries(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK | {"target": alerted.receiver.url}), 201)
        acme = alerted.supplier()
        alerted.stocked(acme, "A")
        alerted.reports(acme, 0)
        alerted.watch()
        assert call(alerted, "DELETE", f"/alert-channels/{made['channelId']}").status_code == 204
        alerted.hurry()
        alerted.drain()
        refused(call(alerted, "DELETE", f"/alert-channels/{made['channelId']}"), 404, "not_found")
        assert alerted.receiver.calls == []
        assert alerted.stockline.count("dispatch") == 0

    def test_there_are_twenty_at_most(self, alerted: Alerted):
        for _ in range(20):
            ok(call(alerted, "POST", "/alert-channels", HOOK), 201)
        refused(call(alerted, "POST", "/alert-channels", HOOK), 409, "conflict")

    def test_another_tenants_channel_is_not_there(self, alerted: Alerted):
        made = ok(call(alerted, "POST", "/alert-channels", HOOK), 201)
        alerted.stockline.key = alerted.stockline.another().key
        path = f"/alert-channels/{made['channelId']}"
        for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
            refused(call(alerted, method, path + end), 404, "not_found")
