"""scripts/shopify_sim: the simulator as a process."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from app.local.shopify_sim.schema import admin
from app.local.shopify_sim.server import Server
from app.local.shopify_sim.simulator import Simulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code."""
    given = _parsed(arguments)
    try:
        server = Server(Simulator(data_dir=given.data_dir), given.port)
    except OSError as error:
        print(f"scripts/shopify_sim: port {given.port}: {error.strerror}", file=sys.stderr)
        return 1
    admin()
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)
    server.start()
    line = {"ready": True, "url": server.url, "urlTemplate": server.template}
    print(json.dumps(line), flush=True)
    ended.wait()
    server.stop()
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/shopify_sim",
        description="Shops that speak Shopify's Admin API 2026-07; one JSON line on stdout when they do.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--data-dir", type=Path, help="keep the shops there (default: in memory only)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
