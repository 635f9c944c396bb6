"""A feed that kills its worker: tried three times, then put aside, because the try is committed before the work."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.stock.feed import FeedStatus
from app.domain.work.dispatch import TRIES_MAX
from app.settings import Settings
from tests.desk import Desk
from tests.workers import Group, eventually

pytestmark = pytest.mark.slow
DEATHS_MAX = TRIES_MAX + 2


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk(3, lease_s=30.0, sweep_interval_s=0.1)


@pytest.fixture
def start(desk: Desk, tmp_path: Path) -> Iterator[Callable[..., Group]]:
    started: list[Group] = []

    def start_one(**env: str) -> Group:
        settings: Settings = desk.container.settings
        group = Group.start(
            settings,
            tmp_path / f"worker-{len(started)}.log",
            module="tests.faults.poisoned",
            env={"POISON": str(desk.tenant.id), **env},
        )
        started.append(group)
        return group

    yield start_one
    for group in started:
        group.kill()


def check_that_poison_is_put_aside(desk: Desk, start: Callable[..., Group], **fault: str) -> Group:
    """Start a worker again whenever it died, as a supervisor does, while time passes: the one that lives."""
    poison = desk.accept(("P-0", 1))
    deaths = 0
    while not desk.settled(poison):
        assert deaths < DEATHS_MAX, "the poison kills one worker after another"
        group = start(**fault)
        desk.later()
        eventually(lambda group=group: group.gone or desk.settled(poison), 20, "a death or an end")  # type: ignore[misc]
        deaths += group.gone
    assert deaths == TRIES_MAX
    assert desk.feed(poison).status is FeedStatus.FAILED
    assert "died 3 times" in str(desk.feed(poison).error)
    assert desk.dead_letters() == [poison.id]
    return group


def test_a_feed_that_kills_its_worker_three_times_is_failed_and_the_others_go_on(
    desk: Desk, start: Callable[..., Group]
):
    healthy = desk.neighbour(3)
    fine = healthy.accept(("P-0", 4))
    survivor = check_that_poison_is_put_aside(desk, start)
    eventually(lambda: healthy.applied(fine), 10, "the neighbour's feed")
    after = healthy.accept(("P-1", 5))
    eventually(lambda: healthy.applied(after), 10, "the neighbour's next feed")
    survivor.kill()
    (put_aside,) = desk.container.feeds.list(desk.tenant.id, 2, None)
    desk.container.dead_letters.replay([put_aside.id])
    desk.work(put_aside)
    assert desk.applied(put_aside), "a sound worker finishes what the poisoned ones could not"
    assert desk.stock("P-0") == 1


def test_control_a_try_that_is_not_committed_before_the_work_makes_it_loop_for_ever(
    desk: Desk, start: Callable[..., Group]
):
    with pytest.raises(AssertionError, match="one worker after another"):
        check_that_poison_is_put_aside(desk, start, FAULT="uncounted")
