"""A supplier's addresses: its stock and its tokens, and for tests and the demo the control API."""

import gzip
import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from email.utils import formatdate
from threading import RLock
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus, urlencode

from app.local.simulated.answer import CUT, HTML, Answer, Request, of_json, of_text
from app.local.simulated.server import SimulatedServer
from app.local.supplier_sim.stock import KINDS, USER, Call, Fault, SimulatedSupplier
from app.local.supplier_sim.telling import KINDS as TYPES
from app.local.supplier_sim.telling import Row, written

CALLS_MAX: Final = 10_000
Given = dict[str, Any]


class Site:
    """The routes.

    GET  /CODE/stock                        what it has
    POST /CODE/token                        OAuth 2, client credentials
    GET  /_sim/suppliers                    all
    POST /_sim/suppliers                    make one: code, format, auth, pagination, pageSize, conditional, gzip, items
    GET|DELETE /_sim/suppliers/CODE         what it has; close it
    GET  /_sim/suppliers/CODE/file          the supplier file by which it is read
    POST /_sim/suppliers/CODE/stock         {"set": {sku: quantity}, "remove": [sku]}
    GET|POST|DELETE /_sim/suppliers/CODE/faults   what waits; order one; call all off
    GET|DELETE /_sim/suppliers/CODE/calls   the log; empty it
    """

    def __init__(self) -> None:
        self.suppliers: dict[str, SimulatedSupplier] = {}
        self._lock = RLock()

    def answer(self, request: Request) -> Answer:
        """Any call."""
        match [one for one in request.path.split("/") if one]:
            case ["_sim", "suppliers", *rest]:
                return self._controlled(request, rest)
            case [code, "stock"] if code in self.suppliers and request.method == "GET":
                return _stock(self.suppliers[code], request)
            case [code, "token"] if code in self.suppliers and request.method == "POST":
                return _token(self.suppliers[code], request)
        return of_json({"error": "there is nothing here"}, 404)

    def make(self, **described: Any) -> SimulatedSupplier:
        """Another supplier."""
        items = described.pop("items", {})
        supplier = SimulatedSupplier(**described)
        for sku, quantity in items.items():
            supplier.put(sku, quantity)
        with self._lock:
            self.suppliers[supplier.code] = supplier
        return supplier

    # --- control -----------------------------------------------------------------------------------------------

    def _controlled(self, request: Request, rest: Sequence[str]) -> Answer:
        try:
            given = json.loads(request.body) if request.body else {}
            if not isinstance(given, dict):
                raise TypeError("the body is an object")
            return of_json(self._done(request, rest, given))
        except KeyError as error:
            return of_json({"error": f"there is no {error}"}, 404)
        except (ValueError, TypeError) as error:
            return of_json({"error": str(error)}, 400)

    def _done(self, request: Request, rest: Sequence[str], given: Given) -> Any:
        match [request.method, *rest]:
            case ["GET"]:
                return {"suppliers": [_shown(one) for one in self.suppliers.values()]}
            case ["POST"]:
                named = {"pageSize": "page_size", "tokenLastsS": "token_lasts_s"}
                return _shown(self.make(**{named.get(name, name): value for name, value in given.items()}))
            case ["DELETE", code]:
                del self.suppliers[code]
                return {}
            case ["GET", code, "file"]:
                return self.suppliers[code].file(f"http://{request.headers['host']}")
            case [method, code, *what] if len(what) <= 1:
                return _done_to(self.suppliers[code], method, "".join(what), given)
        raise ValueError("there is no such call; see docs/suppliers.md")


def _done_to(supplier: SimulatedSupplier, method: str, what: str, given: Given) -> Any:
    work = _DEEDS.get((method, what))
    if work is None:
        raise ValueError("there is no such call; see docs/suppliers.md")
    done = work(supplier, given)
    return {} if done is None else done


def _restocked(supplier: SimulatedSupplier, given: Given) -> Given:
    for sku, quantity in given.get("set", {}).items():
        supplier.put(sku, quantity)
    for sku in given.get("remove", ()):
        supplier.remove(sku)
    return _shown(supplier)


_DEEDS: Final[Mapping[tuple[str, str], Callable[[SimulatedSupplier, Given], Any]]] = {
    ("GET", ""): lambda one, _: {
        **_shown(one),
        "items": {sku: asdict(item) for sku, item in one.items.items()},
    },
    ("POST", "stock"): _restocked,
    ("GET", "faults"): lambda one, _: {"kinds": KINDS, "waiting": [asdict(each) for each in one.faults]},
    ("POST", "faults"): lambda one, given: asdict(one.order(given)),
    ("DELETE", "faults"): lambda one, _: one.faults.clear(),
    ("GET", "calls"): lambda one, _: {
        "count": len(one.calls),
        "calls": [asdict(each) for each in one.calls],
    },
    ("DELETE", "calls"): lambda one, _: one.calls.clear(),
}


