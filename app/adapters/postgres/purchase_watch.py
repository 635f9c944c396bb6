"""The watch over what runs low, in PostgreSQL: changes taken as seen, drafts filled, all in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import work
from app.adapters.postgres.alerts import note_states
from app.adapters.postgres.arrays import numbers, texts
from app.adapters.postgres.purchase_rows import DONE, REST, fenced, take_turns
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.alerts.alert import AlertKind, Note
from app.domain.purchasing.ports import WatchTransaction
from app.domain.purchasing.reorder import Plan, Position, ReorderMode, Terms
from app.domain.work.dispatch import Claim

# In order of id, as the alerts' watch takes them: the two never wait for each other in a circle.
_SEE: Final = text("""
    WITH unseen AS (
        SELECT id FROM supplier_stock_change WHERE tenant_id = :tenant_id AND NOT orders_seen
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE)
    UPDATE supplier_stock_change c SET orders_seen = true FROM unseen WHERE c.id = unseen.id RETURNING c.stock_id
""")
# Read after the changes were taken: what changes later leaves a change that is not seen.
_POSITIONS: Final = text("""
    SELECT s.id AS stock_id, s.supplier_id, p.code AS supplier_code, s.sku, s.part_number, s.available, s.shortage,
           s.listed AND p.active AS orderable, p.reorder_mode AS mode, s.price,
           COALESCE(s.reorder_point, p.reorder_point) AS point, COALESCE(s.target_stock, p.target_stock) AS target,
           s.pack_size AS pack, s.order_minimum AS minimum,
           l.id AS line_id, COALESCE(o.state = 'draft', false) AS in_draft, COALESCE(l.quantity, 0) AS ordered,
           COALESCE(l.fixed, false) AS fixed, t.id AS taken_out
    FROM supplier_stock s
    JOIN supplier p ON p.id = s.supplier_id
    LEFT JOIN purchase_order_line l ON l.stock_id = s.id AND l.open
    LEFT JOIN purchase_order o ON o.id = l.purchase_order_id
    LEFT JOIN purchase_order d ON d.supplier_id = s.supplier_id AND d.state = 'draft'
    LEFT JOIN purchase_order_line t ON t.purchase_order_id = d.id AND t.stock_id = s.id AND NOT t.open
    WHERE s.tenant_id = :tenant_id AND s.id = ANY(CAST(:ids AS bigint[]))
    ORDER BY s.id
""")

_DRAFTS: Final = text("""
    WITH last AS (SELECT COALESCE(max(number), 0) AS number FROM purchase_order WHERE tenant_id = :tenant_id)
    INSERT INTO purchase_order (tenant_id, supplier_id, number, created_at)
    SELECT :tenant_id, s.id, last.number + row_number() OVER (ORDER BY p.code), clock_timestamp()
    FROM unnest(CAST(:suppliers AS uuid[])) AS s(id) JOIN supplier p ON p.id = s.id, last
    WHERE NOT EXISTS (SELECT FROM purchase_order d WHERE d.supplier_id = s.id AND d.state = 'draft')
    ON CONFLICT (supplier_id) WHERE state = 'draft' DO NOTHING
""")
_ADD: Final = text("""
    INSERT INTO purchase_order_line (tenant_id, purchase_order_id, stock_id, sku, part_number, quantity, price)
    SELECT s.tenant_id, d.id, s.id, s.sku, s.part_number, n.quantity, s.price
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS int[])) AS n(id, quantity)
    JOIN supplier_stock s ON s.id = n.id
    JOIN purchase_order d ON d.supplier_id = s.supplier_id AND d.state = 'draft'
    ON CONFLICT (stock_id) WHERE open DO NOTHING
""")
_CHANGE: Final = text("""
    UPDATE purchase_order_line l SET quantity = n.quantity
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS int[])) AS n(id, quantity) WHERE l.id = n.id
""")
_REMOVE: Final = text("DELETE FROM purchase_order_line WHERE id = ANY(CAST(:ids AS bigint[]))")


class PostgresPurchaseWatch:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork, *, lease_s: float) -> None:
        self._unit_of_work = unit_of_work
        self._lease_s = lease_s

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[WatchTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id, self._lease_s)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID, lease_s: float) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._lease_s = lease_s

    def changed(self, claim: Claim, limit: int) -> tuple[int, Sequence[Position]]:
        take_turns(self._connection, self._tenant_id)
        work.checkpoint(self._connection, claim, self._lease_s)
        given = {"tenant_id": self._tenant_id, "limit": limit}
        seen = self._connection.execute(_SEE, given).scalars().all()
        if not seen:
            return 0, []
        given = {"tenant_id": self._tenant_id, "ids": numbers(set(seen))}
        rows = self._connection.execute(_POSITIONS, given).mappings()
        return len(seen), [_position(row) for row in rows]

    def write(self, plan: Plan) -> None:
        if plan.remove:
            self._connection.execute(_REMOVE, {"ids": numbers(plan.remove)})
        if plan.change:
            self._connection.execute(_CHANGE, _pairs(plan.change))
        if plan.add:
            suppliers = sorted({str(position.supplier_id) for position, _ in plan.add})
            self._connection.execute(_DRAFTS, {"tenant_id": self._tenant_id, "suppliers": texts(suppliers)})
            self._connection.execute(_ADD, _pairs([(one.stock_id, quantity) for one, quantity in plan.add]))
        note_states(self._connection, self._tenant_id, [_note(*task) for task in plan.tasks])

    def finish(self, claim: Claim) -> None:
        fenced(self._connection, DONE, claim)

    def rest(self, claim: Claim, delay_s: float, error: str) -> None:
        fenced(self._connection, REST, claim, delay_s=delay_s, error=error)


def _pairs(pairs: Sequence[tuple[int, int]]) -> dict[str, str]:
    return {"ids": numbers([one for one, _ in pairs]), "quantities": numbers([many for _, many in pairs])}


def _position(row: Mapping[Any, Any]) -> Position:
    values = dict(row)
    terms = [values.pop(name) for name in ("point", "target", "pack", "minimum")]
    values["mode"] = ReorderMode(values["mode"])
    return Position(**values, terms=None if terms[0] is None else Terms(*terms))


def _note(position: Position, due: int | None) -> Note:
    named = f"{position.sku} of {position.supplier_code}"
    details = {
        "supplierId": str(position.supplier_id),
        "sku": position.sku,
        "partNumber": position.part_number,
        "available": position.available,
        "quantity": due,
    }
    subject = f"reorder:{position.stock_id}"
    if due is None:
        return Note(subject, "fine", AlertKind.REORDER_OVER, f"{named} need not be ordered any more", details)
    told = f"order {due} of {named}: {position.available} are available"
    return Note(subject, "due", AlertKind.REORDER, told, details)
