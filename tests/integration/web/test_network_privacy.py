"""What a reseller does not share leaves no trace: not in any answer, any header, any key of Redis, any log line."""

import base64
import itertools
import json
import logging
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
import pytest
import redis
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.bootstrap import Container
from app.local.engines import Engines
from app.web.app import SECTIONS
from tests.network import HERE, PART, Network
from tests.stockline import Stockline, open_stockline

STOCK: Final = 2_073_410_417
"""No time since 1970, and too many digits to be met by chance, in hexadecimal too."""
SAFETY: Final = 40_009
NAME: Final = "Zwiebelfisch Motors"
NOISE: Final = ("X-Request-Id", "Date")


@pytest.fixture(params=["MANUFACTURER", "HYBRID"])
def network(
    request: pytest.FixtureRequest, container: Container, application: Flask, operator: psycopg.Connection
) -> Network:
    return Network(open_stockline(container, application, operator, request.param))


@pytest.fixture
def caches(engines: Engines) -> Iterator[list[redis.Redis]]:
    """The cache and the broker."""
    clients = [redis.Redis.from_url(url) for url in (engines.redis_url, engines.broker_url)]
    yield clients
    for client in clients:
        client.close()


# --- What to look for, and where ---


def traces(number: int) -> set[bytes]:
    """The number as somebody might have written it."""
    texts = {
        str(number), f"{number:,}", f"{number:_}", f"{number:,}".replace(",", " "), f"{number:,}".replace(",", "."),
        f"{number:x}", f"{number:X}", f"{number:o}", f"{number:b}", f"{number:e}", str(number)[::-1],
    }  # fmt: skip
    packed = {struct.pack(order + kind, number) for order in "<>" for kind in ("i", "q", "d")}
    raw = {text.encode() for text in texts} | packed
    return raw | {one.hex().encode() for one in packed} | set(itertools.chain(*map(in_base64, raw)))


def in_base64(data: bytes) -> Iterator[bytes]:
    """What of it stands in base64 at whatever offset; the ends depend on the neighbours and are cut off."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        inner = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        if len(inner) >= 7:  # less is met by chance
            yield inner
            yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def found(haystack: list[bytes], *numbers: int) -> list[tuple[bytes, bytes]]:
    """Every trace of the numbers with what stands around it."""
    return [
        (trace, hay[max(0, hay.index(trace) - 80) : hay.index(trace) + 80])
        for number in numbers
        for trace in traces(number)
        for hay in haystack
        if trace in hay
    ]


def told(response: TestResponse) -> bytes:
    """The whole answer."""
    return f"{response.status}\n{response.headers}\n".encode() + response.data


def everything_it_can_ask(network: Network, reseller: Stockline, *ids: str) -> list[bytes]:
    """Every route with every id, well and badly asked, with the tenant's key and without; what deletes comes last."""
    client, key = network.owner.application.test_client(), {"X-API-Key": network.owner.key}
    ids = (*ids, str(network.id), str(reseller.tenant_id))
    answers = [
        network.ask(),
        network.ask("alias"),
        network.ask(limit=50, unit="mi", openNow="false", radiusKm=20000),
        network.ask(postalCode="10005", country="SE"),
        network.ask(postalCode="nowhere", country="SE"),
        network.ask(lat=91, lng=0),
        network.ask(headers={"If-None-Match": network.ask().headers["ETag"]}),
        network.ask(headers={"Range": "bytes=0-9"}),
    ]
    routes = (route for section in SECTIONS for route in section.routes)
    for route in sorted(
        routes, key=lambda route: ("GET", "POST", "PUT", "PATCH", "DELETE").index(route.method)
    ):
        queries = (
            ("", f"?partNumber={PART}&partNumbers={PART}", "?limit=x") if route.method == "GET" else ("",)
        )
        for path in paths_of(route.rule, ids):
            answers += [client.open(path + one, method=route.method, headers=key, json={}) for one in queries]
            answers.append(client.open(path, method=route.method))
    return [told(answer) for answer in answers]


