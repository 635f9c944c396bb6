"""What a command answers, and what it is refused with: all that takes a connected system."""

import json
import os
import sys
from argparse import Namespace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.exc import ProgrammingError

from app.admin.services import connected
from app.admin.system import settings_of
from app.domain.errors import StocklineError
from app.domain.push.errors import ShopClosedError, ShopRefusedError, code_of
from app.settings import SettingsError
from app.telemetry import logs

BAD_INPUT = 1
MIGRATE = "python -m app.adapters.postgres.migrate"


def answered(given: Namespace) -> int:
    """Run the command that was parsed; the exit code."""
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
