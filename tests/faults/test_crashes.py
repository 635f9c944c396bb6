"""What a crash leaves: the work is finished with its last chunk, and only by who holds its lease."""

from typing import Any

import pytest

from app.adapters.postgres import feed_work, work
from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.domain.errors import LeaseLostError
from app.domain.stock.feed import Feed, FeedStatus
from app.domain.work.dispatch import Claim, Progress
from tests.desk import Desk, KilledError
from tests.faults.controls import without

ROWS = tuple((f"P-{n}", n + 1) for n in range(8))


@pytest.fixture
def desk(open_desk) -> Desk:
    """Eight items, two rows to a chunk: feeds of all of them have four chunks."""
    return open_desk(8, feed_chunk_rows=2, lease_s=30.0)


def dies_in_chunk(number: int) -> type[PostgresFeedTransaction]:
    """Transactions that end as kill -9 ends them, when a chunk was written and not yet sealed."""

    class Dying(PostgresFeedTransaction):
        def checkpoint(self, claim: Claim, work: Any, plan: Any) -> Feed:
            if work.feed.next_chunk == number:
                raise KilledError
            return super().checkpoint(claim, work, plan)

    return Dying


def check_that_the_rest_is_applied_after_a_crash(desk: Desk, feed: Feed) -> None:
    with pytest.raises(KilledError):
        desk.work(feed, desk.job(dies_in_chunk(1)))
    assert desk.feed(feed).rows_applied == 2
    desk.later()
    desk.container.work.sweep()
    desk.work(feed)
    assert desk.feed(feed).status is FeedStatus.APPLIED, "the rest of the feed was lost"
    assert [desk.stock(name) for name, _ in ROWS] == [stock for _, stock in ROWS]
    assert desk.feed(feed).counters.updated == len(ROWS)


def test_a_crash_between_chunks_loses_nothing_and_counts_no_row_twice(desk: Desk):
    check_that_the_rest_is_applied_after_a_crash(desk, desk.accept(*ROWS))


def test_control_a_dispatch_row_finished_before_the_work_loses_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, feed_work, "_CHECKPOINT", r"FROM lease WHERE f\.id = lease\.id", "WHERE f.id = :id")
    next_work = PostgresFeedTransaction.next_work

    def finish_first(self: PostgresFeedTransaction, claim: Claim) -> Any:
        found = next_work(self, claim)
        desk.owner.execute("DELETE FROM dispatch WHERE id = %s", (claim.id,))
        return found

    monkeypatch.setattr(PostgresFeedTransaction, "next_work", finish_first)
    with pytest.raises(AssertionError, match="rest of the feed was lost"):
        check_that_the_rest_is_applied_after_a_crash(desk, desk.accept(*ROWS))


def check_that_a_paused_worker_writes_nothing(desk: Desk) -> None:
    """A worker pauses after its first chunk; its lease runs out and another applies the second."""
    feed = desk.accept(*ROWS)
    paused = desk.claim()
    assert paused

    def wakes_up_too_late() -> bool:
        applied = desk.feed(feed).rows_applied
        if applied == 2:
            desk.later()
            successor = desk.claim()
            assert successor
            assert desk.job().apply(successor, lambda: desk.feed(feed).rows_applied == 4) is Progress.MORE
        return applied > 2

    refused = False
    try:
        desk.job().apply(paused, wakes_up_too_late)
    except LeaseLostError:
        refused = True
    assert desk.feed(feed).rows_applied == 4, "the paused worker wrote without a lease"
    assert refused
    assert desk.stock("P-4") == 0


def test_a_paused_worker_that_wakes_up_after_its_lease_was_taken_over_writes_nothing(desk: Desk):
    check_that_a_paused_worker_writes_nothing(desk)


def test_control_without_the_token_check_the_woken_worker_works_beside_its_successor(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, feed_work, "_CHECKPOINT", "AND token = :token")
    with pytest.raises(AssertionError, match="wrote without a lease"):
        check_that_a_paused_worker_writes_nothing(desk)


def check_that_a_paused_workers_failure_changes_nothing(desk: Desk) -> None:
    feed = desk.accept(*ROWS)
    paused = desk.claim()
    assert paused
    desk.later()
    taken_over = desk.claim()
    refused = False
    try:
        desk.job().give_up(paused, "it failed here")
    except LeaseLostError:
        refused = True
    assert desk.feed(feed).status is not FeedStatus.FAILED, "a feed was failed under its holder's hands"
    assert refused
    assert taken_over
    assert desk.job().apply(taken_over, lambda: False) is Progress.DONE


def test_a_paused_worker_cannot_put_aside_what_another_took_over(desk: Desk):
    check_that_a_paused_workers_failure_changes_nothing(desk)


def test_control_without_the_token_check_it_fails_the_feed_under_its_holder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    without(monkeypatch, work, "_PARK", "AND token = :token")
    with pytest.raises(AssertionError, match="under its holder's hands"):
        check_that_a_paused_workers_failure_changes_nothing(desk)
