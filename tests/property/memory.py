"""The feeds' port in memory: what a transaction wrote is gone when it raises, as PostgreSQL has it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.domain.stock.block import Block, blocks, pack, unpack
from app.domain.stock.feed import Counters, Feed, FeedKind, FeedStatus
from app.domain.stock.plan import REFRESH, FeedClock, Plan, Snapshot, Standing, Version
from app.domain.stock.ports import Hints, Rules, Work
from app.domain.stock.rows import Parsed
from app.domain.work.dispatch import Actor, Claim

TENANT = uuid4()


class KilledError(BaseException):
    """kill -9."""


@dataclass
class State:
    """All rows of one tenant's stock lane."""

    items: dict[int, Standing] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    feeds: dict[UUID, Feed] = field(default_factory=dict)
    chunks: dict[UUID, list[bytes]] = field(default_factory=dict)
    superseded: dict[tuple[UUID, int], list[int]] = field(default_factory=dict)
    outcomes: dict[UUID, list[bytes]] = field(default_factory=dict)
    confirmed: list[tuple[int, list[tuple[int, datetime]]]] = field(default_factory=list)
    newest_seq: int = 0
    confirmed_until: datetime | None = None

    def copy(self) -> "State":
        """One level deep: what lies below is never changed in place."""
        return replace(self, **{name: copy(value) for name, value in vars(self).items()})


class MemoryFeeds:
    """Opens transactions; the next one dies at its verb number `kill_at`, if that is set."""

    def __init__(self, items: Mapping[str, int], aliases: Mapping[str, str]) -> None:
        self.state = State(aliases=dict(aliases))
        for number, (key, value) in enumerate(items.items()):
            self.state.items[number] = Standing(number, value, None, 0, key)
        self.kill_at: int | None = None

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator["MemoryTransaction"]:
        state = self.state.copy()
        yield MemoryTransaction(self, state)
        self.state = state

    def accept(self, parsed: Parsed, chunk_rows: int, accepted_at: datetime, seq: int) -> Claim:
        """A feed that is committed, and the lease on it."""
        cut = [pack(block) for block in blocks(parsed, chunk_rows)]
        feed = Feed(
            id=uuid4(),
            tenant_id=TENANT,
            kind=FeedKind.STOCK,
            status=FeedStatus.QUEUED,
            accepted_at=accepted_at,
            seq=seq,
            started_at=None,
            applied_at=None,
            received=len(parsed.keys),
            rejected=0,
            chunks=len(cut),
            next_chunk=0,
            rows_applied=0,
            counters=Counters(),
            rejected_sample=[],
            settled=False,
            guard_waived=False,
            error=None,
            request_id="",
        )
        self.state.feeds[feed.id] = feed
        self.state.chunks[feed.id] = cut
        self.state.outcomes[feed.id] = []
        return Claim(feed.id, Actor.FEEDS_APPLY, TENANT, "lane", seq, 1, 1, feed.accepted_at)


class MemoryTransaction:
    """The verbs that the job uses."""

    def __init__(self, feeds: MemoryFeeds, state: State) -> None:
        self._feeds = feeds
        self._state = state

    def _verb(self) -> None:
        if self._feeds.kill_at is not None:
            self._feeds.kill_at -= 1
            if self._feeds.kill_at < 0:
                self._feeds.kill_at = None
                raise KilledError

    def next_work(self, claim: Claim) -> Work:
        self._verb()
        state, feed = self._state, self._state.feeds[claim.id]
        block = unpack(state.chunks[feed.id][feed.next_chunk])
        block.superseded.extend(state.superseded.get((feed.id, feed.next_chunk), ()))
        clock = FeedClock(feed.accepted_at, feed.seq, feed.seq >= state.newest_seq, state.confirmed_until)
        if feed.next_chunk == 0:
            state.newest_seq = max(state.newest_seq, feed.seq)
        return Work(feed, Rules(300, None), Hints(), block, clock)

    def blocks(self, feed: Feed) -> Iterator[Block]:
        self._verb()
        yield from map(unpack, self._state.chunks[feed.id])

    def snapshot(self, kind: FeedKind, block: Block, *, aliases: bool, pushed: object) -> Snapshot:
        self._verb()
        targets = {standing.key: standing for standing in self._state.items.values()}
        return Snapshot(targets=targets, aliases=self._state.aliases)

    def confirmations(
        self, kind: FeedKind, doubtful: Mapping[int, tuple[datetime, datetime]]
    ) -> dict[int, Version]:
        """Bounded as the SQL is, chunk by chunk."""
        self._verb()
        since = min(stamp for stamp, _ in doubtful.values())
        until = max(standing for _, standing in doubtful.values()) + REFRESH
        found: dict[int, Version] = {}
        for seq, confirmed in self._state.confirmed:
            stamps = [stamp for _, stamp in confirmed]
            if max(stamps) >= since and min(stamps) <= until:
                for item, stamp in confirmed:
                    if item in doubtful:
                        found[item] = max(found.get(item, (stamp, seq)), (stamp, seq))
        return found

    def write(self, feed: Feed, plan: Plan) -> bool:
        self._verb()
        for standing, value, as_of in plan.writes:
            assert standing.id is not None
            self._state.items[standing.id] = standing._replace(
                value=value, as_of=as_of or feed.accepted_at, seq=feed.seq
            )
        self._verb()
        return True

    def checkpoint(self, claim: Claim, work: Work, plan: Plan) -> Feed:
        self._verb()
        state, feed = self._state, work.feed
        counters = feed.counters + plan.counters
        state.outcomes[feed.id] = [*state.outcomes[feed.id], bytes(plan.outcomes)]
        status = FeedStatus.APPLIED if work.last else FeedStatus.APPLYING
        state.feeds[feed.id] = replace(feed, next_chunk=feed.next_chunk + 1, counters=counters, status=status)
        if plan.confirmed:
            state.confirmed.append(
                (feed.seq, [(item, at or feed.accepted_at) for item, at in plan.confirmed])
            )
        if plan.confirmed_until and (
            not state.confirmed_until or plan.confirmed_until > state.confirmed_until
        ):
            state.confirmed_until = plan.confirmed_until
        self._verb()
        return state.feeds[feed.id]

    def has_aliases(self) -> bool:
        self._verb()
        return bool(self._state.aliases)

    def alias_hits(self, names: Sequence[str]) -> dict[str, str]:
        self._verb()
        return {name: self._state.aliases[name] for name in names if name in self._state.aliases}

    def settled(self, claim: Claim, work: Work, lost: Mapping[int, Sequence[int]]) -> None:
        self._verb()
        for ordinal, positions in lost.items():
            self._state.superseded[claim.id, ordinal] = list(positions)
        self._state.feeds[claim.id] = replace(work.feed, settled=True)

    def renew(self, claim: Claim) -> None:
        """Leases do not run out here."""


class Nobody:
    """Signals, projection, shown stock and observer that nobody listens to."""

    def __init__(self) -> None:
        self.forgotten: Counter[str] = Counter()

    def settled(self, feed_id: UUID, feed: Feed | None = None) -> None: ...

    def wait(self, feed_id: UUID, timeout_s: float) -> None: ...

    def begun(self, feed: Feed) -> None: ...

    def applied(self, feed: Feed, plan: Any) -> None: ...

    def finished(self, feed: Feed) -> None: ...

    def forget_items(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None:
        self.forgotten.update(part_numbers)

    def changed(self, tenant_id: UUID, part_numbers: Sequence[str]) -> None: ...