def paths_of(rule: str, ids: tuple[str, ...]) -> list[str]:
    """The rule with each id in the place of its variable; a part number in the place of a part's."""
    start, variable, rest = rule.replace("<part:part_number>", PART).partition("<")
    return [start + one + rest.partition(">")[2] for one in ids] if variable else [start]


def everything_in(caches: list[redis.Redis]) -> list[bytes]:
    """Every key and value."""
    readers: dict[bytes, Callable[[redis.Redis, bytes], Any]] = {
        b"string": lambda cache, key: cache.get(key),
        b"hash": lambda cache, key: cache.hgetall(key),
        b"list": lambda cache, key: cache.lrange(key, 0, -1),
        b"set": lambda cache, key: cache.smembers(key),
        b"zset": lambda cache, key: cache.zrange(key, 0, -1, withscores=True),
        b"stream": lambda cache, key: cache.xrange(key),
    }
    kept: list[bytes] = []
    for cache in caches:
        for key in cache.scan_iter():
            kept += [key, *_flat(readers[cache.type(key)](cache, key))]
    return kept


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple | set):
        for one in value:
            yield from _flat(one)
    elif value is not None:
        yield value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def witness(
    network: Network, caches: list[redis.Redis], caplog: pytest.LogCaptureFixture
) -> Callable[[str, Callable[[Stockline], None] | None], dict[str, list[bytes]]]:
    """Whatever there is to be seen of a reseller: while it feeds, is asked about, and changes its mind."""

    def look(precision: str, more: Callable[[Stockline], None] | None = None) -> dict[str, list[bytes]]:
        with caplog.at_level(logging.DEBUG), capture_logs() as events:
            reseller = network.reseller(precision=precision, safety_stock=SAFETY, name=NAME)
            reseller.activate(PART)
            dealer = network.dealer(reseller, name="Near")
            network.owner.activate(PART)
            network.owner.alias("alias", PART)
            sent = reseller.accept("stock-feed", [{"partNumber": PART, "stock": STOCK}])
            reseller.drain()
            if more:
                more(reseller)
            store = PostgresNetworkStore(network.owner.container.unit_of_work)
            rows = store.shared_stock(network.id, PART).rows
            network.ask()
            kept = everything_in(caches)
            answers = everything_it_can_ask(network, reseller, dealer, sent)
            kept += everything_in(caches)
        lines = [json.dumps(event, default=str).encode() for event in events]
        return {
            "answers": answers,
            "redis": kept,
            "logs": [*lines, *(record.getMessage().encode() for record in caplog.records)],
            "database": [rows],
        }

    return look


@pytest.fixture
def maim(engines: Engines) -> Iterator[Callable[[str, str], None]]:
    """Takes a piece out of the function that decides what may be shown, until the test is over."""
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        (whole,) = connection.execute("SELECT pg_get_functiondef('network_stock'::regproc)").fetchone() or (
            "",
        )

        def replace(piece: str, instead: str) -> None:
            assert whole.count(piece) == 1, f"network_stock no longer has {piece!r}"
            connection.execute(whole.replace(piece, instead))

        yield replace
        connection.execute(whole)


# --- LEVEL ---


def test_under_level_no_byte_tells_the_number(witness):
    seen = witness("LEVEL")
    assert any(b'"stockLevel":"in-stock"' in answer for answer in seen["answers"])
    assert all(seen.values())
    for place, bytes_ in seen.items():
        assert found(bytes_, STOCK, STOCK - SAFETY) == [], place


def test_control_under_exact_the_same_search_finds_the_number(witness):
    seen = witness("EXACT")
    for place in ("answers", "redis", "database"):
        assert found(seen[place], STOCK - SAFETY), place
        assert not found(seen[place], STOCK), "safety stock is nobody's business"
    assert found(seen["logs"], STOCK, STOCK - SAFETY) == []


