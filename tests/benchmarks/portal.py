"""The portal's grid at 100,000 items: how long the server takes to the first row, signed in, one page at a time."""

import http.client
import time
from collections.abc import Mapping
from statistics import median
from typing import Final
from urllib.parse import urlencode

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import LOOPBACK, TIMEOUT_S
from tests.benchmarks.report import Check, Section, number
from tests.benchmarks.rounds import percentile
from tests.benchmarks.system import System
from tests.benchmarks.tenants import create, settle

ITEMS: Final = 100_000
BOUND_MS: Final = 300
EMAIL, PASSWORD = "grid@bench.example", "correct horse battery"
PAGES: Final = {
    "no filter": "/portal/catalog",
    "searched, few match": "/portal/catalog?q=0012345",
    "searched, an eighth matches": "/portal/catalog?q=brake",
    "searched, nothing matches": "/portal/catalog?q=zzqqzz",
    "searched, two letters": "/portal/catalog?q=zq",
    "filtered and in order of stock": "/portal/catalog?brand=ktm&level=low&priced=true&sort=stock&direction=desc",
    "by name": "/portal/catalog?sort=name",
    "last page": "/portal/catalog?back=1",
    "last page by price": "/portal/catalog?sort=price&back=1",
    "own parts, searched, nothing matches": "/portal/parts?q=zzqqzz",
}

_PARTS: Final = """
    INSERT INTO part (part_number, name, description, brand, category)
    SELECT 'GRID-' || lpad(n::text, 7, '0'),
           (ARRAY['Brake disc', 'Drive belt', 'Ski runner', 'Oil filter', 'Headlight', 'Shock absorber', 'Lever',
                  'Sprocket'])[1 + (n / 7) %% 8] || ' ' || md5(n::text),
           repeat('A part of a snowmobile, good and strong. ', 12),
           (ARRAY['KTM', 'Öhlins', 'Brembo', 'Fjellrad', 'Lynx', 'BRP', 'Polaris'])[1 + n %% 7], 'Category ' || n %% 20
    FROM generate_series(1, %(items)s) n
"""
_CATALOG: Final = """
    WITH i AS (
        INSERT INTO stock_item (tenant_id, source, part_number, stock, price, stock_as_of)
        SELECT %(tenant)s, 'catalog', part_number, id * 7919 %% 60, nullif(id %% 997, 5) + 0.99,
               now() - make_interval(secs => id * 31 %% 1000000)
        FROM part WHERE part_number LIKE 'GRID-%%' RETURNING id, part_number)
    INSERT INTO tenant_catalog_item (item_id, tenant_id, part_id)
    SELECT i.id, %(tenant)s, p.id FROM i JOIN part p USING (part_number)
"""
_OWN: Final = """
    WITH i AS (
        INSERT INTO stock_item (tenant_id, source, part_number, stock)
        SELECT %(tenant)s, 'own', 'OWN-' || n, n %% 40 FROM generate_series(1, %(items)s) n RETURNING id, part_number)
    INSERT INTO tenant_part (item_id, tenant_id, name, brand) SELECT id, %(tenant)s, 'Own ' || md5(id::text), 'House' FROM i
"""


def run(bench: Bench) -> Section:
    """Pages take turns; each is asked for anew, over one connection, as a signed-in operator asks."""
    section = Section("portal", f"The grid of the portal, {ITEMS:,} items of each kind")
    _fill(bench.system)
    browser = _Browser(bench.system)
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    for turn in range(bench.rounds(15, 5) + 1):
        for name, path in PAGES.items():
            took = browser.first_row_ms(path)
            if turn:  # the first finds the caches cold
                times[name].append(took)
    browser.close()
    section.raw["first_row_ms"] = times
    for name, some in times.items():
        detail = f"p95 {number(percentile(some, 95))} ms"
        section.checks.append(Check(f"first row, {name}", BOUND_MS, median(some), "ms", "at most", detail))
    return section


def _fill(system: System) -> None:
    tenant = create(system, "Grid")
    given = {"tenant": tenant.id, "items": ITEMS}
    with system.owner() as owner:
        for statement in (_PARTS, _CATALOG, _OWN):
            owner.execute(statement, given)
    system.admin(
        "user", "create", "--tenant", tenant.id, "--email", EMAIL, "--role", "operator", stdin=PASSWORD
    )
    settle(system)


class _Browser:
    """Somebody who signed in, over one connection."""

    def __init__(self, system: System) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, system.port, timeout=TIMEOUT_S)
        self._cookies: dict[str, str] = {}
        page = self._ask("GET", "/portal/sign-in")
        token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
        form = urlencode({"csrf_token": token, "email": EMAIL, "password": PASSWORD})
        self._ask("POST", "/portal/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})

    def first_row_ms(self, path: str) -> float:
        """From the request to the end of the page, which comes in one piece with its rows."""
        began = time.perf_counter()
        page = self._ask("GET", path)
        took = (time.perf_counter() - began) * 1000
        if "<h1>My " not in page:
            raise RuntimeError(f"{path} is no grid: {page[:300]}")
        return took

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> str:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {"Cookie": cookie, **(headers or {})})
        response = self._connection.getresponse()
        page = response.read().decode()
        for one in response.msg.get_all("Set-Cookie", []):
            name, _, value = one.partition(";")[0].partition("=")
            self._cookies[name] = value
        if response.status not in {200, 303}:
            raise RuntimeError(f"{method} {path} answered {response.status}: {page[:300]}")
        return page
