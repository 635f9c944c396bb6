"""`/api/app/inventory/forecast`: from the changes of ninety days, in one go."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any

import pytest

from app.adapters.postgres.covers import PostgresCovers
from app.admin.main import main
from app.domain.suppliers.cover import CoverDesk
from tests.buyer import Buyer


def today() -> date:
    return datetime.now(UTC).date()


def past(buyer: Buyer, stock_id: int, changes: list[tuple[int, int, int]], days: int = 60) -> None:
    """(days ago, before, after), at noon; listed for as many days."""
    buyer.stockline.sql("DELETE FROM supplier_stock_change WHERE stock_id = %s", stock_id)
    buyer.stockline.sql(
        "UPDATE supplier_stock SET created_at = now() - make_interval(days => %s) WHERE id = %s",
        days,
        stock_id,
    )
    for ago, before, after in changes:
        buyer.stockline.sql(
            "INSERT INTO supplier_stock_change (tenant_id, stock_id, supplier_id, level_before, level, available_before,"
            " available, quantity_before, quantity, shortage, at)"
            " SELECT tenant_id, id, supplier_id, level, level, %s, %s, %s, %s, 0, %s FROM supplier_stock WHERE id = %s",
            before,
            after,
            before,
            after,
            datetime.combine(today(), clock(12), UTC) - timedelta(days=ago),
            stock_id,
        )


def read(buyer: Buyer, **query: Any) -> dict[str, Any]:
    response = buyer.stockline.application.test_client().get(
        "/api/app/inventory/forecast", headers={"X-API-Key": buyer.stockline.key}, query_string=query
    )
    assert response.status_code == 200, response.text
    return response.json


def test_two_a_day_and_a_hundred_there_last_fifty_days(buyer: Buyer):
    supplier = buyer.supplier()
    sku = buyer.sku(supplier, "A", 100)
    past(buyer, sku, [(ago, 100 + 2 * ago, 98 + 2 * ago) for ago in range(59, 0, -1)])
    [told] = read(buyer)["data"]
    assert told == {
        "sku": "A",
        "partNumber": "P-A",
        "supplierId": str(supplier),
        "supplierCode": "nord",
        "available": 100,
        "perDay": 2.0,
        "daysOfCover": 50.0,
        "stockOutOn": str(today() + timedelta(days=50)),
        "basisDays": 59,
        "error": 0.0,
    }


def test_a_restock_and_days_without_stock_are_left_out(buyer: Buyer):
    sku = buyer.sku(buyer.supplier(), "A", 40)
    down = [(ago, 2 * (ago - 30), 2 * (ago - 31)) for ago in range(59, 30, -1)]
    up = [(20, 0, 76), *((ago, 38 + 2 * ago, 36 + 2 * ago) for ago in range(19, 0, -1))]
    past(buyer, sku, down + up)
    [told] = read(buyer)["data"]
    assert told["perDay"] == 2
    assert told["basisDays"] == len(down) - 1 + 19 + 1


def test_today_is_not_over_and_says_nothing(buyer: Buyer):
    sku = buyer.sku(buyer.supplier(), "A", 100)
    past(buyer, sku, [(ago, 102, 100) for ago in range(30, 0, -1)] + [(0, 1000, 100)], 31)
    assert read(buyer)["data"][0]["perDay"] == 2


def test_nothing_used_has_no_date_and_too_new_says_nothing(buyer: Buyer):
    skus = buyer.stock(buyer.supplier(), A=100, B=100)
    past(buyer, skus["A"], [])
    past(buyer, skus["B"], [(1, 200, 100)], days=3)
    old, new = read(buyer)["data"]
    assert (old["perDay"], old["daysOfCover"], old["stockOutOn"], old["basisDays"]) == (0, None, None, 59)
    assert (new["perDay"], new["daysOfCover"], new["basisDays"], new["error"]) == (None, None, 2, None)


def test_what_runs_out_first_comes_first(buyer: Buyer):
    supplier = buyer.supplier()
    for sku, available, a_day in (("unused", 5, 0), ("long", 90, 1), ("soon", 10, 5), ("next", 30, 3)):
        stock = buyer.sku(supplier, sku, available)
        past(
            buyer,
            stock,
            [(ago, available + a_day * ago, available + a_day * (ago - 1)) for ago in range(59, 0, -1)],
        )
    out, again = buyer.sku(supplier, "out", 0), buyer.sku(supplier, "again", 10)
    for stock in (out, again):
        past(buyer, stock, [(ago, 10 + 5 * ago, 5 + 5 * ago) for ago in range(59, 1, -1)])
    found, cursor = [], {}
    while cursor is not None:
        page = read(buyer, limit=2, **cursor)
        found += [(one["sku"], one["daysOfCover"]) for one in page["data"]]
        cursor = page["nextCursor"] and {"cursor": page["nextCursor"]}
    assert [sku for sku, _ in found] == ["out", "soon", "again", "next", "long", "unused"]
    days = [cover for _, cover in found]
    assert days[:-1] == sorted(days[:-1])
    assert days[-1] is None


def test_stock_counts_as_it_is_now_and_a_sku_that_is_new_today_is_there(buyer: Buyer):
    supplier = buyer.supplier()
    old = buyer.sku(supplier, "A", 100)
    past(buyer, old, [(ago, 100 + 2 * ago, 98 + 2 * ago) for ago in range(59, 0, -1)])
    assert [one["daysOfCover"] for one in read(buyer)["data"]] == [50]
    buyer.report(old, 40)
    buyer.sku(supplier, "B", 1)
    assert [(one["sku"], one["daysOfCover"]) for one in read(buyer)["data"]] == [("A", 20), ("B", None)]


@pytest.mark.parametrize("cursor", ["x", "WzFd", "Wy0xLDFd", "WyJhIiwxXQ", "W251bGwsLTFd"])
def test_a_cursor_that_is_not_ours_is_refused(buyer: Buyer, cursor: str):
    answer = buyer.stockline.application.test_client().get(
        "/api/app/inventory/forecast",
        headers={"X-API-Key": buyer.stockline.key},
        query_string={"cursor": cursor},
    )
    assert answer.status_code == 400


def test_pages_and_filters(buyer: Buyer):
    nord, sued = buyer.supplier(), buyer.supplier("sued")
    buyer.stock(nord, A=1, B=1)
    buyer.stock(sued, A=1)
    buyer.set("supplier_stock", buyer.sku(sued, "gone", 1), listed=False)
    first = read(buyer, limit=2)
    rest = read(buyer, limit=2, cursor=first["nextCursor"])
    places = [(one["supplierCode"], one["sku"]) for one in first["data"] + rest["data"]]
    assert places == [("nord", "A"), ("nord", "B"), ("sued", "A")]
    assert rest["nextCursor"] is None
    assert [one["sku"] for one in read(buyer, supplierId=str(sued))["data"]] == ["A"]
    assert [one["supplierCode"] for one in read(buyer, partNumber="P-A")["data"]] == ["nord", "sued"]
    assert read(Buyer(buyer.stockline.another()))["data"] == []


def test_five_thousand_skus_take_well_under_a_second(buyer: Buyer):
    supplier = buyer.supplier()
    buyer.stockline.sql(
        "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, quantity, created_at)"
        " SELECT %s, %s, 'S' || n, 100, now() - interval '100 days' FROM generate_series(1, 5000) n",
        buyer.stockline.tenant_id,
        supplier,
    )
    buyer.stockline.sql(
        "INSERT INTO supplier_stock_change (tenant_id, stock_id, supplier_id, level, available_before, available,"
        " quantity, shortage, at)"
        " SELECT tenant_id, id, supplier_id, 'low', 100, 98, 98, 0, now() - make_interval(days => d)"
        " FROM supplier_stock, generate_series(1, 60, 3) d WHERE supplier_id = %s",
        supplier,
    )
    buyer.stockline.sql("ANALYZE supplier_stock_change")
    times = []
    for _ in range(3):
        covers = CoverDesk(
            PostgresCovers(buyer.stockline.container.unit_of_work)
        )  # one that has made none yet
        began = time.perf_counter()
        told = covers.cover(buyer.stockline.tenant_id, 5000, supplier_id=supplier)
        times.append(time.perf_counter() - began)
    assert len(told) == 5000
    assert {one.forecast.basis_days for one in told} == {90}
    print("5,000 forecasts", [round(one, 2) for one in times])
    assert min(times) < 1


def test_the_operator_sees_the_error_beside_plain_guesses(buyer: Buyer, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert main(["forecast", "backtest"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["all"]) == {"forecast", "lastWeek", "allDays"}
    assert told["all"]["forecast"]["wape"] < told["all"]["lastWeek"]["wape"]
    assert told["sample"]["seed"] == pytest.approx(20261121)