def test_control_when_the_database_lets_the_number_out_it_is_found_in_redis(witness, maim):
    maim("CASE WHEN exact THEN shown ELSE -1 END", "shown")
    seen = witness("LEVEL")
    for place in ("redis", "database"):
        assert found(seen[place], STOCK - SAFETY), place


@pytest.mark.parametrize("written", [
    str(STOCK), f"{STOCK:,}", f"{STOCK:x}", struct.pack("<q", STOCK), struct.pack(">i", STOCK),
    base64.b64encode(b"xy" + str(STOCK).encode() + b"z"), base64.b64encode(b"abcd" + struct.pack(">q", STOCK)),
])  # fmt: skip
def test_control_the_search_finds_it_however_it_is_written(written):
    hay = written if isinstance(written, bytes) else written.encode()
    assert found([b"before" + hay + b"after"], STOCK)


def test_what_was_exact_once_is_forgotten_when_it_is_level(witness, network: Network, caches):
    def was_exact(reseller: Stockline) -> None:
        network.shared_by(reseller, "EXACT")
        assert found([told(network.ask())], STOCK - SAFETY)
        network.shared_by(reseller, "LEVEL")
        network.ask()

    seen = witness("LEVEL", was_exact)
    for place, bytes_ in seen.items():
        assert found(bytes_, STOCK, STOCK - SAFETY) == [], place


@pytest.mark.parametrize("numbers", [(11, 900_000, 10), (1, 9, 5)])
def test_within_a_level_the_tag_does_not_move_with_the_number(network: Network, numbers: tuple[int, ...]):
    """With the time of confirmation held: asOf itself tells when the value was last written."""
    reseller = network.reseller(precision="LEVEL")
    reseller.activate(PART)
    network.dealer(reseller)
    seen = set()
    for number in numbers:
        reseller.stock_feed({"partNumber": PART, "stock": number, "asOf": "2026-01-02T03:04:05Z"})
        assert reseller.stock()[PART] == number
        response = network.ask()
        seen.add((response.headers["ETag"], response.data))
    assert len(seen) == 1


def test_between_levels_it_does(network: Network):
    reseller = network.reseller(precision="LEVEL")
    reseller.activate(PART)
    network.dealer(reseller)
    tags = set()
    for number in (9, 10, 0):
        reseller.stock_feed({"partNumber": PART, "stock": number, "asOf": "2026-01-02T03:04:05Z"})
        tags.add(network.ask().headers["ETag"])
    assert len(tags) == 3


# --- NONE ---


def unheard(_network: Network, _reseller: Stockline) -> None:
    """Never said a word."""


def revoked(network: Network, reseller: Stockline) -> None:
    network.shared_by(reseller, "EXACT")
    network.shared_by(reseller, "NONE")


def inactive(network: Network, reseller: Stockline) -> None:
    network.shared_by(reseller, "EXACT")
    reseller.set(active=False)


def kept_back(network: Network, reseller: Stockline) -> None:
    network.shared_by(reseller, "EXACT")
    reseller.set(safety_stock=STOCK)


def sharing_with_another(network: Network, reseller: Stockline) -> None:
    Network(network.owner.another("MANUFACTURER")).shared_by(reseller, "EXACT")


SILENT = [unheard, revoked, inactive, kept_back, sharing_with_another]


def nearby_answers(network: Network) -> list[bytes]:
    """With all that tells one answer from another but the request's own id."""
    answers = []
    for query in ({}, {"limit": 1}, {"limit": 50, "unit": "mi"}, {"openNow": "true"}, {"radiusKm": 5}):
        response = network.ask(**query)
        for name in NOISE:
            response.headers.pop(name, None)
        answers.append(told(response))
    return answers


@pytest.fixture
def neighbour(network: Network) -> Stockline:
    """A reseller that shares, farther away than the one that does not."""
    reseller = network.reseller(7, "LEVEL")
    network.dealer(reseller, name="Neighbour", lat=59.01)
    return reseller


