"""What somebody makes of a cursor: every list, by route and by page, refuses it or answers; none breaks.

Lists are found in what the routes declare, so that a new one is tried too. A cursor that a list takes is changed place
by place; a kind of cursor that nothing in SEEDS has is told by a list that takes none of them.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest

from app import bootstrap
from app.domain.tenancy.tenant import TenantType
from app.web.app import SECTIONS, create_app
from app.web.openapi import document, path_of
from app.web.portal import SECTIONS as PORTAL
from tests.shopkeeper import KEYS
from tests.stockline import open_stockline, platform
from tests.stockline_fixtures import SMALL
from tests.visitor import Visitor, person

AT: Final = "2026-11-22T10:00:00Z"
ID: Final = str(UUID(int=7))
SEEDS: Final = (
    [AT, ID],
    ["QQ==", ID],
    ["DE", "QQ==", ID],
    [3],
    [1.5, 3],
    [None, 3],
    ["1.5", 3, ID],
    [3, "A"],
    [AT, "A"],
    ["A"],
    ["7"],
    [False, ID],
    ["A", ID],
    ["A", "A"],
    ["1.5", "A"],
    ["A", 0, 3],
    [AT, 3],
)
"""One of each kind, as the server encodes them."""
FORGED: Final = (
    *(
        "1E+999999",
        "1E-999999",
        "NaN",
        "Infinity",
        "-1",
        "",
        "\0",
        "\ud800",
        "\N{PILE OF POO}",
        "%_\\",
        "x" * 5000,
    ),
    *(-1, 2**31, 2**63, 10**400, 1e308, -0.5, None, True, [], "/w=="),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "urn:uuid:x"),
)
WORST: Final = ("1E+999999", "7", 2**31 - 1, "\ud800", "9999-12-31T23:59:59-14:00")
"""What pages are tried with, which read their cursors as routes do."""
ANSWERS: Final = frozenset({200, 404, 409})
"""Of what there is, of what there is not, and of what is not yet so."""
BROKEN: Final = ("x", "=", "%00", "%FF%FE", "é", "W10", "e30", "bnVsbA", "W1tbW1tb" * 5000, "Lw" * 5000)
"""Not even a list of values: no base64, no JSON, nested too deep."""


@dataclass(frozen=True)
class List:
    """A route or a page that goes on from a cursor; `asked`: the rest of its query."""

    rule: str
    asked: str = ""

    def __str__(self) -> str:
        return f"{self.rule}?{self.asked}".rstrip("?")


def lists_by_route() -> Iterator[List]:
    """Each list as it is asked for plainly, and with each word that an order or a kind of it may be."""
    paths = document(SECTIONS)["paths"]
    for section in SECTIONS:
        for route in section.routes:
            if route.query is None or "cursor" not in route.query.model_fields:
                continue
            told = [
                one for one in paths[path_of(route.rule)]["get"]["parameters"] if one.get("in") == "query"
            ]
            words = {one["name"]: one["schema"].get("enum", []) for one in told}
            must = [one["name"] for one in told if one.get("required")]
            yield List(route.rule, "&".join(f"{name}={words[name][0]}" for name in must))
            for name in ("sort", "order", *must):
                yield from (List(route.rule, f"{name}={word}") for word in words.get(name, ()))


def pages() -> Iterator[List]:
    for section in PORTAL:
        yield from (List(page.rule) for page in section.pages if page.method == "GET" and not page.open)


@dataclass
class World:
    """Somebody who may look at everything, and one of each thing that has a list of its own."""

    visitor: Visitor
    distributor: Visitor
    key: str
    known: dict[str, str]

    def ask(self, one: List, cursor: str) -> int:
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: self.known.get(found[1], "x"), one.rule)
        headers = {"X_API_Key": self.key} if path.startswith("/api/integrations/") else {}
        visitor = self.distributor if "/push-batches" in path else self.visitor
        answer = visitor.get(f"{path}?{one.asked}&cursor={quote(cursor, safe='%')}", **headers)
        assert answer.status_code != 401, path
        return answer.status_code

    def taken(self, one: List) -> Iterator[list[Any]]:
        """Seeds that it goes on from: the first, and what has nothing where that has something."""
        fitting = [seed for seed in SEEDS if self.ask(one, encoded(seed)) in ANSWERS]
        yield from (seed for seed in fitting if seed is fitting[0] or None in seed)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(seed: list[Any], values: Iterable[object] = FORGED) -> Iterator[str]:
    """The true one with one place changed, and with one too few and one too many."""
    for place in range(len(seed)):
        for value in values:
            yield encoded([*seed[:place], value, *seed[place + 1 :]])
    yield encoded(seed[:-1])
    yield encoded([*seed, 1])


@pytest.fixture(scope="module")
def world(settings, engines) -> Iterator[World]:
    changes = SMALL | {"secret_key": "signs the cookies of tests", "encryption_keys": KEYS}
    container = bootstrap.build(settings.model_copy(update=changes))
    application = create_app(container)
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        house = open_stockline(container, application, platform(connection), TenantType.HYBRID)
        far = open_stockline(container, application, connection, TenantType.DISTRIBUTOR)
        for tenant in (house, far):
            tenant.set(rate_limit_per_s=1e6, rate_limit_burst=1_000_000)
        visitor = person(application, house.tenant_id, "owner", platform=True)
        supplier = {"code": "n", "name": "N", "format": "json", "fields": {"sku": "s", "quantity": "q"}}
        channel = {"kind": "webhook", "name": "w", "target": "https://hooks.example/x"}
        known = {
            "feed_id": house.accept("stock-feed", [{"partNumber": "A", "stock": 1}]),
            "supplier_id": str(container.suppliers.apply(house.tenant_id, supplier)),
            "channel_id": visitor.json("POST", "/api/app/alert-channels", channel).json.get("channelId", ID),
        }
        dummies = dict.fromkeys(("purchase_order_id", "poll_id", "push_id", "batch_id", "order_id"), ID)
        distributor = person(application, far.tenant_id, "owner")
        yield World(visitor, distributor, house.key, {**dummies, **known, "supplier": "n"})
    container.close()


@pytest.mark.parametrize("one", list(dict.fromkeys(lists_by_route())), ids=str)
def test_a_route_refuses_a_forged_cursor_or_goes_on_from_it(world: World, one: List):
    seeds = list(world.taken(one))
    assert seeds, "SEEDS has no cursor of this list's kind"

    told = {cursor: world.ask(one, cursor) for seed in seeds for cursor in forged(seed)}

    assert {cursor: status for cursor, status in told.items() if status not in ANSWERS | {400}} == {}
    assert 400 in told.values()
    assert {world.ask(one, cursor) for cursor in BROKEN} == {400}


@pytest.mark.parametrize("one", list(pages()), ids=str)
def test_a_page_shows_no_error_of_ours_for_it_either(world: World, one: List):
    if world.ask(one, "x") != 400:
        return  # it is no list, or has no such thing
    told = {cursor: world.ask(one, cursor) for seed in world.taken(one) for cursor in forged(seed, WORST)}
    assert {cursor: status for cursor, status in told.items() if status not in ANSWERS | {400}} == {}
