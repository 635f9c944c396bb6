"""Shops survive a restart, and the command says when it serves."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.local.shopify_sim.clock import Clock
from app.local.shopify_sim.control import contents
from app.local.shopify_sim.simulator import Simulator
from tests.shopify import DOMAIN, Caller, group, part

ROOT = Path(__file__).parents[3]


def test_a_restart_finds_the_shops_as_they_were(tmp_path: Path):
    first = Simulator(Clock(), tmp_path)
    first.make_shop(DOMAIN, locations=("Berlin", "Oslo"))
    shop = Caller(first)
    shop.made(part(files=[{"originalSource": "https://c.test/a.jpg"}], tags=["x"]))
    made = shop.made(group("Red", "Blue"))
    item = made["variants"]["nodes"][0]["inventoryItem"]["id"]
    answered = shop.stock(item, shop.location("Berlin"), 4, None, "k")
    shop.ask(
        'mutation ($i: ID!, $l: ID!) { inventoryActivate(inventoryItemId: $i, locationId: $l) @idempotent(key: "a") { inventoryLevel { id } } }',
        i=item,
        l=shop.location("Oslo"),
    )
    first.act(DOMAIN, "sell", {"lines": [{"sku": "G-Red", "quantity": 1}]})
    before = contents(shop.store)
    first.stop()

    second = Simulator(Clock(), tmp_path)
    again = Caller.__new__(Caller)
    again.simulator, again.domain, again.token = second, DOMAIN, shop.token
    assert contents(again.store) == before
    assert again.stock(item, again.location("Berlin"), 4, None, "k") == answered, "keys are kept"
    again.made({**part("A-1"), "id": before["products"][0]["id"]})
    assert len({one.id for one in again.store.shop.products.values()}) == 2
    second.remove_shop(DOMAIN)
    second.stop()
    assert list(tmp_path.iterdir()) == []


def test_what_changed_is_written_within_a_second(tmp_path: Path):
    simulator = Simulator(Clock(), tmp_path)
    store = simulator.make_shop(DOMAIN)
    simulator.save()
    path = tmp_path / f"{DOMAIN}.shop.json"
    assert (path.stat().st_mode & 0o777, store.touched) == (0o600, False)
    simulator.stop()


def test_a_shop_is_made_with_sense(simulator: Simulator):
    for wrong in ({"plan": "huge"}, {"wings": 2}):
        with pytest.raises(ValueError, match=r".+"):
            simulator.make_shop("other.myshopify.com", **wrong)


def test_the_command_prints_one_line_when_it_serves_and_stops_at_sigterm(tmp_path: Path):
    command = [sys.executable, "-m", "app.local.shopify_sim.main", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        ready = json.loads(process.stdout.readline())
        assert ready == {"ready": True, "url": ready["url"], "urlTemplate": ready["url"] + "/{shop}"}
        made = httpx.post(f"{ready['url']}/_sim/shops", json={"domain": DOMAIN})
        assert made.status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

    assert (tmp_path / f"{DOMAIN}.shop.json").exists()
