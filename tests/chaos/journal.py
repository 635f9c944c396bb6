"""What the clients saw, written outside the system and on the disk before the next step is taken."""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Journal:
    """One JSON object a line; `write` returns when it is on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("ab")

    def write(self, event: str, **facts: Any) -> None:
        line = (
            json.dumps({"event": event, "at": time.time(), **facts}, separators=(",", ":")).encode() + b"\n"
        )
        with self._lock:
            self._file.write(line)
            self._file.flush()
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def read(self) -> Iterator[Entry]:
        with self.path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)


@dataclass
class Sent:
    """One payload with all its attempts; attempts share the Idempotency-Key, if it has one."""

    id: str
    tenant: str
    surface: str
    key: str | None
    rows: list[list[Any]]  # [part number, value, asOf or None, dealer or None]
    attempts: list[str] = field(default_factory=list)  # request ids
    answers: list[Entry] = field(default_factory=list)

    @property
    def feed_ids(self) -> set[str]:
        """The feeds that an answer accepted it as."""
        return {answer["feedId"] for answer in self.answers if answer["status"] in {200, 202}}

    @property
    def was_unsure(self) -> bool:
        """Whether some attempt ended without an answer, or with an answer that knows nothing."""
        known = {answer["request"] for answer in self.answers if answer.get("code") != "outcome_unknown"}
        return not known.issuperset(self.attempts)


def payloads(entries: Iterator[Entry]) -> dict[str, Sent]:
    """The journal by payload."""
    sent: dict[str, Sent] = {}
    for entry in entries:
        if entry["event"] == "payload":
            one = {name: entry[name] for name in ("id", "tenant", "surface", "key", "rows")}
            sent[entry["id"]] = Sent(**one)
        elif entry["event"] == "request":
            sent[entry["id"]].attempts.append(entry["request"])
        elif entry["event"] == "answer":
            sent[entry["id"]].answers.append(entry)
    return sent
