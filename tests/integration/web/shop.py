"""A tenant with something to sell, straight into the tables, and the application that serves it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from flask.testing import FlaskClient
from psycopg import sql
from werkzeug.test import TestResponse

from app.domain.tenancy.keys import new_key
from app.domain.tenancy.tenant import Scope


@dataclass
class Shop:
    """One tenant as its customers and its operator reach it."""

    tenant_id: UUID
    key: str
    connection: psycopg.Connection
    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        sent = {"X-API-Key": self.key} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=sent)

    def activate(self, part_number: str, *, stock: int = 0, price: str | None = None, **content: Any) -> int:
        """A central part, sold by this tenant."""
        part_id = self._insert("part", part_number=part_number, **{"name": part_number, **content})
        item_id = self._item("catalog", part_number, stock, price)
        self._insert(
            "tenant_catalog_item", "item_id", item_id=item_id, tenant_id=self.tenant_id, part_id=part_id
        )
        return item_id

    def own(self, part_number: str, *, stock: int = 0, price: str | None = None, **content: Any) -> int:
        """A SKU of the tenant's own."""
        item_id = self._item("own", part_number, stock, price)
        content = {"name": part_number, **content}
        self._insert("tenant_part", "item_id", item_id=item_id, tenant_id=self.tenant_id, **content)
        return item_id

    def alias(self, alias: str, item_id: int) -> None:
        self._insert("tenant_sku_alias", "item_id", tenant_id=self.tenant_id, alias=alias, item_id=item_id)

    def set_stock(self, part_number: str, stock: int) -> None:
        self.connection.execute(
            "UPDATE stock_item SET stock = %s WHERE tenant_id = %s AND part_number = %s",
            (stock, self.tenant_id, part_number),
        )

    def set_tenant(self, **values: Any) -> None:
        for column, value in values.items():
            self.connection.execute(
                sql.SQL("UPDATE tenant SET {} = %s WHERE id = %s").format(sql.Identifier(column)),
                (value, self.tenant_id),
            )

    def new_key(self, *scopes: Scope) -> str:
        key = new_key()
        self.connection.execute(
            "INSERT INTO api_key (tenant_id, prefix, secret_hash, scopes) VALUES (%s, %s, %s, %s)",
            (self.tenant_id, key.prefix, key.secret_hash, [scope.value for scope in scopes]),
        )
        return key.text

    def _item(self, source: str, part_number: str, stock: int, price: str | None) -> int:
        return self._insert(
            "stock_item",
            tenant_id=self.tenant_id,
            source=source,
            part_number=part_number,
            stock=stock,
            price=price,
        )

    def _insert(self, table: str, returning: str = "id", **values: Any) -> int:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
            sql.Identifier(returning),
        )
        row = self.connection.execute(statement, list(values.values())).fetchone()
        assert row is not None
        return row[0]


def open_shop(connection: psycopg.Connection, client: FlaskClient, **settings: Any) -> Shop:
    """A new tenant with a key that has every scope; settings are columns of its row."""
    row = connection.execute(
        "INSERT INTO tenant (name, type) VALUES ('Shop', 'STANDARD') RETURNING id"
    ).fetchone()
    assert row is not None
    shop = Shop(row[0], "", connection, client)
    shop.key = shop.new_key(*Scope)
    shop.set_tenant(**settings)
    return shop
