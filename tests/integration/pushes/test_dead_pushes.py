"""Pushes whose workers cannot go on: one item that breaks them, and a push that is broken itself."""

import pytest

from app.adapters.postgres import push_work
from app.domain.push import run
from app.domain.push.push import PushStatus
from app.domain.work.dispatch import TRIES_MAX
from tests.shopkeeper import Shopkeeper


class DiedError(BaseException):
    """A worker that is gone, mid-line."""


def let_it_die(shop: Shopkeeper, push_id) -> None:
    """A worker takes it up and dies; its lease runs out."""
    with pytest.raises(DiedError):
        shop.stockline.drain()
    shop.stockline.sql("UPDATE dispatch SET lease_until = now() - interval '1 s' WHERE id = %s", push_id)


def test_an_item_that_kills_its_worker_three_times_is_failed_and_the_push_goes_on(
    shop: Shopkeeper, monkeypatch
):
    for each in ("A-1", "A-2", "A-3"):
        shop.sell(each)
    real = run.deliver

    def deadly(*arguments, **named):
        if "A-2" in arguments[3].together.values():
            raise DiedError
        return real(*arguments, **named)

    monkeypatch.setattr(run, "deliver", deadly)
    push = shop.begin("A-1", "A-2", "A-3")
    for _ in range(TRIES_MAX):
        let_it_die(shop, push.id)
    push = shop.work(push.id)
    assert (push.status, push.succeeded, push.failed) == (PushStatus.COMPLETED, 2, 1)
    assert shop.failures(push) == {"A-2": "internal_error"}


def test_a_push_survives_any_number_of_deaths_with_progress_in_between(shop: Shopkeeper, monkeypatch):
    numbers = [f"A-{each}" for each in range(8)]
    for each in numbers:
        shop.sell(each)
    real, done = run.deliver, []

    def dying_after_each(*arguments, **named):
        if len(done) == 1:
            done.clear()
            raise DiedError
        done.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(run, "deliver", dying_after_each)
    push = shop.begin(*numbers)
    for _ in range(7):
        let_it_die(shop, push.id)
    push = shop.work(push.id)
    assert (push.status, push.succeeded) == (PushStatus.COMPLETED, 8)


def test_an_error_of_ours_on_one_item_fails_that_item(shop: Shopkeeper, monkeypatch):
    shop.sell("A-1")
    shop.sell("A-2")
    real = run.deliver

    def broken(*arguments, **named):
        if "A-1" in arguments[3].together.values():
            raise KeyError("ours")
        return real(*arguments, **named)

    monkeypatch.setattr(run, "deliver", broken)
    push = shop.push("A-1", "A-2")
    assert (push.succeeded, shop.failures(push)) == (1, {"A-1": "internal_error"})


def test_a_push_that_cannot_even_be_read_is_put_aside_and_replayed(shop: Shopkeeper, monkeypatch):
    shop.sell("A-1")
    push = shop.begin("A-1")
    with monkeypatch.context() as patch:
        patch.setattr(push_work, "next_item", lambda *_: 1 / 0)
        for _ in range(3):
            shop.stockline.drain()
            shop.stockline.sql("UPDATE dispatch SET not_before = now() WHERE id = %s", push.id)
    push = shop.container.pushes.get(shop.tenant_id, push.id)
    assert (push.status, push.reason.code) == (PushStatus.FAILED, "internal_error")
    (letter,) = [one for one in shop.container.dead_letters.list() if one.id == push.id]
    shop.container.dead_letters.replay([letter.id])
    assert shop.work(push.id).status is PushStatus.COMPLETED
