"""queue status and dead-letter list|replay|discard."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.admin.commands.shape import group, uuid

if TYPE_CHECKING:
    from app.bootstrap import Container


def add_to(commands: Any) -> None:
    """Make the commands known."""
    group(commands, "queue", "durable work")(
        "status", _status, "per queue: ready, delayed, dead, oldest age in s"
    )
    letters = group(commands, "dead-letter", "work that was put aside after three tries")
    letters("list", _list, "oldest first, with the reason")
    _with_ids(letters("replay", _replay, "try again from where it stopped"))
    _with_ids(letters("discard", _discard, "never try again"))


def _with_ids(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID")


def _status(services: Container, _given: Namespace) -> Any:
    return {
        status.queue: {
            "ready": status.ready,
            "delayed": status.delayed,
            "dead": status.dead,
            "oldestAgeS": round(status.oldest_age_s, 3),
        }
        for status in services.queue_status()
    }


def _list(services: Container, _given: Namespace) -> Any:
    return [
        {
            "id": letter.id,
            "actor": letter.actor,
            "tenantId": letter.tenant_id,
            "attempts": letter.attempts,
            "error": letter.error,
            "createdAt": letter.created_at,
        }
        for letter in services.dead_letters.list()
    ]


def _replay(services: Container, given: Namespace) -> Any:
    ids = _ids(given)
    services.dead_letters.replay(ids)
    return {"replayed": ids}


def _discard(services: Container, given: Namespace) -> Any:
    ids = _ids(given)
    services.dead_letters.discard(ids)
    return {"discarded": ids}


def _ids(given: Namespace) -> list[UUID]:
    """Each once, however often it was named."""
    return list(dict.fromkeys(uuid(text) for text in given.ids))
