"""A tenant with suppliers whose sources answer what the test says; the worker is the test's thread."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from app.adapters.postgres.supplier_polls import PostgresSupplierPolls
from app.adapters.postgres.suppliers import PostgresSuppliers
from app.adapters.secrets.vault import MultiFernetVault
from app.bootstrap import Container
from app.domain.suppliers.poll import PollJob
from app.domain.suppliers.service import SupplierDesk
from app.domain.suppliers.source import Fetched, Source
from app.domain.work.dispatch import Actor
from app.web.app import create_app
from tests.shops import KEY
from tests.stockline import Stockline

Answer = Fetched | Exception | Callable[[], Fetched]


class Silent:
    def ring(self, actor: Any, dispatch_id: Any) -> None:
        """The tests' worker looks for itself."""


def rows(*told: Mapping[str, Any]) -> bytes:
    return json.dumps(list(told), ensure_ascii=False).encode()


def fetched(*pages: bytes, etag: str | None = None) -> Fetched:
    return Fetched(200, pages, etag, None, 0.01)


NOT_MODIFIED = Fetched(304, (), None, None, 0.01)


@dataclass
class Sources:
    """What the sources answer, by the path of their URL: the next of a list, the last one again and again."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str | None, Mapping[str, str]]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def fetch(
        self,
        source: Source,
        secrets: Mapping[str, str],
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        code = source.url.rsplit("/", 1)[1]
        with self.lock:
            self.asked.append((code, etag, secrets))
            left = self.answers[code]
            answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Fetched) else answer()


@dataclass
class Purchaser:
    """One tenant and its suppliers."""

    stockline: Stockline
    sources: Sources

    @property
    def tenant_id(self) -> UUID:
        return self.stockline.tenant_id

    @property
    def desk(self) -> SupplierDesk:
        return self.stockline.container.suppliers

    def supplier(self, code: str = "north", **changes: Any) -> UUID:
        """A supplier that is described; its first reading is due."""
        document = {
            "code": code,
            "name": f"The {code}",
            "url": f"https://stock.example/{code}",
            "format": "json",
            "fields": {"sku": "sku", "quantity": "quantity", "updatedAt": "at", "incoming": "incoming"},
            "dropGuardPercent": 50,
        }
        return self.desk.apply(self.tenant_id, document | changes)

    def answers(self, *answers: Answer | Sequence[tuple[str, int]], code: str = "north") -> None:
        """Of a source, one after the other; pairs of SKU and quantity are a report."""
        self.sources.answers[code] = [
            fetched(rows(*({"sku": sku, "quantity": quantity} for sku, quantity in answer)))
            if isinstance(answer, list)
            else answer
            for answer in answers
        ]

    def reads(self, *told: tuple[str, int], code: str = "north") -> dict[str, Any]:
        """The supplier is read and says this; the poll."""
        self.answers(list(told), code=code)
        return self.polled(code)

    def polled(self, code: str = "north") -> dict[str, Any]:
        """The supplier is read now; the poll."""
        self.due(code)
        self.stockline.drain()
        return self.polls(code)[0]

    def due(self, code: str = "north") -> None:
        """The interval passes, or whatever was waited for."""
        self.stockline.sql(
            "UPDATE supplier SET poll_at = clock_timestamp(), due_at = LEAST(due_at, clock_timestamp())"
            " WHERE tenant_id = %s AND code = %s",
            self.tenant_id,
            code,
        )
        self.stockline.sql(
            "UPDATE dispatch SET not_before = clock_timestamp(), lease_until = clock_timestamp() - interval '1 s'"
            " WHERE id = (SELECT id FROM supplier WHERE tenant_id = %s AND code = %s)",
            self.tenant_id,
            code,
        )

    def polls(self, code: str = "north") -> list[dict[str, Any]]:
        """Newest first."""
        return self.rows(
            "SELECT q.* FROM supplier_poll q JOIN supplier p ON p.id = q.supplier_id"
            " WHERE p.tenant_id = %s AND p.code = %s ORDER BY q.started_at DESC, q.id DESC",
            self.tenant_id,
            code,
        )

    def stands(self, code: str = "north") -> dict[str, int]:
        """Quantities of what is listed."""
        found = self.skus(code)
        return {sku: row["quantity"] for sku, row in found.items() if row["listed"]}

    def skus(self, code: str = "north") -> dict[str, dict[str, Any]]:
        found = self.rows(
            "SELECT s.*, s.xmin::text AS version FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id"
            " WHERE p.tenant_id = %s AND p.code = %s ORDER BY s.sku",
            self.tenant_id,
            code,
        )
        return {row["sku"]: row for row in found}

    def row(self, code: str = "north") -> dict[str, Any]:
        """The supplier as it is kept."""
        return self.rows("SELECT * FROM supplier WHERE tenant_id = %s AND code = %s", self.tenant_id, code)[0]

    def wait_s(self, code: str = "north") -> float:
        """Until the supplier is read next."""
        return self.stockline._value(
            "SELECT extract(epoch FROM d.not_before - clock_timestamp())::float FROM dispatch d"
            " JOIN supplier p ON p.id = d.id WHERE p.tenant_id = %s AND p.code = %s AND d.state = 'ready'",
            self.tenant_id,
            code,
        )

    def alerts(self) -> list[str]:
        """Kinds, oldest first."""
        found = self.rows(
            "SELECT kind FROM alert WHERE tenant_id = %s ORDER BY created_at, id", self.tenant_id
        )
        return [row["kind"] for row in found]

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        found = self.stockline.database.execute(statement, values)
        assert found.description
        names = [column.name for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """A call of the portal's API."""
        headers = {"X-API-Key": self.stockline.key} | options.pop("headers", {})
        client = self.stockline.application.test_client()
        return client.open(f"/api/app{path}", method=method, headers=headers, **options)

    def order(self, order_id: str, **lines: int) -> None:
        """Units by part number, reserved."""
        told = [{"partNumber": part, "quantity": quantity} for part, quantity in lines.items()]
        answer = self.stockline.post("orders", {"channel": "web", "orderId": order_id, "lines": told})
        assert answer.status_code == 201, answer.text

    def fulfil(self, order_id: str) -> None:
        answer = self.stockline.request("POST", f"/orders/web/{order_id}/fulfil")
        assert answer.status_code == 200, answer.text

    @contextmanager
    def job(self, **changes: Any) -> Any:
        """A worker of its own, which differs from the others."""
        container = with_sources(self.stockline.container, self.sources, **changes)
        yield replace(self, stockline=replace(self.stockline, container=container))


