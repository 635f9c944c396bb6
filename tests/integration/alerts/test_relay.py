"""What waits for a watcher wakes it: once per tenant, however many sweep, and again for what came late."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.alerts.test_states import note


def watches(stockline):
    rows = stockline.database.execute(
        "SELECT actor, lane FROM dispatch WHERE tenant_id = %s", (stockline.tenant_id,)
    )
    return rows.fetchall()


def test_an_alert_that_nobody_was_told_of_wakes_its_tenants_watcher_once(stockline):
    note(stockline, "out", "out")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: stockline.container.work.sweep(), range(12)))
    assert watches(stockline) == [("alerts.watch", f"alerts:{stockline.tenant_id}")]


def test_a_tenant_for_whom_nothing_waits_is_left_alone(stockline):
    note(stockline.another(), "out", "out")
    stockline.container.work.sweep()
    assert watches(stockline) == []


def test_every_tenant_that_waits_is_woken(stockline):
    tenants = [stockline.another() for _ in range(5)]
    for tenant in tenants:
        note(tenant, "out", "out")
        note(tenant, "low", "low")
    stockline.container.work.sweep()
    assert [len(watches(tenant)) for tenant in tenants] == [1] * 5
