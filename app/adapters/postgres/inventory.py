"""One state of all stock, read: suppliers' SKUs and the tenant's own, how fresh each is, and what is not."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.adapters.postgres.arrays import texts
from app.adapters.postgres.incoming import INCOMING
from app.adapters.postgres.supplier_health import HEARD
from app.adapters.postgres.unit_of_work import AS_ASKED, UnitOfWork
from app.domain.suppliers.inventory import Gap, InventoryFilter, Line, Place, SupplierStock

# Null while unlisted: what a supplier does not list it says nothing of.
_AS_OF: Final = "COALESCE(s.as_of, CASE WHEN s.listed THEN p.confirmed_at END)"
_FRESH: Final = "now() - make_interval(secs => 2 * p.interval_s)"

_SUPPLIER_STOCK: Final = text(f"""
    SELECT s.part_number, p.id AS supplier_id, p.code AS supplier_code, s.sku, s.quantity, s.reserved, s.available,
           {INCOMING} AS incoming, s.level, {_AS_OF} AS as_of, COALESCE({_AS_OF} >= {_FRESH}, false) AS fresh
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    JOIN unnest(CAST(:part_numbers AS text[])) WITH ORDINALITY AS n(part_number, place)
      ON n.part_number = s.part_number
    WHERE s.tenant_id = :tenant_id AND s.listed AND p.active
    ORDER BY n.place, p.code, s.sku
""")

# A page of each source in the order of one index, merged. The tenant's own stock comes before suppliers'.
_LINES: Final = text(f"""
    SELECT * FROM (
        (SELECT i.part_number AS key, 0 AS turn, i.id, 'own' AS source, NULL::uuid AS supplier_id,
                NULL AS supplier_code, i.part_number AS sku, i.part_number, true AS listed, i.stock AS quantity,
                0 AS reserved, 0 AS shipped, i.stock AS available, 0 AS shortage, NULL::int AS incoming,
                l.level, t.low_stock_threshold, f.as_of, f.fresh
         FROM stock_item i JOIN tenant t ON t.id = i.tenant_id,
              LATERAL (SELECT CASE WHEN i.stock = 0 THEN 'out' WHEN i.stock < t.low_stock_threshold THEN 'low'
                              ELSE 'in-stock' END AS level) l,
              LATERAL (SELECT i.stock_as_of AS as_of,
                              COALESCE(i.stock_as_of >= now() - make_interval(secs => t.expected_interval_s), false)
                              AS fresh) f
         WHERE i.tenant_id = :tenant_id AND :own AND (i.part_number, 0, i.id) > (:key, :turn, :id)
           AND (CAST(:level AS text) IS NULL OR l.level = :level)
           AND (CAST(:fresh AS boolean) IS NULL OR f.fresh = :fresh)
           AND (CAST(:like AS text) IS NULL OR i.part_number ILIKE :like)
         ORDER BY i.part_number, i.id LIMIT :limit)
        UNION ALL
        (SELECT COALESCE(s.part_number, s.sku) AS key, 1 AS turn, s.id, 'supplier' AS source, p.id AS supplier_id,
                p.code AS supplier_code, s.sku, s.part_number, s.listed, s.quantity, s.reserved, s.shipped,
                s.available, s.shortage, {INCOMING} AS incoming, s.level, s.low_stock_threshold, f.as_of, f.fresh
         FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id,
              LATERAL (SELECT {_AS_OF} AS as_of, COALESCE({_AS_OF} >= {_FRESH}, false) AS fresh) f
         WHERE s.tenant_id = :tenant_id AND :suppliers AND p.active
           AND (COALESCE(s.part_number, s.sku), s.id) > (:key, CASE WHEN :turn = 0 THEN 0 ELSE :id END)
           AND (CAST(:supplier AS text) IS NULL OR p.code = :supplier OR p.id::text = :supplier)
           AND (CAST(:level AS text) IS NULL OR s.level = :level)
           AND (CAST(:fresh AS boolean) IS NULL OR f.fresh = :fresh)
           AND (CAST(:like AS text) IS NULL OR s.sku ILIKE :like OR s.part_number ILIKE :like)
         ORDER BY COALESCE(s.part_number, s.sku), s.id LIMIT :limit)) both_sources
    ORDER BY key, turn, id LIMIT :limit
