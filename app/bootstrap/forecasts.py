"""How long stock lasts: put together when it is first asked for, since it alone of most processes needs numpy."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from app.adapters.postgres.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from app.domain.suppliers.cover import CoverDesk


def covers(unit_of_work: UnitOfWork) -> "Callable[[], CoverDesk]":
    """The desk of this process."""

    @cache
    def desk() -> "CoverDesk":
        from app.adapters.postgres.covers import PostgresCovers  # noqa: PLC0415 - numpy, see above
        from app.domain.suppliers.cover import CoverDesk  # noqa: PLC0415

        return CoverDesk(PostgresCovers(unit_of_work))

    return desk
