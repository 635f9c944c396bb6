"""scripts/supplier_sim: the simulator as a process."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from app.local.supplier_sim.site import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code."""
    given = _parsed(arguments)
    try:
        server = Server(given.port)
    except OSError as error:
        print(f"scripts/supplier_sim: port {given.port}: {error.strerror}", file=sys.stderr)
        return 1
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)
    server.start()
    print(json.dumps({"ready": True, "url": server.url}), flush=True)
    ended.wait()
    server.stop()
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/supplier_sim",
        description="Suppliers that are made up; one JSON line on stdout when they serve. See docs/suppliers.md.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
