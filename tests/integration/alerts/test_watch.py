"""Changes of suppliers' stock become alerts: of states, not of numbers, and none is lost or told twice."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.stockline import platform


def test_each_level_that_a_sku_reaches_is_told_once(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    for quantity in (9, 8, 0, 0, 3, 50, 60):
        alerted.reports(acme, quantity)
        alerted.watch()
    assert alerted.alerts == [("low", "A"), ("out", "A"), ("low", "A"), ("back", "A")]


def test_a_sku_that_goes_to_and_fro_over_its_threshold_is_told_once_a_day_and_back_again_by_a_margin(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    for quantity in (9, 10, 9, 10, 9, 10):
        alerted.reports(acme, quantity)
        alerted.watch()
    assert alerted.alerts == [("low", "A"), ("back", "A"), ("low", "A")]
    alerted.reports(acme, 11)
    alerted.watch()
    assert alerted.alerts[3:] == [("back", "A")]


def test_and_one_of_which_a_unit_comes_and_goes_too(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    for quantity in (0, 1, 0, 1, 0, 1, 2):
        alerted.reports(acme, quantity)
        alerted.watch()
    assert alerted.alerts == [("out", "A"), ("low", "A"), ("out", "A"), ("low", "A")]


def test_what_wavered_yesterday_is_told_anew(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    for quantity in (9, 10, 9):
        alerted.reports(acme, quantity)
        alerted.watch()
    alerted.stockline.sql(
        "UPDATE alert SET created_at = created_at - interval '1 day' WHERE tenant_id = %s", alerted.tenant_id
    )
    alerted.reports(acme, 10)
    alerted.watch()
    assert [kind for kind, _ in alerted.alerts][-1] == "back"


def test_a_first_report_tells_nothing_however_empty(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A", quantity=0)
    alerted.watch()
    alerted.reports(acme, 50)
    alerted.watch()
    assert alerted.alerts == []


def test_what_went_to_and_fro_before_anybody_looked_is_nobodys_concern(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A", "B")
    for quantity in (0, 50, 5, 0, 50):
        alerted.reports(acme, quantity, "A")
    alerted.reports(acme, 0, "B")
    alerted.watch()
    assert alerted.alerts == [("out", "B")]


def test_an_alert_says_what_and_where_in_words_and_in_figures(alerted):
    acme = alerted.supplier(name="Acme & Söhne")
    alerted.stocked(acme, "A")
    alerted.reports(acme, 4)
    alerted.watch()
    (alert,) = alerted.stockline.container.alerts.alerts(alerted.tenant_id, 10, None)
    assert alert.message == "A at Acme & Söhne is low: 4 available, fewer than 10"
    assert alert.details["supplierId"] == str(acme)
    assert (alert.details["available"], alert.details["level"]) == (4, "low")


def test_a_threshold_that_is_raised_over_the_stock_tells_that_it_is_low(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A", quantity=20)
    alerted.stockline.sql("UPDATE supplier_stock SET low_stock_threshold = 30 WHERE supplier_id = %s", acme)
    alerted.watch()
    assert alerted.alerts == [("low", "A")]


def test_less_than_is_promised_is_a_shortage_with_its_orders_until_it_is_over(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    sell(alerted, acme, "A", 30)
    alerted.watch()
    alerted.reports(acme, 20)
    alerted.watch()
    alerted.reports(acme, 15)
    alerted.watch()
    alerted.reports(acme, 90)
    alerted.watch()
    assert alerted.alerts == [("out", "A"), ("shortage", "A"), ("back", "A"), ("shortage-over", "A")]
    details = alerted.stockline._value(
        "SELECT details FROM alert WHERE tenant_id = %s AND kind = 'shortage'", alerted.tenant_id
    )
    assert (details["shortage"], details["orders"]) == (10, ["web/1001"])


def sell(alerted, supplier, sku, units):
    order = alerted.stockline._value(
        "INSERT INTO stock_order (tenant_id, channel, order_id) VALUES (%s, 'web', '1001') RETURNING id",
        alerted.tenant_id,
    )
    alerted.stockline.sql(
        "WITH s AS (UPDATE supplier_stock SET reserved = %(units)s WHERE supplier_id = %(supplier)s AND sku = %(sku)s"
        "           RETURNING id, supplier_id)"
        " INSERT INTO reservation (tenant_id, order_id, line, part_number, quantity, supplier_id, stock_id)"
        " SELECT %(tenant)s, %(order)s, 1, %(sku)s, %(units)s, supplier_id, id FROM s",
        units=units,
        supplier=supplier,
        sku=sku,
        tenant=alerted.tenant_id,
        order=order,
    )


@pytest.fixture
def others(engines):
    """Two sessions, to be interleaved by hand."""
    with psycopg.connect(engines.owner_url) as one, psycopg.connect(engines.owner_url) as two:
        yield platform(one), platform(two)


def empty(session, supplier, sku):
    session.execute(
        "UPDATE supplier_stock SET quantity = 0 WHERE supplier_id = %s AND sku = %s", (supplier, sku)
    )


def test_a_change_that_commits_after_a_later_one_was_seen_is_not_lost(alerted, others):
    early, late = others
    early.commit(), late.commit()
    acme = alerted.supplier()
    alerted.stocked(acme, "A", "B")
    platform(early), platform(late)
    empty(early, acme, "A")
    empty(late, acme, "B")
    late.commit()
    alerted.watch()
    assert alerted.alerts == [("out", "B")]
    early.commit()
    alerted.watch()
    assert alerted.alerts == [("out", "B"), ("out", "A")]


def test_a_change_that_commits_while_the_watch_looks_is_seen_by_the_next(alerted, others):
    writer, _ = others
    acme = alerted.supplier()
    alerted.stocked(acme, "A", "B")
    alerted.reports(acme, 0, "B")
    empty(writer, acme, "A")
    alerted.watch()
    writer.commit()
    alerted.watch()
    assert sorted(alerted.alerts) == [("out", "A"), ("out", "B")]


def test_two_watchers_at_once_tell_everything_once(alerted, build):
    acme = alerted.supplier()
    skus = [f"S{n}" for n in range(300)]
    alerted.stocked(acme, *skus)
    alerted.reports(acme, 0)
    alerted.stockline.container.work.sweep()
    ids = alerted.stockline._due()
    with ThreadPoolExecutor(4) as pool:
        work = alerted.stockline.container.work
        list(pool.map(lambda one: work.run(one, alerted.stockline.container.handlers), ids * 8))
    alerted.watch()
    assert sorted(alerted.alerts) == sorted(("out", sku) for sku in skus)


def test_a_storm_of_five_thousand_changes_is_told_sku_by_sku(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, *[f"S{n}" for n in range(5000)])
    alerted.mailed()
    alerted.reports(acme, 0)
    alerted.deliver()
    assert alerted.stockline.count("alert") == 5000
    (mail,) = alerted.office.mails
    assert mail["Subject"] == "Stockline: Out of stock (5000) at Acme"
    assert "and 4900 more" in alerted.office.texts[0]
