"""What stands, per kind of feed: loading the items that a chunk reaches and writing its plan.

Loading locks nothing. Writing locks the rows it changes in one order, by id (new dealer rows by dealer and
part number), so that overlapping writers never wait for each other in a circle: the arrays are sorted, and
the plan is held to a nested loop that walks them in order (locking in a statement of its own, or in a CTE
with ORDER BY, cost 20 % more of the write). The version guard in the same statement refuses to put an older
value over a newer one, whoever wrote it.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres import driver
from app.adapters.postgres.arrays import numbers, texts
from app.domain.stock.block import Block
from app.domain.stock.feed import Feed, FeedKind
from app.domain.stock.plan import Plan, Standing

# An own part and a catalog item may have one number: the catalog's comes last, and stays.
_LOAD_STOCK: Final = """
    SELECT id, stock, stock_as_of, stock_seq, part_number
    FROM stock_item WHERE tenant_id = %s AND part_number = ANY(%s::text[]) ORDER BY source DESC
"""

_LOAD_PRICE: Final = """
    SELECT id, (price * 100)::bigint, (compare_at_price * 100)::bigint, (cost_price * 100)::bigint,
           price_as_of, price_seq, part_number
    FROM stock_item WHERE tenant_id = %s AND part_number = ANY(%s::text[]) ORDER BY source DESC
"""

_LOAD_DEALER_STOCK: Final = text("""
    SELECT s.id, s.stock, s.stock_as_of, s.stock_seq, s.part_number, s.dealer_id::text
    FROM unnest(CAST(:dealers AS uuid[]), CAST(:names AS text[])) AS n(dealer_id, part_number)
    JOIN dealer_stock s ON s.dealer_id = n.dealer_id AND s.part_number = n.part_number
    WHERE s.tenant_id = :tenant_id
""")

_OWN_DEALERS: Final = text("""
    SELECT id::text FROM dealer WHERE tenant_id = :tenant_id AND id::text = ANY(CAST(:dealers AS text[]))
""")

# The updates name no tenant: the ids were loaded in its scope and row level security confines them, while a
# condition on tenant_id invites the planner, as long as a fresh table has no statistics, to walk the tenant's
# whole index for every chunk, in another order.
WALK_IN_ORDER: Final = ("enable_hashjoin = off", "enable_mergejoin = off", "enable_seqscan = off")
"""The planner's settings that a transaction needs before it writes here."""

_WRITE_STOCK: Final = text("""
    UPDATE stock_item i
    SET stock = n.value, stock_as_of = COALESCE(n.as_of, :accepted_at), stock_seq = :seq
    FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS int[]), CAST(:as_of AS timestamptz[]))
             AS n(id, value, as_of)
    WHERE i.id = n.id
      AND (i.stock_as_of IS NULL OR (i.stock_as_of, i.stock_seq) <= (COALESCE(n.as_of, :accepted_at), :seq))
""")

_WRITE_PRICE: Final = text("""
    UPDATE stock_item i
    SET price = n.price / 100.0, compare_at_price = n.compare_at / 100.0, cost_price = n.cost / 100.0,
        price_as_of = COALESCE(n.as_of, :accepted_at), price_seq = :seq
    FROM unnest(CAST(:ids AS bigint[]), CAST(:prices AS bigint[]), CAST(:compare_ats AS bigint[]),
                CAST(:costs AS bigint[]), CAST(:as_of AS timestamptz[]))
             AS n(id, price, compare_at, cost, as_of)
    WHERE i.id = n.id
      AND (i.price_as_of IS NULL OR (i.price_as_of, i.price_seq) <= (COALESCE(n.as_of, :accepted_at), :seq))
""")

