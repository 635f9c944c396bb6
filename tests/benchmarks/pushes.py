"""Pushes against the bucket: how much of it one push uses, how many tenants go side by side, what an item costs.

One push of 2,000 items on 100 points a second takes nine minutes, whoever does it. So the simulator's clock runs
five times as fast, and the adapter's with it: the push has a fifth of the time for each call that it would have.
Tenants side by side are measured in real time, on the system's own workers.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from app import bootstrap
from app.adapters.postgres.pushes import PostgresPushes
from app.adapters.postgres.work import PostgresWork
from app.adapters.secrets.vault import MultiFernetVault
from app.adapters.shopify.shops import ShopifyShops
from app.adapters.shopify.wire import http_client
from app.domain.push.push import Push
from app.domain.push.run import PushJob
from app.domain.push.service import PushDesk
from app.domain.work.dispatch import Actor
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.shops import RATE, Shop, clock, points
from tests.benchmarks.system import System

ITEMS = 2_000
ITEMS_QUICK = 300
SCALE = 5.0
TENANTS = 20
WINDOW_S = 40.0
WINDOW_QUICK_S = 15.0
BUCKET = RATE * 20
OTHERS = RATE / 2
PUSHES = "/api/app/shopify/pushes"


class _Silent:
    """Rings nobody: the push is worked on here."""

    def ring(self, actor: Actor, dispatch_id: UUID) -> None:
        """Nothing."""


@dataclass(frozen=True)
class _Hurried:
    """The product's own push, on a clock that runs faster."""

    desk: PushDesk
    job: PushJob
    work: PostgresWork
    lease_s: float

    @classmethod
    def of(cls, system: System, scale: float) -> "_Hurried":
        settings = system.settings
        container = bootstrap.build(settings)

        def now() -> float:
            return time.monotonic() * scale

        shops = ShopifyShops(
            settings.shopify_url_template,
            settings.shopify_api_version,
            settings.shopify_timeout_s,
            MultiFernetVault(settings.encryption_keys),
            http_client(),
            clock=now,
            sleep=lambda seconds: time.sleep(seconds / scale),
        )
        transactions = PostgresPushes(container.unit_of_work, lease_s=settings.push_lease_s)
        job = PushJob(
            transactions,
            shops,
            container.push_board,
            lease_s=settings.push_lease_s * scale,
            call_s=settings.shopify_timeout_s * scale,
            clock=now,
        )
        desk = PushDesk(transactions, shops, container.push_board, _Silent())
        return cls(desk, job, PostgresWork(container.unit_of_work), settings.push_lease_s)

    def push(self, tenant_id: str) -> Push:
        """Everything, to the end."""
        whose = UUID(tenant_id)
        begun = self.desk.begin(whose, None, requested_by="bench")
        with self.work.platform() as tx:
            claim = tx.claim_rung(begun.id, self.lease_s)
        if claim is None:
            raise RuntimeError("somebody else took the push up")
        self.job.run(claim, lambda: False)
        return self.desk.get(whose, begun.id)


def run(bench: Bench) -> Section:
    """One push on a full bucket; one beside others that take half; twenty tenants beside one."""
    section = Section("pushes", "pushes of price and stock on standard shops of 100 points a second")
    _alone(bench, section)
    _side_by_side(bench, section)
    return section


def _alone(bench: Bench, section: Section) -> None:
    items = ITEMS_QUICK if bench.quick else ITEMS
    shop = Shop.open(bench.system, "alone", items)
    hurried = _Hurried.of(bench.system, SCALE)
    clock(bench.system, SCALE)
    try:
        _required(hurried.push(shop.tenant.id), items)
        _measured(hurried, shop, section, items, others=0.0)
        _measured(hurried, shop, section, items, others=OTHERS)
    finally:
        clock(bench.system, 1.0)


