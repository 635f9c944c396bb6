"""Decides what becomes of a chunk's rows: pure, so that a property test can hold it against a plain model.

The order rule: the value that stands is the one with the latest (asOf, acceptance sequence). Writing an
unchanged value only to note that it was confirmed would cost as much as a change, so it is not written:
the confirmation is kept with the chunk's outcomes instead. Two bounds keep the rule exact all the same.
A standing stamp that is more than REFRESH older than its confirmation is rewritten, and a row that falls
between a standing stamp and a confirmation that was not written is *doubtful*: it is decided with the
confirmations at hand.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.domain.stock.block import Block, not_older
from app.domain.stock.feed import CODES, OUTCOMES, SAMPLE_MAX, Counters, Outcome
from app.domain.stock.rows import ABSENT

REFRESH = timedelta(minutes=15)

Version = tuple[datetime, int]


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
    pushed: Mapping[int, Any] = field(default_factory=dict)  # item id → value pushed within the echo window
    dealers: frozenset[str] | None = None  # the tenant's own, among those named; None: not by dealer
    confirmed: Mapping[int, Version] = field(default_factory=dict)  # for doubtful items

    def echoes(self, standing: Standing, value: Any) -> bool:
        """Whether a row only repeats what we pushed a moment ago."""
        return standing.id is not None and self.pushed.get(standing.id) == value

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
    if clock.in_order and (not block.as_of or clock.confirmed_until is None):
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
    for position, standing in enumerate(reached):
        if standing is None:
            outcome = Outcome.NOT_FOUND if snapshot.dealers is None else Outcome.INVALID_DEALER
        elif position in lost:
            outcome = Outcome.DUPLICATE
        elif snapshot.pushed and snapshot.echoes(standing, block.values[position]):
            outcome = Outcome.ECHO_SKIPPED
        else:
            outcome = _settle(
                plan, standing, block.values[position], block.as_of.get(position), clock, snapshot
            )
        via_alias = standing is not None and standing.key != block.keys[position]
        _note(plan, block, position, outcome, via_alias=via_alias)
    return plan


def _settle(
    plan: Plan, standing: Standing, sent: Any, as_of: datetime | None, clock: FeedClock, snapshot: Snapshot
) -> Outcome:
    """Stale, confirmed, rewritten or changed: one row against what stands."""
    stamp = as_of or clock.accepted_at
    if standing.as_of is None:
        value = merged(sent, standing.value)
        plan.writes.append((standing, value, as_of))
        return _written(plan, standing, changed=value != standing.value)
    if (stamp, clock.seq) < (standing.as_of, standing.seq):
        return Outcome.STALE
    if snapshot.confirmed and snapshot.confirmed_later(standing, (stamp, clock.seq)):
        return Outcome.STALE
    value = merged(sent, standing.value)
    if value != standing.value:
        plan.writes.append((standing, value, as_of))
        return _written(plan, standing, changed=True)
    if stamp > standing.as_of + REFRESH:
        plan.writes.append((standing, value, as_of))
    else:
        assert standing.id is not None
        plan.confirmed.append((standing.id, as_of))
        if stamp > standing.as_of and (plan.confirmed_until is None or stamp > plan.confirmed_until):
            plan.confirmed_until = stamp
    return Outcome.UPDATED


def _written(plan: Plan, standing: Standing, *, changed: bool) -> Outcome:
    if not changed:
        return Outcome.UPDATED
    plan.changed_keys.append(standing.key)
    return Outcome.CHANGED


def merged(sent: Any, standing: Any) -> Any:
    """The value after a row: a price row leaves what it does not name."""
    if not isinstance(sent, tuple | list):
        return sent
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


def _note(plan: Plan, block: Block, position: int, outcome: Outcome, *, via_alias: bool) -> None:
    code = CODES[outcome]
    plan.outcomes[position] = ord(code.upper() if via_alias else code)
    counters = plan.counters
    if outcome is Outcome.UPDATED or outcome is Outcome.CHANGED:
        counters.updated += 1
        counters.changed += outcome is Outcome.CHANGED
        counters.resolved_via_alias += via_alias
    elif outcome is Outcome.NOT_FOUND:
        counters.not_found += 1
        if len(counters.not_found_sample) < SAMPLE_MAX:
            counters.not_found_sample.append(block.sent_as(position))
    elif outcome is Outcome.DUPLICATE:
        counters.duplicates += 1
    elif outcome is Outcome.STALE:
        counters.stale += 1
    elif outcome is Outcome.ECHO_SKIPPED:
        counters.echo_skipped += 1
    else:
        counters.invalid_dealers += 1
        dealer = (block.dealers or [])[position]
        if len(counters.invalid_dealer_ids) < SAMPLE_MAX and dealer not in counters.invalid_dealer_ids:
            counters.invalid_dealer_ids.append(dealer)
