"""A tenant whose suppliers' stock changes, and those who are told: a webhook's receiver and a mail server, both real."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from app.domain.alerts.channel import Channel, ChannelKind
from app.domain.work.dispatch import Actor
from app.local.ports import free_port
from tests.stockline import Stockline


@dataclass
class Call:
    """One call of a webhook, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers by `answer(call)`: a status, or (status, headers)."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], Any] = lambda _call: 200

    @property
    def ids(self) -> list[str]:
        return [call.json["id"] for call in self.calls]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = Call(self.path, dict(self.headers), body)
            receiver.calls.append(call)
            answer = receiver.answer(call)
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class PostOffice:
    """Takes mail in; `refuse` answers RCPT with what it holds."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuse: str | None = None

    async def handle_RCPT(self, _server, _session, envelope: Envelope, address: str, _options) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=default) for one in self.raw]  # type: ignore[misc]

    @property
    def texts(self) -> list[str]:
        return [one.get_body(("plain",)).get_content() for one in self.mails]  # type: ignore[union-attr]


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    """A mail server on this machine."""
    office = PostOffice(free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@dataclass
class Alerted:
    """One tenant, its suppliers' stock and its channels."""

    stockline: Stockline
    receiver: Receiver
    office: PostOffice
    jobs: dict[Actor, Any] = field(default_factory=dict)

    @property
    def tenant_id(self) -> UUID:
        return self.stockline.tenant_id

    # --- the suppliers ---

    def supplier(self, code: str = "acme", name: str = "Acme") -> UUID:
        return self.stockline._value(
            "INSERT INTO supplier (tenant_id, code, name, source) VALUES (%s, %s, %s, '{}') RETURNING id",
            self.tenant_id,
            code,
            name,
        )

    def stocked(self, supplier: UUID, *skus: str, quantity: int = 50) -> None:
        """SKUs that are there, and that nobody was told anything of."""
        self.stockline.sql(
            "INSERT INTO supplier_stock (tenant_id, supplier_id, sku, quantity)"
            " SELECT %s, %s, sku, %s FROM unnest(%s::text[]) AS u(sku)",
            self.tenant_id,
            supplier,
            quantity,
            list(skus),
        )

    def reports(self, supplier: UUID, quantity: int, *skus: str) -> None:
        """The supplier says so: of these SKUs, or of all."""
        self.stockline.sql(
            "UPDATE supplier_stock SET quantity = %(quantity)s,"
            " shortage = GREATEST(0, reserved + shipped - %(quantity)s)"
            " WHERE supplier_id = %(supplier)s AND (sku = ANY(%(skus)s::text[]) OR %(skus)s::text[] = '{}')",
            quantity=quantity,
            supplier=supplier,
            skus=list(skus),
        )

    # --- the channels ---

    def webhook(self, **wanted: Any) -> tuple[Channel, str]:
        channel, secret = self.stockline.container.alerts.add(
            self.tenant_id, ChannelKind.WEBHOOK, self.receiver.url, wanted
        )
        assert secret is not None
        return channel, secret

    def mailed(self, address: str = "ops@example.com", **wanted: Any) -> Channel:
        return self.stockline.container.alerts.add(self.tenant_id, ChannelKind.EMAIL, address, wanted)[0]

    # --- the worker ---

    @property
    def handlers(self) -> dict[Actor, Any]:
        return {**self.stockline.container.handlers, **self.jobs}

    def drain(self) -> None:
        """Work on everything of this tenant that is due, in this thread."""
        while due := self.stockline._due():
            for dispatch_id in due:
                self.stockline.container.work.run(dispatch_id, self.handlers)

    def watch(self) -> None:
        """A sweep, and what it woke."""
        self.stockline.container.work.sweep()
        self.drain()

    def lapse(self) -> None:
        """Leases of workers that died run out."""
        self.stockline.sql(
            "UPDATE dispatch SET lease_until = now() - interval '1 s'"
            " WHERE tenant_id = %s AND state = 'running'",
            self.tenant_id,
        )

    def hurry(self) -> None:
        """What was to be delivered later is due."""
        self.stockline.sql(
            "UPDATE alert_delivery SET due_at = now() WHERE tenant_id = %s AND state = 'queued'",
            self.tenant_id,
        )
        self.stockline.sql(
            "UPDATE dispatch SET not_before = now(), ring_after = now()"
            " WHERE tenant_id = %s AND actor = 'alerts.deliver' AND state = 'ready'",
            self.tenant_id,
        )

    def deliver(self) -> None:
        """Everything that is noticed goes out, now."""
        self.watch()
        self.hurry()
        self.drain()

    # --- what there is ---

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """Kind and SKU, oldest first."""
        rows = self.stockline.database.execute(
            "SELECT kind, details->>'sku' FROM alert WHERE tenant_id = %s ORDER BY created_at, id",
            (self.tenant_id,),
        )
        return rows.fetchall()

    def deliveries(self, column: str = "state") -> list[Any]:
        rows = self.stockline.database.execute(
            f"SELECT {column} FROM alert_delivery WHERE tenant_id = %s ORDER BY created_at, id",
            (self.tenant_id,),
        )
        return [value for (value,) in rows.fetchall()]
