"""The one place that names concrete adapters: settings in, everything a process needs out."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.adapters.postgres.migrate import current_revision, newest_revision
from app.adapters.postgres.storefront import PostgresStorefrontStore
from app.adapters.postgres.tenancy import PostgresTenancies
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.adapters.redis.client import answers, client_for
from app.adapters.redis.projection import RedisProjection
from app.adapters.redis.token_bucket import TokenBucket
from app.domain.storefront.reads import StorefrontReads
from app.domain.tenancy.sign_in import SignIn
from app.domain.tenancy.tenant import Principal
from app.settings import Settings
from app.telemetry.metrics import Metrics, QueueStatus
from app.telemetry.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Container:
    """What a process is built with; nothing in it is connected before its first use."""

    settings: Settings
    unit_of_work: UnitOfWork
    authenticate: Callable[[str], Principal | None]
    projection: RedisProjection
    storefront: StorefrontReads
    rate_limiter: TokenBucket
    readiness: Readiness
    metrics: Metrics
    queue_status: Callable[[], Iterable[QueueStatus]] | None = None


def build(settings: Settings) -> Container:
    """The container of a web process or a worker."""
    unit_of_work = UnitOfWork(
        engine_for(settings.database_url, pool_size=settings.web_threads, application_name="stockline"),
    )
    cache = client_for(settings.redis_url)
    projection = RedisProjection(cache)
    sign_in = SignIn(PostgresTenancies(unit_of_work), cache_s=settings.key_cache_s)

    def revision() -> str | None:
        with unit_of_work.platform() as connection:
            return current_revision(connection)

    return Container(
        settings=settings,
        unit_of_work=unit_of_work,
        authenticate=lambda raw_key: sign_in.authenticate(raw_key, time.monotonic()),
        projection=projection,
        storefront=StorefrontReads(PostgresStorefrontStore(unit_of_work), projection),
        rate_limiter=TokenBucket(cache),
        readiness=Readiness(revision, newest_revision(), lambda: answers(cache)),
        metrics=Metrics(settings.metrics_dir),
    )
