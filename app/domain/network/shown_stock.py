"""When a tenant's stock changed: everyone who may be shown it forgets what was kept ready."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import structlog

from app.domain.errors import StocklineError

log = structlog.get_logger()


class Readers(Protocol):
    """Who may be shown a tenant's stock."""

    def network_readers(self, tenant_id: UUID) -> Sequence[UUID]:
        """Those it shares with, and itself if it has stores of its own."""


class Forgetting(Protocol):
    """What is kept ready, as those see it that change stock."""

    def forget_holders(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        """Of what this tenant may be shown; never raises."""


class ShownStock:
    """Told after each commit. Best effort: what is not forgotten ages out within a minute."""

    def __init__(self, readers: Readers, projection: Forgetting) -> None:
        self._readers = readers
        self._projection = projection

    def changed(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        """Never raises. The readers are asked for after the commit, so that a consent given meanwhile counts."""
        try:
            readers = self._readers.network_readers(tenant_id)
        except StocklineError as error:
            log.warning("network.readers_unknown", error=error.message)
            return
        for reader in readers:
            self._projection.forget_holders(reader, part_numbers)
