"""Between an event's feed and its being done there is no gap: a worker that dies there loses and doubles nothing."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.adapters.postgres.webhooks import PostgresWebhooks
from app.domain.errors import ConflictError
from app.domain.shop.webhooks import WebhookJob
from app.domain.work.dispatch import Actor
from tests.merchant import SETTINGS, Merchant, level, open_merchant
from tests.orders import OrderBook
from tests.stockline import Stockline


class _NoBell:
    def ring(self, actor, dispatch_id) -> None:
        """The tests' worker looks for itself."""


class Killed(BaseException):
    """The worker dies."""


class Spoiled(PostgresWebhooks):
    """Something happens just before an event is done."""

    def __init__(self, unit_of_work, deed) -> None:
        super().__init__(unit_of_work)
        self._deed = deed

    @contextmanager
    def tenant(self, tenant_id):
        with super().tenant(tenant_id) as tx:
            finish = tx.finish

            def spoiled(*arguments, **named):
                self._deed()
                finish(*arguments, **named)

            tx.finish = spoiled
            yield tx


@pytest.fixture
def merchant(stockline: Stockline, build) -> Merchant:
    opened = open_merchant(stockline, build(**SETTINGS))
    opened.connect()
    opened.mapped("A", 1, stock=9)
    opened.tell("inventory_levels/update", level(1, 3))
    return opened


def spoil(merchant: Merchant, deed) -> Stockline:
    """The tenant with a worker to whom this happens."""
    container = merchant.stockline.container
    job = WebhookJob(Spoiled(container.unit_of_work, deed), _NoBell(), chunk_rows=3)
    handlers = {**container.handlers, Actor.WEBHOOKS_HANDLE: (job.handle, job.give_up)}
    return replace(merchant.stockline, container=replace(container, handlers=handlers))


def lease_ends(merchant: Merchant) -> None:
    merchant.stockline.sql(
        "UPDATE dispatch SET lease_until = now() - interval '1 s', not_before = now() WHERE tenant_id = %s",
        merchant.stockline.tenant_id,
    )


def test_killed_before_it_is_done_nothing_is_fed_and_the_next_feeds_once(merchant: Merchant):
    def die():
        raise Killed

    with pytest.raises(Killed):
        spoil(merchant, die).drain()
    assert (merchant.stockline.count("feed"), merchant.outcomes()) == (0, [None])
    lease_ends(merchant)
    merchant.stockline.drain()
    assert (merchant.stockline.count("feed"), merchant.outcomes()) == (1, ["fed"])
    assert merchant.stockline.stock() == {"A": 3}


def test_a_worker_that_was_taken_for_dead_feeds_nothing(merchant: Merchant):
    def steal():
        merchant.stockline.sql(
            "UPDATE dispatch SET token = token + 1, lease_until = now() - interval '1 s' WHERE tenant_id = %s"
            " AND actor = 'webhooks.handle'",
            merchant.stockline.tenant_id,
        )

    thief = spoil(merchant, steal)
    (due,) = thief._due()
    thief.container.work.run(due, thief.container.handlers)
    assert (merchant.stockline.count("feed"), merchant.outcomes()) == (0, [None])
    merchant.stockline.drain()
    assert (merchant.stockline.count("feed"), merchant.outcomes()) == (1, ["fed"])


def test_killed_in_the_middle_of_an_order_nothing_is_reserved_and_the_next_reserves_once(stockline, build):
    merchant = open_merchant(stockline, build(**SETTINGS))
    merchant.connect()
    book = OrderBook(merchant.stockline)
    stock = book.lists(book.supplier(), "A", 5)
    sold = {"id": 1001, "line_items": [{"sku": "A", "quantity": 2}]}

    def die():
        raise Killed

    for topic, counts in (("orders/create", (2, 0)), ("orders/fulfilled", (0, 2))):
        before = book.stock(stock)
        merchant.tell(topic, sold)
        with pytest.raises(Killed):
            spoil(merchant, die).drain()
        assert book.stock(stock) == before
        lease_ends(merchant)
        merchant.stockline.drain()
        assert (book.stock(stock)["reserved"], book.stock(stock)["shipped"]) == counts
    assert merchant.outcomes() == ["taken", "taken"]
    assert (merchant.stockline.count("stock_order"), merchant.stockline.count("reservation")) == (1, 1)
    assert book.drift() is None


def test_what_fails_three_times_is_put_aside_told_and_replayed(merchant: Merchant):
    def fail():
        raise ValueError("no")

    broken = spoil(merchant, fail)
    for _ in range(3):
        broken.drain()
        lease_ends(merchant)
    assert merchant.outcomes() == ["failed"]
    seen = merchant.stockline.activity("shopify-webhook")
    assert (seen["errors24h"], seen["lastError"]["error"]) == (1, "ValueError: no")
    letters = merchant.stockline.container.dead_letters
    (letter,) = [one for one in letters.list() if one.tenant_id == merchant.stockline.tenant_id]
    letters.replay([letter.id])
    merchant.stockline.drain()
    assert (merchant.outcomes(), merchant.stockline.stock()) == (["fed"], {"A": 3})


def test_those_behind_it_go_on(merchant: Merchant):
    broken = spoil(merchant, lambda: 1 / 0)
    merchant.tell("inventory_levels/update", level(1, 2))
    for _ in range(3):
        (first, *_) = broken._due()
        broken.container.work.run(first, broken.container.handlers)
        lease_ends(merchant)
    merchant.stockline.drain()
    assert merchant.outcomes() == ["failed", "fed"]


def test_what_was_not_put_aside_is_not_replayed(merchant: Merchant):
    (due,) = merchant.stockline._due()
    with pytest.raises(ConflictError):
        merchant.stockline.container.webhooks.replay(merchant.stockline.tenant_id, due)
