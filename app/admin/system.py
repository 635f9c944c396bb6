"""Which system the command line speaks to: the environment's, or the one under a data directory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.settings import Settings, SettingsError, load

ROOT = Path(__file__).resolve().parents[2]
DATA_DIR = ROOT / ".stockline"
FILE = "system.json"
_ADDRESSES = ("databaseUrl", "databaseOwnerUrl", "redisUrl", "brokerUrl")


def settings_of(data_dir: Path, environ: Mapping[str, str]) -> Settings:
    """The environment's system when it has DATABASE_URL, else the one that scripts/run started.

    What the environment leaves out of the same system is taken from its record. Raises SettingsError.
    """
    recorded = _recorded(data_dir)
    wanted = environ.get("DATABASE_URL")
    if wanted:
        same = recorded.get("DATABASE_URL") == wanted
        return load({**(recorded if same else {}), **environ})
    if not recorded:
        raise SettingsError(
            f"no system runs under {data_dir} and DATABASE_URL is not set: start one with scripts/run",
        )
    return load({**environ, **recorded})


def _recorded(data_dir: Path) -> dict[str, str]:
    """The record's settings as environment variables; empty when there is no record."""
    path = data_dir / FILE
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        settings = {str(name): str(value) for name, value in record.get("settings", {}).items()}
        addresses = {_variable(key): str(record[key]) for key in _ADDRESSES if record.get(key)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error}): start the system again with scripts/run"
        ) from None
    return {**settings, **addresses}


def _variable(key: str) -> str:
    """DatabaseOwnerUrl -> DATABASE_OWNER_URL."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in key)
