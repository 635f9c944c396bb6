"""The use cases that the commands call, on one system."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app import bootstrap
from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.network import PostgresNetworks
from app.adapters.postgres.tenancy import PostgresTenancies
from app.domain.catalog.service import CatalogService
from app.domain.network.service import NetworkService
from app.domain.tenancy.service import TenancyService
from app.domain.work.dead_letters import DeadLetters
from app.domain.work.dispatch import QueueStatus
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """One field per context."""

    tenancy: TenancyService
    catalog: CatalogService
    network: NetworkService
    dead_letters: DeadLetters
    queue_status: Callable[[], Sequence[QueueStatus]]


@contextmanager
def connected(settings: Settings) -> Iterator[Services]:
    """Nothing is opened before the first use case, and everything closed after the last."""
    container = bootstrap.build(settings)
    services = Services(
        tenancy=TenancyService(PostgresTenancies(container.unit_of_work), container.projection),
        catalog=CatalogService(PostgresCatalogs(container.unit_of_work), container.projection),
        network=NetworkService(PostgresNetworks(container.unit_of_work), container.projection),
        dead_letters=container.dead_letters,
        queue_status=container.queue_status,
    )
    try:
        yield services
    finally:
        container.unit_of_work.engine.dispose()
