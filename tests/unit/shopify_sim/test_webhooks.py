"""Webhooks: signed, told once per event, sent again when nobody listens, and given up after four hours."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from app.local.shopify_sim.clock import iso_precise
from app.local.shopify_sim.simulator import Simulator
from app.local.shopify_sim.webhooks import RETRY_AFTER_S
from tests.shopify import DOMAIN, Caller, part
from tests.stockline import until

SUBSCRIBE = """
mutation ($topic: WebhookSubscriptionTopic!, $input: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $input) {
    webhookSubscription { id uri topic format } userErrors { field message } } }"""


@dataclass
class Mailbox:
    """Where webhooks come in."""

    url: str
    letters: list[tuple[dict, dict, bytes]] = field(default_factory=list)
    status: int = 200

    def wait(self, count: int) -> list[tuple[dict, dict, bytes]]:
        return until(lambda: self.letters if len(self.letters) >= count else None, "a letter")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.letters.append((dict(self.headers.items()), json.loads(body), body))
            self.send_response(box.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box = Mailbox(f"http://127.0.0.1:{server.server_port}/hook")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield box
    server.shutdown()
    server.server_close()


def subscribe(shop: Caller, topic: str, uri: str, **more: object) -> dict:
    return shop.data(SUBSCRIBE, topic=topic, input={"uri": uri, **more})["webhookSubscriptionCreate"]


@pytest.fixture
def stocked(shop: Caller, mailbox: Mailbox) -> Caller:
    shop.made(part())
    assert subscribe(shop, "INVENTORY_LEVELS_UPDATE", mailbox.url)["userErrors"] == []
    return shop


def set_stock(shop: Caller, quantity: int) -> None:
    shop.simulator.act(DOMAIN, "setStock", {"sku": "A-1", "quantity": quantity})


def signed_with(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_a_change_of_stock_is_told_with_all_headers_and_a_signature(stocked: Caller, mailbox: Mailbox, clock):
    set_stock(stocked, 7)
    headers, payload, body = mailbox.wait(1)[0]
    level = next(iter(stocked.store.by_handle("part-a-1").variants[0].item.levels.values()))

    assert headers["X-Shopify-Hmac-Sha256"] == signed_with("secret", body)
    assert headers["X-Shopify-Topic"] == "inventory_levels/update"
    assert headers["X-Shopify-Shop-Domain"] == DOMAIN
    assert headers["X-Shopify-API-Version"] == "2026-07"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Shopify-Triggered-At"].endswith("Z")
    assert headers["X-Shopify-Event-Id"] != headers["X-Shopify-Webhook-Id"]
    assert payload == {
        "admin_graphql_api_id": level.gid,
        "inventory_item_id": level.item,
        "location_id": level.location,
        "available": 7,
        "updated_at": payload["updated_at"],
    }


def test_an_apps_own_writing_comes_back_too(stocked: Caller, mailbox: Mailbox):
    variant = stocked.store.by_handle("part-a-1").variants[0]
    stocked.stock(variant.item.gid, stocked.location("Stockholm"), 3, None, "k")
    assert mailbox.wait(1)[0][1]["available"] == 3

    stocked.stock(variant.item.gid, stocked.location("Stockholm"), 3, None, "k2")
    stocked.stock(variant.item.gid, stocked.location("Stockholm"), 4, None, "k3")
    assert [one[1]["available"] for one in mailbox.wait(2)] == [3, 4], "an unchanged value is no event"


def test_the_stock_of_an_item_that_is_not_tracked_is_null(stocked: Caller, mailbox: Mailbox):
    stocked.simulator.act(DOMAIN, "editVariant", {"sku": "A-1", "set": {"tracked": False}})
    set_stock(stocked, 9)

    assert mailbox.wait(1)[0][1]["available"] is None


def test_a_refused_mutation_tells_nothing(stocked: Caller, mailbox: Mailbox):
    rows = [{"locationId": stocked.location("Stockholm"), "name": "available", "quantity": 9}]
    product = stocked.store.by_handle("part-a-1").gid
    stocked.refused({**part(variant={"inventoryQuantities": rows, "price": "-1"}), "id": product})
    set_stock(stocked, 1)

    assert [one[1]["available"] for one in mailbox.wait(1)] == [1]


def test_every_subscriber_of_an_event_gets_it_under_one_event_id(stocked: Caller, mailbox: Mailbox):
    subscribe(stocked, "INVENTORY_LEVELS_UPDATE", f"{mailbox.url}/2")
    set_stock(stocked, 2)
    first, second = (one[0] for one in mailbox.wait(2))

    assert first["X-Shopify-Event-Id"] == second["X-Shopify-Event-Id"]
    assert first["X-Shopify-Webhook-Id"] != second["X-Shopify-Webhook-Id"]


def test_twice_is_the_same_letter_twice(stocked: Caller, mailbox: Mailbox):
    stocked.simulator.post(DOMAIN).mischief.twice = 1
    set_stock(stocked, 2)
    first, second = mailbox.wait(2)

    assert first[2] == second[2]
    for name in ("X-Shopify-Event-Id", "X-Shopify-Webhook-Id", "X-Shopify-Triggered-At"):
        assert first[0][name] == second[0][name]


def test_out_of_order_the_younger_one_comes_first(stocked: Caller, mailbox: Mailbox):
    stocked.simulator.post(DOMAIN).mischief.out_of_order = 1
    set_stock(stocked, 1)
    set_stock(stocked, 2)

    letters = mailbox.wait(2)
    assert [one[1]["available"] for one in letters] == [2, 1]


def test_what_is_held_can_be_released(stocked: Caller, mailbox: Mailbox):
    stocked.simulator.post(DOMAIN).mischief.out_of_order = 2
    set_stock(stocked, 1)
    set_stock(stocked, 2)
    stocked.simulator.post(DOMAIN).release()

    assert [one[1]["available"] for one in mailbox.wait(2)] == [2, 1]


def test_late_ones_carry_the_time_of_the_event(stocked: Caller, mailbox: Mailbox, clock):
    post = stocked.simulator.post(DOMAIN)
    post.mischief.late_s = 600
    set_stock(stocked, 2)
    assert (post.waiting, mailbox.letters) == (1, [])

    clock.advance(599)
    post.mischief.late_s = 0
    set_stock(stocked, 3)
    assert [one[1]["available"] for one in mailbox.wait(1)] == [
        3
    ]  # had the first been due, it would be before it
    clock.advance(1)
    headers, payload, _ = mailbox.wait(2)[1]
    assert payload["available"] == 2
    assert headers["X-Shopify-Triggered-At"] == iso_precise(clock.now() - 600)


def test_eight_retries_in_four_hours_then_the_subscription_is_gone(stocked: Caller, mailbox: Mailbox, clock):
    mailbox.status = 500
    set_stock(stocked, 2)
    for attempt, pause in enumerate(RETRY_AFTER_S, start=1):
        mailbox.wait(attempt)
        until(lambda: stocked.simulator.post(DOMAIN)._queue)
        clock.advance(pause)
    letters = mailbox.wait(9)

    assert sum(RETRY_AFTER_S) == 4 * 3600
    assert len({one[2] for one in letters}) == 1, "retries carry the original payload"
    assert len({one[0]["X-Shopify-Event-Id"] for one in letters}) == 1
    until(lambda: not stocked.store.shop.subscriptions)


def test_a_retry_that_is_answered_is_the_last(stocked: Caller, mailbox: Mailbox, clock):
    mailbox.status = 302
    set_stock(stocked, 2)
    mailbox.wait(1)
    until(lambda: stocked.simulator.post(DOMAIN)._queue)
    mailbox.status = 204
    clock.advance(RETRY_AFTER_S[0])
    mailbox.wait(2)

    until(lambda: stocked.simulator.post(DOMAIN).waiting == 0)
    assert stocked.store.shop.subscriptions
    assert [one.status for one in stocked.simulator.post(DOMAIN).delivered] == [302, 204]


def test_nobody_listening_counts_as_a_failure(shop: Caller):
    subscribe(shop, "PRODUCTS_CREATE", "http://127.0.0.1:1/hook")
    shop.made(part())
    post = shop.simulator.post(DOMAIN)
    until(lambda: post.delivered)

    assert post.delivered[0].status is None


def test_a_new_secret_signs_after_an_hour(stocked: Caller, mailbox: Mailbox, clock):
    new = stocked.simulator.act(DOMAIN, "rotateSecret", {})["clientSecret"]
    set_stock(stocked, 1)
    headers, _, body = mailbox.wait(1)[0]
    assert headers["X-Shopify-Hmac-Sha256"] == signed_with("secret", body)

    clock.advance(3600)
    set_stock(stocked, 2)
    headers, _, body = mailbox.wait(2)[1]
    assert headers["X-Shopify-Hmac-Sha256"] == signed_with(new, body)


def test_orders_are_told_from_sale_to_end(shop: Caller, mailbox: Mailbox, simulator: Simulator):
    shop.made(part())
    for topic in ("ORDERS_CREATE", "ORDERS_FULFILLED", "ORDERS_CANCELLED", "PRODUCTS_DELETE"):
        subscribe(shop, topic, mailbox.url)
    set_stock(shop, 10)
    first = simulator.act(DOMAIN, "sell", {"lines": [{"sku": "A-1", "quantity": 3}]})
    simulator.act(DOMAIN, "fulfilOrder", first)
    second = simulator.act(DOMAIN, "sell", {"lines": [{"sku": "A-1", "quantity": 2}]})
    simulator.act(DOMAIN, "cancelOrder", second)
    simulator.act(DOMAIN, "deleteProduct", {"sku": "A-1"})

    letters = mailbox.wait(5)
    assert [one[0]["X-Shopify-Topic"] for one in letters] == [
        "orders/create",
        "orders/fulfilled",
        "orders/create",
        "orders/cancelled",
        "products/delete",
    ]
    line = letters[0][1]["line_items"][0]
    assert (line["sku"], line["quantity"]) == ("A-1", 3)
    assert letters[1][1]["id"] == letters[0][1]["id"]
    assert letters[3][1]["cancelled_at"]


def test_an_uninstalled_app_is_told_once_and_then_nothing(
    stocked: Caller, mailbox: Mailbox, simulator: Simulator
):
    subscribe(stocked, "APP_UNINSTALLED", mailbox.url)
    simulator.act(DOMAIN, "uninstallApp", {})
    set_stock(stocked, 5)

    letters = mailbox.wait(1)
    assert letters[0][0]["X-Shopify-Topic"] == "app/uninstalled"
    assert letters[0][1]["myshopify_domain"] == DOMAIN
    assert stocked.store.shop.subscriptions == {}
    assert simulator.post(DOMAIN).waiting <= 1


def test_subscriptions_are_made_changed_listed_and_deleted(shop: Caller):
    made = subscribe(shop, "PRODUCTS_DELETE", "https://app.test/hook", includeFields=["id"])[
        "webhookSubscription"
    ]
    assert made == {
        "id": made["id"],
        "uri": "https://app.test/hook",
        "topic": "PRODUCTS_DELETE",
        "format": "JSON",
    }
    again = subscribe(shop, "PRODUCTS_DELETE", "https://app.test/hook")
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    for bad in ("http://app.test/hook", "ftp://app.test/"):
        assert "is not supported" in subscribe(shop, "PRODUCTS_DELETE", bad)["userErrors"][0]["message"]

    update = 'mutation ($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: "https://b.test/"}) { webhookSubscription { uri } userErrors { message } } }'
    assert shop.data(update, id=made["id"])["webhookSubscriptionUpdate"]["webhookSubscription"] == {
        "uri": "https://b.test/"
    }
    listed = shop.data(
        "{ webhookSubscriptions(first: 5, topics: [PRODUCTS_DELETE]) { nodes { id includeFields apiVersion { handle } } } }"
    )
    assert listed["webhookSubscriptions"]["nodes"] == [
        {"id": made["id"], "includeFields": ["id"], "apiVersion": {"handle": "2026-07"}}
    ]
    delete = "mutation ($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } } }"
    assert (
        shop.data(delete, id=made["id"])["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"]
        == made["id"]
    )
    assert shop.data(delete, id=made["id"])["webhookSubscriptionDelete"]["userErrors"]
