"""Decides what becomes of a chunk's rows: pure, so that a property test can hold it against a plain model.

The order rule: the value that stands is the one with the latest (asOf, acceptance sequence). Writing an
unchanged value only to note that it was confirmed would cost as much as a change, so it is not written:
the confirmation is kept with the chunk's outcomes instead. Two bounds keep the rule exact all the same.
A standing stamp that is more than REFRESH older than its confirmation is rewritten, and a row that falls
between a standing stamp and a confirmation that was not written is *doubtful*: it is decided with the
confirmations at hand.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from app.domain.stock.block import Block, not_older
from app.domain.stock.feed import CODES, OUTCOMES, SAMPLE_MAX, Counters, Outcome
from app.domain.stock.rows import ABSENT

REFRESH = timedelta(minutes=15)

Version = tuple[datetime, int]

_UPDATED, _CHANGED, _ECHO_SKIPPED, _NOT_FOUND, _DUPLICATE, _STALE, _INVALID_DEALER = (
    ord(CODES[outcome])
    for outcome in (
        Outcome.UPDATED,
        Outcome.CHANGED,
        Outcome.ECHO_SKIPPED,
        Outcome.NOT_FOUND,
        Outcome.DUPLICATE,
        Outcome.STALE,
        Outcome.INVALID_DEALER,
    )
)


class Standing(NamedTuple):
    """An item as it stands. `as_of` is None while no feed has written it; `id` is None for a row to insert."""

    id: int | None
    value: Any
    as_of: datetime | None
    seq: int
    key: str  # the canonical part number, whatever name the row used
    dealer: str | None = None


@dataclass(frozen=True, slots=True)
class FeedClock:
    """Where a feed stands in its lane."""

    accepted_at: datetime
    seq: int
    in_order: bool  # no later feed of the lane has begun
    confirmed_until: datetime | None  # the latest stamp confirmed without a write, in the whole lane

    @property
    def doubts_itself(self) -> bool:
        """Whether undated rows may be older than a confirmation: PostgreSQL's clock can step back."""
        return self.confirmed_until is not None and self.accepted_at < self.confirmed_until

    def doubts(self, stamp: datetime, standing: Standing) -> bool:
        """Whether a confirmation that was not written may be newer than this row."""
        if standing.as_of is None:
            return False
        if not self.in_order:
            return True
        return (
            self.confirmed_until is not None
            and stamp < self.confirmed_until
            and stamp <= standing.as_of + REFRESH
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the chunk's rows reach, as loaded in the chunk's own transaction."""

    targets: Mapping[Any, Standing]  # by part number, or by (dealer id, part number)
    aliases: Mapping[str, str] = field(default_factory=dict)  # alias → canonical part number
    pushed: Mapping[int | None, Any] = field(
        default_factory=dict
    )  # item id → value pushed within the echo window
    dealers: frozenset[str] | None = None  # the tenant's own, among those named; None: not by dealer
    confirmed: Mapping[int, Version] = field(default_factory=dict)  # for doubtful items

    def confirmed_later(self, standing: Standing, version: Version) -> bool:
        """Whether the standing value was confirmed, unwritten, by something newer than this version."""
        confirmation = self.confirmed.get(standing.id) if standing.id is not None else None
        return confirmation is not None and version < confirmation


@dataclass(slots=True)
class Plan:
    """What one transaction will write."""

    outcomes: bytearray
    counters: Counters = field(default_factory=Counters)
    writes: list[tuple[Standing, Any, datetime | None]] = field(default_factory=list)
    confirmed: list[tuple[int, datetime | None]] = field(default_factory=list)
    confirmed_until: datetime | None = None  # raises the lane's mark
    changed_keys: list[str] = field(default_factory=list)

    @property
    def outcome_counts(self) -> dict[str, int]:
        """Rows by outcome, for the metrics."""
        codes = Counter(self.outcomes.lower())
        return {OUTCOMES[chr(code)]: count for code, count in codes.items()}

    def unknown(self, block: Block) -> list[str]:
        """The names that reached nothing, each once, in payload order."""
        if not self.counters.not_found:
            return []
        found = (block.keys[at] for at, code in enumerate(self.outcomes) if code == _NOT_FOUND)
        return list(dict.fromkeys(found))


def resolve(block: Block, snapshot: Snapshot) -> list[Standing | None]:
    """What each row reaches; None where nothing does."""
    targets, aliases = snapshot.targets, snapshot.aliases
    if block.dealers is not None:
        return [
            targets.get((dealer, key)) or Standing(None, None, None, 0, key, dealer)
            if dealer in (snapshot.dealers or ())
            else None
            for dealer, key in zip(block.dealers, block.keys, strict=True)
        ]
    if not aliases:
        return [targets.get(key) for key in block.keys]
    return [targets.get(key) or targets.get(aliases.get(key, "")) for key in block.keys]


def doubtful(block: Block, snapshot: Snapshot, clock: FeedClock) -> dict[int, tuple[datetime, datetime]]:
    """Items whose unwritten confirmations matter: item id → (the row's stamp, the standing stamp)."""
    if clock.in_order and not block.as_of and not clock.doubts_itself:
        return {}
    found: dict[int, tuple[datetime, datetime]] = {}
    for position, standing in enumerate(resolve(block, snapshot)):
        if standing is None or standing.id is None or standing.as_of is None:
            continue
        stamp = block.as_of.get(position) or clock.accepted_at
        if (stamp, clock.seq) >= (standing.as_of, standing.seq) and clock.doubts(stamp, standing):
            earlier = found.get(standing.id, (stamp, standing.as_of))
            found[standing.id] = (min(stamp, earlier[0]), standing.as_of)
    return found


def plan_chunk(block: Block, snapshot: Snapshot, clock: FeedClock) -> Plan:
    """Every row's outcome, and the writes that make it so."""
    reached = resolve(block, snapshot)
    lost = _lost(block, reached)
    plan = Plan(outcomes=bytearray(len(reached)))
    settle = _settler(plan, snapshot, clock)
    nowhere = _NOT_FOUND if snapshot.dealers is None else _INVALID_DEALER
    outcomes, stamps, pushed = plan.outcomes, block.as_of, snapshot.pushed
    for position, (standing, sent) in enumerate(zip(reached, block.values, strict=True)):
        if standing is None:
            outcomes[position] = nowhere
        elif position in lost:
            outcomes[position] = _DUPLICATE
        elif pushed and pushed.get(standing.id) == sent:
            outcomes[position] = _ECHO_SKIPPED
        else:
            outcomes[position] = settle(standing, sent, stamps.get(position) if stamps else None)
    if snapshot.aliases:
        _mark_aliases(block, reached, outcomes)
    plan.counters = _count(block, outcomes)
    return plan


def _settler(
    plan: Plan, snapshot: Snapshot, clock: FeedClock
) -> Callable[[Standing, Any, datetime | None], int]:
    """Decides one row against what stands: stale, confirmed, rewritten or changed.

    A closure, because this runs for every row of every feed: what is the same for all rows is looked up once.
    """
    accepted_at, seq = clock.accepted_at, clock.seq
    fresh_from = accepted_at - REFRESH
    confirmed_later = snapshot.confirmed_later if snapshot.confirmed else None

    def settle(standing: Standing, sent: Any, as_of: datetime | None) -> int:
        item, before, stood, stood_seq, key, _ = standing
        stamp = as_of or accepted_at
        if stood is not None and (
            stamp < stood
            or (stamp == stood and seq < stood_seq)
            or (confirmed_later is not None and confirmed_later(standing, (stamp, seq)))
        ):
            return _STALE
        value = sent if type(sent) is int else merged(sent, before)
        if value != before:
            plan.writes.append((standing, value, as_of))
            plan.changed_keys.append(key)
            return _CHANGED
        if item is None or stood is None or stood < (as_of - REFRESH if as_of else fresh_from):
            plan.writes.append((standing, value, as_of))
        else:
            plan.confirmed.append((item, as_of))
            if stamp > stood and (plan.confirmed_until is None or stamp > plan.confirmed_until):
                plan.confirmed_until = stamp
        return _UPDATED

    return settle


def merged(sent: Any, standing: Any) -> Any:
    """The prices after a row, which leaves what it does not name."""
    before = standing or (None, None, None)
    return tuple(old if new == ABSENT else new for new, old in zip(sent, before, strict=True))


def _lost(block: Block, reached: Sequence[Standing | None]) -> set[int]:
    """Rows that lose: settled beforehand, or to another row of this chunk that reaches the same item."""
    lost = set(block.superseded)
    if block.dealers is not None:
        return lost
    ids = [standing.id for standing in reached if standing is not None]
    if len(set(ids)) == len(ids):
        return lost
    winner: dict[int | None, int] = {}
    for position, standing in enumerate(reached):
        if standing is None or position in lost:
            continue
        other = winner.setdefault(standing.id, position)
        if other != position:
            loser = other if not_older(block.as_of.get(position), block.as_of.get(other)) else position
            winner[standing.id] = position if loser == other else other
            lost.add(loser)
    return lost


def _mark_aliases(block: Block, reached: Sequence[Standing | None], outcomes: bytearray) -> None:
    for position, (key, standing) in enumerate(zip(block.keys, reached, strict=True)):
        if standing is not None and standing.key != key:
            outcomes[position] = ord(chr(outcomes[position]).upper())


def _count(block: Block, outcomes: bytearray) -> Counters:
    """Counters and samples from the outcomes."""
    codes = outcomes.lower()
    counters = Counters(
        changed=codes.count(_CHANGED),
        updated=codes.count(_UPDATED) + codes.count(_CHANGED),
        resolved_via_alias=outcomes.count(b"U") + outcomes.count(b"C"),
        echo_skipped=codes.count(_ECHO_SKIPPED),
        not_found=codes.count(_NOT_FOUND),
        duplicates=codes.count(_DUPLICATE),
        stale=codes.count(_STALE),
        invalid_dealers=codes.count(_INVALID_DEALER),
    )
    if counters.not_found:
        found = (block.sent_as(at) for at, code in enumerate(codes) if code == _NOT_FOUND)
        counters.not_found_sample = list(islice(found, SAMPLE_MAX))
    if counters.invalid_dealers:
        named = (block.dealer_sent_as(at) for at, code in enumerate(codes) if code == _INVALID_DEALER)
        counters.invalid_dealer_ids = list(islice(dict.fromkeys(named), SAMPLE_MAX))
    return counters
