"""Who did a thing, as people read it: keys and distributors by their names, people as histories have them."""

from contextlib import suppress
from uuid import UUID

from flask import g

from app.domain.errors import NotFoundError
from app.domain.tenancy.keys import LIVE
from app.web.context import container, principal


def who(kept: str) -> str:
    """`kept` is the line of a history. A name is looked up once a page."""
    kind, _, told = kept.partition(" ")
    if kind not in _NAMED:
        return kept
    with suppress(ValueError):
        known: dict[str, str] = g.setdefault("callers", {})
        if kept not in known:
            known[kept] = _NAMED[kind](UUID(told))
        return known[kept]
    return kept


def _key(key_id: UUID) -> str:
    key = container().tenancy.key(principal().tenant.id, key_id)
    if key is None:
        return "a key"
    return f"key “{key.name}”" if key.name else f"key {LIVE}{key.prefix}…"


def _distributor(distributor_id: UUID) -> str:
    with suppress(NotFoundError):
        return container().push_grants.grant(principal().tenant.id, distributor_id).distributor.name
    return "a distributor"


_NAMED = {"key": _key, "distributor": _distributor}
