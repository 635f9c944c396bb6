"""Holds the journal and the final database to the promises; every sentence returned is a broken one."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.chaos import model
from tests.chaos.journal import Sent
from tests.chaos.model import Accepted
from tests.chaos.world import Tenant

# How long each feed stood first in its lane before a worker began it: what lost messages and dead holders cost.
_WAITS = """
    SELECT extract(epoch FROM started_at - greatest(accepted_at, earlier))::float FROM (
        SELECT started_at, accepted_at, max(applied_at) OVER (
            PARTITION BY tenant_id, kind ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
        FROM feed) f
    WHERE started_at IS NOT NULL ORDER BY 1
"""
SETTLED = ("updated", "echo_skipped", "not_found", "duplicates", "stale", "invalid_dealers")
COUNTERS = ("received", "rejected", "rows_applied", *SETTLED)
SHOWN = 10

_FEEDS = f"""
    SELECT f.id::text, f.status, f.accepted_at, f.seq, f.request_id, f.error, {", ".join(f"f.{c}" for c in COUNTERS)},
           (SELECT coalesce(sum(octet_length(c.outcomes)), 0) FROM feed_chunk c
            WHERE c.feed_id = f.id AND c.accepted_at = f.accepted_at) AS outcomes
    FROM feed f WHERE f.tenant_id = %s ORDER BY f.seq
"""
_VALUES = {
    "stock-feed": "SELECT part_number, NULL, stock, stock_as_of, stock_seq FROM stock_item WHERE tenant_id = %s",
    "price-feed": "SELECT part_number, NULL, price::int, price_as_of, price_seq FROM stock_item WHERE tenant_id = %s",
    "location-stock": "SELECT part_number, dealer_id::text, stock, stock_as_of, stock_seq FROM dealer_stock"
    " WHERE tenant_id = %s",
}
_UNTOUCHED = {"stock-feed": 0, "price-feed": None}


@dataclass
class Findings:
    """What was counted, and every broken promise with its evidence."""

    broken: list[str] = field(default_factory=list)
    feeds: int = 0
    rows: int = 0
    keyed: int = 0
    outcome_unknown: int = 0  # answers 503 outcome_unknown: the connection broke inside the commit
    unsure: int = 0  # payloads with an attempt whose outcome the caller could not know
    unsure_accepted: int = 0  # those of them that are in the database after all
    wrong_values: int = 0
    lost_rows: int = 0

    def breaks(self, sentence: str) -> None:
        self.broken.append(sentence)


def check(database: psycopg.Connection, tenants: list[Tenant], sent: dict[str, Sent]) -> Findings:
    """All promises that the journal and the database can tell of."""
    findings = Findings()
    by_request = {request: one for one in sent.values() for request in one.attempts}
    for tenant in tenants:
        feeds = list(_accepted(database, tenant, by_request, findings))
        _answers(tenant, feeds, sent, findings)
        for feed in feeds:
            _feed(tenant, feed, findings)
        _values(database, tenant, feeds, findings)
    findings.keyed = sum(one.key is not None for one in sent.values())
    findings.outcome_unknown = sum(
        answer.get("code") == "outcome_unknown" for one in sent.values() for answer in one.answers
    )
    findings.unsure = sum(one.was_unsure for one in sent.values())
    return findings


def waits_at_the_head(database: psycopg.Connection) -> list[float]:
    """Seconds, the shortest first."""
    return [max(0.0, seconds) for (seconds,) in database.execute(_WAITS).fetchall()]


def _accepted(
    database: psycopg.Connection, tenant: Tenant, by_request: dict[str, Sent], findings: Findings
) -> Iterator[Accepted]:
    for id_, status, accepted_at, seq, request, error, *counters, outcomes in database.execute(
        _FEEDS, (tenant.id,)
    ).fetchall():
        if request not in by_request:
            findings.breaks(f"feed {id_} of {tenant.name} was never sent (request {request})")
            continue
        if status != "applied":
            findings.breaks(f"feed {id_} of {tenant.name} is {status}: {error}")
        counted = dict(zip(COUNTERS, counters, strict=True))
        yield Accepted(id_, status, accepted_at, seq, counted, int(outcomes), by_request[request])


def _answers(tenant: Tenant, feeds: list[Accepted], sent: dict[str, Sent], findings: Findings) -> None:
    """Every accepting answer has its feed, and every payload with a key has one at the most."""
    stored: dict[str, set[str]] = defaultdict(set)
    for feed in feeds:
        stored[feed.sent.id].add(feed.id)
    for one in sent.values():
        if one.tenant != tenant.name:
            continue
        there = stored[one.id]
        if lost := one.feed_ids - there:
            findings.lost_rows += len(one.rows)
            findings.breaks(
                f"payload {one.id} ({one.surface}, {len(one.rows)} rows) was accepted as {lost}, gone"
            )
        if len(there) > 1:
            findings.breaks(f"payload {one.id} with key {one.key} became {len(there)} feeds: {sorted(there)}")
        if one.key is not None and not one.feed_ids:
            findings.breaks(f"payload {one.id} was never accepted although its key was sent again and again")
        findings.unsure_accepted += one.was_unsure and bool(there)


def _feed(tenant: Tenant, feed: Accepted, findings: Findings) -> None:
    """No row lost and none counted twice."""
    findings.feeds += 1
    findings.rows += feed.counted["received"]
    expected = model.counts(tenant, feed.sent)
    wrong = {
        name: (feed.counted[name], value) for name, value in expected.items() if feed.counted[name] != value
    }
    total = sum(feed.counted[name] for name in SETTLED)
    received = feed.counted["received"]
    if wrong or total != received or feed.outcomes != received:
        findings.lost_rows += max(0, received - total)
        findings.breaks(
            f"feed {feed.id} of {tenant.name} does not add up: {feed.counted}, {feed.outcomes} outcomes,"
            f" (found, expected): {wrong}"
        )
    if feed.counted["rows_applied"] != received + feed.counted["rejected"]:
        findings.breaks(
            f"feed {feed.id} of {tenant.name} has applied {feed.counted['rows_applied']} of {received}"
        )


def _values(database: psycopg.Connection, tenant: Tenant, feeds: list[Accepted], findings: Findings) -> None:
    """Every item stands as the plain model has it."""
    expected = model.final(tenant, feeds)
    standing: dict[model.Item, tuple[Any, Any]] = {}
    for surface, query in _VALUES.items():
        for part, dealer, value, as_of, seq in database.execute(query, (tenant.id,)).fetchall():
            standing[surface, part, dealer] = (value, (as_of, seq))
    wrong: Counter[str] = Counter()
    for item in standing.keys() | expected.keys():
        value, stored = standing.get(item, (None, None))
        version, wanted, feed = expected.get(item, (None, _UNTOUCHED.get(item[0]), None))
        if value != wanted:
            wrong[item[0]] += 1
            if sum(wrong.values()) <= SHOWN:
                findings.breaks(
                    f"{tenant.name} {item}: {value!r} written as of {stored}, but {wanted!r} of feed {feed}"
                    f" as of {version} must stand"
                )
    findings.wrong_values += sum(wrong.values())
    if sum(wrong.values()) > SHOWN:
        findings.breaks(f"{tenant.name}: {dict(wrong)} wrong values in all")
