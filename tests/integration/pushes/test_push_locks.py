"""Who changes a push from outside locks what its worker locks, and in the same order: nobody waits in a circle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from app.adapters.postgres.connections import PostgresConnections
from app.adapters.postgres.pushes import PostgresPushes
from app.adapters.postgres.webhooks import PostgresWebhooks
from app.adapters.postgres.work import PostgresWork
from app.domain.push.ports import Settled
from app.domain.push.product import Mapped
from app.domain.push.push import ItemOutcome, PushStatus, Reason
from app.domain.shop.connection import Location
from app.domain.work.dispatch import Claim
from app.local.engines import Engines
from tests.locks import waiting
from tests.shopkeeper import Shopkeeper
from tests.stockline import DEADLINE_S, until

LEASE_S = 600.0
Act = Callable[[], object]


@pytest.fixture
def one_after_the_other(engines: Engines) -> Iterator[Callable[..., list[str]]]:
    """Lets transactions come to a push's dispatch row in this order, and says which of them failed."""
    with psycopg.connect(engines.owner_url) as holder:
        holder.execute("SELECT set_config('app.platform', 'on', false)")
        holder.commit()

        def run(push_id: UUID, *acts: Act) -> list[str]:
            failed: list[str] = []
            holder.execute("SELECT FROM dispatch WHERE id = %s FOR UPDATE", (push_id,))
            threads = [threading.Thread(target=_told, args=(act, failed)) for act in acts]
            for number, thread in enumerate(threads, 1):
                thread.start()
                until(lambda number=number: waiting(engines) == number, "the one before to wait")
            holder.rollback()
            for thread in threads:
                thread.join(DEADLINE_S)
            return failed

        yield run


def _told(act: Act, failed: list[str]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - a deadlock's victim, or whatever else went wrong in the thread
        failed.append(repr(error))


@pytest.fixture
def keeper(shop: Shopkeeper) -> Shopkeeper:
    """P-1 was pushed."""
    shop.sell("P-1")
    shop.push("P-1")
    return shop


@contextmanager
def pushing(shop: Shopkeeper, push_id: UUID) -> Iterator[tuple[PostgresPushes, Claim]]:
    """A worker on the push."""
    uow = shop.container.unit_of_work
    with PostgresWork(uow).platform() as work:
        claim = work.claim_rung(push_id, LEASE_S)
    assert claim
    pushes = PostgresPushes(uow, lease_s=LEASE_S)
    with pushes.tenant(shop.tenant_id) as tx:
        tx.begin(claim)
    yield pushes, claim


def removes_the_app(shop: Shopkeeper) -> Act:
    def act() -> None:
        with PostgresWebhooks(shop.container.unit_of_work).tenant(shop.tenant_id) as tx:
            tx.uninstall(None)

    return act


def disconnects(shop: Shopkeeper) -> Act:
    return lambda: shop.container.connections.disconnect(shop.tenant_id)


def connects_another_shop(shop: Shopkeeper) -> Act:
    def act() -> None:
        with PostgresConnections(shop.container.unit_of_work).tenant(shop.tenant_id) as tx:
            place = Location("gid://shopify/Location/1", "Main")
            tx.save("other.myshopify.com", "client", b"sealed", place, (), old_secret_s=0)

    return act


def test_a_push_is_cancelled_while_its_app_is_removed(keeper: Shopkeeper, one_after_the_other):
    push = keeper.begin("P-1")
    desk = keeper.container.pushes
    failed = one_after_the_other(
        push.id, removes_the_app(keeper), lambda: desk.cancel(keeper.tenant_id, push.id)
    )
    assert failed == []
    assert desk.get(keeper.tenant_id, push.id).status is PushStatus.CANCELLED


def test_a_push_at_work_is_cancelled_while_its_shop_is_disconnected(keeper: Shopkeeper, one_after_the_other):
    push = keeper.begin("P-1")
    desk = keeper.container.pushes
    with pushing(keeper, push.id):
        failed = one_after_the_other(
            push.id, disconnects(keeper), lambda: desk.cancel(keeper.tenant_id, push.id)
        )
    assert failed == []
    assert desk.get(keeper.tenant_id, push.id).status is PushStatus.CANCELLED


def test_a_push_is_resumed_while_its_app_is_removed(keeper: Shopkeeper, one_after_the_other):
    push = keeper.begin("P-1")
    desk = keeper.container.pushes
    with pushing(keeper, push.id) as (pushes, claim), pushes.tenant(keeper.tenant_id) as tx:
        tx.pause(claim, Reason("shopify_unavailable", "away"), again_in_s=LEASE_S)
    failed = one_after_the_other(
        push.id, removes_the_app(keeper), lambda: desk.resume(keeper.tenant_id, push.id)
    )
    assert failed == []
    assert desk.get(keeper.tenant_id, push.id).status is PushStatus.QUEUED


def test_a_product_is_settled_while_another_shop_is_connected(keeper: Shopkeeper, one_after_the_other):
    mapping = keeper.mapping("P-1")
    assert mapping
    push = keeper.begin("P-1")
    with pushing(keeper, push.id) as (pushes, claim):

        def settle() -> None:
            mapped = Mapped(mapping["item_id"], mapping["product_key"], "gid://shopify/Product/1")
            with pushes.tenant(keeper.tenant_id) as tx:
                tx.settle(claim, Settled(ItemOutcome.SUCCEEDED, {1: "P-1"}, mapped=[mapped]), worked_s=0)

        failed = one_after_the_other(push.id, settle, connects_another_shop(keeper))
    assert failed == []
    assert keeper.mapping("P-1") is None
