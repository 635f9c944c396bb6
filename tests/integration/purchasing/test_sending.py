"""An approved purchase order on its way: to a mail server and to a supplier's API, both real, and what may go wrong."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.adapters.secrets.vault import MultiFernetVault
from app.bootstrap import Container
from app.domain.work.dispatch import Actor
from tests.alerted import Call, PostOffice, Receiver, post_office, receiving
from tests.buyer import SOURCE, Buyer
from tests.desk import KilledError
from tests.shops import KEY
from tests.stockline import Stockline


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with post_office() as one:
        yield one


@pytest.fixture(scope="module")
def _receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def api(_receiver: Receiver) -> Receiver:
    _receiver.calls.clear()
    _receiver.answer = lambda _call: 200
    return _receiver


@pytest.fixture
def buyer(build: Callable[..., Container], stockline: Stockline, office: PostOffice) -> Buyer:
    office.raw.clear()
    office.recipients.clear()
    office.refuse = None
    container = build(
        smtp_url=f"smtp://127.0.0.1:{office.port}",
        mail_from="Stockline <stock@example.com>",
        outbound_allow_hosts="127.0.0.1",
        encryption_keys=KEY,
    )
    return Buyer(stockline.over(container))


def approved(buyer: Buyer, **supplier: Any) -> dict[str, Any]:
    buyer.sku(buyer.supplier(**supplier), "A", 0, price="2.50")
    buyer.watch()
    return buyer.act(buyer.draft(), "approve")


def sent(buyer: Buyer, order: dict[str, Any]) -> dict[str, Any]:
    """Asked for, and worked on once."""
    asked = buyer.act(order, "send")
    assert (asked["state"], asked["sending"]) == ("approved", True)
    buyer.work(Actor.PURCHASING_SEND)
    return buyer.order(order["purchaseOrderId"])


def try_again(buyer: Buyer) -> None:
    """The pause is over."""
    buyer.stockline.sql(
        "UPDATE dispatch SET not_before = now() WHERE tenant_id = %s", buyer.stockline.tenant_id
    )
    buyer.work(Actor.PURCHASING_SEND)


def run_out(buyer: Buyer) -> None:
    """The lease of whoever is at work."""
    buyer.stockline.sql(
        "UPDATE dispatch SET lease_until = now() - interval '1 s' WHERE tenant_id = %s AND state = 'running'",
        buyer.stockline.tenant_id,
    )


class TestByMail:
    def test_the_supplier_gets_a_letter_with_the_lines_as_csv(self, buyer: Buyer, office: PostOffice):
        order = sent(buyer, approved(buyer))
        assert (order["state"], order["sending"], order["lastError"]) == ("sent", False, None)
        assert order["sentAt"]
        assert office.recipients == ["orders@nord.example"]
        [mail] = office.mails
        assert mail["Subject"] == "Purchase order 1"
        assert mail["Message-ID"] == f"<purchase-order-{order['purchaseOrderId']}@stockline>"
        [attachment] = mail.iter_attachments()
        assert attachment.get_filename() == "purchase-order-1.csv"
        csv = buyer.call("GET", f"/{order['purchaseOrderId']}/lines.csv").text
        assert attachment.get_content().splitlines() == csv.splitlines()
        assert buyer.due(Actor.PURCHASING_SEND) == []

    def test_a_server_that_is_busy_is_asked_again_and_the_reason_is_seen_meanwhile(
        self, buyer: Buyer, office: PostOffice
    ):
        office.refuse = "450 later"
        order = sent(buyer, approved(buyer))
        assert (order["state"], order["sending"]) == ("approved", True)
        assert "450 later" in order["lastError"]
        office.refuse = None
        try_again(buyer)
        order = buyer.order(order["purchaseOrderId"])
        assert (order["state"], order["lastError"], len(office.raw)) == ("sent", None, 1)

    def test_an_address_that_takes_no_mail_brings_it_back_to_approved(self, buyer: Buyer, office: PostOffice):
        office.refuse = "550 nobody here"
        order = sent(buyer, approved(buyer))
        assert (order["state"], order["sending"]) == ("approved", False)
        assert "550 nobody here" in order["lastError"]
        office.refuse = None
        assert sent(buyer, order)["state"] == "sent"

    def test_after_five_tries_a_person_sees_to_it(self, buyer: Buyer, office: PostOffice):
        office.refuse = "450 later"
        order = sent(buyer, approved(buyer))
        for left in (True, True, True, False):
            try_again(buyer)
            assert buyer.order(order["purchaseOrderId"])["sending"] is left
        assert buyer.order(order["purchaseOrderId"])["state"] == "approved"

    def test_without_any_address_nothing_is_sent(self, buyer: Buyer):
        order = approved(buyer, order_email=None)
        assert buyer.refused(order, "send") == (409, "no_order_address")

    def test_sending_twice_is_sending_once(self, buyer: Buyer, office: PostOffice):
        order = approved(buyer)
        buyer.act(order, "send")
        assert sent(buyer, order)["state"] == "sent"
        assert len(office.raw) == 1
        assert buyer.refused(order, "send") == (409, "purchase_order_state")

    def test_what_is_on_its_way_is_not_cancelled(self, buyer: Buyer):
        order = buyer.act(approved(buyer), "send")
        assert buyer.refused(order, "cancel") == (409, "purchase_order_state")
        buyer.work(Actor.PURCHASING_SEND)
        assert buyer.act(order, "cancel")["state"] == "cancelled"


class TestByApi:
    @pytest.fixture
    def supplier(self, api: Receiver) -> dict[str, Any]:
        """One that takes orders where its stock is read, with the same key."""
        base = api.url.removesuffix("/hook")
        auth = {"type": "apiKey", "header": "X-Key"}
        sealed = MultiFernetVault(KEY).seal(json.dumps({"value": "secret"}))
        source = Jsonb({**SOURCE, "url": f"{base}/stock", "auth": auth})
        return {"order_url": f"{base}/orders", "source": source, "secrets": sealed}

    def test_it_gets_the_order_as_json_with_its_id_as_the_idempotency_key(
        self, buyer: Buyer, api: Receiver, supplier: dict[str, Any]
    ):
        order = sent(buyer, approved(buyer, **supplier))
        assert order["state"] == "sent"
        [call] = api.calls
        assert call.path == "/orders"
        assert call.json == {
            "orderNumber": 1,
            "orderId": order["purchaseOrderId"],
            "lines": [{"sku": "A", "partNumber": "P-A", "quantity": 10, "price": "2.50"}],
        }
        assert call.headers["Idempotency-Key"] == order["purchaseOrderId"]
        assert call.headers["X-Key"] == "secret"

    def test_or_as_csv(self, buyer: Buyer, api: Receiver, supplier: dict[str, Any]):
        order = sent(buyer, approved(buyer, **supplier, order_format="csv"))
        [call] = api.calls
        assert call.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert call.body.decode() == buyer.call("GET", f"/{order['purchaseOrderId']}/lines.csv").text

    def test_the_sources_key_is_for_the_sources_address_alone(
        self, buyer: Buyer, api: Receiver, supplier: dict[str, Any]
    ):
        elsewhere = Jsonb({**supplier["source"].obj, "url": "https://n.example/stock"})
        assert sent(buyer, approved(buyer, **{**supplier, "source": elsewhere}))["state"] == "sent"
        assert "X-Key" not in api.calls[0].headers

    @pytest.mark.parametrize(
        ("status", "sending"), [(503, True), (429, True), (400, False), (409, False), (302, False)]
    )
    def test_what_may_pass_is_tried_again_and_what_will_not_is_told(
        self, buyer: Buyer, api: Receiver, supplier: dict[str, Any], status: int, *, sending: bool
    ):
        api.answer = lambda _call: (status, {"Location": "/elsewhere"})
        order = sent(buyer, approved(buyer, **supplier))
        assert (order["state"], order["sending"]) == ("approved", sending)
        assert f"answered {status}" in order["lastError"]
        assert len(api.calls) == 1

    def test_a_private_address_is_not_asked(self, buyer: Buyer):
        order = sent(buyer, approved(buyer, order_url="http://169.254.169.254/orders"))
        assert (order["state"], order["sending"]) == ("approved", False)
        assert order["lastError"]


class TestAWorkerThatDies:
    def test_after_the_call_and_before_its_note_the_order_goes_again(
        self, buyer: Buyer, api: Receiver, monkeypatch: pytest.MonkeyPatch
    ):
        order = buyer.act(approved(buyer, order_url=api.url), "send")

        def die(*_: Any) -> None:
            raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr("app.adapters.postgres.purchase_send._Transaction.sent", die)
            with pytest.raises(KilledError):
                buyer.work(Actor.PURCHASING_SEND)
        assert buyer.order(order["purchaseOrderId"])["state"] == "approved"
        run_out(buyer)
        buyer.work(Actor.PURCHASING_SEND)
        assert [call.headers["Idempotency-Key"] for call in api.calls] == [order["purchaseOrderId"]] * 2
        assert buyer.order(order["purchaseOrderId"])["state"] == "sent"

    def test_one_that_only_slept_past_its_lease_notes_nothing(
        self, buyer: Buyer, api: Receiver, monkeypatch: pytest.MonkeyPatch
    ):
        order = approved(buyer, order_url=api.url)
        buyer.act(order, "send")

        def die(_call: Call) -> int:
            """Its lease runs out while it calls, and another worker takes over."""
            api.answer = lambda _call: 200
            buyer.stockline.sql(
                "UPDATE dispatch SET lease_until = now() - interval '1 s' WHERE id = %s",
                order["purchaseOrderId"],
            )
            buyer.work(Actor.PURCHASING_SEND)
            return 400

        api.answer = die
        buyer.work(Actor.PURCHASING_SEND)
        assert len(api.calls) == 2
        assert {call.headers["Idempotency-Key"] for call in api.calls} == {order["purchaseOrderId"]}
        assert api.calls[0].body == api.calls[1].body
        after = buyer.order(order["purchaseOrderId"])
        assert (after["state"], after["lastError"]) == ("sent", None)
        assert buyer.due(Actor.PURCHASING_SEND) == []
