"""The system's own processes, as the Procfile has them; a test holds the two equal."""

import sys
from pathlib import Path

from app.local.ports import LOOPBACK
from app.local.program import Program
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS_MAX = 1024  # per web process, idle ones count too: granian stops accepting beyond it
DRAIN_MS = 20_000
BOOT_MS = 1_000
"""For so long Dramatiq's main process waits for its children before it looks whether they live: half a minute by
default, in which one that died while it started would not be missed."""


def release() -> tuple[str, ...]:
    """Migrations."""
    return (sys.executable, "-m", "app.adapters.postgres.migrate")


def web(settings: Settings, host: str, port: int) -> tuple[str, ...]:
    """The HTTP server: granian starts a worker again that fails, we start granian.

    Streams hold a thread each, beside those that serve.
    """
    threads = settings.web_threads + settings.web_streams
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(settings.web_concurrency), "--blocking-threads", str(threads)),
        *("--backpressure", str(CONNECTIONS_MAX)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", str(DRAIN_MS // 1000)),
        *("--factory", "app.web.main:create"),
    )


def worker(queue: str, processes: int, threads: int) -> tuple[str, ...]:
    """The consumers of one queue."""
    return (
        *(sys.executable, "-m", "dramatiq", "app.workers.main", "-Q", queue),
        *("-p", str(processes), "-t", str(threads), "--worker-shutdown-timeout", str(DRAIN_MS)),
        *("--worker-fork-timeout", str(BOOT_MS)),
    )


def clock() -> tuple[str, ...]:
    """What is due."""
    return (sys.executable, "-m", "app.workers.clock")


def shop(port: int) -> tuple[str, ...]:
    """The demo's shops, on an origin of their own."""
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", LOOPBACK, "--port", str(port), "--workers", "1", "--blocking-threads", "4"),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "5"),
        *("--factory", "app.local.shop.main:create"),
    )


def simulator(port: int, shops: Path) -> tuple[str, ...]:
    """A Shopify of one's own, which keeps its shops over restarts."""
    return (
        *(sys.executable, "-m", "app.local.shopify_sim.main"),
        *("--port", str(port), "--data-dir", str(shops)),
    )


def suppliers(port: int) -> tuple[str, ...]:
    """The demo's suppliers."""
    return (sys.executable, "-m", "app.local.supplier_sim.main", "--port", str(port))


def programs(settings: Settings, port: int, env: dict[str, str], logs: Path) -> list[Program]:
    """All of them on one machine.

    Feeds get one dramatiq per process where the Procfile has one for all: when a child dies,
    dramatiq stops its siblings, and here that need not be.
    """
    feeds = worker("feeds", 1, settings.worker_threads)
    commands = {
        "web": web(settings, LOOPBACK, port),
        **{f"worker-feeds-{number + 1}": feeds for number in range(settings.worker_processes)},
        "worker-push": worker("push", 1, settings.push_threads),
        "worker-suppliers": worker("suppliers", 1, settings.supplier_threads),
        "worker-background": worker("background", 1, 2),
        "clock": clock(),
    }
    return [
        Program(name=name, argv=argv, cwd=ROOT, env=env, log=logs / f"{name}.log")
        for name, argv in commands.items()
    ]
