"""One lane, one chunk at a time: two at once could each miss what the other confirms without writing it."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.adapters.postgres import feed_work
from app.domain.stock.feed import Feed
from tests.desk import Desk, before_checkpoint

FIRST_LOOK_S = 1.0  # what the other feed gets to decide in the pause, if nothing keeps it waiting


def a_late_commit(desk: Desk, stock: int) -> tuple[Feed, Callable[[], None]]:
    """A feed that has its place in the order before its acceptance is committed: `(feed, commit)`."""
    committed, written, feeds = threading.Event(), threading.Event(), []

    def accept() -> None:
        with desk.container.feed_transactions.tenant(desk.tenant.id) as tx:
            feeds.append(tx.accept(desk.new_feed(("P-0", stock)), None))
            written.set()
            assert committed.wait(20)

    thread = threading.Thread(target=accept)
    thread.start()
    assert written.wait(20)

    def commit() -> None:
        committed.set()
        thread.join(20)

    return feeds[0], commit


def check_that_the_later_feed_stands(desk: Desk, older: Feed, begin: Callable[[], None]) -> None:
    """5 stands; 7 was accepted, then 5 again. 7 begins while the second 5 is confirmed without a write."""
    confirming = desk.accept(("P-0", 5))
    thread = threading.Thread(target=desk.work, args=(older,))

    def meanwhile() -> None:
        begin()
        thread.start()
        thread.join(FIRST_LOOK_S)

    desk.work(confirming, desk.job(before_checkpoint(meanwhile)))
    thread.join(20)
    assert desk.applied(older, confirming)
    assert desk.stock("P-0") == 5, "an older value went over a newer one"


def check_a_late_commit(desk: Desk) -> None:
    desk.work(desk.accept(("P-0", 5)))
    late, commit = a_late_commit(desk, 7)
    check_that_the_later_feed_stands(desk, late, commit)


def check_a_replay(desk: Desk) -> None:
    desk.work(desk.accept(("P-0", 5)))
    failed = desk.accept(("P-0", 7))
    claim = desk.claim()
    assert claim
    desk.job().give_up(claim, "for the test")
    check_that_the_later_feed_stands(
        desk, failed, lambda: desk.container.feeds.replay(desk.tenant.id, failed.id)
    )


BOTH = pytest.mark.parametrize("check", [check_a_late_commit, check_a_replay])


@BOTH
def test_a_feed_that_meets_a_later_one_at_work_takes_turns_with_it(desk: Desk, check: Callable[[Desk], None]):
    check(desk)


@BOTH
def test_control_without_taking_turns_it_overwrites_what_the_later_one_confirmed(
    desk: Desk, check: Callable[[Desk], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feed_work, "_TAKE_TURNS", text("SELECT CAST(:lane AS text)"))
    with pytest.raises(AssertionError, match="older value went over"):
        check(desk)
