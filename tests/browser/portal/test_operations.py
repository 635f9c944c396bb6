"""The platform's pages in a browser."""

import re
from uuid import UUID, uuid4

from playwright.sync_api import expect

from tests.browser.portal.house import House

HOSTILE = '<script>x</script> "><img src=x onerror=alert(1)>'
ADD = """
    INSERT INTO dispatch (id, actor, tenant_id, lane, seq, state, attempts, lease_until, ring_after, last_error, created_at)
    VALUES (%s, %s, %s, %s, nextval('accept_seq'), %s, 3, now() + make_interval(secs => %s), now() + interval '1 h', %s,
            now() - interval '3 min')
"""


def work(house: House, state: str, actor: str = "orders.expire", lease_s: float = 60) -> UUID:
    work_id = uuid4()
    house.stockline.sql(
        ADD,
        work_id,
        actor,
        house.stockline.tenant_id,
        f"lane:{work_id}",
        state,
        lease_s,
        f"ValueError: {HOSTILE}",
    )
    return work_id


def test_ticked_dead_letters_are_tried_again_and_others_dropped(house: House):
    again, drop = work(house, "dead"), work(house, "dead")
    page = house.open("/portal/operations/dead-letters", platform=True)
    page.get_by_role("checkbox", name=re.compile(str(again))).check()
    page.get_by_role("button", name="Try those again").click()
    expect(page.get_by_text("1 tried again.")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile(str(drop))).check()
    page.get_by_role("button", name="Drop those").click()

    expect(page.get_by_text("1 dropped.")).to_be_visible()
    expect(page).to_have_url(re.compile("/portal/operations/dead-letters$"))
    sql = "SELECT id, state FROM dispatch WHERE id = ANY(%s)"
    assert house.stockline.database.execute(sql, ([again, drop],)).fetchall() == [(again, "ready")]


def test_the_load_is_looked_at_again_by_itself(house: House):
    page = house.open("/portal/operations", platform=True)
    fresh = work(house, "running")

    expect(page.get_by_text(str(fresh)).first).to_be_visible(timeout=15_000)


def test_a_tenant_is_found_shut_out_and_let_in_again(house: House):
    other = house.stockline.another()
    other.set(name=f"Other {HOSTILE}")
    page = house.open("/portal/operations/tenants", platform=True)
    page.get_by_label("Name or id").fill(str(other.tenant_id))
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("is shut out.")).to_be_visible()
    assert other.get("/activity").status_code == 401

    page.get_by_role("button", name="Activate", exact=True).click()

    expect(page.get_by_text("is let in again.")).to_be_visible()


def test_who_runs_the_platform_and_only_looks_has_no_buttons(house: House):
    work(house, "dead")
    page = house.open("/portal/operations/dead-letters", "viewer", platform=True)
    expect(page.get_by_text("ValueError").first).to_be_visible()
    expect(page.get_by_role("button", name="Try those again")).to_have_count(0)
    expect(house.open("/portal", "owner").get_by_role("link", name="Dead letters")).to_have_count(0)


def test_the_platforms_pages_are_accessible(house: House):
    house.stockline.set(name="Nordlys Powersport")
    for state, actor, lease_s in (
        ("running", "pushes.run", 60),
        ("running", "feeds.apply", -5),
        ("ready", "suppliers.poll", 60),
        ("dead", "webhooks.handle", 60),
        ("dead", "orders.expire", 60),
    ):
        work(house, state, actor, lease_s)
    for path, name in (("", "work"), ("/tenants", "tenants"), ("/dead-letters", "dead-letters")):
        house.accessible(f"/portal/operations{path}", f"operations-{name}", platform=True)
