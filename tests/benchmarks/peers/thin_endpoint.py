"""The thinnest endpoint that does the job: Starlette on granian, one unnest upsert, no auth and no queue."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.benchmarks.peers.table import UPSERT_UNNEST

URL_VARIABLE = "BENCH_DATABASE_URL"
CONNECTIONS = 8
_pool: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    """A pool is a queue of connections: psycopg's own is a package that nothing else here needs."""
    for _number in range(CONNECTIONS):
        _pool.put_nowait(await psycopg.AsyncConnection.connect(os.environ[URL_VARIABLE], autocommit=True))
    yield


async def _post(request: Request) -> JSONResponse:
    rows = await request.json()
    names, stocks = [row["partNumber"] for row in rows], [row["stock"] for row in rows]
    connection = await _pool.get()
    try:
        done = await connection.execute(
            UPSERT_UNNEST, (request.headers["X-Tenant"], names, stocks), prepare=True
        )
    finally:
        _pool.put_nowait(connection)
    return JSONResponse({"updated": done.rowcount})


app = Starlette(routes=[Route("/stock", _post, methods=["POST"])], lifespan=_lifespan)


def command(python: str, host: str, port: int, workers: int) -> tuple[str, ...]:
    """Served as our web is, but for the interface: as many processes, the same backpressure."""
    return (
        *(python, "-m", "granian", "--interface", "asgi", "--no-ws"),
        *("--host", host, "--port", str(port), "--workers", str(workers), "--backpressure", "1024"),
        f"{__name__}:app",
    )
