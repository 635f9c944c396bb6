"""A system that has just started plans every statement anew on every connection: measure one that is up."""

from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client, timed_together
from tests.benchmarks.feeds import FEED
from tests.benchmarks.stock import body

CLIENTS = 4
FEEDS_EACH = 60
ROWS = 20


def warm(bench: Bench) -> None:
    """Small feeds from several clients, until every thread has connected and prepared its statements."""

    def send(client: Client) -> None:
        for _ in range(FEEDS_EACH):
            client.post(FEED, body(bench.turns.rows(range(ROWS))))

    clients = [Client(bench.system.port, one.headers) for one in bench.tenants.first(CLIENTS)]
    timed_together([partial(send, client) for client in clients])
