"""The operator's commands, and what a supplier file says of orders."""

import json
from typing import Any

import pytest

from app.admin.main import main
from app.local.engines import Engines
from tests.buyer import SOURCE, Buyer


@pytest.fixture
def admin(buyer: Buyer, engines: Engines, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", engines.app_url)
    monkeypatch.setenv("REDIS_URL", engines.redis_url)

    def run(*words: Any) -> Any:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return json.loads(told.out) if code == 0 else told.err

    return run


def test_purchase_orders_are_listed_shown_and_approved(buyer: Buyer, admin):
    buyer.sku(buyer.supplier(), "A", 0)
    buyer.watch()
    tenant = ("--tenant", buyer.stockline.tenant_id)
    [listed] = admin("purchase-order", "list", *tenant, "--state", "draft")
    assert (listed["number"], listed["supplierCode"], listed["lineCount"]) == (1, "nord", 1)
    shown = admin("purchase-order", "show", *tenant, listed["purchaseOrderId"])
    assert shown == buyer.order(listed["purchaseOrderId"])
    approved = admin("purchase-order", "approve", *tenant, listed["purchaseOrderId"])
    assert approved["approvedBy"].startswith("operator ")
    assert "is approved" in admin("purchase-order", "approve", *tenant, listed["purchaseOrderId"])


def test_a_supplier_file_says_when_where_and_how_to_order(buyer: Buyer, admin, tmp_path):
    file = tmp_path / "nord.json"
    terms = {"reorderPoint": 5, "targetStock": 40, "reorderMode": "task", "orderEmail": "a@b.example"}
    api = {"orderUrl": "https://n.example/orders", "orderFormat": "csv"}
    file.write_text(json.dumps({"code": "nord", "name": "Nord", **SOURCE, **terms, **api}))
    supplier = admin("supplier", "apply", "--tenant", buyer.stockline.tenant_id, file)["supplierId"]
    kept = buyer.stockline.database.execute(
        "SELECT reorder_point, target_stock, reorder_mode, order_email, order_url, order_format FROM supplier WHERE id = %s",
        (supplier,),
    ).fetchone()
    assert kept == (5, 40, "task", "a@b.example", "https://n.example/orders", "csv")


@pytest.mark.parametrize(
    "wrong", [{"reorderMode": "maybe"}, {"orderEmail": "nobody"}, {"orderUrl": "ftp://n.example"}]
)
def test_and_nonsense_in_it_is_refused(buyer: Buyer, admin, tmp_path, wrong: dict[str, str]):
    file = tmp_path / "nord.json"
    file.write_text(json.dumps({"code": "nord", "name": "Nord", **SOURCE, **wrong}))
    told = admin("supplier", "apply", "--tenant", buyer.stockline.tenant_id, file)
    assert next(iter(wrong)) in told
