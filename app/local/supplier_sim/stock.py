"""A made-up supplier: what it has, how it tells, and what is to go wrong."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

FORMATS: Final = ("json", "nested", "keyed", "csv", "xml")
AUTHS: Final = ("none", "header", "query", "basic", "oauth2")
PAGINATIONS: Final = ("none", "page", "cursor", "link")
SECRET: Final = "sesame"  # noqa: S105 - of suppliers that are made up
USER: Final = "stockline"

KINDS: Final[Mapping[str, str]] = {
    "status": "answer `status` (500, 503, 403, 404 …)",
    "rate_limit": "429 with `Retry-After: <retryAfter>`, seconds or an HTTP date",
    "slow": "answer `seconds` later",
    "drip": "the body a byte at a time, `seconds` apart",
    "drop": "cut the connection without an answer",
    "cut": "cut the connection in the middle of the body",
    "garbage": "200 with a page that is neither JSON, CSV nor XML",
    "wrong_type": "200 with a document of another shape: an object with an error in it",
    "partial": "200 with `share` of the rows only",
    "malformed": "200 with `rows` of the first rows spoilt",
    "expire_token": "every OAuth token given so far counts no more",
    "empty": "200 with no rows at all",
}


@dataclass
class Fault:
    """One order: the next `times` calls for stock, after `after` that go well."""

    kind: str
    times: int = 1
    after: int = 0
    status: int = 503
    retry_after: str = "30"
    seconds: float = 1.0
    share: float = 0.5
    rows: int = 1


@dataclass
class Item:
    """One SKU. `quantity` is what is told of it: a number, a text, a word, a flag."""

    quantity: Any
    price: str = "9.90"
    incoming: int = 0
    lead_time_days: int = 3
    updated_at: float | None = None


@dataclass
class Call:
    """One call for stock, as the log has it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int | None
    at: float


@dataclass
class SimulatedSupplier:
    """A supplier. `version` moves with its stock, and its ETag with that."""

    code: str
    format: str = "json"
    auth: str = "none"
    pagination: str = "none"
    page_size: int = 100
    conditional: bool = True
    gzip: bool = False
    secret: str = SECRET
    token_lasts_s: float = 3600.0
    clock: Callable[[], float] = time.time
    items: dict[str, Item] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)
    token_calls: int = 0
    version: int = 1
    changed_at: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for name, value, known in (
            ("format", self.format, FORMATS),
            ("auth", self.auth, AUTHS),
            ("pagination", self.pagination, PAGINATIONS),
        ):
            if value not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}")
        if self.format == "csv" and self.pagination == "cursor":
            raise ValueError("a CSV has no place for a cursor")
        self.changed_at = self.clock()

    def put(self, sku: str, quantity: Any, **more: Any) -> None:
        """Set what there is of a SKU, or add it."""
        with self.lock:
            item = self.items.setdefault(sku, Item(quantity))
            item.quantity, item.updated_at = quantity, self.clock()
            for name, value in more.items():
                if not hasattr(item, name):
                    raise ValueError(f"an item has no {name}")
                setattr(item, name, value)
            self.moved()

    def remove(self, sku: str) -> None:
        """List it no more. Raises KeyError."""
        with self.lock:
            del self.items[sku]
            self.moved()

    def moved(self) -> None:
        """There is something new."""
        self.version += 1
        self.changed_at = self.clock()

    def order(self, given: Mapping[str, Any]) -> Fault:
        """A fault; a ValueError when it makes no sense."""
        names = {
            "kind": "kind",
            "times": "times",
            "after": "after",
            "status": "status",
            "retryAfter": "retry_after",
        }
        names |= {"seconds": "seconds", "share": "share", "rows": "rows"}
        if unknown := set(given) - set(names):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if given.get("kind") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        fault = Fault(**{names[name]: value for name, value in given.items()})
        with self.lock:
            if fault.kind == "expire_token":
                self.tokens.clear()
            else:
                self.faults.append(fault)
        return fault

    def befalls(self) -> Fault | None:
        """The fault of this call."""
        with self.lock:
            for fault in self.faults:
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
            return None

    def told(self, fault: Fault | None) -> list[dict[str, Any]]:
        """The rows, as far as the fault leaves them alone."""
        with self.lock:
            rows = [self._row(sku, item) for sku, item in self.items.items()]
        if fault is not None and fault.kind == "partial":
            rows = rows[: int(len(rows) * fault.share)]
        if fault is not None and fault.kind == "empty":
            rows = []
        if fault is not None and fault.kind == "malformed":
            for row in rows[: fault.rows]:
                row["qty"] = "plenty"
        return rows

    def _row(self, sku: str, item: Item) -> dict[str, Any]:
        moment = item.updated_at if item.updated_at is not None else self.changed_at
        return {
            "sku": sku,
            "qty": item.quantity,
            "price": item.price,
            "incoming": item.incoming,
            "leadTimeDays": item.lead_time_days,
            "updatedAt": datetime.fromtimestamp(moment, UTC).isoformat(),
        }

    def file(self, url: str) -> dict[str, Any]:
        """The supplier file by which it is read, secrets and all."""
        file: dict[str, Any] = {
            "code": self.code,
            "name": f"Simulated {self.code}",
            "url": f"{url}/{self.code}/stock",
            "format": "json" if self.format in {"nested", "keyed"} else self.format,
            "auth": self._auth(url),
            "fields": self._fields(),
        }
        items = {"nested": "data.items", "keyed": "stock", "xml": "stock.item"}.get(self.format)
        if self.format == "json" and self.pagination == "cursor":
            items = "items"
        if items:
            file["items"] = items
        if self.pagination != "none":
            file["pagination"] = self._pages()
        return file

    def _auth(self, url: str) -> dict[str, str]:
        return {
            "none": {"type": "none"},
            "header": {"type": "apiKey", "header": "X-Api-Key", "value": self.secret},
            "query": {"type": "apiKey", "query": "key", "value": self.secret},
            "basic": {"type": "basic", "username": USER, "password": self.secret},
            "oauth2": {
                "type": "oauth2",
                "tokenUrl": f"{url}/{self.code}/token",
                "clientId": USER,
                "clientSecret": self.secret,
                "scope": "stock",
            },
        }[self.auth]

    def _fields(self) -> dict[str, str]:
        if self.format == "keyed":
            return {"sku": "key", "quantity": "value.qty", "updatedAt": "value.updatedAt"}
        inner = {"json": "", "nested": "stock.", "csv": "", "xml": ""}[self.format]
        names = {"quantity": "qty", "incoming": "incoming", "updatedAt": "updatedAt"}
        named = {ours: f"{inner}{theirs}" for ours, theirs in names.items()}
        return {"sku": "sku", "price": "price", "leadTimeDays": "leadTimeDays", **named}

    def _pages(self) -> dict[str, Any]:
        if self.pagination == "page":
            return {"type": "page", "param": "page", "sizeParam": "size", "size": self.page_size}
        if self.pagination == "cursor":
            following = "stock.next" if self.format == "xml" else "next"
            return {"type": "cursor", "param": "after", "next": following}
        return {"type": "link"}
