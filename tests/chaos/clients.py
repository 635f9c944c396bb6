"""Callers as they are: impatient, repeating themselves, overlapping, and out of order."""

import random
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.chaos.journal import Journal
from tests.chaos.world import Tenant

SURFACES = ("stock-feed", "stock-feed", "stock-feed", "price-feed", "location-stock")
FIELDS = {"stock-feed": "stock", "location-stock": "stock", "price-feed": "price"}
ROWS_MAX = (30, 30, 30, 300, 2_500)
EVERYTHING_CHANCE = {"large": 0.15, "middle": 0.05, "small": 0.05}  # a feed of all that the tenant sells
VALUES = 4  # few, so that many rows confirm what stands
STAMPS = timedelta(minutes=3)
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass
class Client:
    """One thread that posts feeds for one tenant until told to stop."""

    url: str
    tenant: Tenant
    journal: Journal
    random: random.Random
    stopped: threading.Event
    give_up: threading.Event

    def run(self) -> None:
        with httpx.Client(base_url=self.url, headers={"X-API-Key": self.tenant.key}) as http:
            while not self.stopped.is_set():
                self.post(http)
                self.stopped.wait(self.random.uniform(0, 0.15))

    def post(self, http: httpx.Client) -> None:
        """One payload: with a key it is sent until it is answered, without one only once."""
        surface = self.random.choice(SURFACES)
        sent = uuid.UUID(int=self.random.getrandbits(128)).hex
        key = f"key-{sent}" if self.random.random() < 0.7 else None
        rows = self.rows(surface)
        self.journal.write("payload", id=sent, tenant=self.tenant.name, surface=surface, key=key, rows=rows)
        body = [_row(surface, row) for row in rows]
        while not self.give_up.is_set():
            accepted = self.attempt(http, sent, surface, key, body)
            again = self.random.random() < 0.05  # a caller that lost the answer
            if key is None or (accepted and not again):
                return
            self.give_up.wait(self.random.uniform(0.05, 0.5))

    def attempt(self, http: httpx.Client, sent: str, surface: str, key: str | None, body: Any) -> bool:
        request = uuid.uuid4().hex
        wait_s = self.random.choice((0, 0, 1, 3))
        headers = {"X-Request-Id": request, "Prefer": f"wait={wait_s}" if wait_s else "respond-async"}
        if key is not None:
            headers["Idempotency-Key"] = key
        self.journal.write("request", id=sent, request=request)
        timeout_s = self.random.choice((0.3, 10.0, 10.0, 10.0))
        began = time.monotonic()
        try:
            answer = http.post(
                f"/api/integrations/{surface}",
                json=body,
                headers=headers,
                timeout=httpx.Timeout(timeout_s, connect=2.0),
            )
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            self.journal.write("broken", id=sent, request=request, error=repr(error)[:200])
            return False
        self.journal.write(
            "answer",
            id=sent,
            request=request,
            status=answer.status_code,
            feedId=told.get("feedId"),
            code=told.get("code"),
            seconds=round(time.monotonic() - began, 4),
        )
        return answer.status_code in {200, 202}

    def rows(self, surface: str) -> list[list[Any]]:
        """[part number, value, asOf or None, dealer or None]: some unknown, some twice, few values."""
        draw = self.random
        parts = self.tenant.parts
        if draw.random() < EVERYTHING_CHANCE[self.tenant.name]:
            chosen = draw.sample(parts, len(parts))
        else:
            hot = parts[: max(50, len(parts) // 10)]
            source = hot if draw.random() < 0.7 else parts
            chosen = draw.choices(source, k=draw.randint(1, min(draw.choice(ROWS_MAX), len(source))))
        dated = draw.choice(("no", "no", "yes", "mixed"))
        dealers = [*self.tenant.dealers * 9, NOBODY] if surface == "location-stock" else [None]
        return [
            [
                part if draw.random() < 0.98 else f"UNKNOWN-{part}",
                draw.randrange(VALUES),
                self.stamp() if dated == "yes" or (dated == "mixed" and draw.random() < 0.5) else None,
                draw.choice(dealers),
            ]
            for part in chosen
        ]

    def stamp(self) -> str:
        """Some time in the last minutes."""
        return (datetime.now(UTC) - STAMPS * self.random.random()).isoformat(timespec="milliseconds")


def _row(surface: str, row: list[Any]) -> dict[str, Any]:
    part, value, as_of, dealer = row
    body: dict[str, Any] = {"partNumber": part, FIELDS[surface]: value}
    if as_of is not None:
        body["asOf"] = as_of
    if dealer is not None:
        body["dealerId"] = dealer
    return body


@dataclass
class Shopper:
    """One thread that reads the storefront, so that the projection is full of what may grow old."""

    url: str
    tenant: Tenant
    random: random.Random
    stopped: threading.Event
    reads: int = 0

    def run(self) -> None:
        with httpx.Client(base_url=self.url, headers={"X-API-Key": self.tenant.key}, timeout=5.0) as http:
            while not self.stopped.is_set():
                numbers = self.random.sample(self.tenant.parts[:300], 20)
                try:
                    http.get("/api/t/stock", params={"partNumbers": ",".join(numbers)})
                    http.get(f"/api/t/parts/{numbers[0]}")
                    self.reads += 2
                except httpx.HTTPError:
                    pass  # a shopper whose page does not load comes again
                self.stopped.wait(0.1)
