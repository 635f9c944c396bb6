import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog

from app.domain.errors import DatabaseDownError
from app.telemetry import logs
from app.telemetry.metrics import Metrics
from app.telemetry.readiness import Readiness, ReadinessReport


@dataclass(frozen=True)
class Status:
    queue: str = "feeds"
    ready: int = 3
    delayed: int = 2
    dead: int = 1
    oldest_age_s: float = 4.5


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_the_page_has_the_queues_as_they_are_now():
    page = Metrics().page(lambda: [Status()]).decode()
    assert 'stockline_queue_depth{queue="feeds",state="dead"} 1.0' in page
    assert 'stockline_queue_oldest_age_seconds{queue="feeds"} 4.5' in page


def test_the_page_is_there_when_the_queues_cannot_be_asked():
    def down():
        raise DatabaseDownError("gone")

    metrics = Metrics()
    metrics.rows_total.labels("stock-feed", "updated").inc(5)
    assert 'stockline_rows_total{kind="stock-feed",outcome="updated"} 5.0' in metrics.page(down).decode()


def test_processes_that_share_a_directory_are_one_page(tmp_path):
    """In processes of their own: sharing is for a process's whole life."""
    count = f"""
from app.telemetry.metrics import Metrics
metrics = Metrics({str(tmp_path)!r})
metrics.rows_total.labels("stock-feed", "updated").inc(5)
print(metrics.page().decode())
"""
    pages = [
        subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert 'stockline_rows_total{kind="stock-feed",outcome="updated"} 10.0' in pages[1]


def readiness(revision: str | None, *, redis: bool = True) -> ReadinessReport:
    return Readiness(lambda: revision, "0002", lambda: redis).report()


def test_readiness_tells_missing_from_degraded():
    assert readiness("0002") == ReadinessReport((), ())
    assert readiness("0002", redis=False) == ReadinessReport((), ("redis",))
    assert readiness("0001") == ReadinessReport(("migrations",), ())
    assert readiness(None) == ReadinessReport(("migrations",), ())


def test_a_newer_releases_migration_leaves_this_release_ready():
    assert readiness("0003") == ReadinessReport((), ())


def test_a_log_line_is_json_with_what_the_process_knows(capsys, restored_logging):
    def enrich(_logger, _method, event):
        return event | {"request_id": "r1"}

    logs.configure("INFO", enrich)
    logs.logger("app.test").info("feed.accepted", rows=3)
    logging.getLogger("library").warning("careful %s", "now")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours | {"timestamp": ""} == {
        "event": "feed.accepted",
        "rows": 3,
        "component": "app.test",
        "level": "info",
        "request_id": "r1",
        "timestamp": "",
    }
    assert (theirs["event"], theirs["component"], theirs["level"]) == ("careful now", "library", "warning")


def test_below_the_level_nothing_is_said(capsys, restored_logging):
    logs.configure("WARNING")
    logs.logger("app.test").info("quiet")
    assert capsys.readouterr().err == ""


def test_a_traceback_does_not_tell_the_frames_variables(capsys, restored_logging):
    logs.configure("INFO")
    password = "hunter2" + "x" * 3
    try:
        raise ValueError("no")
    except ValueError:
        logs.logger("app.test").exception("failed")
    told = capsys.readouterr().err
    assert password not in told
    assert json.loads(told)["exception"][0]["exc_type"] == "ValueError"
