"""The operator's commands without a process for each: the demo gives hundreds of them."""

import argparse
import json
from dataclasses import dataclass, field
from typing import Any

from app.admin.answers import document
from app.admin.main import parser
from app.bootstrap import Container
from app.domain.errors import StocklineError
from app.local.errors import LocalError


@dataclass(frozen=True)
class Operator:
    """scripts/admin on the system of one data directory."""

    services: Container
    _parser: argparse.ArgumentParser = field(default_factory=parser)

    def run(self, *words: str) -> Any:
        """One command's JSON document; LocalError with its own words when it fails."""
        given = self._parser.parse_args(words)
        try:
            return json.loads(document(given.command(self.services, given)))
        except StocklineError as error:
            raise LocalError(f"scripts/admin {' '.join(words)}: {error}") from None

    def imported(self, *words: str) -> dict[str, int]:
        """The same for an import or an activation, none of whose rows may be refused."""
        answer: dict[str, Any] = self.run(*words)
        if answer["refused"]:
            raise LocalError(f"scripts/admin {' '.join(words)}: {json.dumps(answer)}")
        return {name: answer[name] for name in ("created", "updated", "unchanged")}
