"""Webhooks: signed, sent, sent again, and given up.

https://shopify.dev/docs/apps/build/webhooks: one second to connect, five in all; 8 retries over 4 hours with the original
payload; then the subscription is removed. Deliveries of one shop go one after another, in order, unless mischief is on.
"""

import base64
import hashlib
import heapq
import hmac
import itertools
import json
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.local.shopify_sim.clock import Clock, iso_precise
from app.local.shopify_sim.schema import VERSION
from app.local.shopify_sim.state import Subscription
from app.local.shopify_sim.store import Event, Mischief, Store
from app.local.shopify_sim.writing.subscriptions import TOPICS

RETRY_AFTER_S = (10, 60, 300, 900, 1_800, 2_700, 3_600, 5_030)
"""Eight, four hours in all. Shopify tells their number and their span, not the steps."""
_TIMEOUT = httpx.Timeout(5.0, connect=1.0)
_KEPT = 2_000


@dataclass(order=True)
class Delivery:
    """One event on its way to one subscriber."""

    due: float
    serial: int
    subscription: int = field(compare=False)
    client_id: str = field(compare=False)
    uri: str = field(compare=False)
    topic: str = field(compare=False)
    body: bytes = field(compare=False)
    triggered_at: float = field(compare=False)
    event_id: str = field(compare=False)
    webhook_id: str = field(compare=False)
    attempts: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Delivered:
    """An attempt and what came of it."""

    at: float
    topic: str
    uri: str
    event_id: str
    webhook_id: str
    attempt: int
    status: int | None
    body: dict[str, Any]


class Post:
    """The mail room of one shop, with a thread that starts at its first letter."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._serial = itertools.count()
        self._queue: list[Delivery] = []
        self._lock = threading.Lock()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.mischief = Mischief()
        self.delivered: deque[Delivered] = deque(maxlen=_KEPT)

    def tell(self, events: list[Event]) -> None:
        """Write the letters to all subscribers of these events. The shop's lock is held."""
        for event in events:
            letters = self._letters(event)
            if letters and self.mischief.out_of_order > 0:
                self.mischief.out_of_order -= 1
                self.mischief.held.extend(letters)
                continue
            self._send(letters)
            if letters and self.mischief.held:
                held, self.mischief.held = self.mischief.held, []
                self._send(held)

    def release(self) -> None:
        """Send what was held back to come out of order and has nothing left to overtake it."""
        held, self.mischief.held = self.mischief.held, []
        self._send(list(reversed(held)))

    def _letters(self, event: Event) -> list[Delivery]:
        shop = self._store.shop
        now, event_id = self._store.now, str(uuid.uuid4())
        subscribers = [one for one in shop.subscriptions.values() if TOPICS[one.topic][0] == event.topic]
        return [
            Delivery(
                due=now + self.mischief.late_s,
                serial=0,
                subscription=one.id,
                client_id=one.client_id,
                uri=one.uri,
                topic=event.topic,
                body=json.dumps(_included(event.payload, one)).encode(),
                triggered_at=now,
                event_id=event_id,
                webhook_id=str(uuid.uuid4()),
            )
            for one in subscribers
        ]

    def _send(self, letters: list[Delivery]) -> None:
        with self._lock:
            for one in letters:
                one.due = max(one.due, self._store.now + self.mischief.late_s)
                self._push(one)
                if self.mischief.twice > 0:
                    self.mischief.twice -= 1
                    self._push(Delivery(**one.__dict__))
            if letters and self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._work, daemon=True, name="shopify-sim-webhooks")
                self._thread.start()
        self._clock.nudge()

    def _push(self, letter: Delivery) -> None:
        letter.serial = next(self._serial)
        heapq.heappush(self._queue, letter)

    @property
    def waiting(self) -> int:
        """How many letters are not yet settled."""
        with self._lock:
            return len(self._queue) + self._busy

    def stop(self) -> None:
        """End the thread after the letter in hand."""
        self._stopping = True
        self._clock.nudge()
        if self._thread:
            self._thread.join(10)

    def _work(self) -> None:
        with httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False) as client:
            while not self._stopping:
                letter = self._due()
                if letter is None:
                    continue
                try:
                    self._settle(letter, self._deliver(client, letter))
                finally:
                    self._busy = False

    def _due(self) -> Delivery | None:
        with self._lock:
            head = self._queue[0] if self._queue else None
            if head and head.due <= self._clock.now():
                self._busy = True
                return heapq.heappop(self._queue)
        self._clock.wait_until(head.due if head else None, 0.2)
        return None

    def _deliver(self, client: httpx.Client, letter: Delivery) -> int | None:
        """Post it; None when nobody answered in time. Redirects count as failures."""
        app = self._store.shop.apps.get(letter.client_id)
        secret = app.signing_secret(self._clock.now()) if app else ""
        letter.attempts += 1
        try:
            answer = client.post(letter.uri, content=letter.body, headers=self._headers(letter, secret))
            status: int | None = answer.status_code
        except httpx.HTTPError:
            status = None
        self.delivered.append(
            Delivered(
                self._clock.now(),
                letter.topic,
                letter.uri,
                letter.event_id,
                letter.webhook_id,
                letter.attempts,
                status,
                json.loads(letter.body),
            )
        )
        return status

    def _headers(self, letter: Delivery, secret: str) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Event-Id": letter.event_id,
            "X-Shopify-Hmac-Sha256": signature(secret, letter.body),
            "X-Shopify-Shop-Domain": self._store.shop.domain,
            "X-Shopify-Topic": letter.topic,
            "X-Shopify-Triggered-At": iso_precise(letter.triggered_at),
            "X-Shopify-Webhook-Id": letter.webhook_id,
        }

    def _settle(self, letter: Delivery, status: int | None) -> None:
        if status is not None and 200 <= status < 300:
            return
        if letter.attempts <= len(RETRY_AFTER_S):
            letter.due = self._clock.now() + RETRY_AFTER_S[letter.attempts - 1]
            with self._lock:
                self._push(letter)
            return
        with self._store.lock:
            self._store.shop.subscriptions.pop(letter.subscription, None)
            self._store.touched = True


def signature(secret: str, body: bytes) -> str:
    """As it stands in X-Shopify-Hmac-Sha256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _included(payload: dict[str, Any], subscription: Subscription) -> dict[str, Any]:
    if not subscription.include_fields:
        return payload
    return {name: value for name, value in payload.items() if name in subscription.include_fields}
