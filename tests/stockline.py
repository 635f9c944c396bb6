"""The product as a caller knows it: the application over real engines, a worker run in step, tables to fill."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from flask import Flask
from psycopg import sql
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.domain.tenancy.keys import new_key
from app.domain.tenancy.tenant import Scope
from app.web.app import create_app

DEADLINE_S = 60.0
Rows = Sequence[Any] | bytes


def until(condition: Callable[[], Any], what: str = "it") -> Any:
    """What the condition says, once it is true."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {DEADLINE_S} s"
        time.sleep(0.005)
    return found


def stamp(**before: float) -> str:
    """An RFC 3339 time as long ago as the keywords of timedelta say; negative ones lie ahead."""
    return (datetime.now(UTC) - timedelta(**before)).isoformat()


@dataclass
class Stockline:
    """One tenant of the system, seen by its POS, its operator and its worker."""

    container: Container
    application: Flask
    database: psycopg.Connection
    tenant_id: UUID
    key: str

    # --- as the POS ---

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"X-API-Key": self.key} | options.pop("headers", {})
        return self.application.test_client().open(
            f"/api/integrations{path}", method=method, headers=headers, **options
        )

    def get(self, path: str) -> TestResponse:
        return self.request("GET", path)

    def post(self, surface: str, rows: Rows, **headers: str) -> TestResponse:
        """One call as it comes: `Prefer="wait=1"`, `Idempotency_Key="k"`."""
        body = rows if isinstance(rows, bytes) else msgspec.json.encode(rows)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(
            "POST", f"/{surface}", data=body, headers={"Content-Type": "application/json"} | named
        )

    def accept(self, surface: str, rows: Rows, **headers: str) -> str:
        """The id of a feed that is accepted and not yet worked on."""
        response = self.post(surface, rows, Prefer="respond-async", **headers)
        assert response.status_code == 202, response.text
        return response.json["feedId"]

    def send(self, surface: str, rows: Rows, **headers: str) -> dict[str, Any]:
        """The result of a feed, applied."""
        feed_id = self.accept(surface, rows, **headers)
        self.drain()
        return self.result(feed_id)

    def stock_feed(self, *rows: Any) -> dict[str, Any]:
        return self.send("stock-feed", rows)

    def dry_run(self, surface: str, rows: Rows) -> dict[str, Any]:
        response = self.post(f"{surface}?dryRun=true", rows)
        assert response.status_code == 200, response.text
        return response.json

    def feed(self, feed_id: str) -> dict[str, Any]:
        return self.get(f"/feeds/{feed_id}").json

    def result(self, feed_id: str) -> dict[str, Any]:
        feed = self.feed(feed_id)
        assert feed["status"] == "applied", feed
        return feed["result"]

    def rows(self, feed_id: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a feed's rows."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        path: str | None = f"/feeds/{feed_id}/rows?{asked}"
        found: list[dict[str, Any]] = []
        while path:
            page = self.get(path)
            assert page.status_code == 200, page.text
            found += [msgspec.json.decode(line) for line in page.data.splitlines()]
            following = page.headers.get("Link")
            path = following and following.split(">")[0].removeprefix("</api/integrations")
        return found

    def activity(self, surface: str) -> dict[str, Any]:
        return {one["surface"]: one for one in self.get("/activity").json["surfaces"]}[surface]

    # --- as the worker ---

    def drain(self) -> None:
        """Work on everything of this tenant that is due, in this thread."""
        while due := self._due():
            for dispatch_id in due:
                self.container.work.run(dispatch_id, self.container.handlers)

    def _due(self) -> list[UUID]:
        rows = self.database.execute(
            "SELECT id FROM dispatch WHERE tenant_id = %s AND (state = 'ready' AND not_before <= clock_timestamp()"
            " OR state = 'running' AND lease_until < clock_timestamp()) ORDER BY seq",
            (self.tenant_id,),
        )
        return [one for (one,) in rows.fetchall()]

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker at work meanwhile."""
        stopped = threading.Event()

        def work() -> None:
            with psycopg.connect(self.database.info.dsn, autocommit=True, password=self._password) as own:
                mine = replace(self, database=platform(own))
                while not stopped.wait(0.005):
                    mine.drain()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(DEADLINE_S)

    @property
    def _password(self) -> str:
        return self.database.info.password

    # --- as the operator ---

    def activate(self, *part_numbers: str, stock: int = 0) -> list[int]:
        """Central parts that this tenant sells, at a stock that no feed has written."""
        items = []
        for part_number in part_numbers:
            part = self._value(
                "INSERT INTO part (part_number, name) VALUES (%s, 'P')"
                " ON CONFLICT (part_number) DO UPDATE SET name = 'P' RETURNING id",
                part_number,
            )
            items.append(self._item("catalog", part_number, stock))
            self.sql(
                "INSERT INTO tenant_catalog_item (item_id, tenant_id, part_id) VALUES (%s, %s, %s)",
                items[-1],
                self.tenant_id,
                part,
            )
        return items

    def own(self, *part_numbers: str, stock: int = 0) -> list[int]:
        """SKUs of the tenant's own."""
        items = []
        for part_number in part_numbers:
            items.append(self._item("own", part_number, stock))
            self.sql(
                "INSERT INTO tenant_part (item_id, tenant_id, name) VALUES (%s, %s, 'P')",
                items[-1],
                self.tenant_id,
            )
        return items

    def alias(self, alias: str, part_number: str) -> None:
        self.sql(
            "INSERT INTO tenant_sku_alias (tenant_id, alias, item_id)"
            " SELECT tenant_id, %s, id FROM stock_item WHERE tenant_id = %s AND part_number = %s LIMIT 1",
            alias,
            self.tenant_id,
            part_number,
        )

    def dealer(self, name: str = "Store") -> str:
        return str(
            self._value(
                "INSERT INTO dealer (tenant_id, name) VALUES (%s, %s) RETURNING id", self.tenant_id, name
            )
        )

    def pushed(self, item_id: int, stock: int, *, seconds_ago: float) -> None:
        """What the Shopify push will record before it calls."""
        self.sql(
            "INSERT INTO shopify_product_mapping (item_id, tenant_id, last_push_hash, last_pushed_at)"
            " VALUES (%s, %s, %s, now() - make_interval(secs => %s))",
            item_id,
            self.tenant_id,
            f"stock:{stock}",
            seconds_ago,
        )

    def set(self, **columns: Any) -> None:
        """The tenant's settings."""
        for column, value in columns.items():
            statement = sql.SQL("UPDATE tenant SET {} = %s WHERE id = %s").format(sql.Identifier(column))
            self.database.execute(statement, (value, self.tenant_id))

    def sql(self, statement: str, *values: Any, **named: Any) -> None:
        self.database.execute(statement, values or named or None)

    def stock(self, source: str | None = None) -> dict[str, int]:
        """What stands, by part number."""
        rows = self.database.execute(
            "SELECT part_number, stock FROM stock_item"
            " WHERE tenant_id = %s AND source = COALESCE(%s, source) ORDER BY part_number",
            (self.tenant_id, source),
        )
        return dict(rows.fetchall())

    def prices(self, part_number: str) -> tuple[str | None, ...]:
        row = self.database.execute(
            "SELECT price::text, compare_at_price::text, cost_price::text FROM stock_item"
            " WHERE tenant_id = %s AND part_number = %s",
            (self.tenant_id, part_number),
        ).fetchone()
        assert row is not None
        return row

    def dealer_stock(self) -> dict[tuple[str, str], int]:
        rows = self.database.execute(
            "SELECT dealer_id::text, part_number, stock FROM dealer_stock WHERE tenant_id = %s",
            (self.tenant_id,),
        )
        return {(dealer, part_number): stock for dealer, part_number, stock in rows.fetchall()}

    def count(self, table: str) -> int:
        """Rows of this tenant."""
        statement = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(sql.Identifier(table))
        return self._value(statement, self.tenant_id)

    def new_key(self, *scopes: Scope) -> str:
        key = new_key()
        self.sql(
            "INSERT INTO api_key (tenant_id, prefix, secret_hash, scopes) VALUES (%s, %s, %s, %s)",
            self.tenant_id,
            key.prefix,
            key.secret_hash,
            [scope.value for scope in scopes or Scope],
        )
        return key.text

    def another(self, type_: str = "HYBRID") -> "Stockline":
        """Another tenant of the same system."""
        return open_stockline(self.container, self.application, self.database, type_)

    def over(self, container: Container) -> "Stockline":
        """The same tenant, served by another process."""
        return replace(self, container=container, application=create_app(container))

    def _item(self, source: str, part_number: str, stock: int) -> int:
        return self._value(
            "INSERT INTO stock_item (tenant_id, source, part_number, stock) VALUES (%s, %s, %s, %s) RETURNING id",
            self.tenant_id,
            source,
            part_number,
            stock,
        )

    def _value(self, statement: Any, *values: Any) -> Any:
        row = self.database.execute(statement, values).fetchone()
        assert row is not None
        return row[0]


def platform(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection that sees all tenants."""
    connection.execute("SELECT set_config('app.platform', 'on', false)")
    return connection


def open_stockline(
    container: Container, application: Flask, database: psycopg.Connection, type_: str = "HYBRID"
) -> Stockline:
    """A new tenant with a key for everything."""
    row = database.execute(
        "INSERT INTO tenant (name, type) VALUES ('T', %s) RETURNING id", (type_,)
    ).fetchone()
    assert row is not None
    stockline = Stockline(container, application, database, row[0], "")
    stockline.key = stockline.new_key()
    return stockline


def zipped(rows: Sequence[Any]) -> bytes:
    return gzip.compress(msgspec.json.encode(rows), mtime=0)
