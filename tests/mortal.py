"""A push's worker in this thread that a test may strike before and after every call to the shop and every commit."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from uuid import UUID

import httpx

from app.adapters.postgres.pushes import PostgresPushes, PostgresPushTransaction
from app.adapters.postgres.work import PostgresWork, PostgresWorkTransaction
from app.adapters.secrets.vault import MultiFernetVault
from app.adapters.shopify.shops import ShopifyShop, ShopifyShops
from app.adapters.shopify.wire import Answer, Fence, Wire
from app.domain.push.ports import ProgressBoard
from app.domain.push.push import Push
from app.domain.push.run import PushJob
from app.domain.shop.connection import Connection
from app.domain.work.dispatch import Actor
from app.domain.work.service import WorkService
from tests.desk import KilledError
from tests.shopkeeper import Shopkeeper

Strike = Callable[[int, str], None]
"""Called at every gap with its number and its name: `before productSet`, `after commit` …"""

_ROOT: Final = re.compile(r"\{\s*(?:\w+\s*:\s*)?(\w+)")
_HTTP: Final = httpx.Client(trust_env=False, limits=httpx.Limits(keepalive_expiry=5))


def nothing(_number: int, _name: str) -> None:
    """Let it live."""


def die_before(step: int) -> Strike:
    """Dies before the call or the commit of this number.

    For whoever comes next that is what dying after the one before it is: in between nothing leaves the process but
    word of the progress, which may be lost at any time.
    """
    steps = count()

    def strike(_number: int, name: str) -> None:
        if name.startswith("before ") and next(steps) == step:
            raise KilledError

    return strike


def root_field(content: bytes) -> str:
    """What a call asks for; `token` for one that is no GraphQL."""
    if not content.startswith(b"{"):
        return "token"
    found = _ROOT.search(json.loads(content)["query"])
    assert found
    return found[1]


class Gaps:
    """The gaps that were passed, in order. `call` is the last one that was about to be made."""

    def __init__(self, strike: Strike) -> None:
        self.strike = strike
        self.passed: list[str] = []
        self.call: tuple[str, bytes, dict[str, str]] | None = None

    def reach(self, name: str) -> None:
        self.passed.append(name)
        self.strike(len(self.passed) - 1, name)


class _Wire(Wire):
    def __init__(self, gaps: Gaps, http: httpx.Client, timeout_s: float, clock: Callable[[], float]) -> None:
        super().__init__(http, timeout_s, clock)
        self._gaps = gaps

    def post(self, url: str, fence: Fence, content: bytes, headers: Mapping[str, str]) -> Answer:
        name = root_field(content)
        self._gaps.call = url, content, dict(headers)
        self._gaps.reach(f"before {name}")
        answer = super().post(url, fence, content, headers)
        self._gaps.reach(f"after {name}")
        return answer


class _Shops(ShopifyShops):
    """`fenced` makes the fence of a call out of the lease's."""

    fenced: Callable[[Fence], Fence] = staticmethod(lambda fence: fence)

    def open(self, connection: Connection, fence: Fence) -> ShopifyShop:
        return super().open(connection, self.fenced(fence))


class _Pushes(PostgresPushes):
    def __init__(self, gaps: Gaps, uow: Any, lease_s: float) -> None:
        super().__init__(uow, lease_s=lease_s)
        self._gaps = gaps

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[PostgresPushTransaction]:
        with super().tenant(tenant_id) as tx:
            yield tx
            self._gaps.reach("before commit")
        self._gaps.reach("after commit")


class _Work(PostgresWork):
    def __init__(self, gaps: Gaps, uow: Any) -> None:
        super().__init__(uow)
        self._gaps = gaps

    @contextmanager
    def platform(self) -> Iterator[PostgresWorkTransaction]:
        with super().platform() as tx:
            yield tx
            self._gaps.reach("before commit")
        self._gaps.reach("after commit")


class _Board:
    """Passes on what is told, and shows it to the test."""

    def __init__(self, board: ProgressBoard, told: Callable[[Push], None]) -> None:
        self._board = board
        self._told = told

    def tell(self, push: Push, failures: bytes | None) -> None:
        self._board.tell(push, failures)
        self._told(push)

    def read(self, tenant_id: UUID, push_id: UUID) -> tuple[int, bytes] | None:
        return self._board.read(tenant_id, push_id)


class _Silent:
    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """Nobody is rung for: the test says who works."""


class MortalWorker:
    """A process of its own: it knows no token, no bucket and nothing of what an earlier one did."""

    def __init__(
        self,
        keeper: Shopkeeper,
        strike: Strike = nothing,
        *,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[Push], None] = lambda _: None,
        fenced: Callable[[Fence], Fence] = lambda fence: fence,
        timeout_s: float | None = None,
    ) -> None:
        container = keeper.container
        settings, uow = container.settings, container.unit_of_work
        timeout_s = timeout_s or settings.shopify_timeout_s
        self.keeper, self.gaps = keeper, Gaps(strike)
        self.shops = _Shops(
            settings.shopify_url_template,
            settings.shopify_api_version,
            timeout_s,
            MultiFernetVault(settings.encryption_keys),
            _HTTP,
            clock=clock,
            sleep=lambda _: None,
        )
        self.shops.fenced = fenced
        self.shops._wire = _Wire(self.gaps, _HTTP, timeout_s, clock)
        job = PushJob(
            _Pushes(self.gaps, uow, settings.push_lease_s),
            self.shops,
            _Board(container.push_board, told),
            lease_s=settings.push_lease_s,
            call_s=settings.shopify_call_s,
            clock=clock,
        )
        self.handlers = {Actor.PUSHES_RUN: (job.run, job.give_up)}
        self.work = WorkService(_Work(self.gaps, uow), _Silent(), lease_s=settings.lease_s, slice_s=600)

    def drain(self) -> "MortalWorker":
        """Work on what is due, as far as it goes or until death."""
        while due := self.keeper.stockline._due():
            for dispatch_id in due:
                self.work.run(dispatch_id, self.handlers)
        return self

    def dies(self) -> bool:
        """Work, and say whether it was struck dead; its lease has run out then."""
        try:
            self.drain()
        except KilledError:
            later(self.keeper)
            return True
        return False


def arrive(call: tuple[str, bytes, dict[str, str]]) -> None:
    """A call that its worker did not live to see answered."""
    url, content, headers = call
    _HTTP.post(url, content=content, headers=headers)


def later(keeper: Shopkeeper) -> None:
    """Leases run out, and what was to be tried again later is due."""
    keeper.stockline.sql(
        "UPDATE dispatch SET lease_until = clock_timestamp() - interval '1 s', not_before = clock_timestamp()"
        " WHERE tenant_id = %s",
        keeper.tenant_id,
    )
