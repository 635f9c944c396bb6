"""No older value over a newer one: the version guard, and what happens without it."""

from typing import Any

import pytest

from app.adapters.postgres import standing
from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.domain.stock.apply import FeedJob
from app.domain.stock.feed import FeedStatus
from app.domain.stock.plan import Snapshot
from tests.desk import Desk, before_write
from tests.faults.controls import without

GUARD = r"AND \(i\.stock_as_of IS NULL OR .*?:seq\)\)"


class Forgetful(PostgresFeedTransaction):
    """Loads what stands without its version."""

    def snapshot(self, *arguments: Any, **named: Any) -> Snapshot:
        seen = super().snapshot(*arguments, **named)
        targets = {key: one._replace(as_of=None, seq=0) for key, one in seen.targets.items()}
        return Snapshot(targets, seen.aliases, seen.pushed, seen.dealers)


def newer_writer(desk: Desk) -> None:
    desk.owner.execute(
        "UPDATE stock_item SET stock = 9, stock_as_of = clock_timestamp(), stock_seq = nextval('accept_seq')"
        " WHERE tenant_id = %s AND part_number = 'P-0'",
        (desk.tenant.id,),
    )


def check_that_a_racing_newer_writer_wins(desk: Desk) -> None:
    older = desk.accept(("P-0", 5), ("P-1", 6))
    desk.work(older, desk.job(before_write(lambda: newer_writer(desk))))
    assert desk.feed(older).status is FeedStatus.APPLIED
    assert desk.stock("P-1") == 6
    assert desk.stock("P-0") == 9, "an older value went over a newer one"
    assert desk.feed(older).counters.stale == 1


def check_that_a_released_feed_keeps_its_old_place(desk: Desk, job: FeedJob) -> None:
    desk.owner.execute("UPDATE tenant SET shrink_guard_percent = 50 WHERE id = %s", (desk.tenant.id,))
    desk.work(desk.accept(("P-0", 3), ("P-1", 3)), job)
    held = desk.accept(("P-0", 0), ("P-1", 0))
    desk.work(held, job)
    assert desk.feed(held).status is FeedStatus.HELD
    desk.work(desk.accept(("P-0", 7)), job)
    desk.container.feeds.release(desk.tenant.id, held.id)
    desk.work(held, job)
    assert desk.feed(held).status is FeedStatus.APPLIED
    assert desk.stock("P-1") == 0
    assert desk.stock("P-0") == 7, "an older value went over a newer one"


def test_a_writer_that_is_newer_wins_the_race(desk: Desk):
    check_that_a_racing_newer_writer_wins(desk)


def test_control_without_the_guard_in_the_write_an_older_value_goes_over_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, standing, "_WRITE_STOCK", GUARD)
    with pytest.raises(AssertionError, match="older value went over"):
        check_that_a_racing_newer_writer_wins(desk)


def test_a_feed_that_was_held_and_released_keeps_its_old_place_in_the_order(desk: Desk):
    check_that_a_released_feed_keeps_its_old_place(desk, desk.job())


def test_control_without_versions_a_released_feed_overwrites_what_came_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, standing, "_WRITE_STOCK", GUARD)
    with pytest.raises(AssertionError, match="older value went over"):
        check_that_a_released_feed_keeps_its_old_place(desk, desk.job(Forgetful))
