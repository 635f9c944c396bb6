"""Tokens, orders and webhooks go through the door that sources go through."""

import threading

import pytest

from app.adapters.outbound.guard import Guard
from app.adapters.outbound.orders import SupplierApis
from app.adapters.outbound.webhooks import WebhookWire
from app.domain.alerts.delivery import Failed
from app.domain.errors import InvalidInputError
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError
from app.domain.suppliers.supplier import described_source
from tests.outbound import Web

INSIDE = [
    "http://127.0.0.1/x",
    "http://2130706433/x",
    "http://0177.0.0.1/x",
    "http://0/x",
    "http://[::1]/x",
    "http://[::ffff:10.0.0.1]/x",
    "http://[64:ff9b::a9fe:a9fe]/x",
    "http://[2002:7f00:1::]/x",
    "http://[2001:0:7f00:1::]/x",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/x",
    "http://inside.example/x",
    "http://xn--insde-wta.example/x",
    "http://api.example:6379/x",
]
NAMES = {"inside.example": [["10.0.0.7"]], "xn--insde-wta.example": [["10.0.0.7"]]}
OAUTH = {"type": "oauth2", "clientId": "c", "clientSecret": "s3cret"}


@pytest.fixture
def web() -> Web:
    return Web(1, NAMES)


@pytest.mark.parametrize("url", INSIDE)
def test_a_token_is_asked_for_nowhere_inside(web: Web, url: str):
    with pytest.raises(SourceRefusedError) as told:
        web.fetch({"url": "http://api.example/", "auth": {**OAUTH, "tokenUrl": url}})
    assert (told.value.reason, web.lines.asked) == ("blocked_address", [])
    assert "s3cret" not in told.value.message


@pytest.mark.parametrize("url", INSIDE)
def test_an_order_is_posted_nowhere_inside(web: Web, url: str):
    source, secrets = described_source(
        {"url": "http://api.example/", "format": "json", "fields": {"sku": "s", "quantity": "q"}}
    )
    with pytest.raises(SourceRefusedError) as told:
        SupplierApis(web.internet).post(url, b"{}", {}, source, secrets)
    assert (told.value.reason, web.lines.asked) == ("blocked_address", [])


@pytest.mark.parametrize("url", INSIDE)
def test_an_alert_is_told_nowhere_inside(web: Web, url: str):
    wire = WebhookWire(web.internet, Guard((), web.names))
    with pytest.raises(InvalidInputError):
        wire.check(url)
    assert isinstance(wire.post(url, b"{}", {}), Failed)
    assert web.lines.asked == []


def test_a_webhook_that_moves_inside_after_it_was_checked_is_not_called():
    web = Web(1, {"hook.example": [["93.184.216.34"], ["127.0.0.1"]]})
    wire = WebhookWire(web.internet, Guard((), web.names))
    wire.check("https://hook.example/")
    assert isinstance(wire.post("https://hook.example/", b"{}", {}), Failed)
    assert web.lines.asked == []


def test_names_that_nobody_waits_for_any_more_are_not_looked_up():
    """A resolver that hangs holds its thread, but what stood behind it is dropped."""
    asked, going = [], threading.Event()

    def hanging(host: str, _port: int) -> list[str]:
        asked.append(host)
        going.wait(10)
        return []

    guard = Guard((), hanging)
    for number in range(40):
        with pytest.raises(SourceTransientError):
            guard.addresses(f"n{number}.example", 443, 0.005)
    going.set()
    guard._resolving.shutdown()
    assert len(asked) == 16
