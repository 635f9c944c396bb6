"""Three tries without getting further put a feed aside; an engine that was away is none of them."""

from collections.abc import Callable

import pytest

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.adapters.postgres.work import PostgresWorkTransaction
from app.domain.errors import DatabaseDownError
from app.domain.stock.feed import Feed, FeedStatus
from app.domain.stock.plan import Plan
from app.domain.work.dispatch import TRIES_MAX
from tests.desk import Desk


def away(*_: object, **__: object) -> None:
    raise DatabaseDownError("away")


class WithoutWrites(PostgresFeedTransaction):
    """PostgreSQL goes away at every write."""

    write = away


class Defective(PostgresFeedTransaction):
    """The second chunk meets a defect."""

    def write(self, feed: Feed, plan: Plan) -> bool:
        if feed.next_chunk == 1:
            raise ZeroDivisionError("a defect")
        return super().write(feed, plan)


def test_an_outage_of_postgresql_is_no_fault_of_the_feeds(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    feed = desk.accept(("P-0", 5))
    for _ in range(TRIES_MAX + 1):
        refusals = iter([away, away, PostgresWorkTransaction.release])
        with monkeypatch.context() as outage:
            outage.setattr(PostgresWorkTransaction, "release", lambda *a, of=refusals, **k: next(of)(*a, **k))
            desk.work(feed, desk.job(WithoutWrites))
        desk.later()
    desk.work(feed)

    assert desk.feed(feed).status is FeedStatus.APPLIED


def test_a_checkpoint_gives_three_new_tries(open_desk: Callable[..., Desk]):
    desk = open_desk(4, feed_chunk_rows=2)
    feed = desk.accept(("P-0", 1), ("P-1", 2), ("P-2", 3), ("P-3", 4))
    statuses = []
    for _ in range(TRIES_MAX):
        desk.work(feed, desk.job(Defective))
        statuses.append(desk.feed(feed).status)
        desk.later()

    assert statuses == [FeedStatus.APPLYING] * (TRIES_MAX - 1) + [FeedStatus.FAILED]
