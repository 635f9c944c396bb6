"""For merchants whose true stock lives in the shop: it is read there on a schedule, and fed like any other."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog

from app.domain.push.errors import ShopClosedError, ShopRefusedError, ShopUnavailableError, code_of
from app.domain.shop.connection import Connection, ConnectionState, EncryptionMissingError
from app.domain.shop.levels import feed_of
from app.domain.shop.ports import LevelPage, PullTransactions, ShopDesk
from app.domain.work.dispatch import Actor, Claim, Progress
from app.domain.work.ports import Bell

SURFACE: Final = "shopify-pull"
LEASE_S: Final = 60.0
"""A page waits for the shop's bucket, and is tried again: longer than a lease of work that is all ours."""
PAGE_LEVELS: Final = 250
AGAIN_S: Final = 60.0
log = structlog.get_logger()


class PullJob:
    """Reads a shop's stock page by page, each page a feed. Killed anywhere, it goes on at the page it was at."""

    def __init__(
        self, transactions: PullTransactions, desk: ShopDesk, bell: Bell, *, chunk_rows: int
    ) -> None:
        self._transactions = transactions
        self._desk = desk
        self._bell = bell
        self._chunk_rows = chunk_rows

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Pages until the last or until the slice is over; then rest until the next reading is due."""
        while True:
            with self._transactions.tenant(claim.tenant_id) as tx:
                begun = tx.begin(claim, LEASE_S)
                if begun is None:
                    tx.forget(claim)
                    return Progress.DONE
            connection, cursor = begun
            page = self._page(claim, connection, cursor)
            if page is None or self._fed(claim, connection, page):
                return Progress.STOPPED
            if over():
                return Progress.MORE

    def _page(self, claim: Claim, connection: Connection, cursor: str | None) -> LevelPage | None:
        """The next page; None when the shop gives none, which is noted."""
        interval_s = float(connection.pull_interval_s or AGAIN_S)
        try:
            if connection.state is ConnectionState.UNINSTALLED:
                raise ShopClosedError("app_not_installed", "install the app, then connect the shop again")
            if not connection.tenant_active:
                raise ShopClosedError(
                    "tenant_inactive", "the tenant is deactivated; nothing is read meanwhile"
                )
            return self._desk.levels(connection, cursor, PAGE_LEVELS)
        except (ShopClosedError, ShopRefusedError, EncryptionMissingError) as error:
            self._rest(claim, interval_s, None, f"{code_of(error)}: {error.message}")
        except ShopUnavailableError as error:
            self._rest(claim, min(interval_s, AGAIN_S), cursor, f"{error.code}: {error.message}")
        return None

    def _fed(self, claim: Claim, connection: Connection, page: LevelPage) -> bool:
        """Make the page a feed and note how far that is; whether it was the last.

        A page of what the connection was before somebody changed it is dropped: the reading begins anew.
        """
        feed_id: UUID | None = None
        with self._transactions.tenant(claim.tenant_id) as tx:
            again = tx.begin(claim, LEASE_S)
            if again is None or _source(again[0]) != _source(connection):
                return False
            new = feed_of(
                tx, page.levels, surface=SURFACE, request_id=str(claim.id), chunk_rows=self._chunk_rows
            )
            if new is not None:
                feed_id = tx.accept(new).id
            if page.cursor is None:
                tx.rest(claim, float(again[0].pull_interval_s or AGAIN_S), cursor=None, error=None)
            else:
                tx.reached(claim, page.cursor, LEASE_S)
        if feed_id is not None:
            self._bell.ring(Actor.FEEDS_APPLY, feed_id)
        return page.cursor is None

    def _rest(self, claim: Claim, delay_s: float, cursor: str | None, error: str | None) -> None:
        log.warning("pull.stopped", error=error)
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.rest(claim, delay_s, cursor=cursor, error=error)

    def give_up(self, claim: Claim, reason: str) -> None:
        """Never put aside: it begins anew in a while, with the reason to be seen."""
        self._rest(claim, AGAIN_S * 10, None, reason)


def _source(connection: Connection) -> tuple[str, str]:
    return connection.shop, connection.location.id
