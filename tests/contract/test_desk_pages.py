"""The portal's pages of orders, alerts, their channels and purchase orders, as their links and forms use them."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from werkzeug.test import TestResponse

from app.bootstrap import Container
from tests.alerted import Alerted, receiving
from tests.buyer import Buyer
from tests.orders import OrderBook
from tests.shopkeeper import KEYS
from tests.stockline import Stockline
from tests.visitor import Visitor, person


@pytest.fixture
def desk(stockline: Stockline, build: Callable[..., Container]) -> Stockline:
    """The tenant, at an application in which people sign in."""
    container = build(
        secret_key="what-cookies-of-tests-are-signed-with",
        encryption_keys=KEYS,
        outbound_allow_hosts="127.0.0.1",
        smtp_url="smtp://127.0.0.1:9",
    )
    return _over(stockline, container)


_OVER: dict[int, Stockline] = {}


def _over(stockline: Stockline, container: Container) -> Stockline:
    """An application takes long to make: one for each container."""
    made = _OVER.setdefault(id(container), stockline.over(container))
    stockline.container, stockline.application = made.container, made.application
    return stockline


@pytest.fixture
def owner(desk: Stockline) -> Visitor:
    return person(desk.application, desk.tenant_id)


@pytest.fixture
def book(desk: Stockline) -> OrderBook:
    return OrderBook(desk)


@pytest.fixture
def alerted(desk: Stockline) -> Iterator[Alerted]:
    with receiving() as receiver:
        yield Alerted(desk, receiver, None)  # type: ignore[arg-type]


@pytest.fixture
def buyer(desk: Stockline) -> Buyer:
    return Buyer(desk)


def shown(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def done(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


class TestOrders:
    def test_an_order_is_shown_with_its_reservations_and_settled_once(self, book: OrderBook, owner: Visitor):
        stock = book.lists(book.supplier("North"), "P", 5)
        book.take("a/1", ("P", 2))
        named = {"channel": "web", "orderId": "a/1"}
        assert "2 × P <small>North" in shown(owner, "/portal/orders")

        place = done(owner.post("/portal/orders/cancel", named))
        late = owner.post("/portal/orders/fulfil", named, HX_Request="true")

        assert ("cancelled" in shown(owner, place), book.available(stock)) == (True, 5)
        assert (late.status_code, "cancelled" in late.text) == (409, True)

    def test_the_desks_routes_read_and_settle_an_order_as_its_channel_does(
        self, book: OrderBook, owner: Visitor
    ):
        book.lists(book.supplier(), "P", 5)
        book.take("a/1", ("P", 2))
        path = "/api/app/orders/of/web/a/1"

        assert owner.json("GET", path).json == book.get("a/1").json
        assert owner.json("POST", f"{path}/fulfil").json["status"] == "fulfilled"
        refused = owner.json("POST", f"{path}/cancel")
        assert (refused.status_code, refused.json["code"]) == (409, "order_state")
        assert owner.json("GET", "/api/app/orders/of/web/none").status_code == 404

    def test_a_shortage_names_the_orders_that_it_owes(self, book: OrderBook, owner: Visitor):
        stock = book.lists(book.supplier(), "P", 5)
        book.take("1001", ("P", 4))
        book.reports(stock, 1)
        page = shown(owner, "/portal/orders/shortages")
        assert ("1001" in page, ">3</span>" in page) == (True, True)

    def test_refusals_are_ranked_by_what_is_at_stake_and_replayed(self, book: OrderBook, owner: Visitor):
        stock = book.lists(book.supplier(), "P", 1)
        book.refused("small", ("P", 2))
        book.refused("large", ("P", 20))
        page = shown(owner, "/portal/orders/refusals")
        assert page.index("large") < page.index("small")
        by_name = {one["orderId"]: one["id"] for one in book.refusals()}

        book.reports(stock, 9)
        done(owner.post(f"/portal/orders/refusals/{by_name['small']}/replay"))
        assert "small is taken" in shown(owner, "/portal/orders/refusals")
        done(owner.post(f"/portal/orders/refusals/{by_name['large']}/replay"))
        assert "is refused again" in shown(owner, "/portal/orders/refusals")

        done(owner.post(f"/portal/orders/refusals/{by_name['large']}/dismiss"))
        assert "No refused order waits" in shown(owner, "/portal/orders/refusals")

    def test_rules_are_told_in_words(self, book: OrderBook, owner: Visitor):
        book.rules({"rule": "quantity_over", "action": "flag", "channel": "web", "value": 50})
        page = shown(owner, "/portal/orders/rules")
        assert "More units of a part than a limit" in page
        assert "it is taken, with a flag" in page


class TestAlerts:
    @pytest.fixture
    def happened(self, alerted: Alerted) -> Alerted:
        acme = alerted.supplier()
        alerted.stocked(acme, *"AB")
        alerted.reports(acme, 0)
        alerted.watch()
        return alerted

    def test_what_nobody_has_seen_is_listed_and_goes_when_somebody_has(
        self, happened: Alerted, owner: Visitor
    ):
        page = shown(owner, "/portal/alerts")
        [first, _] = re.findall(r"/portal/alerts/([0-9a-f-]{36})/acknowledge", page)
        back = done(owner.post(f"/portal/alerts/{first}/acknowledge", {"query": "kind=out"}))

        assert back == "/portal/alerts?kind=out"
        assert first not in shown(owner, back)
        assert "owner@example.com" in shown(owner, "/portal/alerts?acknowledged=true")

    def test_all_are_those_that_were_on_the_page(self, happened: Alerted, owner: Visitor):
        page = shown(owner, "/portal/alerts")
        until = re.search(r'name="until" value="([^"]+)"', page)
        assert until
        acme = happened.supplier("late")
        happened.stocked(acme, "Z")
        happened.reports(acme, 0)
        happened.watch()

        done(owner.post("/portal/alerts/acknowledge-all", {"until": until[1], "kind": ""}))

        left = shown(owner, "/portal/alerts")
        assert len(re.findall(r"/portal/alerts/([0-9a-f-]{36})/acknowledge", left)) == 1

    def test_a_query_that_is_no_query_leads_nowhere_else(self, happened: Alerted, owner: Visitor):
        form = {"until": "", "kind": "", "query": "a=1\r\nSet-Cookie: b=c"}
        assert done(owner.post("/portal/alerts/acknowledge-all", form)) == "/portal/alerts"


class TestChannels:
    def test_a_webhook_is_made_its_secret_shown_once_and_changed(self, alerted: Alerted, owner: Visitor):
        form = {
            "kind": "webhook",
            "target": alerted.receiver.url,
            "alerts": ["out", "low"],
            "urgentAlerts": ["out"],
            "quietFrom": "22:00",
            "quietUntil": "06:30",
            "timezone": "Europe/Berlin",
        }
        made = owner.post("/portal/alert-channels", form)
        secret = re.search(r"whsec_[^<]+", made.text)
        [channel] = alerted.stockline.container.alerts.channels(alerted.tenant_id, 10)
        path = f"/portal/alert-channels/{channel.id}"
        assert secret
        assert secret[0] not in shown(owner, path)
        assert ([*channel.alerts], str(channel.quiet_from)) == (["out", "low"], "22:00:00")

        done(owner.post(path, form | {"quietFrom": "", "quietUntil": "", "alerts": []}))

        [channel] = alerted.stockline.container.alerts.channels(alerted.tenant_id, 10)
        assert (channel.alerts, channel.quiet_from, channel.active) == ((), None, False)

    def test_a_test_says_what_came_of_it(self, alerted: Alerted, owner: Visitor):
        channel, _ = alerted.webhook()
        alerted.receiver.answer = lambda _call: 500
        path = done(owner.post(f"/portal/alert-channels/{channel.id}/test"))
        assert "did not arrive: the receiver answered 500" in shown(owner, path)

    def test_what_was_put_aside_is_sent_again_and_nothing_else_is(self, alerted: Alerted, owner: Visitor):
        channel, _ = alerted.webhook()
        acme = alerted.supplier()
        alerted.stocked(acme, "A")
        alerted.reports(acme, 0)
        alerted.deliver()
        [delivery] = alerted.deliveries("id")
        path = f"/portal/alert-channels/{channel.id}"
        replay = f"{path}/deliveries/{delivery}/replay"
        assert owner.post(replay).status_code == 409

        alerted.stockline.sql(
            "UPDATE alert_delivery SET state = 'dead', last_error = 'gone' WHERE id = %s", delivery
        )
        other, _ = alerted.webhook()
        assert (
            owner.post(f"/portal/alert-channels/{other.id}/deliveries/{delivery}/replay").status_code == 409
        )
        assert "put aside" in shown(owner, path)
        done(owner.post(replay))
        alerted.drain()

        assert alerted.deliveries() == ["delivered"]
        assert len(alerted.receiver.calls) == 2

    def test_channels_are_for_owners(self, alerted: Alerted, desk: Stockline):
        alerted.webhook()
        operator = person(desk.application, desk.tenant_id, "operator")
        assert operator.get("/portal/alert-channels").status_code == 403
        assert operator.json("GET", "/api/app/alert-channels").status_code == 403


class TestPurchaseOrders:
    @pytest.fixture
    def draft(self, buyer: Buyer) -> dict[str, str]:
        nord = buyer.supplier()
        for stock_id in buyer.stock(nord, A=100, B=100).values():
            buyer.report(stock_id, 1)
        buyer.watch()
        return buyer.draft()

    def test_a_draft_is_changed_approved_sent_received_and_closed(
        self, buyer: Buyer, draft: dict[str, str], owner: Visitor
    ):
        path = f"/portal/purchase-orders/{draft['purchaseOrderId']}"
        done(owner.post(f"{path}/lines", {"sku": "A", "quantity": "30"}))
        done(owner.post(f"{path}/lines", {"sku": "B", "quantity": "9", "remove": "1"}))
        assert buyer.drafted() == {"A": 30}

        done(owner.post(f"{path}/approve"))
        done(owner.post(f"{path}/send"))
        assert 'hx-trigger="every 2s"' in shown(owner, path)
        buyer.sent(draft)
        buyer.stockline.sql("DELETE FROM dispatch WHERE id = %s", draft["purchaseOrderId"])
        came = {"sku": ["A"], "came-0": "12", "form": "f-1", "receiptId": ""}
        done(owner.post(f"{path}/receive", came))
        done(owner.post(f"{path}/receive", came))
        assert buyer.order(draft["purchaseOrderId"])["lines"][0]["received"] == 12

        done(owner.post(f"{path}/receive", {"all": "1", "form": "f-2"}))
        assert buyer.order(draft["purchaseOrderId"])["state"] == "received"
        done(owner.post(f"{path}/close"))
        page = shown(owner, path)
        assert ("closed" in page, "Note what came" in page) == (True, False)

    def test_nothing_typed_is_nothing_received(self, buyer: Buyer, draft: dict[str, str], owner: Visitor):
        buyer.act(draft, "approve")
        buyer.sent(draft)
        path = f"/portal/purchase-orders/{draft['purchaseOrderId']}"
        answer = owner.post(f"{path}/receive", {"sku": ["A"], "came-0": "", "form": "f"}, HX_Request="true")
        assert (answer.status_code, "one line at least" in answer.text) == (400, True)

    def test_why_it_could_not_be_sent_is_told(self, buyer: Buyer, draft: dict[str, str], owner: Visitor):
        buyer.act(draft, "approve")
        buyer.set("purchase_order", draft["purchaseOrderId"], last_error="the mail server said no")
        page = shown(owner, f"/portal/purchase-orders/{draft['purchaseOrderId']}")
        assert "It could not be sent: the mail server said no" in page
        assert "the mail server said no" in shown(owner, "/portal/purchase-orders")

    def test_the_sheet_is_a_file(self, draft: dict[str, str], owner: Visitor):
        page = shown(owner, f"/portal/purchase-orders/{draft['purchaseOrderId']}")
        link = re.search(r'href="([^"]+lines\.csv)"', page)
        assert link
        sheet = owner.get(link[1])
        assert sheet.headers["Content-Disposition"].startswith("attachment")

    def test_what_a_person_is_to_order_is_a_task_until_somebody_did(self, buyer: Buyer, owner: Visitor):
        nord = buyer.supplier(reorder_mode="task")
        buyer.report(buyer.sku(nord, "T"), 1)
        buyer.watch()
        page = shown(owner, "/portal/purchase-orders")
        task = re.search(r"/tasks/([0-9a-f-]{36})/done", page)
        assert task

        done(owner.post(f"/portal/purchase-orders/tasks/{task[1]}/done"))

        assert "To be ordered by a person" not in shown(owner, "/portal/purchase-orders")
