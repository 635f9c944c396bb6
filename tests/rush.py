"""A rush on a few SKUs: many clients, in processes that are killed, while suppliers report; and what came of it.

A process of clients sends the orders that its journal has no answer of, each until it is answered, and writes every
answer down at once. Killed and started again it goes on. `python -m tests.rush` is the nursery that they are forked
from: it has read every module, so that one that is killed is back at once.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg

from app import bootstrap
from app.adapters.postgres import supplier_stock
from app.bootstrap import Container
from app.domain.errors import TransientError
from app.domain.orders.errors import OrderRefusedError
from app.domain.orders.order import Line, NewOrder
from app.domain.suppliers.report import plan
from app.domain.suppliers.source import Report, ReportRow
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 4
CONNECTIONS = 12
"""Of a process of clients; they wait for one another as the threads of a web server do."""
ENDS_S_MAX = 60.0
AGAIN_S = 0.01


@dataclass(frozen=True)
class Sale:
    """What is there and what is asked: orders of one unit, spread over the SKUs."""

    skus: int = 20
    units: int = 1_000
    asked: int = 1_400
    clients: int = 200

    @property
    def each(self) -> int:
        """Units of a SKU."""
        return self.units // self.skus

    def sku(self, number: int) -> str:
        return f"P-{number % self.skus:03}"

    @property
    def sold(self) -> int:
        """What must be: of each SKU what is asked, or what is there."""
        return sum(min(self.each, len(range(at, self.asked, self.skus))) for at in range(self.skus))


@dataclass(frozen=True)
class Outcome:
    """What the clients were told and what the tables have."""

    told: Counter[str]
    taken: int
    reserved: list[int]
    unknown: int
    seconds: float
    kills: int
    reports: int

    def exact(self, sale: Sale) -> bool:
        """Whether of each SKU min(asked, available) is sold, everybody was told so, and every order that was is there."""
        return (
            self.reserved == [sale.each] * sale.skus
            and self.told == {"sold": sale.sold, "insufficient_stock": sale.asked - sale.sold}
            and (self.taken, self.unknown) == (sale.sold, 0)
        )


def stock(database: psycopg.Connection, tenant_id: UUID, sale: Sale) -> UUID:
    """A supplier with the sale's units; its id."""
    row = database.execute(
        "INSERT INTO supplier (tenant_id, code, name, source) VALUES (%s, %s, 'S', '{}') RETURNING id",
        (tenant_id, f"S-{time.monotonic_ns()}"),
    ).fetchone()
    assert row is not None
    for at in range(sale.skus):
        database.execute(
            "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, part_number, quantity)"
            " VALUES (%s, %s, %s, %s, %s)",
            (tenant_id, row[0], sale.sku(at), sale.sku(at), sale.each),
        )
    return row[0]


def rush(
    container: Container,
    database: psycopg.Connection,
    tenant_id: UUID,
    sale: Sale,
    place: Path,
    *,
    kills: int,
    seed: int,
) -> Outcome:
    """Every order sent until it is answered, whoever dies meanwhile."""
    supplier = stock(database, tenant_id, sale)
    numbers = list(range(sale.asked))
    random.Random(seed).shuffle(numbers)
    with nursery() as fork, reports(container, tenant_id, supplier, sale) as made:
        began = time.monotonic()
        crowds = [
            Crowd(fork, container.settings, tenant_id, sale, numbers[at::PROCESSES], place / f"{seed}-{at}")
            for at in range(PROCESSES)
        ]
        _kill(crowds, kills, random.Random(seed))
        for crowd in crowds:
            crowd.finish()
        seconds = time.monotonic() - began
    answers = [answer for crowd in crowds for answer in crowd.answers()]
    counts = database.execute(
        "SELECT reserved FROM supplier_stock WHERE supplier_id = %s ORDER BY sku", (supplier,)
    ).fetchall()
    standing = {
        int(one)
        for (one,) in database.execute("SELECT order_id FROM stock_order WHERE tenant_id = %s", (tenant_id,))
    }
    return Outcome(
        told=Counter(answer for _, answer in answers),
        taken=len(standing),
        reserved=[count for (count,) in counts],
        unknown=len({number for number, answer in answers if answer == "sold"} - standing),
        seconds=seconds,
        kills=sum(crowd.deaths for crowd in crowds),
        reports=made[0],
    )


Fork = Callable[[str], int]
"""Starts a process of clients from what it is given; its id."""


