"""A dealer network as its members know it: who asks, the dealers it has, the resellers behind them, their consents."""

import threading
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from werkzeug.test import TestResponse

from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.bootstrap import Container
from app.domain.network.collation import sort_key
from app.domain.network.hours import DAYS
from app.domain.network.ports import Kind, NetworkStore, SharedStock
from app.domain.network.reads import NetworkReads
from app.web.app import create_app
from tests.stockline import Stockline, open_stockline

ALWAYS: Final = {day: [["00:00", "24:00"]] for day in DAYS}
NEVER: Final[dict[str, Any]] = {day: [] for day in DAYS}
CARD: Final = ("name", "address", "city", "postalCode", "country", "phone", "website", "lat", "lng")
HERE: Final = {"lat": 59.0, "lng": 18.0}
PART: Final = "P"


@dataclass
class Network:
    """One tenant with dealers, as its shop's visitors and its partners see it."""

    owner: Stockline

    @property
    def id(self) -> UUID:
        return self.owner.tenant_id

    def dealer(self, of: Stockline | None = None, **columns: Any) -> str:
        """An active dealer where the visitor stands, linked to a reseller's tenant if one is given."""
        told = {"name": "Dealer", **HERE, **columns, "tenant_id": self.id}
        told["name_key"] = sort_key(told["name"])
        if of is not None:
            told["linked_tenant_id"] = of.tenant_id
        if hours := told.pop("hours", None):
            told |= {"opening_hours": Jsonb(hours), "timezone": "Europe/Stockholm"}
        return str(self._one("INSERT INTO dealer ({}) VALUES ({}) RETURNING id", told))

    def edit(self, dealer_id: str, **columns: Any) -> None:
        for column, value in columns.items():
            statement = sql.SQL("UPDATE dealer SET {} = %s WHERE id = %s").format(sql.Identifier(column))
            self.owner.database.execute(statement, (value, dealer_id))

    def delete(self, dealer_id: str) -> None:
        self.owner.sql("DELETE FROM dealer WHERE id = %s", dealer_id)

    def reseller(self, stock: int | None = None, precision: str | None = None, **settings: Any) -> Stockline:
        """A reseller; with a stock it sells PART, with a precision it shares with this tenant."""
        made = self.owner.another("RESELLER")
        made.set(**settings)
        if stock is not None:
            made.activate(PART)
            made.stock_feed({"partNumber": PART, "stock": stock})
        if precision is not None:
            self.shared_by(made, precision)
        return made

    def shared_by(self, reseller: Stockline, precision: str) -> None:
        """The reseller's own call."""
        response = sharing(reseller, "PUT", f"/{self.id}", json={"precision": precision})
        assert response.status_code == 200, response.text

    def ask(
        self, part_number: str = PART, *, headers: dict[str, str] | None = None, **query: Any
    ) -> TestResponse:
        """GET /api/t/dealers/stock from where the dealers are, unless the query says otherwise."""
        asked = {"partNumber": part_number, **query}
        if not asked.keys() & {"lat", "lng", "postalCode", "country"}:
            asked |= HERE
        return self.get("/dealers/stock", query_string=asked, headers=headers or {})

    def nearby(self, part_number: str = PART, **query: Any) -> list[dict[str, Any]]:
        response = self.ask(part_number, **query)
        assert response.status_code == 200, response.text
        return response.json

    def names(self, part_number: str = PART, **query: Any) -> list[str]:
        return [one["name"] for one in self.nearby(part_number, **query)]

    def get(self, path: str, **options: Any) -> TestResponse:
        headers = {"X-API-Key": self.owner.key} | options.pop("headers", {})
        client = self.owner.application.test_client()
        return client.get(f"/api/t{path}", headers=headers, **options)

    def over(self, container: Container) -> "Network":
        """The same tenant, asked at another process."""
        return Network(self.owner.over(container))

    def _one(self, statement: str, values: dict[str, Any]) -> Any:
        query = sql.SQL(statement).format(  # type: ignore[arg-type]
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        row = self.owner.database.execute(query, list(values.values())).fetchone()
        assert row is not None
        return row[0]


def sharing(reseller: Stockline, method: str, path: str = "", **options: Any) -> TestResponse:
    """A call of the reseller's to /api/app/stock-sharing."""
    headers = {"X-API-Key": reseller.key} | options.pop("headers", {})
    client = reseller.application.test_client()
    return client.open(f"/api/app/stock-sharing{path}", method=method, headers=headers, **options)


def manufacturer(container: Container, owner: psycopg.Connection) -> Network:
    """A new one's, asked at a process of this container."""
    return Network(open_stockline(container, create_app(container), owner, "MANUFACTURER"))


def entry(network: Network, kind: Kind = Kind.HOLDERS, name: str = PART) -> str:
    return f"t:{{{network.id}}}:{kind}:{name}"


def stocks(network: Network) -> list[int]:
    return [one["stock"] for one in network.nearby()]


class GatedStore:
    """The truth, read, but told only when the gate opens; counts what is read."""

    def __init__(self, store: NetworkStore) -> None:
        self._store = store
        self.reading, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        self.reads: list[str] = []

    def directory(self, tenant_id: UUID) -> Any:
        self.reads.append("dealers")
        return self._store.directory(tenant_id)

    def shared_stock(self, tenant_id: UUID, part_number: str) -> SharedStock:
        self.reads.append(part_number)
        found = self._store.shared_stock(tenant_id, part_number)
        self.reading.set()
        assert self.gate.wait(10)
        return found


def gated(network: Network) -> tuple[GatedStore, Network]:
    """The same tenant at a process whose reads of the truth can be held up."""
    container = network.owner.container
    store = GatedStore(PostgresNetworkStore(container.unit_of_work))
    return store, network.over(replace(container, nearby=NetworkReads(store, container.projection)))
