"""One lane, one chunk at a time: two at once could each miss what the other confirms without writing it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.postgres import catalog, lanes
from app.domain.catalog.service import CatalogService
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
    monkeypatch.setattr(lanes, "_TAKE_TURNS", text("SELECT CAST(:lane AS text)"))
    with pytest.raises(AssertionError, match="older value went over"):
        check(desk)


def check_an_import_overtaken_by_a_confirmation(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import has drawn its place and not committed when a later feed finds the value it sends standing."""
    desk.work(desk.accept(("P-0", 5)))
    set_values, later = catalog._Tenant._set_values, []

    def slow(self: Any) -> Any:
        changed = set_values(self)
        feed = desk.accept(("P-0", 5))
        thread = threading.Thread(target=desk.work, args=(feed,))
        later.extend((feed, thread))
        thread.start()
        thread.join(1)
        return changed

    monkeypatch.setattr(catalog._Tenant, "_set_values", slow)
    imports = CatalogService(catalog.PostgresCatalogs(desk.container.unit_of_work), desk.container.projection)
    imports.import_items(desk.tenant.id, "items.csv", ["partNumber,stock\n", "P-0,7\n"])
    feed, thread = later
    thread.join(20)
    assert desk.applied(feed)
    assert desk.stock("P-0") == 5, "the older import stands over the later feed"


def test_an_import_and_a_feed_take_turns(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    check_an_import_overtaken_by_a_confirmation(desk, monkeypatch)


def test_control_without_turns_the_older_import_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lanes, "_TAKE_TURNS", text("SELECT CAST(:lane AS text)"))
    with pytest.raises(AssertionError, match="older import stands"):
        check_an_import_overtaken_by_a_confirmation(desk, monkeypatch)
