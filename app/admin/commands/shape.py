"""What every group of commands is made of."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from app.domain.errors import InvalidInputError
from app.domain.imports.batches import Imported

if TYPE_CHECKING:
    from app.bootstrap import Container

SECRET_MAX: Final = 4_096
Command = Callable[["Container", argparse.Namespace], Any]
Group = Callable[..., argparse.ArgumentParser]


def group(commands: Any, name: str, about: str) -> Group:
    """A first word with a second to come; the answer adds one of those: `add("create", command, "about")`."""
    actions = commands.add_parser(name, help=about, description=about).add_subparsers(
        metavar="ACTION",
        required=True,
    )

    def add(action: str, command: Command, about: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(action, help=about, description=about)
        parser.set_defaults(command=command)
        return parser

    return add


def with_tenant(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The option that most commands need."""
    parser.add_argument("--tenant", required=True, metavar="ID", help="the tenant's id")
    return parser


def secret(what: str) -> str:
    """What came on stdin, without the line's end; raises InvalidInputError when it is empty."""
    text = sys.stdin.read(SECRET_MAX).rstrip("\r\n")
    if not text.strip():
        raise InvalidInputError(f"give the {what} on stdin")
    return text


def uuid(text: str) -> UUID:
    """An id as typed; raises InvalidInputError."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no id; it looks like 0190a1b2-…, 32 hexadecimal digits"
        ) from None


def operator() -> str:
    """Whoever runs the command, as histories have it; a container's user may have no name."""
    try:
        return f"operator {getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator uid {os.getuid()}"


def shown(imported: Imported) -> dict[str, Any]:
    """What became of a file, as the contract has it."""
    return imported.told()
