"""Accept to applied: rows a second over HTTP, every value changed, beside COPY, a thin endpoint and an ORM."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client, timed_together
from tests.benchmarks.peers import table, thin_endpoint
from tests.benchmarks.peers.copy_upsert import CopyUpsert
from tests.benchmarks.peers.orm_update import OrmUpdate
from tests.benchmarks.processes import serving
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import Rates, Side, interleaved, ratio
from tests.benchmarks.stock import Rows, body
from tests.benchmarks.tenants import PARTS, Tenant

CLIENTS = (1, 2, 4)
ORM_ROWS = 2_000
FEED = "/api/integrations/stock-feed"
OURS, THIN, COPY, ORM = "ours", "thin endpoint", "COPY upsert", "ORM"
Send = Callable[[Sequence[Any]], int]
"""Sends batches, encoded or as rows, and answers how many rows it changed."""


def run(bench: Bench) -> Section:
    """Both sizes of request, each with 1, 2 and 4 clients on tenants of their own."""
    section = Section("feeds", "accept to applied, every value changed")
    tenants = bench.tenants.first(max(CLIENTS))
    with bench.system.owner() as owner:
        table.create(owner, tenants)
    with _sides(bench, tenants) as sides:
        for clients in CLIENTS:
            _small(bench, section, sides, clients)
        for clients in CLIENTS:
            _large(bench, section, sides, clients)
    return section


@dataclass(frozen=True)
class Sides:
    """A sender for each tenant, of ours and of each peer."""

    ours: Sequence[Send]
    thin: Sequence[Send]
    copy: Sequence[Send]
    orm: Send


@contextmanager
def _sides(bench: Bench, tenants: Sequence[Tenant]) -> Iterator[Sides]:
    system = bench.system
    workers = system.settings.web_concurrency
    url = system.record["databaseOwnerUrl"]
    with ExitStack() as stack:
        thin_port = stack.enter_context(
            serving(
                "thin endpoint",
                lambda host, port: thin_endpoint.command(sys.executable, host, port, workers),
                {thin_endpoint.URL_VARIABLE: url},
                system.logs / "thin.log",
            )
        )
        orm = OrmUpdate(url, tenants[0])
        stack.callback(orm.close)
        connections = [stack.enter_context(system.owner()) for _ in tenants]
        pairs = zip(connections, tenants, strict=True)
        yield Sides(
            ours=[partial(_post_feeds, Client(system.port, one.headers)) for one in tenants],
            thin=[partial(_post_thin, Client(thin_port, {"X-Tenant": one.id})) for one in tenants],
            copy=[CopyUpsert(connection, tenant).send for connection, tenant in pairs],
            orm=orm.send,
        )


def _post_feeds(client: Client, bodies: Sequence[bytes]) -> int:
    return sum(client.post(FEED, one)["changed"] for one in bodies)


def _post_thin(client: Client, bodies: Sequence[bytes]) -> int:
    return sum(client.post("/stock", one)["updated"] for one in bodies)


def _small(bench: Bench, section: Section, sides: Sides, clients: int) -> None:
    """1,000 rows a request."""
    total = PARTS // 2 if bench.quick else PARTS
    against = {
        OURS: _side(bench, sides.ours[:clients], total, 1000, body),
        THIN: _side(bench, sides.thin[:clients], total, 1000, body),
    }
    if clients == 1:
        against[ORM] = _side(bench, [sides.orm], ORM_ROWS, 1000)
    rates = interleaved(bench.rounds(7, 3), against)
    section.raw[f"1,000 rows a request, clients: {clients}"] = rates
    what = f"1,000 rows a request, {_counted(clients)}: thin endpoint"
    section.checks.append(Check(what, 0.4, ratio(rates, OURS, THIN), detail=_rates(rates, OURS, THIN)))
    if clients == 1:
        what = "1,000 rows a request, 1 client: ORM row by row"
        section.checks.append(Check(what, 5, ratio(rates, OURS, ORM), detail=_rates(rates, OURS, ORM)))


def _large(bench: Bench, section: Section, sides: Sides, clients: int) -> None:
    """20,000 rows a request, beside COPY upserts of 1,000 rows a transaction."""
    rates = interleaved(
        bench.rounds(9, 4),
        {
            OURS: _side(bench, sides.ours[:clients], PARTS, PARTS, body),
            COPY: _side(bench, sides.copy[:clients], PARTS, 1000),
        },
    )
    section.raw[f"20,000 rows a request, clients: {clients}"] = rates
    what = f"20,000 rows a request, {_counted(clients)}: COPY upsert"
    section.checks.append(Check(what, 0.5, ratio(rates, OURS, COPY), detail=_rates(rates, OURS, COPY)))


def _side(
    bench: Bench, senders: Sequence[Send], total: int, size: int, encode: Callable[[Rows], Any] = list
) -> Side:
    """Rows a second when every sender sends `total` rows in batches of `size`, all at once."""

    def one_round(_: int) -> float:
        batches = [encode(batch) for batch in bench.turns.batches(total, size)]
        seconds, changed = timed_together([partial(send, batches) for send in senders])
        if changed != [total] * len(senders):
            raise RuntimeError(f"{total} rows were sent to be changed, and {changed} were")
        return sum(changed) / seconds

    return one_round


def _counted(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"


def _rates(rates: Rates, ours: str, peer: str) -> str:
    return f"{number(median(rates[ours]))} rows/s, {peer} {number(median(rates[peer]))}"
