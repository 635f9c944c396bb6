"""A push's events over the real server: who watches starves nobody, and who left makes room."""

import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from app.local import processes
from app.local.ports import LOOPBACK
from app.settings import Settings
from tests.benchmarks.processes import serving
from tests.portal import Portal, added_up, open_portal
from tests.stockline import DEADLINE_S, Stockline, until

THREADS, STREAMS = 2, 12


class Stream:
    """One client's stream of events."""

    def __init__(self, port: int, portal: Portal, push_id: str, **headers: str) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=DEADLINE_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(
            "GET",
            f"/api/app/shopify/pushes/{push_id}/events",
            headers={"X-API-Key": portal.stockline.key} | named,
        )
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def event(self) -> tuple[int, dict[str, Any]] | None:
        """The next one; None at the stream's end."""
        found: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "data":
                assert found["event"] == "progress"
                return int(found["id"]), added_up(msgspec.json.decode(value))
            found[name] = value
        return None

    def rest(self) -> list[tuple[int, dict[str, Any]]]:
        return list(iter(self.event, None))

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def served(settings: Settings, log: Path) -> AbstractContextManager[int]:
    """The port of a server of one process with few threads."""
    small = settings.model_copy(update={"web_concurrency": 1, "web_threads": THREADS, "web_streams": STREAMS})
    env = os.environ | {name.upper(): str(value) for name, value in small if value != ""}
    return serving("web", partial(processes.web, small), env, log)


@pytest.fixture(scope="module")
def port(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(settings, tmp_path_factory.mktemp("web") / "web.log") as port:
        yield port


@pytest.fixture
def portal(stockline: Stockline) -> Portal:
    stockline.activate("A", "B", "C", "BAD")
    return open_portal(stockline)


@pytest.fixture
def watch(port: int) -> Iterator[Callable[..., Stream]]:
    """Opens streams that are closed after the test, and waits until the server knows."""
    with ExitStack() as stack:

        def open_one(portal: Portal, push_id: str, **headers: str) -> Stream:
            stream = Stream(port, portal, push_id, **headers)
            stack.callback(stream.close)
            return stream

        yield open_one


def get(port: int, portal: Portal, path: str) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=DEADLINE_S)
    connection.request("GET", path, headers={"X-API-Key": portal.stockline.key})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_every_change_comes_as_it_happens_until_the_last(portal: Portal, watch):
    push_id = portal.begin("A", "BAD", "B")
    stream = watch(portal, push_id)
    assert stream.status == 200
    assert stream.answer.headers["Content-Type"] == "text/event-stream"
    assert stream.answer.headers["Cache-Control"] == "no-store"
    assert stream.answer.headers["X-Accel-Buffering"] == "no"
    assert stream.answer.headers["X-Request-Id"]
    assert stream.event()[1]["status"] == "queued"
    with portal.working():
        assert stream.event()[1]["status"] == "running"
        for count in (1, 2):
            portal.step(push_id)
            assert stream.event()[1]["remaining"] == 3 - count
    events = stream.rest()
    versions = [version for version, _ in events]
    assert versions == sorted(set(versions))
    assert events[-1][1] == portal.push(push_id)
    assert events[-1][1]["status"] == "completed"
    assert events[-1][1]["failures"][0]["partNumber"] == "BAD"


def test_who_comes_back_gets_only_what_came_after(portal: Portal, watch):
    push_id = portal.begin("A", "B")
    with portal.working():
        first = watch(portal, push_id)
        until(lambda: first.event()[1]["status"] == "running", "its start")
        version, push = watch(portal, push_id).event()
        again = watch(portal, push_id, Last_Event_ID=str(version))
        portal.step(push_id)
        later, changed = again.event()
        assert later > version
        assert changed["remaining"] == push["remaining"] - 1


