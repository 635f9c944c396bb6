"""What people say of suppliers' SKUs, and how each SKU is shown to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.arrays import numbers, texts
from app.domain.suppliers.ports import Sku
from app.domain.suppliers.service import SKU_TERMS
from app.domain.suppliers.supplier import SkuTerms

_DROP_OTHERS: Final = text("""
    DELETE FROM supplier_sku WHERE supplier_id = :supplier_id AND NOT (sku = ANY(CAST(:skus AS text[])))
""")
_KEEP: Final = text("""
    INSERT INTO supplier_sku (
        supplier_id, tenant_id, sku, part_number, low_stock_threshold, reorder_point, target_stock, pack_size,
        order_minimum)
    SELECT p.id, p.tenant_id, n.* FROM supplier p, unnest(
        CAST(:skus AS text[]), CAST(:part_number AS text[]), CAST(:low_stock_threshold AS int[]),
        CAST(:reorder_point AS int[]), CAST(:target_stock AS int[]), CAST(:pack_size AS int[]),
        CAST(:order_minimum AS int[])) AS n
    WHERE p.id = :supplier_id
    ON CONFLICT (supplier_id, sku) DO UPDATE
    SET part_number = excluded.part_number, low_stock_threshold = excluded.low_stock_threshold,
        reorder_point = excluded.reorder_point, target_stock = excluded.target_stock, pack_size = excluded.pack_size,
        order_minimum = excluded.order_minimum
""")

_SKU: Final = """
    SELECT s.id, s.sku, s.part_number, s.listed, s.quantity, s.reserved, s.shipped, s.available, s.shortage,
           s.incoming, s.price, s.lead_time_days, s.level,
           COALESCE(s.as_of, CASE WHEN s.listed THEN p.confirmed_at END) AS as_of, s.low_stock_threshold,
           COALESCE(s.reorder_point, p.reorder_point) AS reorder_point,
           COALESCE(s.target_stock, p.target_stock) AS target_stock, s.pack_size, s.order_minimum
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    WHERE s.supplier_id = :supplier_id
"""
_PAGE: Final = text(f"{_SKU} AND s.sku > :after ORDER BY s.sku LIMIT :limit")
_ONE: Final = text(f"{_SKU} AND s.sku = :sku")
_SET_TERMS: Final = """
    INSERT INTO supplier_sku AS k (supplier_id, tenant_id, sku, {columns})
    SELECT p.id, p.tenant_id, :sku, {values} FROM supplier p WHERE p.id = :supplier_id
    ON CONFLICT (supplier_id, sku) DO UPDATE SET {changes}
"""


def keep(connection: Connection, supplier_id: UUID, skus: Mapping[str, SkuTerms]) -> None:
    """Those and no others have words of their own."""
    given: dict[str, Any] = {
        "supplier_id": supplier_id,
        "skus": texts(list(skus)),
        "part_number": [terms.part_number for terms in skus.values()],
    }
    for name in SKU_TERMS[1:]:
        given[name] = numbers([getattr(terms, name) for terms in skus.values()])
    connection.execute(_DROP_OTHERS, given)
    connection.execute(_KEEP, given)


def page(connection: Connection, supplier_id: UUID, limit: int, after: str | None) -> Sequence[Sku]:
    """In the order of their names."""
    given = {"supplier_id": supplier_id, "limit": limit, "after": after or ""}
    return [Sku(**row) for row in connection.execute(_PAGE, given).mappings()]


def one(connection: Connection, supplier_id: UUID, sku: str) -> Sku | None:
    """By its name."""
    row = connection.execute(_ONE, {"supplier_id": supplier_id, "sku": sku}).mappings().one_or_none()
    return None if row is None else Sku(**row)


def set_terms(connection: Connection, supplier_id: UUID, sku: str, terms: Mapping[str, Any]) -> None:
    """Those that are named, of a SKU that is listed or will be."""
    given = {name: terms[name] for name in SKU_TERMS if name in terms}
    if not given:
        return
    statement = _SET_TERMS.format(
        columns=", ".join(given),
        values=", ".join(f"CAST(:{name} AS {'text' if name == 'part_number' else 'int'})" for name in given),
        changes=", ".join(f"{name} = excluded.{name}" for name in given),
    )
    connection.execute(text(statement), {"supplier_id": supplier_id, "sku": sku, **given})
