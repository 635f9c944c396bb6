"""Suppliers' days are summed up from what happened, as often as one likes, and scored."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.buyer import Buyer


def now() -> datetime:
    """Asked anew each time: a run may last over midnight."""
    return datetime.now(UTC)


def yesterday() -> datetime:
    return (now() - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


def poll(buyer: Buyer, supplier: UUID, due: datetime, outcome: str = "applied", **columns: Any) -> None:
    """One try: begun two seconds after it was due, and over a second later."""
    given = {
        "supplier_id": supplier,
        "due_at": due,
        "started_at": due + timedelta(seconds=2),
        "finished_at": due + timedelta(seconds=3),
        "outcome": outcome,
        "rows": 100,
        "as_of": due + timedelta(seconds=2),
    }
    buyer._insert("supplier_poll", given | columns)


def roll_up(buyer: Buyer) -> None:
    buyer.stockline.container.housekeeping()


def read(buyer: Buyer, supplier: UUID | str, days: int = 7) -> dict[str, Any]:
    response = call(buyer, f"/api/app/suppliers/{supplier}/reliability")
    assert response.status_code == 200, response.text
    return next(one for one in response.json["windows"] if one["days"] == days)


def call(buyer: Buyer, path: str) -> Any:
    return buyer.stockline.application.test_client().get(path, headers={"X-API-Key": buyer.stockline.key})


def values(window: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in window["parts"]}


def test_a_reading_that_succeeds_at_its_third_try_was_due_once_and_answered(buyer: Buyer):
    supplier = buyer.supplier()
    for outcome in ("failed", "failed", "applied"):
        poll(buyer, supplier, yesterday(), outcome)
    poll(buyer, supplier, yesterday() + timedelta(minutes=15), "failed")
    roll_up(buyer)
    window = read(buyer, supplier)
    assert (window["polls"], window["answered"]) == (2, 1)
    assert values(window)["successRate"] == 0.5
    assert values(window)["latencyS"] == 1


def test_delay_is_from_when_data_was_due_or_as_of_when_the_source_says(buyer: Buyer):
    supplier = buyer.supplier(interval_s=900)
    poll(buyer, supplier, yesterday(), finished_at=yesterday() + timedelta(seconds=90))
    poll(
        buyer,
        supplier,
        yesterday() + timedelta(hours=1),
        as_of=yesterday() + timedelta(minutes=30, seconds=3),
    )
    roll_up(buyer)
    assert values(read(buyer, supplier))["delayIntervals"] == pytest.approx((90 + 1800) / 2 / 900)


def test_what_was_sent_counts_for_its_delay_and_not_as_a_reading(buyer: Buyer):
    supplier = buyer.supplier()
    poll(buyer, supplier, yesterday(), sent=True)
    roll_up(buyer)
    window = read(buyer, supplier)
    assert (window["polls"], values(window)["successRate"]) == (0, None)
    assert values(window)["delayIntervals"] == pytest.approx(3 / 900, abs=1e-4)


def test_stock_outs_are_by_listed_sku(buyer: Buyer):
    supplier = buyer.supplier()
    skus = buyer.stock(supplier, A=50, B=50, C=50, D=50)
    for sku, quantity in (("A", 0), ("A", 20), ("A", 0), ("B", 0), ("C", 5)):
        buyer.report(skus[sku], quantity)
    roll_up(buyer)
    window = read(buyer, supplier)
    assert window["stockOuts"] == 3
    assert values(window)["stockOutsPerSku"] == pytest.approx(3 * 30 / 4)


def test_reports_that_would_take_much_off_or_empty_it_are_shrink_events(buyer: Buyer):
    supplier = buyer.supplier()
    buyer.stockline.sql(
        "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, quantity)"
        " SELECT %s, %s, 'S' || n, 9 FROM generate_series(1, 100) n",
        buyer.stockline.tenant_id,
        supplier,
    )
    poll(buyer, supplier, yesterday(), "held", dropped=60)
    poll(buyer, supplier, yesterday() + timedelta(hours=1), dropped=30, rows=70)
    poll(buyer, supplier, yesterday() + timedelta(hours=2), dropped=5, rows=95)
    buyer.stockline.sql(
        "UPDATE supplier_stock SET quantity = 0 WHERE supplier_id = %s AND id %% 2 = 0", supplier
    )
    poll(
        buyer,
        supplier,
        datetime.now(UTC),
        started_at=datetime.now(UTC) - timedelta(minutes=1),
        finished_at=datetime.now(UTC) + timedelta(seconds=1),
    )
    roll_up(buyer)
    assert read(buyer, supplier)["shrinks"] == 3


def test_summing_up_again_changes_nothing_and_adds_what_came_since(buyer: Buyer):
    supplier = buyer.supplier()
    buyer.sku(supplier, "A", 5)
    poll(buyer, supplier, yesterday())
    for _ in range(3):
        roll_up(buyer)
    first = read(buyer, supplier)
    assert (first["polls"], first["knownDays"]) == (1, 1)
    poll(buyer, supplier, now() - timedelta(seconds=10))
    roll_up(buyer)
    assert read(buyer, supplier)["polls"] == 2


def test_what_was_before_the_polls_were_dropped_is_kept(buyer: Buyer):
    supplier = buyer.supplier()
    poll(buyer, supplier, yesterday())
    roll_up(buyer)
    before = read(buyer, supplier)
    buyer.stockline.sql("DELETE FROM supplier_poll WHERE supplier_id = %s", supplier)
    roll_up(buyer)
    assert read(buyer, supplier) == before


def test_windows_hold_their_days(buyer: Buyer):
    supplier = buyer.supplier()
    for ago, polls in ((0, 1), (6, 10), (7, 100), (29, 1000), (30, 10_000), (89, 100_000), (90, 1_000_000)):
        day = (now() - timedelta(days=ago)).date()
        buyer.stockline.sql(
            "INSERT INTO supplier_day (supplier_id, day, tenant_id, polls, answered) VALUES (%s, %s, %s, %s, %s)",
            supplier,
            day,
            buyer.stockline.tenant_id,
            polls,
            polls,
        )
    assert [read(buyer, supplier, days)["polls"] for days in (7, 30, 90)] == [11, 1111, 111_111]


def test_the_ranking_has_the_best_first_and_the_unknown_last(buyer: Buyer):
    for code, outcomes in (("bad", ["failed", "applied"]), ("good", ["applied"]), ("new", [])):
        supplier = buyer.supplier(code)
        for number, outcome in enumerate(outcomes):
            poll(buyer, supplier, yesterday() + timedelta(hours=number), outcome)
    roll_up(buyer)
    first = call(buyer, "/api/app/suppliers/reliability?days=7&limit=2").json
    rest = call(buyer, f"/api/app/suppliers/reliability?days=7&limit=2&cursor={first['nextCursor']}").json
    ranked = [(one["rank"], one["supplierCode"], one["score"]) for one in first["data"] + rest["data"]]
    assert [one[:2] for one in ranked] == [(1, "good"), (2, "bad"), (3, "new")]
    assert ranked[0][2] > ranked[1][2]
    assert ranked[2][2] is None
    assert rest["nextCursor"] is None


def test_other_tenants_suppliers_are_a_404(buyer: Buyer):
    theirs = Buyer(buyer.stockline.another()).supplier()
    for supplier in (theirs, uuid4()):
        assert call(buyer, f"/api/app/suppliers/{supplier}/reliability").status_code == 404
    assert call(buyer, "/api/app/suppliers/reliability").json["data"] == []
