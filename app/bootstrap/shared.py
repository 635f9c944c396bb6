"""What every part of a process is built from; connected at its first use."""

from dataclasses import dataclass
from typing import Final

from redis import Redis

from app.adapters.dramatiq.broker import DramatiqBell, connect
from app.adapters.outbound.exchange import Internet
from app.adapters.outbound.guard import Guard
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.adapters.redis.client import Circuit, client_for
from app.adapters.redis.projection import RedisProjection
from app.adapters.redis.signals import RedisSignals
from app.adapters.secrets.vault import MultiFernetVault
from app.adapters.smtp.server import SmtpServer
from app.domain.stock.accept import LOOK_AGAIN_S
from app.settings import Settings
from app.telemetry.metrics import Metrics

RING_TIMEOUT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts share.

    `circuit`: one for all that share the cache's instance; a hung Redis costs a request one time-out, not one each.

    `waiting`: a client whose commands may wait for a signal.
    """

    settings: Settings
    unit_of_work: UnitOfWork
    cache: Redis
    waiting: Redis
    circuit: Circuit
    projection: RedisProjection
    signals: RedisSignals
    bell: DramatiqBell
    vault: MultiFernetVault
    guard: Guard
    internet: Internet
    mail_server: SmtpServer | None
    metrics: Metrics

    def close(self) -> None:
        """End every connection; the next use opens one again."""
        self.unit_of_work.engine.dispose()
        for client in (self.cache, self.waiting):
            client.connection_pool.disconnect()
        self.bell.close()


def shared(settings: Settings) -> Shared:
    """One of each."""
    cache = client_for(settings.redis_url)
    circuit = Circuit("cache")
    waiting = client_for(settings.redis_url, timeout_s=LOOK_AGAIN_S * 2)
    guard = Guard(settings.outbound_allow_hosts.split(","))
    return Shared(
        settings=settings,
        unit_of_work=UnitOfWork(
            engine_for(settings.database_url, pool_size=settings.web_threads, application_name="stockline"),
        ),
        cache=cache,
        waiting=waiting,
        circuit=circuit,
        projection=RedisProjection(cache, circuit=circuit),
        signals=RedisSignals(cache, waiting),
        bell=DramatiqBell(connect(settings.broker_url, [], timeout_s=RING_TIMEOUT_S), Circuit("broker").run),
        vault=MultiFernetVault(settings.encryption_keys),
        guard=guard,
        internet=Internet(guard),
        mail_server=SmtpServer(settings.smtp_url) if settings.smtp_url else None,
        metrics=Metrics(settings.metrics_dir),
    )
