"""The simulated suppliers do what they are told over HTTP, and go wrong when they are asked to."""

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from app.local.supplier_sim.site import Server
from app.local.supplier_sim.stock import KINDS


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=5) as client:
        client.post("/_sim/suppliers", json={"code": "a", "items": {"X": 1, "Y": 2}}).raise_for_status()
        yield client


def stock(http: httpx.Client) -> dict[str, object]:
    return {row["sku"]: row["qty"] for row in http.get("/a/stock").json()}


def test_stock_is_set_added_and_removed(http):
    http.post("/_sim/suppliers/a/stock", json={"set": {"X": 9, "Z": "sold out"}, "remove": ["Y"]})

    assert stock(http) == {"X": 9, "Z": "sold out"}
    assert http.get("/_sim/suppliers/a").json()["skus"] == 2


def test_its_tag_moves_with_its_stock(http):
    before = http.get("/a/stock").headers["etag"]
    assert http.get("/a/stock", headers={"If-None-Match": before}).status_code == 304
    http.post("/_sim/suppliers/a/stock", json={"set": {"X": 2}})

    assert http.get("/a/stock", headers={"If-None-Match": before}).status_code == 200


def test_a_fault_befalls_as_many_calls_as_were_ordered_and_no_more(http):
    http.post("/_sim/suppliers/a/faults", json={"kind": "status", "status": 500, "times": 2, "after": 1})

    assert [http.get("/a/stock").status_code for _ in range(4)] == [200, 500, 500, 200]


@pytest.mark.parametrize(
    ("kind", "found"), [("empty", {}), ("partial", {"X": 1}), ("malformed", {"X": "plenty", "Y": 2})]
)
def test_a_report_may_be_short_or_spoilt(http, kind, found):
    http.post("/_sim/suppliers/a/faults", json={"kind": kind})

    assert stock(http) == found


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_line_may_break(http, kind):
    http.post("/_sim/suppliers/a/faults", json={"kind": kind})

    with pytest.raises(httpx.TransportError):
        http.get("/a/stock")


def test_calls_are_logged_and_faults_called_off(http):
    http.post("/_sim/suppliers/a/faults", json={"kind": "garbage", "times": 99})
    http.delete("/_sim/suppliers/a/faults")
    stock(http)

    assert http.get("/_sim/suppliers/a/calls").json()["count"] == 1
    assert http.get("/_sim/suppliers/a/faults").json() == {"kinds": dict(KINDS), "waiting": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "suppliers", {"code": "b", "format": "yaml"}, 400),
        ("POST", "suppliers/a/faults", {"kind": "fire"}, 400),
        ("POST", "suppliers/none/stock", {}, 404),
        ("POST", "suppliers/a/stock", {"remove": ["none"]}, 404),
        ("PUT", "suppliers", {}, 400),
        ("POST", "suppliers/a/stock", [], 400),
    ],
)
def test_what_makes_no_sense_is_refused(http, method, path, body, status):
    assert http.request(method, f"/_sim/{path}", json=body).status_code == status


def test_it_runs_as_a_process():
    with subprocess.Popen(
        [sys.executable, "-m", "app.local.supplier_sim.main"], stdout=subprocess.PIPE, text=True
    ) as process:
        told = json.loads(process.stdout.readline())
        assert httpx.get(f"{told['url']}/_sim/suppliers", trust_env=False).json() == {"suppliers": []}
        process.terminate()
        assert process.wait(10) == 0