def _middle(low: float, high: float) -> float:
    """Instead of a random one: a try again that is due at once would be made by the same drain."""
    return (low + high) / 2


def with_sources(container: Container, sources: Sources, **changes: Any) -> Container:
    """A process that asks these sources."""
    vault = MultiFernetVault(KEY)
    transactions = changes.pop("transactions", PostgresSupplierPolls(container.unit_of_work))
    usual = {"lease_s": 60.0, "chunk_rows": 3, "draw": _middle}
    job = PollJob(transactions, sources, vault, **usual | changes)
    desk = SupplierDesk(PostgresSuppliers(container.unit_of_work), vault, Silent())
    handlers = {**container.handlers, Actor.SUPPLIERS_POLL: (job.run, job.give_up)}
    return replace(container, handlers=handlers, suppliers=desk, supplier_fetcher=sources)


_OPENED: dict[int, tuple[Container, Container, Flask, Sources]] = {}


def open_purchaser(stockline: Stockline) -> Purchaser:
    """A tenant whose suppliers' sources are the test's. An application takes long to make: one for each process."""
    given = stockline.container
    if id(given) not in _OPENED:
        sources = Sources()
        container = with_sources(given, sources)
        _OPENED[id(given)] = given, container, create_app(container), sources
    _, container, application, sources = _OPENED[id(given)]
    sources.answers.clear()
    sources.asked.clear()
    return Purchaser(replace(stockline, container=container, application=application), sources)
