"""Takes many orders in one transaction: decided one after the other, written as sets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.orders.allocation import Grant, Offer, allocate
from app.domain.orders.intake import Placed, Wish, judge, nothing_of
from app.domain.orders.order import NewOrder, OrderKey
from app.domain.orders.ports import OrderTransaction, Seen
from app.domain.orders.refusal import NewRefusal, payload_of

Outcome = Placed | NewRefusal


def place_all(tx: OrderTransaction, wanted: Sequence[NewOrder]) -> list[Outcome | None]:
    """What becomes of each, as if it had come after those before it. Refusals are kept.

    None: it is to be placed by itself. So is one whose id came before in this crowd or is a rival's by now, and one that
    had enough when the stock was seen but not once it was locked: it may find its units elsewhere. Raises StockMovedError.
    """
    firsts: dict[OrderKey, int] = {}
    for at, one in enumerate(wanted):
        firsts.setdefault(one.key, at)
    asked = {key: wanted[at] for key, at in firsts.items()}
    seen = tx.seen(list(asked.values()))
    done: dict[OrderKey, Outcome] = {one.key: Placed(one, new=False) for one in seen.standing}
    judged = _judged([one for key, one in asked.items() if key not in done], seen)
    done |= {key: one for key, one in judged.items() if isinstance(one, NewRefusal)}
    wishes = {key: one for key, one in judged.items() if isinstance(one, Wish)}
    grants = _grants(tx, asked, wishes) if wishes else []
    created = tx.create(grants) if grants else []
    tx.note_refusals([one for one in done.values() if isinstance(one, NewRefusal)])
    if created:
        tx.synced(created)
    done |= {one.key: Placed(one, new=True) for one in created}
    return [done.get(one.key) if firsts[one.key] == at else None for at, one in enumerate(wanted)]


def _judged(orders: Sequence[NewOrder], seen: Seen) -> dict[OrderKey, Wish | NewRefusal]:
    """Each by itself."""
    offers: dict[str, list[Offer]] = {}
    for offer in seen.offers:
        offers.setdefault(offer.part_number, []).append(offer)

    def judged(one: NewOrder) -> Wish | NewRefusal:
        found = [offer for line in one.lines for offer in offers.get(line.part_number, ())]
        return judge(one, found, seen.rules, payload_of(one)) or nothing_of(one)

    return {one.key: judged(one) for one in orders}


def _grants(
    tx: OrderTransaction, asked: Mapping[OrderKey, NewOrder], wishes: Mapping[OrderKey, Wish]
) -> list[Grant]:
    """Over locked rows, each of what those before it leave."""
    enough = {offer.stock_id: offer for wish in wishes.values() for offer in wish.offers}
    left = {offer.stock_id: offer.available for offer in tx.lock(list(enough.values()))}
    grants = []
    for key, wish in wishes.items():
        standing = [replace(one, available=left[one.stock_id]) for one in wish.offers if one.stock_id in left]
        taken = allocate(wish.lines, standing).taken
        if len(taken) < len(wish.lines):
            continue
        for one in taken:
            left[one.offer.stock_id] -= one.line.quantity
        grants.append(Grant(asked[key], taken, wish.flags))
    return grants
