"""A batch that dies, meets a revocation, or is large: every reseller has its turn exactly once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from app.adapters.postgres.push_batches import PostgresBatches
from app.domain.push.batch_ports import BatchTransaction
from app.domain.push.spread import SpreadJob
from app.domain.work.dispatch import Actor
from tests.distributors import Distributor, grant, revoke, shop_of
from tests.portal import Portal
from tests.stockline import Stockline, until

PARTS = {"A": "KTM", "B": "KTM"}


class Death(BaseException):
    """What a killed process does: it is not there any more."""


@dataclass
class DyingBell:
    """Kills who rings it for the n-th push: after the commit of a turn."""

    left: int

    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        self.left -= 1
        if not self.left:
            raise Death


@dataclass
class Spoiled:
    """Transactions whose n-th turn goes wrong before its commit, or every turn `of` a reseller.

    After its push was made, or with `noting` before the turn is noted as taken.
    """

    batches: PostgresBatches
    error: BaseException
    at: int | None = None
    of: UUID | None = None
    noting: bool = False

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[BatchTransaction]:
        with self.batches.tenant(tenant_id) as tx:
            if self.noting:
                tx.take = self._dying(tx.take)  # type: ignore[method-assign]
            else:
                tx.reseller = self._spoiled(tx.reseller)  # type: ignore[method-assign]
            yield tx

    def _dying(self, take: Callable[..., None]) -> Callable[..., None]:
        def dying(*given: Any) -> None:
            if self._counted():
                raise self.error
            take(*given)

        return dying

    def _spoiled(self, enter: Callable[[UUID], Any]) -> Callable[[UUID], Any]:
        @contextmanager
        def reseller(reseller_id: UUID) -> Iterator[Any]:
            with enter(reseller_id) as theirs:
                yield theirs
            if self.of == reseller_id or self._counted():
                raise self.error

        return reseller

    def _counted(self) -> bool:
        if self.at is not None:
            self.at -= 1
        return self.at == 0


@pytest.fixture
def distributor(stockline: Stockline) -> Distributor:
    return Distributor(stockline.another("DISTRIBUTOR"))


@pytest.fixture
def shops(stockline: Stockline, distributor: Distributor) -> list[Portal]:
    """Three resellers, in the order of their turns."""
    opened = [shop_of(stockline, distributor, PARTS, "KTM") for _ in range(3)]
    return sorted(opened, key=lambda portal: portal.stockline.tenant_id)


@pytest.fixture
def batches(stockline: Stockline) -> PostgresBatches:
    return PostgresBatches(stockline.container.unit_of_work, lease_s=stockline.container.settings.lease_s)


def work(distributor: Distributor, job: SpreadJob) -> None:
    """A worker's way with this job, once."""
    stockline = distributor.stockline
    for dispatch_id in stockline._due():
        stockline.container.work.run(dispatch_id, {Actor.PUSHES_SPREAD: (job.run, job.give_up)})


def wait_over(distributor: Distributor) -> None:
    """What a dead worker held, or what waits for another try, is due."""
    distributor.stockline.sql(
        "UPDATE dispatch SET lease_until = now() - interval '1 s', not_before = now() - interval '1 s'"
        " WHERE tenant_id = %s",
        distributor.id,
    )


def pushes_of(batch: dict[str, Any], shops: list[Portal]) -> list[int]:
    """How many pushes each shop got from anybody."""
    assert sorted(one["resellerId"] for one in batch["pushes"]) == sorted(
        {one["resellerId"] for one in batch["pushes"]}
    )
    return [len(shop.get("/pushes").json["data"]) for shop in shops]


