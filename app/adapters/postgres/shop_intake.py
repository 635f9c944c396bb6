"""What feeds from a shop are made with: the clock, the mapping, the acceptance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection as Database
from sqlalchemy import text

from app.adapters.postgres import feeds
from app.adapters.postgres.arrays import texts
from app.adapters.postgres.connections import connection_in
from app.domain.shop.connection import Connection
from app.domain.stock.feed import Feed
from app.domain.stock.ports import NewFeed

_NOW: Final = text("SELECT clock_timestamp()")
_PART_NUMBERS: Final = text("""
    SELECT m.inventory_item_id, i.part_number
    FROM shopify_product_mapping m JOIN stock_item i ON i.id = m.item_id
    WHERE m.tenant_id = :tenant_id AND m.inventory_item_id = ANY(CAST(:ids AS text[]))
""")


class ShopIntake:
    """The verbs of `app.domain.shop.ports.StockIntake`, bound to one connection in one tenant's scope."""

    def __init__(self, database: Database, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id

    def now(self) -> datetime:
        now: datetime = self._database.execute(_NOW).scalar_one()
        return now

    def connection(self) -> Connection | None:
        return connection_in(self._database, self._tenant_id)

    def part_numbers(self, inventory_item_ids: Sequence[str]) -> Mapping[str, str]:
        found = self._database.execute(
            _PART_NUMBERS, {"tenant_id": self._tenant_id, "ids": texts(inventory_item_ids)}
        )
        return {row.inventory_item_id: row.part_number for row in found}

    def accept(self, new: NewFeed) -> Feed:
        return feeds.accept(self._database, self._tenant_id, new, None)
