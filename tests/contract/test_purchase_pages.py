"""The portal's pages of purchase orders without a browser: what only their answers show."""

from collections.abc import Callable
from html import unescape

import pytest

from app.bootstrap import Container
from tests.buyer import Buyer
from tests.stockline import Stockline
from tests.visitor import Visitor, person

HOSTILE = "DN <script>alert(1)</script>"


@pytest.fixture
def buyer(stockline: Stockline, build: Callable[..., Container]) -> Buyer:
    return Buyer(stockline.over(build(secret_key="what-cookies-of-tests-are-signed-with")))


@pytest.fixture
def sent(buyer: Buyer) -> str:
    """The page of an order of ten A and ten B that the supplier has."""
    buyer.stock(buyer.supplier(), A=0, B=0)
    buyer.watch()
    draft = buyer.draft()
    buyer.act(draft, "approve")
    buyer.sent(draft)
    return f"/portal/purchase-orders/{draft['purchaseOrderId']}"


@pytest.fixture
def operator(buyer: Buyer) -> Visitor:
    return person(buyer.stockline.application, buyer.stockline.tenant_id, "operator")


def test_what_came_is_listed_with_when_by_whom_and_of_what(buyer: Buyer, sent: str, operator: Visitor):
    assert "What came" not in operator.get(sent).text

    operator.post(f"{sent}/receive", {"receiptId": HOSTILE, "sku": ["A", "B"], "came-0": "4", "came-1": "1"})
    operator.post(f"{sent}/receive", {"all": "1", "sku": ["A", "B"]})

    viewer = person(buyer.stockline.application, buyer.stockline.tenant_id, "viewer")
    came = viewer.get(sent).text.partition("What came")[2]
    assert came.count("operator@example.com") == 2
    assert (HOSTILE in came, HOSTILE in unescape(came)) == (False, True)
    assert came.index("6 × A<br>9 × B") < came.index("4 × A<br>1 × B")
    assert came.count('<td class="name">–</td>') == 1


def test_a_receipt_from_before_names_were_kept_says_so(buyer: Buyer, sent: str, operator: Visitor):
    operator.post(f"{sent}/receive", {"all": "1", "sku": ["A", "B"]})
    buyer.stockline.sql("UPDATE purchase_receipt SET received_by = NULL")

    assert "<td>not kept</td>" in operator.get(sent).text
    order_id = sent.rpartition("/")[2]
    [told] = operator.json("GET", f"/api/app/purchase-orders/{order_id}").json["receipts"]
    assert told["receivedBy"] is None
