"""An unchanged value is not written, and still counts in the order: its confirmation is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.postgres.feed_transactions import PostgresFeedTransaction
from app.domain.stock.apply import FeedJob
from app.domain.stock.feed import Feed
from tests.desk import Desk


class WithoutConfirmations(PostgresFeedTransaction):
    """Forgets which unchanged rows a chunk confirmed."""

    def checkpoint(self, claim: Any, work: Any, plan: Any) -> Feed:
        plan.confirmed.clear()
        plan.confirmed_until = None
        return super().checkpoint(claim, work, plan)


def check_that_the_confirmed_value_stands(desk: Desk, job: FeedJob) -> None:
    noon = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    minute = timedelta(minutes=1)
    for feed in (
        desk.accept(("P-0", 5, noon)),
        desk.accept(("P-0", 5, noon + 2 * minute)),
        desk.accept(("P-0", 7, noon + minute)),
    ):
        desk.work(feed, job)
        assert desk.applied(feed)
    assert desk.stock("P-0") == 5, "a late row went over a confirmed value"


def test_a_row_between_a_value_and_its_unwritten_confirmation_is_stale(desk: Desk):
    check_that_the_confirmed_value_stands(desk, desk.job())


def test_the_confirmation_costs_no_write_of_the_item(desk: Desk):
    noon = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for feed in (desk.accept(("P-0", 5, noon)), desk.accept(("P-0", 5, noon + timedelta(minutes=2)))):
        desk.work(feed)
    row = desk.owner.execute(
        "SELECT stock_as_of FROM stock_item WHERE tenant_id = %s AND part_number = 'P-0'", (desk.tenant.id,)
    ).fetchone()
    assert row == (noon,)


def test_control_with_confirmations_forgotten_the_late_row_wins(desk: Desk):
    with pytest.raises(AssertionError, match="late row went over"):
        check_that_the_confirmed_value_stands(desk, desk.job(WithoutConfirmations))
