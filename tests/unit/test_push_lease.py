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
