"""The fault runs' reckoning sees what it is there to see: each broken promise has its sentence."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.checks import COUNTERS, Findings, check
from tests.chaos.journal import Sent, payloads
from tests.chaos.world import Tenant

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TENANT = Tenant("small", "t", "k", ["A", "B"], ["D"])


@dataclass
class Database:
    """Answers the reckoning's queries from lists; the queries are told apart by their table."""

    feeds: list[tuple[Any, ...]] = field(default_factory=list)
    stock: dict[str, int] = field(default_factory=dict)

    def execute(self, query: str, _parameters: Any) -> "Database":
        if "FROM feed " in query:
            self.answer = self.feeds
        elif "stock, stock_as_of" in query and "FROM stock_item" in query:
            self.answer = [(part, None, self.stock.get(part, 0), NOON, 1) for part in TENANT.parts]
        elif "FROM stock_item" in query:
            self.answer = [(part, None, None, None, 0) for part in TENANT.parts]
        else:
            self.answer = []
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.answer


def accepted(seq: int, rows: list[list[Any]], *, key: str | None = None, status: int = 200) -> Sent:
    """A stock payload that was sent once and answered for the feed of that number."""
    answer = {"request": f"r{seq}", "status": status, "feedId": f"f{seq}"}
    return Sent(f"p{seq}", "small", "stock-feed", key, rows, [f"r{seq}"], [answer])


def stored(seq: int, rows: int, *, status: str = "applied", **counted: int) -> tuple[Any, ...]:
    """A feed's row: all of its rows updated unless told otherwise."""
    counters = {
        **dict.fromkeys(COUNTERS, 0),
        "received": rows,
        "rows_applied": rows,
        "updated": rows,
        **counted,
    }
    at = NOON + timedelta(seconds=seq)
    return (f"f{seq}", status, at, seq, f"r{seq}", None, *(counters[name] for name in COUNTERS), rows)


def reckon(database: Database, *sent: Sent) -> Findings:
    return check(database, [TENANT], {one.id: one for one in sent})  # type: ignore[arg-type]


def test_a_run_that_kept_its_promises_has_nothing_to_say():
    feeds = [stored(1, 2), stored(2, 1)]
    first, second = (
        accepted(1, [["A", 1, None, None], ["B", 2, None, None]]),
        accepted(2, [["A", 3, None, None]]),
    )
    findings = reckon(Database(feeds, {"A": 3, "B": 2}), first, second)
    assert findings.broken == []
    assert (findings.feeds, findings.rows) == (2, 3)


def test_an_older_value_over_a_newer_one_is_seen():
    feeds = [stored(1, 1), stored(2, 1)]
    sent = accepted(1, [["A", 1, None, None]]), accepted(2, [["A", 3, None, None]])
    findings = reckon(Database(feeds, {"A": 1}), *sent)
    assert findings.wrong_values == 1
    assert "3 of feed f2" in findings.broken[0]


def test_the_latest_as_of_stands_whatever_was_accepted_last():
    feeds = [stored(1, 1), stored(2, 1, updated=0, stale=1)]
    sent = accepted(1, [["A", 1, None, None]]), accepted(2, [["A", 3, NOON.isoformat(), None]])
    assert reckon(Database(feeds, {"A": 1}), *sent).broken == []


def test_an_accepted_feed_that_is_gone_is_seen():
    findings = reckon(Database(), accepted(1, [["A", 0, None, None]], status=202))
    assert findings.lost_rows == 1
    assert "accepted as {'f1'}, gone" in findings.broken[0]


@pytest.mark.parametrize("counted", [{"updated": 1}, {"updated": 3}, {"rows_applied": 1}, {"duplicates": 1}])
def test_rows_lost_or_counted_twice_are_seen(counted: dict[str, int]):
    sent = accepted(1, [["A", 1, None, None], ["B", 2, None, None]])
    assert reckon(Database([stored(1, 2, **counted)], {"A": 1, "B": 2}), sent).broken


def test_two_feeds_for_one_key_are_seen():
    sent = accepted(1, [["A", 1, None, None]], key="k")
    sent.attempts.append("r2")
    findings = reckon(Database([stored(1, 1), stored(2, 1)], {"A": 1}), sent)
    assert findings.broken == ["payload p1 with key k became 2 feeds: ['f1', 'f2']"]


def test_a_feed_that_is_not_applied_is_seen():
    findings = reckon(
        Database([stored(1, 1, status="applying")], {"A": 1}), accepted(1, [["A", 1, None, None]])
    )
    assert findings.broken == ["feed f1 of small is applying: None"]


def test_a_broken_connection_leaves_a_payload_unsure_and_an_answer_does_not():
    entries = [
        {"event": "payload", "id": "p", "tenant": "small", "surface": "stock-feed", "key": "k", "rows": []},
        {"event": "request", "id": "p", "request": "r1"},
        {"event": "answer", "id": "p", "request": "r1", "status": 200, "feedId": "f"},
    ]
    assert not payloads(iter(entries))["p"].was_unsure
    entries.append({"event": "request", "id": "p", "request": "r2"})
    assert payloads(iter(entries))["p"].was_unsure