def test_one_that_is_over_has_one_event_and_then_no_more(portal: Portal, watch):
    push_id = portal.done("A")["pushId"]
    ((version, push),) = watch(portal, push_id).rest()
    assert push == portal.push(push_id)
    seen = watch(portal, push_id, Last_Event_ID=str(version))
    assert (seen.status, seen.answer.read()) == (204, b"")
    assert len(watch(portal, push_id, Last_Event_ID=str(version - 1)).rest()) == 1


@pytest.mark.parametrize("last", ["", "x", "-1", "999999", "9" * 30])
def test_a_last_event_id_that_was_never_sent_is_ignored(portal: Portal, watch, last: str):
    push_id = portal.done("A")["pushId"]
    assert len(watch(portal, push_id, Last_Event_ID=last).rest()) == 1


def test_several_tenants_have_four_each_and_reads_are_served_meanwhile(portal: Portal, watch, port: int):
    portals = [portal, *(open_portal(portal.stockline.another()) for _ in range(STREAMS // 4 - 1))]
    for one in portals[1:]:
        one.stockline.activate("A")
    begun = [(one, one.begin("A")) for one in portals]
    streams = [stream for one, push_id in begun for stream in open_streams(watch, one, push_id, 4)]
    assert all(stream.event()[1]["status"] == "queued" for stream in streams)
    assert {get(port, one, "/api/t/stock?partNumbers=A") for one in portals * 5} == {200}
    refused = watch(portals[0], streams_of(portals[0]))
    assert (refused.status, refused.answer.headers["Retry-After"]) == (503, "5")
    assert msgspec.json.decode(refused.answer.read())["code"] == "too_many_streams"


def test_a_tenant_cannot_take_all(portal: Portal, watch):
    push_id, other = portal.begin("A"), open_portal(portal.stockline.another())
    other.stockline.activate("A")
    open_streams(watch, portal, push_id, 8)
    assert watch(portal, push_id).status == 503
    theirs = other.begin("A")
    until(lambda: watch(other, theirs).status == 200, "a seat that the test before gave back")


def test_who_goes_away_makes_room(portal: Portal, watch):
    push_id = portal.begin("A")
    streams = open_streams(watch, portal, push_id, 8)
    assert watch(portal, push_id).status == 503
    for stream in streams[:4]:
        stream.close()
    until(lambda: watch(portal, push_id).status == 200, "a seat")


def test_a_head_takes_no_seat(portal: Portal, watch, port: int):
    push_id = portal.begin("A")

    def head() -> int:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=DEADLINE_S)
        connection.request(
            "HEAD",
            f"/api/app/shopify/pushes/{push_id}/events",
            headers={"X-API-Key": portal.stockline.key},
        )
        status = connection.getresponse().status
        connection.close()
        return status

    for _ in range(3 * STREAMS):
        until(lambda: head() == 200, "the seat that the one before let go of")
    assert until(lambda: watch(portal, push_id).status == 200, "a seat")


def test_a_server_that_is_told_to_stop_ends_its_streams_and_stops(
    settings: Settings, portal: Portal, tmp_path: Path
):
    with served(settings, tmp_path / "web.log") as port:
        stream = Stream(port, portal, portal.begin("A"))
        assert stream.event()[1]["status"] == "queued"
        (server,) = [one for one in psutil.Process().children() if str(port) in one.cmdline()]
        server.terminate()
        assert stream.answer.read().strip() == b"retry: 1000"
        server.wait(DEADLINE_S)
        stream.close()


def streams_of(portal: Portal) -> str:
    """The push that is under way."""
    push_id: str = portal.get("/pushes/current").json["pushId"]
    return push_id


def open_streams(watch, portal: Portal, push_id: str, count: int) -> list[Stream]:
    """So many, as soon as the server knows that those of earlier tests are gone."""
    streams: list[Stream] = []

    def another() -> bool:
        stream = watch(portal, push_id)
        if stream.status == 200:
            streams.append(stream)
        return len(streams) == count

    until(another, "seats")
    return streams
