"""Counts what the feed job does."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from app.telemetry.metrics import Metrics


class _Feed(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def accepted_at(self) -> datetime: ...
    @property
    def started_at(self) -> datetime | None: ...


class _Plan(Protocol):
    @property
    def outcome_counts(self) -> Mapping[str, int]: ...


class FeedMetrics:
    """The observer of `app.domain.stock.apply`. Times are differences to PostgreSQL's clock: a skew shows."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def begun(self, feed: _Feed) -> None:
        """The feed's first chunk is committed: it waited until its start."""
        self._metrics.queue_seconds.labels(feed.kind).observe(_since(feed.accepted_at, feed.started_at))

    def applied(self, feed: _Feed, plan: _Plan) -> None:
        """A chunk is committed."""
        for outcome, count in plan.outcome_counts.items():
            self._metrics.rows_total.labels(feed.kind, outcome).inc(count)

    def finished(self, feed: _Feed) -> None:
        """The last chunk is committed."""
        self._metrics.apply_seconds.labels(feed.kind).observe(
            _since(feed.started_at or feed.accepted_at, None)
        )


def _since(start: datetime, end: datetime | None) -> float:
    return max(0.0, ((end or datetime.now(UTC)) - start).total_seconds())
