"""scripts/admin: the operator's command line. One JSON document on stdout, or one line on stderr."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

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
from app.admin.system import DATA_DIR


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 1 for bad input; argparse exits with 2 for a wrong command line."""
    given = parser().parse_args(argv)
    # After the words are understood: a whole system takes long to import, and who asks for help needs none.
    from app.admin.answers import answered  # noqa: PLC0415

    return answered(given)


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


if __name__ == "__main__":
    sys.exit(main())