def _shown(supplier: SimulatedSupplier) -> Given:
    return {
        "code": supplier.code,
        "format": supplier.format,
        "auth": supplier.auth,
        "pagination": supplier.pagination,
        "skus": len(supplier.items),
        "version": supplier.version,
    }


# --- the supplier's own ----------------------------------------------------------------------------------------


def _stock(supplier: SimulatedSupplier, request: Request) -> Answer:
    answer = _answered(supplier, request)
    call = Call(request.path, request.query, request.headers, answer.status, supplier.clock())
    with supplier.lock:
        supplier.calls.append(call)
        del supplier.calls[:-CALLS_MAX]
    return answer


def _answered(supplier: SimulatedSupplier, request: Request) -> Answer:
    if not _let_in(supplier, request):
        return of_json({"error": "unauthorized"}, 401, WWW_Authenticate="Bearer")
    fault = supplier.befalls()
    instead = _instead(fault)
    if instead is not None:
        return instead
    answer = _told(supplier, request, fault)
    if fault is None:
        return answer
    if fault.kind == "slow":
        return replace(answer, after_s=fault.seconds)
    if fault.kind == "drip":
        return replace(answer, drip_s=fault.seconds)
    return replace(answer, cut_after=len(answer.body) // 2) if fault.kind == "cut" else answer


def _instead(fault: Fault | None) -> Answer | None:
    match fault:
        case Fault(kind="status"):
            return of_json({"error": "as ordered"}, fault.status)
        case Fault(kind="rate_limit"):
            return of_json({"error": "too many requests"}, 429, Retry_After=fault.retry_after)
        case Fault(kind="drop"):
            return CUT
        case Fault(kind="garbage"):
            return of_text("<html><p>Maintenance & more</html>", 200, HTML)
        case Fault(kind="wrong_type"):
            return of_json({"error": {"message": "internal"}})
    return None


def _told(supplier: SimulatedSupplier, request: Request, fault: Fault | None) -> Answer:
    etag = f'"{supplier.version}"'
    kept = {"ETag": etag, "Last-Modified": formatdate(supplier.changed_at, usegmt=True)}
    if supplier.conditional and fault is None and request.headers.get("if-none-match") == etag:
        return Answer(304, b"", kept)
    rows, following = _page(supplier, request, supplier.told(fault))
    headers = {"Content-Type": TYPES[supplier.format], **(kept if supplier.conditional else {})}
    if supplier.pagination == "link" and following:
        query = urlencode({**request.query, "after": following})
        headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    wrapped = supplier.pagination == "cursor"
    body = written(supplier.format, rows, following if wrapped else None, wrapped=wrapped)
    if supplier.gzip:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    return Answer(200, body, headers)


def _page(
    supplier: SimulatedSupplier, request: Request, rows: Sequence[Row]
) -> tuple[Sequence[Row], str | None]:
    """The rows that were asked for, and what leads to those after them."""
    size = int(request.query.get("size", supplier.page_size))
    if supplier.pagination == "none":
        return rows, None
    if supplier.pagination == "page":
        start = (int(request.query.get("page", "1")) - 1) * size
        return rows[start : start + size], None
    start = int(request.query.get("after", "0"))
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else None


def _let_in(supplier: SimulatedSupplier, request: Request) -> bool:
    sent = request.headers.get("authorization", "")
    match supplier.auth:
        case "header":
            return request.headers.get("x-api-key") == supplier.secret
        case "query":
            return request.query.get("key") == supplier.secret
        case "basic":
            return _basic(sent) == (USER, supplier.secret)
        case "oauth2":
            until = supplier.tokens.get(sent.removeprefix("Bearer "))
            return until is not None and supplier.clock() < until
    return True


def _basic(sent: str) -> tuple[str, str]:
    try:
        user, _, password = b64decode(sent.removeprefix("Basic ")).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def _token(supplier: SimulatedSupplier, request: Request) -> Answer:
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    user, secret = map(unquote_plus, _basic(request.headers.get("authorization", "")))
    with supplier.lock:
        supplier.token_calls += 1
        if (user or form.get("client_id"), secret or form.get("client_secret")) != (USER, supplier.secret):
            return of_json({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "client_credentials":
            return of_json({"error": "unsupported_grant_type"}, 400)
        token = secrets.token_urlsafe(16)
        supplier.tokens[token] = supplier.clock() + supplier.token_lasts_s
    return of_json({"access_token": token, "token_type": "Bearer", "expires_in": supplier.token_lasts_s})


class Server(SimulatedServer):
    """Suppliers, served."""

    def __init__(self, port: int = 0) -> None:
        self.made = Site()
        super().__init__("supplier-sim", self.made, port)
