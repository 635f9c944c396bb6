"""Watches that meet: at once, after a death, and with people at work on the same draft."""

import threading
from uuid import uuid4

import pytest

from app.adapters.postgres.purchase_watch import PostgresPurchaseWatch
from app.domain.errors import LeaseLostError
from app.domain.purchasing.reorder import plan
from app.domain.purchasing.watch import WatchJob
from app.domain.work.dispatch import Actor, Progress
from tests.buyer import Buyer
from tests.desk import KilledError
from tests.stockline import until

SKUS = 400


@pytest.fixture
def low(buyer: Buyer) -> Buyer:
    """Four hundred SKUs of two suppliers fell at once."""
    for code in ("nord", "sued"):
        buyer.stockline.sql(
            "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, quantity)"
            " SELECT %s, %s, 'S' || n, 0 FROM generate_series(1, %s) n",
            buyer.stockline.tenant_id,
            buyer.supplier(code),
            SKUS // 2,
        )
    return buyer


def job(buyer: Buyer, **options: int) -> WatchJob:
    return WatchJob(PostgresPurchaseWatch(buyer.stockline.container.unit_of_work, lease_s=12), **options)


def claim(buyer: Buyer):
    """A watch that is at work; each in a lane of its own, as no two ever should be."""
    dispatch_id = uuid4()
    buyer.stockline.sql(
        "INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after) VALUES (%s, %s, %s, %s, 1, now())",
        dispatch_id,
        Actor.PURCHASING_WATCH,
        buyer.stockline.tenant_id,
        str(dispatch_id),
    )
    with buyer.stockline.container.work._transactions.platform() as tx:
        claimed = tx.claim_rung(dispatch_id, 12)
    assert claimed is not None
    return claimed


def assert_one_line_each(buyer: Buyer) -> None:
    assert sorted((one["supplierCode"], one["lineCount"]) for one in buyer.orders()) == [
        ("nord", SKUS // 2),
        ("sued", SKUS // 2),
    ]


def test_two_at_once_make_one_draft_a_supplier_and_one_line_a_sku(low: Buyer):
    claims = [claim(low) for _ in range(2)]
    began = threading.Barrier(2)
    became: list[Progress] = []

    def watch(number: int) -> None:
        began.wait()
        became.append(job(low, changes_a_turn=25).run(claims[number], lambda: False))

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert became == [Progress.DONE, Progress.DONE]
    assert_one_line_each(low)


def test_one_that_lost_its_lease_writes_nothing(low: Buyer):
    slow = claim(low)
    low.stockline.sql("UPDATE dispatch SET token = token + 1 WHERE id = %s", slow.id)
    with pytest.raises(LeaseLostError):
        job(low).run(slow, lambda: False)
    assert low.orders() == []


def test_one_that_dies_in_the_middle_is_gone_on_from_by_the_next(low: Buyer, monkeypatch: pytest.MonkeyPatch):
    turns = iter(range(100))
    write = PostgresPurchaseWatch(low.stockline.container.unit_of_work, lease_s=12)

    class Mortal:
        def tenant(self, tenant_id):
            if next(turns) == 3:
                raise KilledError
            return write.tenant(tenant_id)

    with pytest.raises(KilledError):
        WatchJob(Mortal(), changes_a_turn=50).run(claim(low), lambda: False)
    assert sum(one["lineCount"] for one in low.orders()) == 150
    job(low).run(claim(low), lambda: False)
    assert_one_line_each(low)


def test_a_slice_that_is_over_is_gone_on_with(low: Buyer):
    assert job(low, changes_a_turn=50).run(claim(low), lambda: True) is Progress.MORE
    assert sum(one["lineCount"] for one in low.orders()) == 50


def test_a_watch_that_fails_again_and_again_rests_and_is_not_lost(
    low: Buyer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.domain.purchasing.watch.plan", lambda _: 1 / 0)
    low.stockline.container.work.sweep()
    for _ in range(3):
        low.stockline.sql(
            "UPDATE dispatch SET not_before = now() WHERE tenant_id = %s", low.stockline.tenant_id
        )
        low.work(Actor.PURCHASING_WATCH)
    state = low.stockline.database.execute(
        "SELECT state, not_before > now() + interval '50 s', last_error FROM dispatch WHERE tenant_id = %s AND actor = %s",
        (low.stockline.tenant_id, Actor.PURCHASING_WATCH),
    ).fetchone()
    assert state is not None
    assert (state[0], state[1], "ZeroDivisionError" in state[2]) == ("ready", True, True)


def test_people_and_the_watch_at_work_on_one_draft_take_turns(low: Buyer):
    sku = low.sku(low.supplier("west"), "A", 0)
    low.watch()
    draft = low.draft("west")
    failed: list[str] = []

    def set_lines() -> None:
        for quantity in range(1, 30):
            response = low.set_lines(draft, A=quantity)
            if response.status_code != 200:
                failed.append(response.text)

    thread = threading.Thread(target=set_lines)
    thread.start()
    for quantity in range(30):
        low.set("supplier_stock", sku, quantity=quantity % 5)
        job(low).run(claim(low), lambda: False)
    thread.join()
    assert failed == []
    assert low.drafted("west") == {"A": 29}


def test_whoever_approves_while_the_watch_writes_waits_and_approves_what_it_wrote(buyer: Buyer):
    supplier = buyer.supplier()
    buyer.sku(supplier, "A", 0)
    buyer.watch()
    draft = buyer.draft()
    buyer.sku(supplier, "B", 0)
    at_work = claim(buyer)
    approved: list[int] = []
    thread = threading.Thread(target=lambda: approved.append(buyer.act(draft, "approve")["lineCount"]))
    with PostgresPurchaseWatch(buyer.stockline.container.unit_of_work, lease_s=12).tenant(
        buyer.stockline.tenant_id
    ) as tx:
        _, positions = tx.changed(at_work, 100)
        thread.start()
        until(
            lambda: (
                approved
                or buyer.stockline._value(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                )
            )
        )
        tx.write(plan(positions))
        tx.finish(at_work)
    thread.join()
    assert approved == [2]
