"""The job over a store in memory, held against the plain model: thousands of interleavings in seconds."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.stock.apply import FeedJob
from app.domain.stock.feed import OUTCOMES, FeedStatus, Outcome
from app.domain.stock.rows import Parsed
from app.domain.work.dispatch import Progress
from tests.property.memory import KilledError, MemoryFeeds, Nobody
from tests.property.model import ALIASES, ITEMS, Model, Row, Sent, accepted, by_alias, payloads, standing

INITIAL = dict.fromkeys(ITEMS, 0)


def parsed(sent: Sent) -> Parsed:
    return Parsed(
        keys=[row.name for row in sent.rows],
        values=[row.value for row in sent.rows],
        index=list(range(len(sent.rows))),
        as_of={
            position: sent.accepted_at - timedelta(minutes=row.age)
            for position, row in enumerate(sent.rows)
            if row.age is not None
        },
    )


class System:
    """The job at work on the store, one chunk at a time, and the model beside it."""

    def __init__(self, feeds: list[Sent], chunk_rows: int) -> None:
        self.sent = feeds
        self.store = MemoryFeeds(INITIAL, ALIASES)
        self.model = Model(by_alias, dict(INITIAL))
        self.listener = Nobody()
        self.job = FeedJob(self.store, self.listener, self.listener, self.listener, self.listener)
        self.chunk_rows = chunk_rows
        self.claims = [self.store.accept(parsed(one), chunk_rows, one.accepted_at, one.seq) for one in feeds]

    @property
    def unfinished(self) -> list[int]:
        feeds = self.store.state.feeds
        return [
            at for at, claim in enumerate(self.claims) if feeds[claim.id].status is not FeedStatus.APPLIED
        ]

    def step(self, at: int, kill_at: int | None) -> None:
        """One slice of a feed; a killed one leaves nothing behind."""
        before = self.done(at)
        self.store.kill_at = kill_at
        try:
            progress = self.job.apply(self.claims[at], lambda: True)
        except KilledError:
            assert self.done(at) == before
        else:
            assert (progress is Progress.DONE) == (at not in self.unfinished)
        self.store.kill_at = None
        if self.done(at) > before:
            self.check_chunk(at, before)

    def done(self, at: int) -> int:
        return self.store.state.feeds[self.claims[at].id].next_chunk

    def check_chunk(self, at: int, ordinal: int) -> None:
        start = ordinal * self.chunk_rows
        positions = range(start, min(start + self.chunk_rows, len(self.sent[at].rows)))
        expected = self.model.apply(self.sent[at], positions)
        codes = self.store.state.outcomes[self.claims[at].id][ordinal].decode().lower()
        assert [OUTCOMES[code] for code in codes] == expected

    def values(self) -> dict[str, int]:
        return {standing.key: standing.value for standing in self.store.state.items.values()}


steps = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=40)


def run(system: System, chosen: list[tuple[int, int | None]]) -> None:
    """The chosen steps, then the rest in order, as after every crash somebody sweeps up."""
    for pick, kill_at in chosen:
        if system.unfinished:
            system.step(system.unfinished[pick % len(system.unfinished)], kill_at)
    while system.unfinished:
        system.step(system.unfinished[0], None)


THREE_AT_ONE_MOMENT = [(0, [Row("A", value, None)]) for value in (1, 2, 1)]


@settings(max_examples=2000, deadline=None)
@example(THREE_AT_ONE_MOMENT, 1, [(0, None), (1, None)])  # the last confirms the first, then the second comes
@given(payloads(), st.integers(1, 4), steps)
def test_whatever_the_interleaving_chunk_size_and_kills_the_latest_version_stands(chosen, chunk_rows, order):
    system = System(accepted(chosen), chunk_rows)
    run(system, order)
    assert system.values() == INITIAL | standing(by_alias, system.sent)
    assert system.values() == system.model.values


@settings(max_examples=300, deadline=None)
@given(payloads(), st.integers(1, 4), steps)
def test_the_counters_add_up_and_agree_with_the_outcomes(chosen, chunk_rows, order):
    system = System(accepted(chosen), chunk_rows)
    run(system, order)
    for claim, sent in zip(system.claims, system.sent, strict=True):
        counters = system.store.state.feeds[claim.id].counters
        codes = b"".join(system.store.state.outcomes[claim.id]).decode()
        assert counters.received == len(codes) == len(sent.rows)
        outcomes = [OUTCOMES[code.lower()] for code in codes]
        assert counters.changed == outcomes.count(Outcome.CHANGED)
        assert counters.updated == counters.changed + outcomes.count(Outcome.UPDATED)
        assert counters.duplicates == outcomes.count(Outcome.DUPLICATE)
        assert counters.resolved_via_alias == sum(code in "UC" for code in codes)
        unknown = [row.name for row in sent.rows if by_alias(row.name) is None]
        assert (counters.not_found, counters.not_found_sample) == (len(unknown), unknown)


@settings(max_examples=300, deadline=None)
@given(payloads(), st.integers(1, 4), st.integers(1, 4))
def test_the_size_of_the_chunks_changes_no_outcome(chosen, one_size, other_size):
    told = []
    for chunk_rows in (one_size, other_size):
        system = System(accepted(chosen), chunk_rows)
        run(system, [])
        told.append([b"".join(system.store.state.outcomes[claim.id]) for claim in system.claims])
    assert told[0] == told[1]


@settings(max_examples=300, deadline=None)
@given(payloads(most=1), st.integers(1, 4))
def test_sending_the_same_again_changes_nothing(chosen, chunk_rows):
    (_, body) = chosen[0]
    once, twice = (System(accepted([(0, body)] * times), chunk_rows) for times in (1, 2))
    run(once, [])
    run(twice, [])
    assert twice.values() == once.values()
    again = twice.store.state.feeds[twice.claims[1].id].counters
    assert (again.changed, again.stale) == (0, 0)


@settings(max_examples=300, deadline=None)
@given(payloads(), st.integers(1, 4), steps)
def test_every_changed_item_is_forgotten_by_the_projection(chosen, chunk_rows, order):
    system = System(accepted(chosen), chunk_rows)
    run(system, order)
    changed = {key for key, value in system.values().items() if value != INITIAL[key]}
    assert changed <= set(system.listener.forgotten)