def check_that_it_looks_absent(network: Network, silence: Callable[[Network, Stockline], None]) -> None:
    without = nearby_answers(network)
    reseller = network.reseller(STOCK, name=NAME)
    silence(network, reseller)
    dealer = network.dealer(reseller, name="Nearest")
    assert nearby_answers(network) == without
    network.delete(dealer)
    assert nearby_answers(network) == without


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("silence", SILENT)
def test_a_reseller_that_does_not_share_looks_like_one_that_does_not_exist(
    network: Network, silence: Callable[[Network, Stockline], None]
):
    check_that_it_looks_absent(network, silence)


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(
    ("silence", "piece"),
    [(revoked, "c.precision <> 'NONE'"), (inactive, "r.active"), (kept_back, "s.stock > r.safety_stock")],
)
def test_control_without_its_part_of_the_function_it_is_seen(network: Network, maim, silence, piece: str):
    maim(piece, "true")
    with pytest.raises(AssertionError):
        check_that_it_looks_absent(network, silence)


@pytest.mark.usefixtures("neighbour")
def test_control_one_that_shares_is_seen(network: Network):
    without = nearby_answers(network)
    network.dealer(network.reseller(STOCK, "LEVEL"), name="Nearest")
    assert nearby_answers(network) != without


def test_its_name_id_and_stock_are_in_no_answer_of_the_storefront_and_nowhere_in_redis(
    witness, network: Network
):
    seen = witness("NONE")
    for place, bytes_ in seen.items():
        assert found(bytes_, STOCK, STOCK - SAFETY) == [], place
    reseller = network.owner.database.execute("SELECT id FROM tenant WHERE name = %s", (NAME,)).fetchone()
    assert reseller
    shops = [told(network.ask()), told(network.get("/dealers")), *network_entries(seen["redis"], network)]
    for secret in (NAME.encode(), str(reseller[0]).encode(), reseller[0].bytes, reseller[0].hex.encode()):
        assert not [one for one in shops if secret in one]


def network_entries(kept: list[bytes], network: Network) -> list[bytes]:
    """Keys of the asker's with their values, which follow them."""
    mine = f"t:{{{network.id}}}:".encode()
    return [one for key, value in itertools.pairwise(kept) if key.startswith(mine) for one in (key, value)]


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("silence", [unheard, revoked, sharing_with_another])
def test_a_change_of_its_stock_moves_nothing_that_could_be_watched(
    network: Network, caches, silence: Callable[[Network, Stockline], None]
):
    """No entry is dropped or read anew: a dropped one would show in the time of the next answer."""
    reseller = network.reseller(STOCK)
    silence(network, reseller)
    network.dealer(reseller, name="Nearest")
    answers = nearby_answers(network)
    before = standing(network, caches[0])
    for stock in (0, 3, STOCK):
        reseller.stock_feed({"partNumber": PART, "stock": stock})
    assert standing(network, caches[0]) == before
    assert nearby_answers(network) == answers


def test_control_a_change_of_shared_stock_moves_something(network: Network, caches):
    reseller = network.reseller(STOCK, "LEVEL")
    network.dealer(reseller)
    network.ask()
    before = standing(network, caches[0])
    reseller.stock_feed({"partNumber": PART, "stock": 3})
    assert standing(network, caches[0]) != before


def standing(network: Network, cache: redis.Redis) -> dict[Any, Any]:
    """The asker's entries, when they end, and its network's version."""
    keys = sorted(cache.keys(f"t:{{{network.id}}}:*"))
    entries = {key: (cache.get(key), cache.pexpiretime(key)) for key in keys}
    row = network.owner.database.execute(
        "SELECT version FROM network_version WHERE tenant_id = %s", (network.id,)
    )
    return {**entries, "version": row.fetchone()}


def test_where_it_is_asked_from_leaves_no_trace_either(network: Network, caches):
    network.dealer(network.reseller(5, "EXACT"))
    with capture_logs() as events:
        assert network.nearby(lat=59.1234567, lng=HERE["lng"])
    assert b"59.1234567" not in b"".join(everything_in(caches))
    assert "59.1234567" not in json.dumps(events, default=str)