_WRITE_DEALER_STOCK: Final = text("""
    INSERT INTO dealer_stock AS s (tenant_id, dealer_id, part_number, stock, stock_as_of, stock_seq)
    SELECT :tenant_id, n.dealer_id, n.part_number, n.value, COALESCE(n.as_of, :accepted_at), :seq
    FROM unnest(CAST(:dealers AS uuid[]), CAST(:names AS text[]), CAST(:values AS int[]),
                CAST(:as_of AS timestamptz[])) AS n(dealer_id, part_number, value, as_of)
    ORDER BY n.dealer_id, n.part_number
    ON CONFLICT (dealer_id, part_number) DO UPDATE
    SET stock = excluded.stock, stock_as_of = excluded.stock_as_of, stock_seq = excluded.stock_seq
    WHERE s.stock_as_of IS NULL OR (s.stock_as_of, s.stock_seq) <= (excluded.stock_as_of, excluded.stock_seq)
""")


def load(
    connection: Connection, tenant_id: UUID, kind: FeedKind, block: Block, canonical: Iterable[str]
) -> dict[Any, Standing]:
    """The items behind a block's names and behind `canonical`, which its aliases lead to."""
    statement = _LOAD_PRICE if kind is FeedKind.PRICE else _LOAD_STOCK
    rows = driver.rows(connection, statement, (tenant_id, texts([*block.keys, *canonical])))
    if kind is FeedKind.PRICE:
        return {row[-1]: Standing(row[0], row[1:4], *row[4:]) for row in rows}
    return {row[-1]: Standing(*row) for row in rows}


def load_dealer_stock(
    connection: Connection, tenant_id: UUID, block: Block, own: frozenset[str]
) -> dict[Any, Standing]:
    """The rows of the tenant's `own` dealers behind a block's pairs of dealer and part number."""
    named = [pair for pair in zip(block.dealers or (), block.keys, strict=True) if pair[0] in own]
    rows = connection.execute(
        _LOAD_DEALER_STOCK,
        {
            "tenant_id": tenant_id,
            "dealers": texts([d for d, _ in named]),
            "names": texts([key for _, key in named]),
        },
    ).all()
    return {
        (dealer, key): Standing(item, stock, as_of, seq, key, dealer)
        for item, stock, as_of, seq, key, dealer in rows
    }


def own_dealers(connection: Connection, tenant_id: UUID, block: Block) -> frozenset[str]:
    """Those of the dealers named in a block that are the tenant's."""
    parameters = {"tenant_id": tenant_id, "dealers": texts(sorted(set(block.dealers or ())))}
    return frozenset(connection.execute(_OWN_DEALERS, parameters).scalars())


def write(connection: Connection, feed: Feed, plan: Plan) -> bool:
    """Write a plan. False when a row was newer than what the plan saw: load and decide again."""
    if not plan.writes:
        return True
    writes = sorted(plan.writes, key=lambda write: write[0].id or 0)
    stamps = [as_of for _, _, as_of in writes]
    parameters: dict[str, Any] = {
        "tenant_id": feed.tenant_id,
        "accepted_at": feed.accepted_at,
        "seq": feed.seq,
        "as_of": stamps if any(stamps) else [],
    }
    values = [value for _, value, _ in writes]
    if feed.kind is FeedKind.LOCATION:
        parameters |= {
            "dealers": texts([standing.dealer or "" for standing, _, _ in writes]),
            "names": texts([standing.key for standing, _, _ in writes]),
            "values": numbers(values),
        }
        statement = _WRITE_DEALER_STOCK
    elif feed.kind is FeedKind.PRICE:
        prices, compare_ats, costs = zip(*values, strict=True)
        parameters |= {
            "ids": numbers([standing.id for standing, _, _ in writes]),
            "prices": numbers(prices),
            "compare_ats": numbers(compare_ats),
            "costs": numbers(costs),
        }
        statement = _WRITE_PRICE
    else:
        parameters |= {"ids": numbers([standing.id for standing, _, _ in writes]), "values": numbers(values)}
        statement = _WRITE_STOCK
    return connection.execute(statement, parameters).rowcount == len(writes)
