"""scripts/admin: the operator's command line. One JSON document on stdout, or one line on stderr."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.exc import ProgrammingError

from app.admin.commands import (
    alert_channels,
    catalog,
    consents,
    dealers,
    forecast,
    postal_codes,
    purchasing,
    push_grants,
    reservations,
    shopify,
    suppliers,
    tenants,
    work,
)
from app.admin.services import connected
from app.admin.system import DATA_DIR, settings_of
from app.domain.errors import StocklineError
from app.domain.push.errors import ShopClosedError, ShopRefusedError, code_of
from app.settings import SettingsError
from app.telemetry import logs

BAD_INPUT = 1
MIGRATE = "python -m app.adapters.postgres.migrate"


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 1 for bad input; argparse exits with 2 for a wrong command line."""
    given = parser().parse_args(argv)
    logs.configure("WARNING")
    try:
        with connected(settings_of(given.data_dir, os.environ)) as services:
            answer = given.command(services, given)
    except (ShopClosedError, ShopRefusedError) as error:
        return _refuse(f"{code_of(error)}: {error}")
    except (StocklineError, SettingsError) as error:
        return _refuse(str(error))
    except ProgrammingError as error:
        return _refuse(
            f"the database is not at this release's schema ({error.orig}): migrate it with {MIGRATE}"
        )
    print(document(answer))
    return 0


def _refuse(reason: str) -> int:
    print("scripts/admin: " + " ".join(reason.split()), file=sys.stderr)
    return BAD_INPUT


def parser() -> argparse.ArgumentParser:
    """The words of all commands; what it parses has the `command` to call with the services and itself."""
    parser = argparse.ArgumentParser(prog="scripts/admin", description="The operator's command line.")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=DATA_DIR,
        metavar="DIR",
        help="of the scripts/run to speak to, unless the environment has DATABASE_URL (default: %(default)s)",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (
        tenants,
        catalog,
        dealers,
        consents,
        shopify,
        push_grants,
        suppliers,
        reservations,
        purchasing,
        forecast,
        alert_channels,
        postal_codes,
        work,
    ):
        group.add_to(commands)
    return parser


def document(answer: Any) -> str:
    """A command's answer as it is printed."""
    return json.dumps(answer, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """What JSON has no word for. The only decimals here are percentages."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


if __name__ == "__main__":
    sys.exit(main())
