"""The stream of a push's progress, under a clock of the test's."""

import gc
from collections.abc import Callable, Iterator
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.domain.errors import DatabaseDownError
from app.web.errors import HttpError
from app.web.push_events import Sight, event, events, seen
from app.web.streams import EACH_TENANT_MAX, Streams

RUNNING, OVER = b'{"status":"running"}', b'{"status":"completed"}'
COMMENT, AGAIN = b":\n\n", b"retry: 1000\n\n"


class World:
    """What is told, and a clock that each wait moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: tuple[int, bytes] | None = None
        self.kept = (1, RUNNING)
        self.asked: list[float] = []
        self.stopping = False
        self.away = False

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.stopping

    def database(self) -> tuple[int, bytes]:
        self.asked.append(self.now)
        if self.away:
            raise DatabaseDownError("no")
        return self.kept

    def stream(self, after: int = 0) -> Iterator[bytes]:
        sight = Sight(lambda: self.told, self.database, self.clock)
        return events(sight, after, self.wait, self.clock)


@pytest.fixture
def world() -> World:
    return World()


class TestEvents:
    def test_the_first_tells_how_it_stands_at_once(self, world: World):
        world.told = (3, RUNNING)
        assert next(world.stream()) == b'event: progress\nid: 3\ndata: {"status":"running"}\n\n'
        assert world.now == 100.0

    def test_what_was_seen_is_not_told_again(self, world: World):
        world.told = (3, RUNNING)
        stream = world.stream(after=3)
        assert next(stream) == COMMENT
        world.told = (4, RUNNING)
        assert next(stream) == event(4, RUNNING)

    def test_what_is_older_than_what_was_told_is_not_told(self, world: World):
        world.told = (3, RUNNING)
        stream = world.stream()
        next(stream)
        world.told = (2, OVER)
        assert next(stream) == COMMENT
        world.told = (5, OVER)
        assert next(stream) == event(5, OVER)

    def test_there_are_four_a_second_at_most(self, world: World):
        stream = world.stream()
        moments = []
        for version in range(1, 40):
            world.told = (version, RUNNING)
            next(stream)
            moments.append(world.now)
        assert all(sum(start <= one < start + 1 for one in moments) <= 4 for start in moments)

    def test_it_ends_after_the_last_state(self, world: World):
        world.told = (3, OVER)
        assert list(world.stream()) == [event(3, OVER)]

    def test_a_client_hears_something_every_five_seconds(self, world: World):
        world.told = (3, RUNNING)
        stream = world.stream(after=3)
        moments = [world.now for _ in range(10) if next(stream) == COMMENT]
        gaps = {later - earlier for earlier, later in pairwise(moments)}
        assert gaps == {5.0}

    def test_it_ends_after_five_minutes_and_asks_to_come_back(self, world: World):
        world.told = (3, RUNNING)
        sent = list(world.stream())
        assert sent[-1] == AGAIN
        assert world.now - 100.0 == 300.0

    def test_it_ends_when_the_process_stops(self, world: World):
        world.told = (3, RUNNING)
        world.stopping = True
        assert list(world.stream()) == [event(3, RUNNING), AGAIN]

    def test_without_redis_postgresql_is_asked_once_a_second(self, world: World):
        first, *_ = world.stream()
        assert first == event(1, RUNNING)
        assert len(world.asked) == 300
        assert {later - earlier for earlier, later in pairwise(world.asked)} == {1.0}

    def test_without_either_it_asks_to_come_back(self, world: World):
        world.away = True
        assert list(world.stream()) == [AGAIN]


@pytest.mark.parametrize(
    ("sent", "version"),
    [("7", 7), (" 7 ", 7), (None, 0), ("", 0), ("-1", 0), ("x", 0), ("٣", 0), ("1.5", 0), ("9" * 40, 0)],
)
def test_a_last_event_id_that_is_none_is_ignored(sent: str | None, version: int):
    assert seen(sent) == version


class TestSeats:
    @pytest.fixture(autouse=True)
    def _context(self) -> Iterator[None]:
        with Flask("test").app_context():
            yield

    @staticmethod
    def open_in(streams: Streams) -> Callable[[UUID], object]:
        def endless():
            while True:
                yield b""

        return lambda tenant: streams.answer(tenant, endless(), "text/event-stream")

    def test_a_tenant_has_so_many_and_others_still_find_one(self):
        sit = self.open_in(Streams(32))
        tenant = uuid4()
        held = [sit(tenant) for _ in range(EACH_TENANT_MAX)]
        with pytest.raises(HttpError) as refused:
            sit(tenant)
        assert (refused.value.status, refused.value.code) == (503, "too_many_streams")
        assert int(refused.value.headers["Retry-After"]) > 0
        assert sit(uuid4())
        assert held

    def test_a_process_has_so_many(self):
        sit = self.open_in(Streams(4))
        held = [sit(uuid4()) for _ in range(4)]
        with pytest.raises(HttpError):
            sit(uuid4())
        assert held

    def test_a_stream_that_is_closed_frees_its_seat_once(self):
        streams = Streams(4)
        sit, tenant = self.open_in(streams), uuid4()
        first, *held = [sit(tenant) for _ in range(4)]
        first.close()
        first.close()
        held.append(sit(tenant))
        with pytest.raises(HttpError):
            sit(tenant)

    def test_so_does_one_that_the_server_drops_without_closing_it(self):
        sit, tenant = self.open_in(Streams(4)), uuid4()
        for _ in range(20):
            sit(tenant)
            gc.collect(0)  # of all ages it takes seconds, late in a run
