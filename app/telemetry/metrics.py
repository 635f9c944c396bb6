"""What is measured, by web and workers alike, and the page Prometheus scrapes.

The processes of one machine share a directory, so that one scrape of any web process tells of all.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.domain.errors import StocklineError

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SHORT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LONG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class QueueStatus(Protocol):
    """One queue as the operator sees it."""

    @property
    def queue(self) -> str:
        """Its name."""

    @property
    def ready(self) -> int:
        """Work that could start now."""

    @property
    def delayed(self) -> int:
        """Work that waits for its time."""

    @property
    def dead(self) -> int:
        """Work put aside for a person."""

    @property
    def oldest_age_s(self) -> float:
        """How long the oldest ready work has waited."""


class Metrics:
    """The instruments of one process; with a directory, shared with the machine's other processes."""

    def __init__(self, directory: str = "") -> None:
        self._directory = directory
        if directory:
            _share(directory)
        self._own = CollectorRegistry()
        self.http_requests_seconds = self._histogram(
            "stockline_http_requests_seconds",
            "Time to answer a request",
            ("route", "status"),
            _SHORT_S,
        )
        self.accept_seconds = self._histogram(
            "stockline_accept_seconds",
            "From a feed's arrival to its commit",
            ("kind",),
            _SHORT_S,
        )
        self.queue_seconds = self._histogram(
            "stockline_queue_seconds",
            "From a feed's acceptance to its start",
            ("kind",),
            _LONG_S,
        )
        self.apply_seconds = self._histogram(
            "stockline_apply_seconds",
            "From a feed's start to its last commit",
            ("kind",),
            _LONG_S,
        )
        self.rows_total = Counter(
            "stockline_rows",
            "Feed rows settled",
            ("kind", "outcome"),
            registry=self._own,
        )

    def page(self, queue_status: Callable[[], Iterable[QueueStatus]] | None = None) -> bytes:
        """Everything in Prometheus's text format; the queues are asked at this moment, if they can be."""
        registry = self._own
        if self._directory:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=self._directory)  # type: ignore[no-untyped-call]
        page = generate_latest(registry)
        if queue_status is None:
            return page
        queues = CollectorRegistry()
        try:
            queues.register(_Queues(queue_status))
            return page + generate_latest(queues)
        except StocklineError:
            return page

    def _histogram(
        self, name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self._own)


def _share(directory: str) -> None:
    """Keep the values in files of `directory`; prometheus_client reads the place from the environment."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


class _Queues(Collector):
    def __init__(self, status: Callable[[], Iterable[QueueStatus]]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("stockline_queue_depth", "Work that waits", labels=("queue", "state"))
        oldest = GaugeMetricFamily(
            "stockline_queue_oldest_age_seconds", "Age of the oldest ready work", labels=("queue",)
        )
        for one in self._status():
            for state, count in (("ready", one.ready), ("delayed", one.delayed), ("dead", one.dead)):
                depth.add_metric((one.queue, state), count)
            oldest.add_metric((one.queue,), one.oldest_age_s)
        yield depth
        yield oldest
