"""What those who run the platform see and do, by page and by route."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tests.stockline import Stockline
from tests.visitor import Visitor

API = "/api/app/operations"
NAMES = '<script>x</script> "><img src=x onerror=alert(1)>'
MAKE_WORK = """
    INSERT INTO dispatch (id, actor, tenant_id, lane, seq, state, attempts, lease_until, ring_after, last_error, created_at)
    VALUES (%s, %s, %s, %s, nextval('accept_seq'), %s, 3, now() + make_interval(secs => %s), now() + interval '1 h', %s,
            now() - make_interval(secs => %s))
"""


@pytest.fixture
def staff(somebody: Callable[..., Visitor]) -> Visitor:
    return somebody("operator", platform=True)


@pytest.fixture
def put(stockline: Stockline) -> Callable[..., UUID]:
    """A row of work as it would stand: `put("dead", actor)`."""

    def one(
        state: str, actor: str = "feeds.apply", *, lease_s: float = 60, age_s: float = 5, error: str = ""
    ) -> UUID:
        work_id = uuid4()
        stockline.sql(
            MAKE_WORK,
            work_id,
            actor,
            stockline.tenant_id,
            f"lane:{work_id}",
            state,
            lease_s,
            error or None,
            age_s,
        )
        return work_id

    return one


def named(staff: Visitor, path: str, work_id: UUID) -> dict:
    """One line of a list."""
    answer = staff.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json["data"] if one["id"] == str(work_id))


def test_a_queues_load_is_that_of_all_its_actors(staff: Visitor, put):
    before = {one["queue"]: one for one in staff.get(f"{API}/queues").json["data"]}["background"]
    put("ready", "alerts.watch", age_s=500)
    put("dead", "webhooks.handle")
    put("ready", "shops.pull", age_s=3)

    after = {one["queue"]: one for one in staff.get(f"{API}/queues").json["data"]}["background"]

    assert (after["ready"], after["dead"]) == (before["ready"] + 2, before["dead"] + 1)
    assert after["oldestAgeS"] >= 500


def test_work_under_a_lease_is_told_from_work_that_lost_its_worker(staff: Visitor, put):
    held, lost = put("running", lease_s=60), put("running", lease_s=-1)

    assert named(staff, "workers", held)["state"] == "running"
    assert named(staff, "workers", lost)["state"] == "lost"
    page = staff.get("/portal/operations").text
    assert "worker lost" in page
    assert str(held) in page


def test_the_oldest_is_the_slowest_and_what_was_put_aside_is_not_slow(staff: Visitor, put):
    young, old, dead = put("ready", age_s=1), put("running", age_s=5000), put("dead", age_s=9000)
    slow = [one["id"] for one in staff.get(f"{API}/slow-jobs").json["data"]]

    assert slow.index(str(old)) < slow.index(str(young))
    assert str(dead) not in slow


def test_a_suppliers_work_is_as_old_as_what_it_is_due_for(staff: Visitor, put, stockline: Stockline):
    standing = put("ready", "suppliers.poll", age_s=1e6)
    stockline.sql("UPDATE dispatch SET not_before = now() - interval '7 s' WHERE id = %s", standing)

    assert 7 <= named(staff, "slow-jobs", standing)["ageS"] < 1000


def test_work_that_no_worker_takes_is_in_plain_sight(staff: Visitor, put):
    put("ready", "pushes.run", age_s=60)

    assert "no worker takes it" in staff.get("/portal/operations").text


def test_reasons_and_names_are_shown_as_text(staff: Visitor, stockline: Stockline, put):
    stockline.set(name=NAMES)
    put("dead", error=NAMES)
    put("running", error=NAMES)

    for path in ("/portal/operations", "/portal/operations/tenants", "/portal/operations/dead-letters"):
        page = staff.get(path).text
        assert "&lt;script&gt;" in page, path
        assert "<script>x" not in page
        assert "<img" not in page


def test_several_dead_letters_are_dropped_at_once(staff: Visitor, put):
    first, second, kept = put("dead"), put("dead"), put("dead")

    answer = staff.json("POST", f"{API}/dead-letters/discard", {"ids": [str(first), str(second)]})

    assert answer.json == {"done": [str(first), str(second)], "refused": []}
    left = {one["id"] for one in staff.get(f"{API}/dead-letters").json["data"]}
    assert str(kept) in left
    assert not left & {str(first), str(second)}


def test_what_cannot_be_replayed_is_told_and_holds_up_no_other(staff: Visitor, stockline: Stockline, put):
    orphan, mendable = put("dead", "feeds.apply"), put("dead", "orders.expire")

    answer = staff.json("POST", f"{API}/dead-letters/replay", {"ids": [str(orphan), str(mendable)]})

    assert answer.json["done"] == [str(mendable)]
    assert [one["id"] for one in answer.json["refused"]] == [str(orphan)]
    assert stockline.database.execute("SELECT state FROM dispatch WHERE id = %s", (mendable,)).fetchone() == (
        "ready",
    )


def test_a_form_replays_those_that_are_ticked(staff: Visitor, stockline: Stockline, put):
    ticked, other = put("dead", "orders.expire"), put("dead", "orders.expire")

    answer = staff.post("/portal/operations/dead-letters/replay", {"id": [str(ticked)]})

    assert answer.status_code == 303
    page = staff.get("/portal/operations/dead-letters").text
    assert "1 tried again." in page
    assert str(other) in page
    assert str(ticked) not in page


@pytest.mark.parametrize("ids", [[], ["nonsense"]])
def test_a_form_without_a_letter_says_so(staff: Visitor, ids: list[str]):
    assert staff.post("/portal/operations/dead-letters/replay", {"id": ids}).status_code == 400


def test_dead_letters_come_page_by_page(staff: Visitor, put):
    made = [str(put("dead", age_s=10_000 - number)) for number in range(3)]
    first = staff.get(f"{API}/dead-letters?limit=2").json
    second = staff.get(f"{API}/dead-letters?limit=200&cursor={first['nextCursor']}").json

    told = [one["id"] for one in first["data"] + second["data"]]
    assert [one for one in told if one in made] == made
    assert len(told) == len(set(told))


def test_a_tenant_is_found_by_name_or_id_and_its_state(staff: Visitor, stockline: Stockline):
    other = stockline.another("RETAIL")
    other.set(name="Zzyzx 100% _roads")
    stockline.another().set(name="Zzyzx 1000 xroads")

    by_name = staff.get(f"{API}/tenants?search=100%25 _").json["data"]
    by_id = staff.get(f"{API}/tenants?search={str(other.tenant_id).upper()}").json["data"]

    assert (
        [one["tenantId"] for one in by_name] == [one["tenantId"] for one in by_id] == [str(other.tenant_id)]
    )
    assert staff.get(f"{API}/tenants?search=Zzyzx&active=false").json["data"] == []


def test_tenants_come_page_by_page_by_name(staff: Visitor, stockline: Stockline):
    for name in ("Qq b", "Qq a", "Qq a"):
        stockline.another().set(name=name)

    first = staff.get(f"{API}/tenants?search=Qq&limit=2").json
    second = staff.get(f"{API}/tenants?search=Qq&limit=2&cursor={first['nextCursor']}").json

    assert [one["name"] for one in first["data"] + second["data"]] == ["Qq a", "Qq a", "Qq b"]
    assert second["nextCursor"] is None


def test_a_tenants_last_sync_is_shown_and_that_it_is_silent(staff: Visitor, stockline: Stockline):
    stockline.sql(
        "INSERT INTO sync_activity (tenant_id, surface, last_sync_at) VALUES (%s, 'stock-feed', now() - interval '3 d')",
        stockline.tenant_id,
    )

    (line,) = staff.get(f"{API}/tenants?search={stockline.tenant_id}").json["data"]

    assert line["silent"] is True
    assert line["lastSyncAt"]
    assert "silent" in staff.get(f"/portal/operations/tenants?search={stockline.tenant_id}").text


def test_a_deactivated_tenant_is_out_and_activated_in_again(staff: Visitor, stockline: Stockline, portal):
    other = stockline.another()
    path = f"{API}/tenants/{other.tenant_id}/active"

    assert staff.json("POST", path, {"active": False}).json["active"] is False
    assert other.get("/activity").status_code == 401
    assert (
        staff.post(f"/portal/operations/tenants/{other.tenant_id}/active", {"active": "yes"}).status_code
        == 303
    )
    assert other.get("/activity").status_code == 200


def test_an_unknown_tenant_is_not_found(staff: Visitor):
    assert staff.json("POST", f"{API}/tenants/{uuid4()}/active", {"active": False}).status_code == 404
