"""From what a shop says about its stock to a stock feed like any other."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from app.domain.shop.event import Event, moment, number
from app.domain.shop.ports import StockIntake, StockLevel
from app.domain.stock.accept import new_feed
from app.domain.stock.feed import FeedKind
from app.domain.stock.ports import NewFeed
from app.domain.stock.rows import STOCK_MAX, parse

_SECOND: Final = timedelta(seconds=1)


def level_of(event: Event, location_id: str) -> StockLevel | None:
    """What the event says about the stock there; None when that is nothing.

    `updated_at` has no fractions: where the event's own time falls into that second it is the better one, or what was
    counted right after a feed would seem older than it.
    """
    said = event.read()
    item, available = number(said.get("inventory_item_id")), number(said.get("available"))
    updated_at = moment(said.get("updated_at"))
    if said.get("location_id") is None or f"gid://shopify/Location/{said['location_id']}" != location_id:
        return None
    if item is None or available is None or updated_at is None:
        return None
    triggered_at = event.triggered_at
    if triggered_at is not None and updated_at <= triggered_at < updated_at + _SECOND:
        updated_at = triggered_at
    return StockLevel(f"gid://shopify/InventoryItem/{item}", available, updated_at)


def feed_of(
    tx: StockIntake, levels: Sequence[StockLevel], *, surface: str, request_id: str, chunk_rows: int
) -> NewFeed | None:
    """A row for each level of an item that is ours; None without any.

    A negative number counts as 0. A time that lies ahead is taken as now: no clock of a shop's may shut ours out.
    """
    told = {level.inventory_item_id: level for level in levels if level.available is not None}
    now = tx.now()
    rows = [
        {
            "partNumber": part_number,
            "stock": min(max(told[item].available or 0, 0), STOCK_MAX),
            "asOf": min(told[item].updated_at, now).isoformat(),
        }
        for item, part_number in tx.part_numbers(list(told)).items()
    ]
    if not rows:
        return None
    parsed = parse(FeedKind.STOCK, json.dumps(rows).encode(), lambda: now)
    return new_feed(FeedKind.STOCK, parsed, chunk_rows=chunk_rows, request_id=request_id, surface=surface)