class TestADeath:
    @pytest.mark.parametrize("turn", [1, 2, 3])
    def test_after_a_turns_commit_the_rest_is_spread_once(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches, turn: int
    ):
        batch_id = distributor.order("A", "B")
        with pytest.raises(Death):
            work(distributor, SpreadJob(batches, DyingBell(turn)))
        between = distributor.batch(batch_id)
        assert (len(between["pushes"]), between["total"]) == (turn, 6)
        wait_over(distributor)
        distributor.stockline.drain()
        assert pushes_of(distributor.batch(batch_id), shops) == [1, 1, 1]
        assert distributor.stockline.count("dispatch") == 0

    @pytest.mark.parametrize("noting", [False, True])
    @pytest.mark.parametrize("turn", [1, 2, 3])
    def test_before_a_turns_commit_it_is_taken_again(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches, turn: int, noting: bool
    ):
        batch_id = distributor.order("A", "B")
        with pytest.raises(Death):
            work(distributor, SpreadJob(Spoiled(batches, Death(), at=turn, noting=noting), DyingBell(0)))
        between = distributor.batch(batch_id)
        assert (len(between["pushes"]), between["total"], between["status"]) == (turn - 1, 6, "queued")
        wait_over(distributor)
        distributor.stockline.drain()
        batch = distributor.batch(batch_id)
        assert pushes_of(batch, shops) == [1, 1, 1]
        assert batch["refused"] == []

    def test_who_wakes_up_late_writes_nothing(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches
    ):
        batch_id = distributor.order("A")
        with pytest.raises(Death):
            work(distributor, SpreadJob(batches, DyingBell(1)))
        wait_over(distributor)

        @dataclass
        class Overtaken(Spoiled):
            @contextmanager
            def tenant(self, tenant_id: UUID) -> Iterator[BatchTransaction]:
                wait_over(distributor)
                distributor.stockline.drain()  # another worker, which does all there is to do
                with self.batches.tenant(tenant_id) as tx:
                    yield tx

        work(distributor, SpreadJob(Overtaken(batches, Death()), DyingBell(0)))
        batch = distributor.batch(batch_id)
        assert pushes_of(batch, shops) == [1, 1, 1]
        assert batch["refused"] == []

    def test_slices_of_nothing_spread_it_too(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches
    ):
        batch_id = distributor.order("A")
        job = SpreadJob(batches, DyingBell(0))
        container, rounds = distributor.stockline.container, 0
        while due := distributor.stockline._due():
            rounds += 1
            with container.work._transactions.platform() as tx:
                claim = tx.claim_rung(due[0], 12)
            assert claim
            job.run(claim, lambda: True)
            wait_over(distributor)
        assert rounds == 4
        assert pushes_of(distributor.batch(batch_id), shops) == [1, 1, 1]

    def test_a_turn_that_goes_wrong_three_times_is_refused_and_the_others_get_theirs(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches
    ):
        batch_id = distributor.order("A")
        sick = shops[1].stockline.tenant_id
        job = SpreadJob(Spoiled(batches, RuntimeError("boom"), of=sick), DyingBell(0))
        while distributor.stockline._due():
            work(distributor, job)
            wait_over(distributor)
        batch = distributor.batch(batch_id)
        assert pushes_of(batch, shops) == [1, 0, 1]
        assert [(one["resellerId"], one["code"]) for one in batch["refused"]] == [
            (str(sick), "internal_error")
        ]


def test_a_deactivated_distributor_gets_no_turn_any_more(distributor: Distributor, shops: list[Portal]):
    batch_id = distributor.order("A", "B")
    distributor.stockline.set(active=False)
    distributor.stockline.drain()
    distributor.stockline.set(active=True)
    batch = distributor.batch(batch_id)
    assert (batch["status"], pushes_of(batch, shops)) == ("cancelled", [0, 0, 0])
    assert {one["code"] for one in batch["refused"]} == {"cancelled"}
    assert distributor.stockline.count("dispatch") == 0


class TestARevocationMeanwhile:
    """Which comes first decides; there is never a push without the right."""

    def test_that_comes_first_wins(self, distributor: Distributor, shops: list[Portal]):
        batch_id = distributor.order("A")
        first = shops[0].stockline
        database = first.database.info
        with (
            psycopg.connect(database.dsn, password=database.password) as revoking,
            ThreadPoolExecutor(1) as pool,
        ):
            revoking.execute("SELECT set_config('app.platform', 'on', false)")
            revoking.execute("DELETE FROM push_grant WHERE tenant_id = %s", (first.tenant_id,))
            turn = pool.submit(work, distributor, _job(distributor))
            until(lambda: _waiting(first), "the spread's wait")
            assert distributor.batch(batch_id)["pushes"] == []
            revoking.commit()
            turn.result(20)
        distributor.stockline.drain()
        batch = distributor.batch(batch_id)
        assert pushes_of(batch, shops) == [0, 1, 1]
        assert [one["code"] for one in batch["refused"]] == ["not_granted"]

    def test_that_comes_second_cancels(
        self, distributor: Distributor, shops: list[Portal], batches: PostgresBatches
    ):
        batch_id = distributor.order("A")
        first = shops[0].stockline
        with ThreadPoolExecutor(1) as pool:
            revoking: list[Any] = []

            @dataclass
            class Held(Spoiled):
                def _counted(self) -> bool:
                    if not revoking:
                        revoking.append(pool.submit(revoke, first, distributor))
                        until(lambda: _waiting(first), "the revocation's wait")
                    return False

            work(distributor, SpreadJob(Held(batches, Death()), DyingBell(0)))
            revoking[0].result(20)
        batch = distributor.batch(batch_id)
        assert [one["status"] for one in batch["pushes"]] == ["cancelled", "queued", "queued"]

    def test_at_any_moment_leaves_no_push_that_goes_on(self, stockline: Stockline, distributor: Distributor):
        shop = shop_of(stockline, distributor, PARTS, "KTM")
        for number in range(30):
            grant(shop.stockline, distributor, "KTM")
            batch_id = distributor.order("A")
            ways = [lambda: work(distributor, _job(distributor)), lambda: revoke(shop.stockline, distributor)]
            with ThreadPoolExecutor(2) as pool:
                for done in [pool.submit(way) for way in ways[:: 1 - number % 2 * 2]]:
                    done.result(20)
            batch = distributor.batch(batch_id)
            outcome = [one["status"] for one in batch["pushes"]] or [one["code"] for one in batch["refused"]]
            assert outcome in (["cancelled"], ["not_granted"])


