"""Whoever looks finds the push again: from another browser, after a flush, without Redis, an hour later."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import event

from app.domain.push.errors import ShopClosedError
from tests.portal import Portal, added_up, open_portal
from tests.stockline import Stockline

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def portal(stockline: Stockline) -> Portal:
    stockline.activate(*(f"P{number}" for number in range(8)), "BAD1", "BAD2")
    return open_portal(stockline)


@pytest.fixture
def redis(portal: Portal) -> Iterator[Redis]:
    with Redis.from_url(portal.stockline.container.settings.redis_url) as client:
        yield client


def current(portal: Portal) -> dict[str, Any]:
    response = portal.get("/pushes/current")
    assert response.status_code == 200, response.text
    return added_up(response.json)


def settled(push: dict[str, Any]) -> int:
    return push["total"] - push["remaining"]


@contextmanager
def polled(*portals: Portal) -> Iterator[list[dict[str, Any]]]:
    """What each of several clients reads meanwhile, by turns."""
    read: list[dict[str, Any]] = []
    stopped = threading.Event()

    def poll() -> None:
        while not stopped.is_set():
            read.extend(current(one) for one in portals)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield read
    finally:
        stopped.set()
        thread.join()


def test_another_client_finds_the_push_under_way(portal: Portal, build):
    push_id = portal.begin()
    elsewhere = portal.at(build(encryption_keys=""))
    with portal.working():
        portal.step(push_id)
        assert current(elsewhere)["pushId"] == push_id
        assert settled(current(elsewhere)) == 1
        portal.step(push_id)
        assert current(elsewhere) == current(portal) == portal.push(push_id)


def test_progress_only_grows_over_polls_of_several_clients(portal: Portal, build):
    push_id = portal.begin()
    with polled(portal, portal.at(build())) as read, portal.working():
        for _ in range(10):
            portal.step(push_id)
    counts = [settled(push) for push in read]
    assert counts == sorted(counts)
    assert portal.push(push_id)["status"] == "completed"


def test_after_a_flush_it_is_rebuilt_and_still_only_grows(portal: Portal, redis: Redis):
    push_id = portal.begin()
    with polled(portal) as read, portal.working():
        for _ in range(10):
            portal.step(push_id)
            redis.flushall()
    counts = [settled(push) for push in read]
    assert counts == sorted(counts)
    push = portal.push(push_id)
    assert (push["succeeded"], push["failed"], len(push["failures"])) == (8, 2, 2)


def test_without_redis_postgresql_answers(portal: Portal, build):
    push_id = portal.begin()
    away = portal.at(build(redis_url=NOWHERE))
    with portal.working():
        portal.step(push_id)
        portal.step(push_id)
        for read in (current(away), away.push(push_id)):
            assert (read["status"], settled(read)) == ("running", 2)
            assert len(read["failures"]) == read["failed"]


def test_a_worker_without_redis_pushes_and_all_is_seen(portal: Portal, build):
    """Its words are lost; what readers have meanwhile expires, or is behind what `current` knows."""
    push_id = portal.begin("P1", "BAD1")
    assert current(portal)["remaining"] == 2
    portal.at(build(redis_url=NOWHERE)).stockline.drain()
    push = current(portal)
    assert (push["status"], push["succeeded"], push["failed"]) == ("completed", 1, 1)
    assert portal.push(push_id) == push


def test_a_cancellation_is_seen_at_once_wherever_it_came_from(portal: Portal, build):
    push_id = portal.begin()
    elsewhere = portal.at(build())
    assert elsewhere.push(push_id)["status"] == "queued"
    portal.post(f"/pushes/{push_id}/cancel")
    assert elsewhere.push(push_id)["status"] == "cancelled"


def test_a_pause_and_its_end_are_seen_too(portal: Portal):
    portal.shop.closed = ShopClosedError("missing_scope", "grant write_products")
    push_id = portal.done("P1")["pushId"]
    assert current(portal)["statusReason"]["code"] == "missing_scope"
    portal.post(f"/pushes/{push_id}/resume")
    assert current(portal)["status"] == "queued"


def test_one_that_is_over_is_current_for_an_hour_and_in_the_history_for_good(portal: Portal):
    push_id = portal.done("P1")["pushId"]
    ago = "UPDATE push SET finished_at = now() - make_interval(mins => %s) WHERE id = %s"
    portal.stockline.sql(ago, 59, push_id)
    assert current(portal)["pushId"] == push_id
    portal.stockline.sql(ago, 61, push_id)
    assert portal.get("/pushes/current").status_code == 404
    assert portal.push(push_id)["status"] == "completed"
    assert [one["pushId"] for one in portal.get("/pushes").json["data"]] == [push_id]


def test_the_newest_is_current(portal: Portal):
    portal.done("P1")
    push_id = portal.begin("P2")
    assert current(portal)["pushId"] == push_id


def test_a_poll_of_what_was_told_does_not_ask_postgresql(portal: Portal):
    push_id = portal.begin("P1")
    portal.push(push_id)
    asked: list[str] = []
    engine = portal.stockline.container.unit_of_work.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        portal.push(push_id)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert not any("FROM push" in statement for statement in asked), asked
