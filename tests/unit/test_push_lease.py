"""The lease as a fence: in time for every call, and renewed no oftener than that takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import pytest

from app.domain.push.lease import Lease
from app.domain.push.ports import PushTransactions
from app.domain.work.dispatch import Actor, Claim
from app.settings import Settings

ADDRESSES = {"database_url": "postgresql://x", "redis_url": "redis://x"}
CLAIM = Claim(uuid4(), Actor.PUSHES_RUN, uuid4(), "push:x", 1, 1, 1, datetime(2026, 11, 1, tzinfo=UTC))
STEP_S = 0.1


class Renewals:
    """Transactions that count."""

    def __init__(self) -> None:
        self.number = 0

    @contextmanager
    def tenant(self, _tenant_id: Any) -> Iterator["Renewals"]:
        yield self

    def renew(self, _claim: Claim) -> None:
        self.number += 1


@pytest.mark.parametrize(("lease_s", "call_s"), [(25.0, 12.0), (3.0, 2.4), (22.0, 12.0), (2.0, 1.9)])
def test_a_worker_that_calls_all_the_time_is_always_within_its_fence(lease_s: float, call_s: float):
    now, renewals = 0.0, Renewals()
    lease = Lease(cast("PushTransactions", renewals), CLAIM, lease_s, call_s, lambda: now, since=0.0)
    while now < 4 * lease_s:
        until = lease()
        assert now <= until
        now += STEP_S
    assert renewals.number <= 4 * lease_s / min(lease_s / 3, max(STEP_S, (lease_s - call_s) / 2))


@pytest.mark.parametrize(
    ("timeout_s", "lease_s"), [(0.1, 1.6), (0.5, 2.0), (1.0, 2.5), (1.4, 3.0), (11.0, 25.0)]
)
def test_every_lease_that_the_settings_let_in_leaves_time_to_start_a_call(timeout_s: float, lease_s: float):
    settings = Settings(**ADDRESSES, push_lease_s=lease_s, shopify_timeout_s=timeout_s)
    transactions = cast("PushTransactions", Renewals())
    lease = Lease(transactions, CLAIM, lease_s, settings.shopify_call_s, lambda: 0.0, since=0.0)
    assert lease() >= 0.5


@pytest.mark.parametrize(
    ("timeout_s", "lease_s"), [(0.1, 0.2), (0.5, 1.0), (1.0, 2.0), (1.0, 2.4), (11.0, 21.9)]
)
def test_a_lease_in_which_no_call_could_be_started_is_refused(timeout_s: float, lease_s: float):
    with pytest.raises(ValueError, match="PUSH_LEASE_S"):
        Settings(**ADDRESSES, push_lease_s=lease_s, shopify_timeout_s=timeout_s)