def _job(distributor: Distributor) -> SpreadJob:
    container = distributor.stockline.container
    return SpreadJob(
        PostgresBatches(container.unit_of_work, lease_s=container.settings.lease_s), DyingBell(0)
    )


def _waiting(stockline: Stockline) -> bool:
    row = stockline.database.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(row and row[0])


def test_two_hundred_resellers_are_spread_and_read_in_seconds(stockline: Stockline, distributor: Distributor):
    stockline.sql(
        """
        WITH t AS (INSERT INTO tenant (name, type)
                   SELECT 'Reseller ' || n, 'RESELLER' FROM generate_series(1, 200) n RETURNING id),
        c AS (INSERT INTO shopify_connection
                  (tenant_id, shop, client_id, secret, location_id, location_name, scopes)
              SELECT id, id || '.myshopify.com', 'c', '', 'gid://1', 'Main', '{}' FROM t),
        g AS (INSERT INTO push_grant (tenant_id, distributor_id, brand_key, brand, granted_by)
              SELECT id, %s, brand_key('KTM'), 'KTM', 'test' FROM t),
        i AS (INSERT INTO stock_item (tenant_id, source, part_number)
              SELECT t.id, 'own', 'P' || n FROM t, generate_series(1, 100) n RETURNING id, tenant_id)
        INSERT INTO tenant_part (item_id, tenant_id, name, brand) SELECT id, tenant_id, 'P', 'KTM' FROM i
        """,
        distributor.id,
    )
    began = time.monotonic()
    batch = distributor.spread(*(f"P{number}" for number in range(1, 101)))
    took_s = time.monotonic() - began
    assert (len(batch["pushes"]), batch["total"], batch["remaining"]) == (200, 20_000, 20_000)
    assert took_s < 20, took_s
    began = time.monotonic()
    distributor.batch(batch["batchId"])
    assert time.monotonic() - began < 1


class TestTheDatabasesFunctions:
    """What looks across tenants answers for the tenant of its scope, and for nobody without one."""

    @pytest.fixture
    def batch(self, distributor: Distributor, shops: list[Portal]) -> dict[str, Any]:
        return distributor.spread("A", "unknown")

    @pytest.fixture
    def ask(self, stockline: Stockline) -> Callable[..., Any]:
        def ask(tenant_id: UUID | None, function: str, **given: Any) -> Any:
            uow = stockline.container.unit_of_work
            with uow.tenant(tenant_id) if tenant_id else uow.platform() as connection:
                answer = connection.execute(text(f"SELECT {function}"), given).scalar_one()
                scope = connection.execute(text("SELECT current_setting('app.platform', true)")).scalar_one()
            assert (scope == "on") is (tenant_id is None)
            return answer

        return ask

    def test_a_batchs_pushes_and_failures_are_for_its_distributor(
        self, ask, stockline: Stockline, distributor: Distributor, shops: list[Portal], batch: dict[str, Any]
    ):
        given = {"id": batch["batchId"]}
        pushes, failures = "push_batch_pushes(ARRAY[CAST(:id AS uuid)])", "push_batch_failures(:id, 10)"
        assert len(ask(distributor.id, pushes, **given)) == len(ask(distributor.id, failures, **given)) == 3
        other = stockline.another("DISTRIBUTOR").tenant_id
        for stranger in (other, shops[0].stockline.tenant_id, uuid4(), None):
            assert ask(stranger, pushes, **given) == ask(stranger, failures, **given) == []

    def test_rights_are_for_the_distributor_they_were_given_to(
        self, ask, stockline: Stockline, distributor: Distributor, shops: list[Portal]
    ):
        assert len(ask(distributor.id, "push_rights()")) == 3
        for stranger in (stockline.another("DISTRIBUTOR").tenant_id, shops[0].stockline.tenant_id, None):
            assert ask(stranger, "push_rights()") == []

    def test_nobodys_name_is_told_but_a_distributors(
        self, ask, stockline: Stockline, distributor: Distributor, shops: list[Portal]
    ):
        reseller, other = (shops[n].stockline.tenant_id for n in (0, 1))
        asked = "push_distributors(:named)"
        assert [one["id"] for one in ask(reseller, asked, named=other)] == [str(distributor.id)]
        bare = stockline.another("RESELLER").tenant_id
        assert ask(bare, asked, named=None) == ask(bare, asked, named=other) == []
        assert [one["id"] for one in ask(bare, asked, named=distributor.id)] == [str(distributor.id)]
