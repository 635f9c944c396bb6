"""The order in which a chunk's rows are locked is the plan's: it must walk the sorted ids, statistics or not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.adapters.postgres import standing

WRITES = {
    "stock": (standing._WRITE_STOCK, {"values": "{1,2,3}"}),
    "price": (standing._WRITE_PRICE, {"prices": "{1,2,3}", "compare_ats": "{1,2,3}", "costs": "{1,2,3}"}),
}


@pytest.mark.parametrize("statistics", ["none", "fresh"])
@pytest.mark.parametrize("kind", WRITES)
def test_a_chunk_is_written_by_a_walk_over_the_ids(open_desk, kind: str, statistics: str):
    desk = open_desk(5000)
    if statistics == "fresh":
        desk.owner.execute("ANALYZE stock_item")
    statement, values = WRITES[kind]
    parameters = {"ids": "{1,2,3}", "as_of": [], "seq": 1, "accepted_at": datetime.now(UTC), **values}
    with desk.container.feed_transactions.tenant(desk.tenant.id) as tx:
        lines = tx._connection.execute(text(f"EXPLAIN {statement.text}"), parameters).scalars().all()
    plan = [line.strip() for line in lines if "->" in line and "Result" not in line]

    assert [line.split("  (")[0] for line in plan] == [
        "->  Nested Loop",
        "->  Function Scan on n",
        "->  Index Scan using stock_item_pkey on stock_item i",
    ]
