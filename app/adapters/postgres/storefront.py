"""The storefront's truth: parts and stock of one tenant, in one statement each."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.storefront.part import FoundPart, PartPage, StockLine

_PART = text("""
    SELECT item.part_number, item.price, item.stock, found.via_alias,
           coalesce(own.name, part.name) AS name,
           coalesce(own.description, part.description) AS description,
           coalesce(own.brand, part.brand) AS brand,
           coalesce(own.category, part.category) AS category,
           coalesce(own.oem_part_number, part.oem_part_number) AS oem_part_number,
           coalesce(own.weight_kg, part.weight_kg) AS weight_kg,
           coalesce(own.image_url, part.image_url) AS image_url,
           coalesce(own.manual_url, part.manual_url) AS manual_url
    FROM (
        SELECT id AS item_id, false AS via_alias, source <> 'catalog' AS later
        FROM stock_item WHERE tenant_id = :tenant AND part_number = :number
        UNION ALL
        SELECT item_id, true, true
        FROM tenant_sku_alias WHERE tenant_id = :tenant AND alias = :number
    ) AS found
    JOIN stock_item AS item ON item.id = found.item_id
    LEFT JOIN tenant_catalog_item AS activated ON activated.item_id = item.id
    LEFT JOIN part ON part.id = activated.part_id
    LEFT JOIN tenant_part AS own ON own.item_id = item.id
    WHERE part.id IS NOT NULL OR own.item_id IS NOT NULL
    ORDER BY found.via_alias, found.later
    LIMIT 1
""")

_STOCK = text("""
    SELECT DISTINCT ON (item.part_number) item.part_number, item.stock,
           CASE WHEN item.stock <= 0 THEN 'out'
                WHEN item.stock < tenant.low_stock_threshold THEN 'low'
                ELSE 'in-stock' END AS stock_level
    FROM stock_item AS item JOIN tenant ON tenant.id = item.tenant_id
    WHERE item.tenant_id = :tenant AND item.part_number = ANY(:numbers)
    ORDER BY item.part_number, item.source <> 'catalog'
""")


class PostgresStorefrontStore:
    """Reads in the tenant's own scope; each call is one short transaction."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def part(self, tenant_id: UUID, part_number: str) -> FoundPart | None:
        """By activated catalog item, own part, alias, in this order."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            row = connection.execute(_PART, {"tenant": tenant_id, "number": part_number}).one_or_none()
        if row is None:
            return None
        fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
        via_alias = fields.pop("via_alias")
        return FoundPart(PartPage(**fields), via_alias)

    def stock(self, tenant_id: UUID, part_numbers: Sequence[str]) -> Sequence[StockLine]:
        """Aliases are not resolved; the catalog's item wins over an own part of the same number."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            rows = connection.execute(_STOCK, {"tenant": tenant_id, "numbers": list(part_numbers)})
            return [StockLine(*row) for row in rows]