@contextmanager
def nursery() -> Iterator[Fork]:
    """Where processes of clients come from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rush"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    orders, told = process.stdin, process.stdout

    def fork(given: str) -> int:
        orders.write(f"{given}\n")
        orders.flush()
        return int(told.readline())

    try:
        yield fork
    finally:
        orders.close()
        told.close()
        process.wait(10)


class Crowd:
    """A process of clients, and its journal."""

    def __init__(
        self,
        fork: Fork,
        settings: Settings,
        tenant_id: UUID,
        sale: Sale,
        numbers: Sequence[int],
        journal: Path,
    ) -> None:
        self.fork, self.deaths = fork, 0
        self._journal, self._numbers = journal, numbers
        journal.touch()
        self._given = json.dumps(
            {
                "settings": settings.model_dump() | {"web_threads": CONNECTIONS},
                "tenant": str(tenant_id),
                "clients": sale.clients // PROCESSES,
                "orders": {number: sale.sku(number) for number in numbers},
                "journal": str(journal),
            }
        )
        self._pid = fork(self._given)

    def kill(self) -> None:
        """-9, and start anew."""
        os.kill(self._pid, signal.SIGKILL)
        self._ended()
        self.deaths += 1
        self._pid = self.fork(self._given)

    def answers(self) -> list[tuple[int, str]]:
        """The whole lines: the last may have been cut."""
        lines = self._journal.read_text().splitlines(keepends=True)
        whole = [line.split() for line in lines if line.endswith("\n")]
        return [(int(number), answer) for number, answer in whole]

    @property
    def left(self) -> int:
        """Orders without an answer."""
        return len(self._numbers) - len(self.answers())

    def finish(self) -> None:
        try:
            self._ended()
        finally:
            if psutil.pid_exists(self._pid):
                os.kill(self._pid, signal.SIGKILL)
        assert sorted(number for number, _ in self.answers()) == sorted(self._numbers)

    def _ended(self) -> None:
        deadline = time.monotonic() + ENDS_S_MAX
        while psutil.pid_exists(self._pid):
            assert time.monotonic() < deadline, f"clients do not get on: {self.left} orders are left"
            time.sleep(AGAIN_S)


def _kill(crowds: Sequence[Crowd], kills: int, chance: random.Random) -> None:
    """At moments between the first answer and the last."""
    total = sum(crowd.left for crowd in crowds)
    for number in range(kills):
        left = total - total * (number + 1) // (kills + 2)
        deadline = time.monotonic() + ENDS_S_MAX
        while sum(crowd.left for crowd in crowds) > left:
            assert time.monotonic() < deadline, "the clients do not get on"
            time.sleep(AGAIN_S)
        chance.choice([crowd for crowd in crowds if crowd.left]).kill()


@contextmanager
def reports(container: Container, tenant_id: UUID, supplier: UUID, sale: Sale) -> Iterator[list[int]]:
    """The supplier says again and again what it has, which moves every SKU's row; how often it did."""
    stopped, made = threading.Event(), [0]

    def report() -> None:
        while not stopped.wait(0.02):
            now = datetime.now(UTC)
            rows = [ReportRow(sale.sku(at), sale.each, now) for at in reversed(range(sale.skus))]
            with suppress(TransientError), container.unit_of_work.tenant(tenant_id) as database:
                standing = supplier_stock.standing(database, supplier)
                planned = plan(Report(rows, len(rows)), standing, at=now, confirmed_at=None, whole=False)
                supplier_stock.write(database, supplier, planned.changed)
            made[0] += 1

    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield made
    finally:
        stopped.set()
        thread.join(30)


def main() -> None:
    """The nursery: a line of what is given, a process, its id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is gone
    for given in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            clients(json.loads(given))
            os._exit(0)
        print(pid, flush=True)


def clients(given: dict[str, Any]) -> None:
    """One process of clients."""
    container = bootstrap.build(Settings.model_validate(given["settings"]))
    journal = os.open(given["journal"], os.O_RDWR | os.O_APPEND)
    text = os.read(journal, 1 << 24).decode()
    if text and not text.endswith("\n"):
        os.ftruncate(journal, text.rfind("\n") + 1)
    answered = {line.split()[0] for line in text.splitlines(keepends=True) if line.endswith("\n")}
    orders = [(name, sku) for name, sku in given["orders"].items() if name not in answered]

    def send(order: tuple[str, str]) -> None:
        told = answer(container, UUID(given["tenant"]), *order)
        os.write(journal, f"{order[0]} {told}\n".encode())

    with ThreadPoolExecutor(given["clients"]) as crowd:
        list(crowd.map(send, orders))


def answer(container: Container, tenant_id: UUID, name: str, sku: str) -> str:
    """Sent until it is answered."""
    while True:
        try:
            container.orders.reserve(tenant_id, NewOrder("web", name, [Line(sku, 1)]))
        except OrderRefusedError as error:
            return error.code
        except TransientError:
            time.sleep(AGAIN_S)
        else:
            return "sold"


if __name__ == "__main__":
    main()