""")

_SUPPLIER_GAPS: Final = f"""
    SELECT p.code AS key, 'supplier' AS kind, p.id AS supplier_id, p.code AS supplier_code, NULL AS sku,
           NULL AS part_number, {HEARD} AS since, p.last_error AS reason
    FROM supplier p
    WHERE p.tenant_id = :tenant_id AND p.active AND COALESCE({HEARD} < {_FRESH}, true)
"""
_SKU_GAPS: Final = f"""
    SELECT s.id::text AS key, 'sku' AS kind, p.id AS supplier_id, p.code AS supplier_code, s.sku, s.part_number,
           {_AS_OF} AS since, CASE WHEN s.listed THEN p.last_error ELSE 'not listed any more' END AS reason
    FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id
    WHERE s.tenant_id = :tenant_id AND p.active AND COALESCE({_AS_OF} < {_FRESH}, true)
"""
_PART_GAPS: Final = f"""
    SELECT i.part_number AS key, 'part' AS kind, NULL::uuid AS supplier_id, NULL AS supplier_code, NULL AS sku,
           i.part_number, l.since, CASE WHEN l.listings = 0 THEN 'no supplier lists it' END AS reason
    FROM (SELECT DISTINCT part_number FROM stock_item WHERE tenant_id = :tenant_id) i,
         LATERAL (SELECT count(s.id) AS listings, max({_AS_OF}) AS since,
                         COALESCE(bool_or(s.listed AND {_AS_OF} >= {_FRESH}), false) AS fresh
                  FROM supplier_stock s JOIN supplier p ON p.id = s.supplier_id AND p.active
                  WHERE s.tenant_id = :tenant_id AND s.part_number = i.part_number) l
    WHERE NOT l.fresh
"""
_GAPS: Final = {"supplier": _SUPPLIER_GAPS, "sku": _SKU_GAPS, "part": _PART_GAPS}
_KEYS: Final = {"supplier": "p.code", "sku": "s.id", "part": "i.part_number"}
_AFTER: Final = {"sku": "CAST(:after AS bigint)"}


class PostgresInventory:
    """Reads, each in a transaction of its own."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def supplier_stock(self, tenant_id: UUID, part_numbers: Sequence[str]) -> list[SupplierStock]:
        given = {"tenant_id": tenant_id, "part_numbers": texts(list(dict.fromkeys(part_numbers)))}
        with self._unit_of_work.tenant(tenant_id) as database:
            return [SupplierStock(**row) for row in database.execute(_SUPPLIER_STOCK, given).mappings()]

    def lines(self, tenant_id: UUID, wanted: InventoryFilter, limit: int, after: Place | None) -> list[Line]:
        key, turn, id_ = after or ("", 0, 0)
        given = {
            "tenant_id": tenant_id,
            "own": wanted.source in {None, "own"} and wanted.supplier is None,
            "suppliers": wanted.source in {None, "supplier"},
            "supplier": wanted.supplier,
            "level": wanted.level,
            "fresh": wanted.fresh,
            "like": None if wanted.q is None else f"%{_escaped(wanted.q)}%",
            "limit": limit,
            "key": key,
            "turn": turn,
            "id": id_,
        }
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            return [_line(row) for row in database.execute(_LINES, given).mappings()]

    def gaps(self, tenant_id: UUID, kind: str, limit: int, after: str | None) -> list[Gap]:
        key = _KEYS[kind]
        beyond = f" AND {key} > {_AFTER.get(kind, ':after')}" if after is not None else ""
        statement = text(f"{_GAPS[kind]}{beyond} ORDER BY {key} LIMIT :limit")
        given = {"tenant_id": tenant_id, "limit": limit, "after": after}
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            return [Gap(**row) for row in database.execute(statement, given).mappings()]


def _escaped(query: str) -> str:
    return query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _line(row: Mapping[Any, Any]) -> Line:
    values = dict(row)
    place = (values.pop("key"), values.pop("turn"), values.pop("id"))
    return Line(place=place, **values)
