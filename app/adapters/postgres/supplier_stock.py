"""What suppliers' SKUs stand at: written by reports alone, in sets, locked in the order that everybody locks them in."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import driver
from app.adapters.postgres.arrays import numbers, texts
from app.domain.suppliers.report import Standing, Told

_STANDING: Final = """
    SELECT id, sku, quantity, incoming, source_reserved, price, lead_time_days, as_of, listed, shipped > 0
    FROM supplier_stock WHERE supplier_id = %s
"""
_SHIPPED: Final = f"""
    {_STANDING} AND id IN (SELECT stock_id FROM reservation WHERE supplier_id = %s AND state = 'shipped')
"""

# In a statement of its own: what comes after it sees what those who held the rows before have committed.
_LOCK: Final = text("""
    SELECT id FROM supplier_stock WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")
# What was fulfilled before the source spoke is in what it says: those units are its own business from now on.
_WRITE: Final = text("""
    WITH n AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:ids AS bigint[]), CAST(:quantities AS int[]), CAST(:incoming AS int[]), CAST(:reserved AS int[]),
            CAST(:prices AS numeric[]), CAST(:lead_times AS int[]), CAST(:as_of AS timestamptz[]),
            CAST(:listed AS boolean[]), CAST(:seen_at AS timestamptz[]))
            AS n(id, quantity, incoming, source_reserved, price, lead_time_days, as_of, listed, seen_at)),
    seen AS (
        UPDATE reservation r SET state = 'confirmed' FROM n
        WHERE r.stock_id = n.id AND r.state = 'shipped' AND r.fulfilled_at <= n.seen_at
        RETURNING r.stock_id, r.quantity),
    freed AS (SELECT stock_id, sum(quantity)::int AS units FROM seen GROUP BY stock_id)
    UPDATE supplier_stock s
    SET quantity = n.quantity, incoming = n.incoming, source_reserved = n.source_reserved, price = n.price,
        lead_time_days = n.lead_time_days, as_of = n.as_of, listed = n.listed,
        shipped = s.shipped - COALESCE(f.units, 0),
        shortage = GREATEST(0, s.reserved + s.shipped - COALESCE(f.units, 0) - n.quantity),
        changed_at = clock_timestamp()
    FROM n LEFT JOIN freed f ON f.stock_id = n.id
    WHERE s.id = n.id
      AND (f.units IS NOT NULL
           OR (s.quantity, s.incoming, s.source_reserved, s.price, s.lead_time_days, s.as_of, s.listed)
              IS DISTINCT FROM
              (n.quantity, n.incoming, n.source_reserved, n.price, n.lead_time_days, n.as_of, n.listed))
""")

# What a SKU is, and by which terms: what is said of it, else a part number that the tenant sells, else its alias.
_PART: Final = """
    COALESCE(k.part_number,
             (SELECT i.part_number FROM stock_item i
              WHERE i.tenant_id = p.tenant_id AND i.part_number = {sku} LIMIT 1),
             (SELECT i.part_number FROM tenant_sku_alias a JOIN stock_item i ON i.id = a.item_id
              WHERE a.tenant_id = p.tenant_id AND a.alias = {sku}))
"""
_TERMS: Final = f"""
    {_PART}, COALESCE(k.low_stock_threshold, p.low_stock_threshold), k.reorder_point, k.target_stock,
    COALESCE(k.pack_size, 1), COALESCE(k.order_minimum, 1)
"""
_COLUMNS: Final = "part_number, low_stock_threshold, reorder_point, target_stock, pack_size, order_minimum"

_ADD: Final = text(f"""
    INSERT INTO supplier_stock (
        tenant_id, supplier_id, sku, quantity, incoming, source_reserved, price, lead_time_days, as_of, {_COLUMNS})
    SELECT p.tenant_id, p.id, n.sku, n.quantity, n.incoming, n.source_reserved, n.price, n.lead_time_days, n.as_of,
           {_TERMS.format(sku="n.sku")}
    FROM unnest(
        CAST(:skus AS text[]), CAST(:quantities AS int[]), CAST(:incoming AS int[]), CAST(:reserved AS int[]),
        CAST(:prices AS numeric[]), CAST(:lead_times AS int[]), CAST(:as_of AS timestamptz[]))
        AS n(sku, quantity, incoming, source_reserved, price, lead_time_days, as_of)
    JOIN supplier p ON p.id = :supplier_id
    LEFT JOIN supplier_sku k ON k.supplier_id = p.id AND k.sku = n.sku
    ORDER BY n.sku
    ON CONFLICT (supplier_id, sku) DO NOTHING
""")

_DIFFERING: Final = text(f"""
    SELECT s.id FROM supplier_stock s
    JOIN supplier p ON p.id = s.supplier_id
    LEFT JOIN supplier_sku k ON k.supplier_id = s.supplier_id AND k.sku = s.sku
    WHERE s.supplier_id = :supplier_id
      AND ({", ".join(f"s.{name}" for name in _COLUMNS.split(", "))}) IS DISTINCT FROM ({_TERMS.format(sku="s.sku")})
    ORDER BY s.id FOR NO KEY UPDATE OF s
""")
_SETTLE: Final = text(f"""
    UPDATE supplier_stock s SET ({_COLUMNS}) = (
        SELECT {_TERMS.format(sku="s.sku")}
        FROM supplier p LEFT JOIN supplier_sku k ON k.supplier_id = p.id AND k.sku = s.sku
        WHERE p.id = s.supplier_id)
    WHERE s.id = ANY(CAST(:ids AS bigint[]))
""")


def standing(connection: Connection, supplier_id: UUID) -> list[Standing]:
    """All SKUs, not locked."""
    return [Standing(*row) for row in driver.rows(connection, _STANDING, (supplier_id,))]


def shipped(connection: Connection, supplier_id: UUID) -> list[Standing]:
    """Those of which units are shipped."""
    return [Standing(*row) for row in driver.rows(connection, _SHIPPED, (supplier_id, supplier_id))]


def write(connection: Connection, supplier_id: UUID, told: Sequence[Told]) -> int:
    """New ones, and others by id; how many changed."""
    known = sorted((one for one in told if one.id is not None), key=lambda one: one.id or 0)
    new = [one for one in told if one.id is None]
    changed = 0
    if known:
        ids = numbers([one.id for one in known])
        connection.execute(_LOCK, {"ids": ids})
        given = {
            **_values(known),
            "ids": ids,
            "listed": [one.listed for one in known],
            "seen_at": [one.seen_at for one in known],
        }
        changed += connection.execute(_WRITE, given).rowcount
    if new:
        given = {**_values(new), "supplier_id": supplier_id, "skus": texts([one.sku for one in new])}
        changed += connection.execute(_ADD, given).rowcount
    return changed


def settle_terms(connection: Connection, supplier_id: UUID) -> int:
    """Every SKU's part and terms as they are now; how many changed."""
    ids = connection.execute(_DIFFERING, {"supplier_id": supplier_id}).scalars().all()
    if not ids:
        return 0
    return connection.execute(_SETTLE, {"ids": numbers(ids)}).rowcount


def _values(told: Sequence[Told]) -> dict[str, Any]:
    return {
        "quantities": numbers([one.quantity for one in told]),
        "incoming": numbers([one.incoming for one in told]),
        "reserved": numbers([one.reserved for one in told]),
        "prices": [one.price for one in told],
        "lead_times": numbers([one.lead_time_days for one in told]),
        "as_of": [one.as_of for one in told],
    }
