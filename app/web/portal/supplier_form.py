"""A supplier file as a form: what was typed becomes the file that the JSON route takes, and a kept one its fields."""

from collections.abc import Mapping
from typing import Any, Final

from flask import request

from app.domain.errors import InvalidInputError
from app.domain.suppliers.document import FIELDS
from app.domain.suppliers.ports import Kept
from app.domain.suppliers.shown import shown_supplier
from app.web.portal.forms import minutes, text, ticked, whole_number

TAB: Final = "tab"
_AUTH: Final = {
    "none": (),
    "apiKey": ("value",),
    "basic": ("username", "password"),
    "oauth2": ("tokenUrl", "clientId", "clientSecret", "scope"),
}
_PAGES: Final = {
    "page": ("param", "first", "sizeParam", "size"),
    "cursor": ("param", "next", "sizeParam", "size"),
    "link": ("sizeParam", "size"),
}
_NUMBERS: Final = {
    "lowStockThreshold": "Low below",
    "reorderPoint": "Order at",
    "targetStock": "Order up to",
    "dropGuardPercent": "Hold reports",
    "first": "First page",
    "size": "Rows a page",
}
EMPTY: Final[Mapping[str, Any]] = {
    "way": "read",
    "format": "json",
    "auth.type": "none",
    "auth.place": "header",
    "whole": True,
    "header": True,
    "minutes": "15",
    "lowStockThreshold": 10,
    "dropGuardPercent": 50,
    "reorderMode": "order",
    "orderFormat": "json",
}
"""What a new supplier begins with."""


def typed() -> dict[str, Any]:
    """The file that the form describes. Raises InvalidInputError for what is no number."""
    read = request.form.get("way") != "send"
    document: dict[str, Any] = {
        "code": text("code"),
        "name": text("name"),
        "url": text("url") if read else None,
        "format": text("format"),
        "auth": _auth() if read else None,
        "pagination": _pagination() if read else None,
        "fields": {name: text(f"fields.{name}") for name in FIELDS},
        "words": _words(),
        "whole": ticked("whole"),
        "encoding": text("encoding"),
        "dateFormat": text("dateFormat"),
        "intervalS": minutes("minutes", "Read every"),
        **{name: text(name) for name in ("reorderMode", "orderEmail", "orderUrl", "orderFormat")},
        **{
            name: _number(name)
            for name in ("lowStockThreshold", "reorderPoint", "targetStock", "dropGuardPercent")
        },
        **_shape(),
    }
    if read and not document["url"]:
        raise InvalidInputError(
            "Address: is needed where we read the stock; or choose that the supplier sends it"
        )
    return _given(document)


def values_of(kept: Kept) -> dict[str, Any]:
    """A kept supplier's, by the form's names; no secret is among them."""
    told = shown_supplier(kept)
    source = told["source"]
    auth, pages = source["auth"], source.get("pagination", {})
    flat = {name: told[name] for name in EMPTY if name in told} | {
        name: told[name] for name in ("code", "name", "reorderPoint", "targetStock", "orderEmail", "orderUrl")
    }
    return {
        **flat,
        "way": "read" if kept.source.url else "send",
        **{name: source.get(name) for name in ("url", "format", "items", "encoding", "dateFormat")},
        **{f"fields.{name}": place for name, place in source["fields"].items()},
        **{f"auth.{name}": one for name, one in auth.items()},
        "auth.place": "query" if "query" in auth else "header",
        "auth.name": auth.get("query") or auth.get("header"),
        **{f"pagination.{name}": one for name, one in pages.items()},
        "words": "\n".join(f"{word} = {units}" for word, units in source.get("words", {}).items()),
        "delimiter": TAB if source.get("delimiter") == "\t" else source.get("delimiter"),
        "whole": source["whole"],
        "header": source["header"],
        "minutes": f"{kept.interval_s / 60:g}",
    }


def _given(document: dict[str, Any]) -> dict[str, Any]:
    """Without what was left empty."""
    return {
        name: _given(value) if isinstance(value, dict) and name != "words" else value
        for name, value in document.items()
        if value is not None
    }


def _shape() -> dict[str, Any]:
    """What only some formats have."""
    if request.form.get("format") != "csv":
        return {"items": text("items")}
    delimiter = text("delimiter")
    return {"delimiter": "\t" if delimiter == TAB else delimiter, "header": ticked("header")}


def _auth() -> dict[str, Any]:
    kind = text("auth.type") or "none"
    auth: dict[str, Any] = {"type": kind}
    if kind == "apiKey":
        auth["query" if request.form.get("auth.place") == "query" else "header"] = text("auth.name")
    return auth | {name: text(f"auth.{name}") for name in _AUTH.get(kind, ())}


def _pagination() -> dict[str, Any] | None:
    kind = text("pagination.type")
    if kind is None:
        return None
    named = {
        name: _number(name, "pagination.") if name in _NUMBERS else text(f"pagination.{name}")
        for name in _PAGES.get(kind, ())
    }
    return {"type": kind, **named}


def _number(name: str, before: str = "") -> int | None:
    return whole_number(f"{before}{name}", _NUMBERS[name])


def _words() -> dict[str, int]:
    """A line a word. Raises InvalidInputError."""
    words = {}
    for line in filter(None, map(str.strip, request.form.get("words", "").splitlines())):
        word, _, units = (part.strip() for part in line.rpartition("="))
        if not word or not (units.isascii() and units.isdigit()) or len(units) > 10:
            raise InvalidInputError(f"Words: write {line[:60]!r} as in: on request = 0")
        words[word] = int(units)
    return words
