"""A purchase order from its draft to its end: who may do what when, and what came."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.purchasing.order import MAY, Act, OrderState
from tests.buyer import Buyer, receipt

ACTS = {
    Act.APPROVE: ("approve", None),
    Act.SEND: ("send", None),
    Act.RECEIVE: ("receive", receipt("r", A=1)),
    Act.CLOSE: ("close", None),
    Act.CANCEL: ("cancel", None),
}


@pytest.fixture
def draft(buyer: Buyer) -> dict[str, Any]:
    """Of ten A and ten B."""
    buyer.stock(buyer.supplier(), A=0, B=0)
    buyer.watch()
    return buyer.draft()


@pytest.fixture
def sent(buyer: Buyer, draft: dict[str, Any]) -> dict[str, Any]:
    buyer.act(draft, "approve")
    buyer.sent(draft)
    return buyer.order(draft["purchaseOrderId"])


def incoming(buyer: Buyer, part_number: str) -> int | None:
    [row] = buyer.stockline.get(f"/supplier-stock?partNumbers={part_number}").json
    return row["incoming"]


class TestStates:
    @pytest.mark.parametrize("state", list(OrderState))
    @pytest.mark.parametrize("act", list(ACTS))
    def test_one_table_says_what_may_be_done_when(
        self, buyer: Buyer, draft: dict[str, Any], state: OrderState, act: Act
    ):
        buyer.set("purchase_order", draft["purchaseOrderId"], state=state)
        path, body = ACTS[act]
        response = buyer.call("POST", f"/{draft['purchaseOrderId']}/{path}", json=body)
        if state in MAY[act]:
            assert response.status_code in {200, 202}, response.text
        else:
            assert (response.status_code, response.json["code"]) == (409, "purchase_order_state")
            assert buyer.order(draft["purchaseOrderId"])["state"] == state

    def test_who_approved_it_and_when_is_kept(self, buyer: Buyer, draft: dict[str, Any]):
        approved = buyer.act(draft, "approve")
        assert approved["state"] == "approved"
        assert approved["approvedBy"].startswith("key ")
        assert approved["approvedAt"] >= approved["createdAt"]

    def test_closing_gives_up_what_has_not_come(self, buyer: Buyer, sent: dict[str, Any]):
        buyer.receive(sent, A=4)
        closed = buyer.act(sent, "close")
        assert (closed["state"], closed["lines"][0]["received"]) == ("closed", 4)
        assert closed["closedAt"]
        assert incoming(buyer, "P-A") is None

    def test_an_unknown_one_is_a_404(self, buyer: Buyer):
        for act, (path, body) in ACTS.items():
            response = buyer.call("POST", f"/{uuid4()}/{path}", json=body)
            assert (response.status_code, response.json["code"]) == (404, "not_found"), act
        assert buyer.call("GET", f"/{uuid4()}/lines.csv").status_code == 404

    def test_pages_and_filters(self, buyer: Buyer):
        suppliers = [buyer.supplier(f"s{n}") for n in range(3)]
        for supplier in suppliers:
            buyer.sku(supplier, "A", 0)
        buyer.watch()
        buyer.act(buyer.draft("s1"), "cancel")
        first = buyer.call("GET", query_string={"limit": 2}).json
        rest = buyer.call("GET", query_string={"limit": 2, "cursor": first["nextCursor"]}).json
        assert [one["supplierCode"] for one in first["data"] + rest["data"]] == ["s2", "s1", "s0"]
        assert rest["nextCursor"] is None
        assert [one["supplierCode"] for one in buyer.orders(state="cancelled")] == ["s1"]
        assert [one["supplierCode"] for one in buyer.orders(supplierId=str(suppliers[2]))] == ["s2"]


class TestLines:
    def test_a_person_sets_adds_and_takes_out(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.sku(draft["supplierId"], "C", 100)
        changed = buyer.set_lines(draft, A=3, B=0, C=8).json
        assert {line["sku"]: line["quantity"] for line in changed["lines"]} == {"A": 3, "C": 8}
        assert (changed["lineCount"], changed["units"]) == (2, 11)
        assert all(line["setByPerson"] for line in changed["lines"])

    def test_the_watch_leaves_alone_what_a_person_said(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.set_lines(draft, A=3, B=0)
        for quantity in (1, 2):
            buyer.stockline.sql(
                "UPDATE supplier_stock SET quantity = %s WHERE supplier_id = %s",
                quantity,
                draft["supplierId"],
            )
            buyer.watch()
            assert buyer.drafted() == {"A": 3}

    def test_what_was_taken_out_comes_again_once_it_had_recovered(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.set_lines(draft, B=0)
        for quantity in (50, 1):
            buyer.stockline.sql(
                "UPDATE supplier_stock SET quantity = %s WHERE supplier_id = %s AND sku = 'B'",
                quantity,
                draft["supplierId"],
            )
            buyer.watch()
        assert buyer.drafted() == {"A": 10, "B": 9}

    def test_and_a_person_may_put_it_back(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.set_lines(draft, B=0)
        buyer.set_lines(draft, B=5)
        assert buyer.drafted() == {"A": 10, "B": 5}

    def test_approving_leaves_behind_what_was_taken_out(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.set_lines(draft, B=0)
        approved = buyer.act(draft, "approve")
        assert [line["sku"] for line in approved["lines"]] == ["A"]

    def test_only_a_draft_is_changed(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.act(draft, "approve")
        response = buyer.set_lines(draft, A=3)
        assert (response.status_code, response.json["code"]) == (409, "purchase_order_state")

    def test_what_the_supplier_does_not_have_is_refused(self, buyer: Buyer, draft: dict[str, Any]):
        response = buyer.set_lines(draft, nothing=3)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")
        assert "'nothing'" in response.json["error"]

    def test_what_is_on_another_open_order_is_refused(self, buyer: Buyer, sent: dict[str, Any]):
        buyer.sku(sent["supplierId"], "C", 0)
        buyer.watch()
        response = buyer.set_lines(buyer.draft(), A=3)
        assert (response.status_code, response.json["code"]) == (409, "already_ordered")

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [{"sku": "A", "quantity": -1}],
            [{"sku": "A", "quantity": 2**31}],
            [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 2}],
            [{"sku": "", "quantity": 1}],
            [{"sku": "A\x00", "quantity": 1}],
            [{"sku": "A", "quantity": 1, "price": 2}],
        ],
    )
    def test_nonsense_is_refused(self, buyer: Buyer, draft: dict[str, Any], lines: list[Any]):
        response = buyer.call("PATCH", f"/{draft['purchaseOrderId']}/lines", json={"lines": lines})
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")

    def test_the_csv_is_what_the_supplier_gets(self, buyer: Buyer, draft: dict[str, Any]):
        response = buyer.call("GET", f"/{draft['purchaseOrderId']}/lines.csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="purchase-order-1.csv"'
        id_ = draft["purchaseOrderId"]
        assert response.text.splitlines() == [
            "orderNumber,orderId,sku,partNumber,quantity,price",
            f"1,{id_},A,P-A,10,",
            f"1,{id_},B,P-B,10,",
        ]


class TestReceipts:
    def test_in_part_and_then_in_whole(self, buyer: Buyer, sent: dict[str, Any]):
        part = buyer.receive(sent, A=10, B=4)
        assert part["state"] == "partly-received"
        assert [line["received"] for line in part["lines"]] == [10, 4]
        whole = buyer.receive(sent, B=6)
        assert (whole["state"], whole["lines"][1]["received"]) == ("received", 10)
        assert buyer.act(whole, "close")["state"] == "closed"

    def test_the_same_receipt_counts_once_whenever_it_comes(self, buyer: Buyer, sent: dict[str, Any]):
        for _ in range(2):
            assert buyer.receive(sent, "DN-1", A=4)["lines"][0]["received"] == 4
        buyer.receive(sent, A=6, B=10)
        buyer.act(sent, "close")
        assert buyer.receive(sent, "DN-1", A=4)["lines"][0]["received"] == 10

    def test_with_other_lines_it_is_a_conflict(self, buyer: Buyer, sent: dict[str, Any]):
        buyer.receive(sent, "DN-1", A=4)
        assert buyer.refused(sent, "receive", receipt("DN-1", A=5)) == (409, "receipt_conflict")
        assert buyer.refused(sent, "receive", receipt("DN-1", A=4, B=1)) == (409, "receipt_conflict")

    def test_more_than_was_ordered_is_kept_and_shown(self, buyer: Buyer, sent: dict[str, Any]):
        over = buyer.receive(sent, A=13, B=10)
        assert [line["overReceived"] for line in over["lines"]] == [3, 0]
        later = buyer.receive(over, B=2)
        assert (later["state"], later["lines"][1]["overReceived"]) == ("received", 2)

    def test_a_line_that_is_not_on_it_is_refused_and_nothing_is_kept(
        self, buyer: Buyer, sent: dict[str, Any]
    ):
        assert buyer.refused(sent, "receive", receipt("DN-1", A=1, C=1)) == (400, "invalid_request")
        assert buyer.receive(sent, "DN-1", A=2)["lines"][0]["received"] == 2

    def test_they_are_told_with_their_order_newest_first_once_each(self, buyer: Buyer, sent: dict[str, Any]):
        buyer.receive(sent, "DN-1", B=1, A=4)
        buyer.receive(sent, "DN-2", A=6)
        told = buyer.receive(sent, "DN-1", A=4, B=1)["receipts"]

        assert told == buyer.order(sent["purchaseOrderId"])["receipts"]
        assert [(one["receiptId"], one["units"]) for one in told] == [("DN-2", 6), ("DN-1", 5)]
        assert told[1]["lines"] == [{"sku": "A", "quantity": 4}, {"sku": "B", "quantity": 1}]
        assert told[0]["receivedBy"].startswith("key ")

    def test_all_of_them_are_read_page_by_page(self, buyer: Buyer, sent: dict[str, Any]):
        for number in range(3):
            buyer.receive(sent, f"DN-{number}", A=1)
        path, seen, cursor = f"/{sent['purchaseOrderId']}/receipts", [], ""
        while cursor is not None:
            page = buyer.call("GET", f"{path}?limit=2{cursor}").json
            seen += [one["receiptId"] for one in page["data"]]
            cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"

        assert seen == ["DN-2", "DN-1", "DN-0"]
        stranger = Buyer(buyer.stockline.another())
        assert stranger.call("GET", path).status_code == 404

    def test_what_sent_orders_await_is_incoming(self, buyer: Buyer, draft: dict[str, Any]):
        buyer.stockline.activate("P-A")
        assert incoming(buyer, "P-A") is None
        buyer.act(draft, "approve")
        assert incoming(buyer, "P-A") is None
        buyer.sent(draft)
        assert incoming(buyer, "P-A") == 10
        buyer.receive(draft, A=4)
        assert incoming(buyer, "P-A") == 6
        buyer.stockline.sql(
            "UPDATE supplier_stock SET incoming = 7 WHERE supplier_id = %s", draft["supplierId"]
        )
        assert incoming(buyer, "P-A") == 13
        buyer.receive(draft, A=6)
        assert incoming(buyer, "P-A") == 7
