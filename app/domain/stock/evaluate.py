"""What a feed would do to what stands now: read-only steps that the job, the guard and the dry run share."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.stock.block import Block, not_older
from app.domain.stock.feed import FeedKind
from app.domain.stock.plan import FeedClock, Plan, Snapshot, doubtful, plan_chunk
from app.domain.stock.ports import FeedTransaction, Hints

EVERYTHING = Hints()


def evaluate(
    tx: FeedTransaction,
    kind: FeedKind,
    block: Block,
    clock: FeedClock,
    echo_s: float,
    hints: Hints = EVERYTHING,
) -> Plan:
    """Load what the rows reach and decide. `echo_s`: how long an own push is taken for an echo, stock only."""
    return plan_chunk(block, look(tx, kind, block, clock, echo_s, hints), clock)


def look(
    tx: FeedTransaction,
    kind: FeedKind,
    block: Block,
    clock: FeedClock,
    echo_s: float,
    hints: Hints = EVERYTHING,
) -> Snapshot:
    """All that the decision about a block's rows needs to see."""
    pushed = None
    if kind is FeedKind.STOCK and hints.pushes:
        pushed = (clock.accepted_at - timedelta(seconds=echo_s), clock.accepted_at)
    snapshot = tx.snapshot(kind, block, aliases=hints.aliases, pushed=pushed)
    doubts = doubtful(block, snapshot, clock)
    if doubts:
        snapshot = replace(snapshot, confirmed=tx.confirmations(kind, doubts))
    return snapshot


class ShrinkGuard:
    """Counts the items that a stock feed would empty, against a share of those that are not empty."""

    def __init__(self, kind: FeedKind, percent: Decimal | None) -> None:
        self._percent = percent if kind is FeedKind.STOCK else None
        self._emptied = 0

    @property
    def on(self) -> bool:
        """Whether there is anything to guard."""
        return self._percent is not None

    def count(self, plan: Plan) -> None:
        """Count a chunk's part in it."""
        if self.on:
            self._emptied += sum(value == 0 and standing.value > 0 for standing, value, _ in plan.writes)

    def trips(self, tx: FeedTransaction) -> bool:
        """Whether the feed must wait for a person."""
        if self._percent is None or not self._emptied:
            return False
        return self._emptied * 100 > self._percent * tx.non_zero_items()

    def reason(self) -> str:
        """Why, for the person."""
        items = "1 item" if self._emptied == 1 else f"{self._emptied:,} items"
        return (
            f"it would set {items} from above zero to 0, more than the {float(self._percent or 0):g} % "
            "that shrinkGuardPercent allows; release or discard it"
        )


def superseded_by_alias(tx: FeedTransaction, blocks: Callable[[], Iterable[Block]]) -> dict[int, list[int]]:
    """Rows that reach an item which another row reaches under another name, and lose to it.

    By ordinal of the chunk, local positions. Passes over the blocks twice: first for the names that are
    aliases, then for all rows that reach one of their items.
    """
    if not tx.has_aliases():
        return {}
    canonical: dict[str, str] = {}
    for block in blocks():
        canonical.update(tx.alias_hits(block.keys))
    if not canonical:
        return {}
    targets = set(canonical.values())
    winners: dict[str, tuple[int, int, datetime | None]] = {}
    lost: dict[int, list[int]] = {}
    for ordinal, block in enumerate(blocks()):
        gone = set(block.superseded)
        for position, key in enumerate(block.keys):
            item = canonical.get(key, key)
            if item in targets and position not in gone:
                rival = (ordinal, position, block.as_of.get(position))
                loser = _defend(winners, item, rival)
                if loser is not None:
                    lost.setdefault(loser[0], []).append(loser[1])
    return lost


def _defend(
    winners: dict[str, tuple[int, int, datetime | None]], item: str, rival: tuple[int, int, datetime | None]
) -> tuple[int, int, datetime | None] | None:
    """Let a later row contest an item; the one that loses, if there were two."""
    holder = winners.setdefault(item, rival)
    if holder is rival:
        return None
    if not not_older(rival[2], holder[2]):
        return rival
    winners[item] = rival
    return holder
