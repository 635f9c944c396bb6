"""Whether a process can serve: what is missing stops it, what is degraded does not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.errors import StocklineError

POSTGRESQL: Final = "postgresql"
MIGRATIONS: Final = "migrations"
REDIS: Final = "redis"


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """`missing` makes the process unready; `degraded` is told and served around."""

    missing: tuple[str, ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks the engines. `current_revision` raises a StocklineError while PostgreSQL does not answer.

    A later revision than this code's is a newer release's: migrations expand before they contract, so the
    processes of the release before go on serving while the new ones start.
    """

    current_revision: Callable[[], str | None]
    newest_revision: str
    redis_answers: Callable[[], bool]

    def report(self) -> ReadinessReport:
        """What is missing or degraded now."""
        return ReadinessReport(self._missing(), () if self.redis_answers() else (REDIS,))

    def _missing(self) -> tuple[str, ...]:
        try:
            revision = self.current_revision()
        except StocklineError:
            return (POSTGRESQL,)
        return (MIGRATIONS,) if revision is None or revision < self.newest_revision else ()
