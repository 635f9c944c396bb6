"""The demo's process."""

import argparse
import json
import os
import sys
from pathlib import Path

import httpx

from app.admin.services import connected
from app.admin.system import settings_of
from app.local.demo.calls import Calls
from app.local.demo.operator import Operator
from app.local.demo.story import Demo
from app.local.errors import LocalError
from app.local.record import FILE as RECORD
from app.settings import SettingsError
from app.telemetry import logs


def main() -> int:
    """Run against the system that is up on a data directory; 1 with a reason when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m app.local.demo")
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir = parser.parse_args().data_dir
    logs.configure("WARNING")
    record = json.loads((data_dir / RECORD).read_text())
    try:
        with (
            httpx.Client(base_url=record["url"], timeout=90, trust_env=False) as http,
            connected(settings_of(data_dir, os.environ)) as services,
        ):
            Demo(
                data_dir,
                Calls(http),
                Operator(services),
                shop_url=record.get("shopUrl") or "",
                simulator_url=record.get("shopifySimulatorUrl") or "",
                supplier_url=record.get("supplierSimulatorUrl") or "",
            ).run()
    except httpx.HTTPStatusError as error:
        return _failed(
            f"{error.request.url} answered {error.response.status_code}: {error.response.text[:500]}"
        )
    except (LocalError, SettingsError, httpx.HTTPError) as error:
        return _failed(str(error))
    return 0


def _failed(reason: str) -> int:
    print(f"demo: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