def _measured(hurried: _Hurried, shop: Shop, section: Section, items: int, *, others: float) -> None:
    shop.standard(drained=bool(others), others=others)
    shop.change_everything()
    _required(hurried.push(shop.tenant.id), items)
    log = shop.calls()
    spent, seconds = points(log["calls"])
    allowed = (0 if others else BUCKET) + (RATE - others) * seconds
    throttled = 100 * log["throttled"] / log["count"]
    what = f"{items:,} items" + (", others taking half" if others else "")
    detail = f"{number(spent)} of {number(allowed)} points in {number(seconds)} s, {log['count']:,} calls"
    if not others:
        section.checks.append(
            Check(f"{what}: share of the bucket used", 97, 100 * spent / allowed, "%", detail=detail)
        )
        section.checks.append(Check(f"{what}: THROTTLED answers", 0, log["throttled"], "", "at most"))
    else:
        section.notes.append(f"{what}: {number(100 * spent / allowed)} % of what was left used; {detail}")
        section.checks.append(Check(f"{what}: THROTTLED answers", 1, throttled, "%", "at most"))
    section.raw[what] = {
        "points": spent,
        "allowed": allowed,
        "seconds": seconds,
        "throttled": log["throttled"],
    }


def _required(push: Push, items: int) -> None:
    if push.succeeded != items:
        raise RuntimeError(f"the push came out otherwise: {push}")


def _side_by_side(bench: Bench, section: Section) -> None:
    """In real time, on empty buckets: what is measured is what flows, not what was saved up."""
    window_s = WINDOW_QUICK_S if bench.quick else WINDOW_S
    items = int(window_s * RATE / 20)
    shops = [Shop.open(bench.system, f"beside-{one}", items) for one in range(TENANTS)]
    _filled(shops)
    one, _ = _rate(bench.system, shops[:1], window_s)
    all_, cpu_ms = _rate(bench.system, shops, window_s)
    detail = f"{number(all_)} beside {number(one)} items/s in {number(window_s)} s each"
    section.checks.append(Check(f"{TENANTS} tenants beside one", 15, all_ / one, detail=detail))
    section.notes.append(f"the workers' CPU per item, {TENANTS} tenants side by side: {number(cpu_ms)} ms")
    section.raw["side by side"] = {"one, items/s": one, "all, items/s": all_, "CPU per item, ms": cpu_ms}


def _filled(shops: Sequence[Shop]) -> None:
    """All items are in their shops, by the workers, on plentiful buckets."""
    urls = [_begin(shop) for shop in shops]
    while not all(shop.client().get(url)["finishedAt"] for shop, url in zip(shops, urls, strict=True)):
        time.sleep(1)


def _begin(shop: Shop) -> str:
    answer = shop.client().post(PUSHES, msgspec.json.encode({"all": True}))
    return str(answer["statusUrl"])


def _rate(system: System, shops: Sequence[Shop], window_s: float) -> tuple[float, float]:
    """Items settled a second in the window, and the workers' CPU for each."""
    for shop in shops:
        shop.standard(drained=True)
        shop.change_everything()
    urls = [_begin(shop) for shop in shops]
    clients = [shop.client() for shop in shops]
    cpu, began = _cpu_s(system), time.monotonic()
    before = _settled(clients, urls)
    time.sleep(window_s)
    settled = _settled(clients, urls) - before
    seconds, used = time.monotonic() - began, _cpu_s(system) - cpu
    for client, url in zip(clients, urls, strict=True):
        client.post(f"{url}/cancel", b"{}")
    while not all(client.get(url)["finishedAt"] for client, url in zip(clients, urls, strict=True)):
        time.sleep(0.2)
    return settled / seconds, 1000 * used / settled


def _settled(clients: Sequence[Client], urls: Sequence[str]) -> int:
    shown = [client.get(url) for client, url in zip(clients, urls, strict=True)]
    return sum(one["succeeded"] + one["failed"] + one["skipped"] for one in shown)


def _cpu_s(system: System) -> float:
    times = [one.cpu_times() for one in system.processes("worker-push")]
    return sum(one.user + one.system for one in times)
